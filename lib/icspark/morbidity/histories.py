"""Who is counted, in which stratum, with which conditions: one row per person, as known on one date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from icspark.errors import ConfigurationError, QualityError, TableError
from icspark.morbidity.cases import ONSET
from icspark.tables.activity import PersonArea
from icspark.tables.morbidity import ConditionCase, ConditionHistory, WideRecord
from icspark.tables.records import Person, RegistrationPeriod
from icspark.tables.table import Table

POINT = "_point"
UNKNOWN = "unknown"
OLDEST_BAND = 90
STRATA = (
    ConditionHistory.age_band,
    ConditionHistory.sex_code,
    ConditionHistory.ethnic_category_code,
    ConditionHistory.imd_2019_quintile,
    ConditionHistory.lsoa_2011_code,
    ConditionHistory.lsoa_2021_code,
)


@dataclass(frozen=True)
class Counted:
    """Who is counted, and when: everybody registered and alive on `as_of`, or registered at any time since `since`.

    The latter are taken as they were on the earliest of as_of, the day before they left, and death.
    """

    as_of: date
    since: date | None = None


def people_counted(people: DataFrame, registrations: DataFrame, counted: Counted) -> DataFrame:
    """Return the people who are counted, with `_point`: the day on which each is described."""
    as_of, begin, end = F.lit(counted.as_of), F.col(RegistrationPeriod.from_date), F.col(RegistrationPeriod.to_date)
    window = F.lit(counted.since or counted.as_of)
    last = F.least(as_of, F.coalesce(F.date_sub(end, 1), as_of))
    there = registrations.filter((begin <= as_of) & (last >= window) & (last >= begin))
    seen = there.groupBy(RegistrationPeriod.person_id).agg(F.max(last).alias("_last"))
    point = F.least("_last", F.coalesce(F.col(Person.death_date), as_of))
    placed = people.join(seen, on=Person.person_id, how="inner").withColumn(POINT, point)
    is_alive = F.col(Person.death_date).isNull() | (F.col(Person.death_date) > window)
    return placed.filter(is_alive).drop("_last")


def with_age_band(people: DataFrame, *, years: int) -> DataFrame:
    """Add `age_band` on `_point`: bands of `years` up to 90 and over, such as 040_044; null where not known."""
    age = F.floor(F.months_between(POINT, Person.birth_month) / 12).cast("int")
    begin = F.least(age - age % years, F.lit(OLDEST_BAND - OLDEST_BAND % years))
    band = F.when(begin + years > OLDEST_BAND, F.format_string("%03d_over", begin)).otherwise(
        F.format_string("%03d_%03d", begin, begin + years - 1)
    )
    return people.withColumn(ConditionHistory.age_band, F.when(age >= 0, band))


def with_area(people: DataFrame, areas: DataFrame | None, deprivation: DataFrame | None) -> DataFrame:
    """Add the LSOAs of 2011 and 2021 where each person lived on `_point`, and the national quintile of the former.

    `areas` is person_area: half-open intervals without overlap. Null where not known.
    """
    lsoa, quintile = ConditionHistory.lsoa_2011_code, ConditionHistory.imd_2019_quintile
    codes = (lsoa, ConditionHistory.lsoa_2021_code)
    if areas is None:
        return people.withColumns(dict.fromkeys((*codes, quintile), F.lit(None).cast("string")))
    points = people.select(Person.person_id, POINT)
    begin, end = F.col(PersonArea.from_date), F.col(PersonArea.to_date)
    lives = (begin <= F.col(POINT)) & (end.isNull() | (end > F.col(POINT)))
    placed = areas.join(points, on=Person.person_id, how="inner").filter(lives)
    # An overlap is a defect of the table; were there one, the first code would count.
    of_person = placed.groupBy(Person.person_id).agg(*[F.min(code).alias(code) for code in codes])
    if deprivation is None:
        of_person = of_person.withColumn(quintile, F.lit(None).cast("string"))
    else:
        decile = F.col("imd_2019_decile")
        of_area = deprivation.select(lsoa, F.ceil(decile / 2).cast("string").alias(quintile))
        of_person = of_person.join(F.broadcast(of_area), on=lsoa, how="left")
    return people.join(of_person, on=Person.person_id, how="left")


def build_condition_history(people: DataFrame, cases: DataFrame, *, strata: Sequence[str]) -> DataFrame:
    """Return condition_history of people with `_point` and demographics: their conditions on that day, by name.

    Everybody is a row, also who has none. The day of onset is null where a case is only known by the backlog.
    """
    points = people.select(Person.person_id, POINT)
    known = cases.join(points, on=Person.person_id, how="inner").filter(F.col(ConditionCase.first_date) <= F.col(POINT))
    day = F.when(F.col(ConditionCase.known_by) == ONSET, F.unix_date(ConditionCase.first_date))
    listed = F.sort_array(F.collect_list(F.struct(F.col(ConditionCase.condition).alias("name"), day.alias("day"))))
    of_person = known.groupBy(Person.person_id).agg(listed.alias("_cases"))
    joined = people.join(of_person, on=Person.person_id, how="left").withColumns(
        {
            ConditionHistory.conditions: F.coalesce("_cases.name", F.array().cast("array<string>")),
            ConditionHistory.onset_days: F.coalesce("_cases.day", F.array().cast("array<int>")),
            ConditionHistory.stratum: stratum_of(strata),
            ConditionHistory.as_of_date: F.col(POINT),
        }
    )
    return joined.select(*ConditionHistory.columns())


def history_of_wide(records: DataFrame) -> DataFrame:
    """Return condition_history of a wide table: its line numbers are the people, its codes the conditions."""
    known = F.sort_array(F.arrays_zip(WideRecord.codes, WideRecord.times))
    rows = records.withColumn("_cases", known)
    values: dict[str, Column] = {name: F.lit(None).cast("string") for name in STRATA}
    values |= {
        ConditionHistory.person_id: F.col(WideRecord.record_number).cast("string"),
        ConditionHistory.stratum: F.col(WideRecord.stratum),
        ConditionHistory.conditions: F.col("_cases.codes"),
        ConditionHistory.onset_days: F.col("_cases.times"),
        ConditionHistory.as_of_date: F.lit(None).cast("date"),
    }
    return rows.select(*[values[name].alias(name) for name in ConditionHistory.columns()])


def present(table: DataFrame | None, wanted: type[Table]) -> DataFrame:
    """Return a table that may be absent, or raise TableError where it is."""
    if table is None:
        raise TableError("no job has written this table yet", where=wanted.name(), mend="give its source, and run")
    return table


def last_date(cases: DataFrame) -> date:
    """Return the last first_date of condition_case: when nothing else is said, people are described as on it.

    Raises QualityError where there is no case.
    """
    row = cases.agg(F.max(ConditionCase.first_date)).first()
    if row is None or row[0] is None:
        raise QualityError("nobody has a condition", where=ConditionCase.name(), mend="see rejected_condition_case")
    found: date = row[0]
    return found


def stratum_of(columns: Sequence[str]) -> Column:
    """Return the values of columns joined by |, `unknown` where null; without columns everybody is in one stratum.

    Raises ConfigurationError for a column that people do not have.
    """
    unknown = sorted(set(columns) - set(STRATA))
    if unknown:
        raise ConfigurationError(
            "people have no such column to be stratified by", found=", ".join(unknown), expected=", ".join(STRATA)
        )
    return F.concat_ws("|", *[F.coalesce(name, F.lit(UNKNOWN)) for name in columns]) if columns else F.lit("all")
