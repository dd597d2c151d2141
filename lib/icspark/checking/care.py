"""Rates of events by deprivation, and first measurements with their later change, under the true identities.

Events are a Poisson process: per_person_year x ratio of age x sex x quintile of the home on the day x conditions, the
last of mean 1 over the person-days of each age band, sex and quintile. So the count of a quintile is Poisson with a
mean that follows from person-time by year of age; what is not exact in this (conditions within a band rise with age) is
far below the tolerance.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from icspark.checking.comparisons import PER_1000, Comparison, scaled
from icspark.checking.limits import Floats, normal_limits, poisson_limits
from icspark.checking.people import DAYS_PER_YEAR, NEVER, NUMBER
from icspark.checking.planted import QUINTILES, Planted
from icspark.statistics.gradient import gradient
from icspark.tables.records import Observation, Residence
from icspark.tables.reference import Deprivation2019, Postcode
from icspark.tables.truth import TruthPerson

IMD, SKILLS = "imd", "adult_skills"
TOLERANCE = 0.005
FIRST_YEARS = 2
"""Age below which appointments are not compared: their referrals would lie before birth."""


@dataclass(frozen=True)
class Kind:
    """A kind of event: the measure that it belongs to, and the key of its planted rate."""

    measure: str
    key: str
    from_age: int = 0


KINDS = {
    "emergency_attendances": Kind("emergency_attendances", "care.emergency.rate"),
    "emergency_admissions": Kind("emergency_admissions", "care.admissions.emergency_rate"),
    "elective_admissions": Kind("elective_admissions", "care.admissions.elective_rate"),
    "first_attendances": Kind("first_attendances", "care.appointments.chain_rate", FIRST_YEARS),
}
MEASURES = {
    **{name: (name,) for name in KINDS},
    "admissions": ("emergency_admissions", "elective_admissions"),
}
"""Measure -> the kinds of event that it counts."""


def homes(residences: DataFrame, people: DataFrame, *, postcodes: DataFrame, deprivation: DataFrame) -> DataFrame:
    """Return one row per home with the quintiles of its area; those of the last home where records have no postcode.

    `residences` are rows of the source with the true `person_number`, `people` TruthPerson. Quintiles are the fifths of
    the published deciles.
    """
    fifth = {
        name: F.ceil(F.col(f"{domain}_2019_decile") / 2).alias(name) for name, domain in ((IMD, IMD), (SKILLS, SKILLS))
    }
    ranked = deprivation.select(Deprivation2019.lsoa_2011_code, *fifth.values())
    directory = postcodes.select(Postcode.postcode, Postcode.lsoa_2011_code)
    of_postcode = directory.join(F.broadcast(ranked), on=Deprivation2019.lsoa_2011_code, how="inner")
    born_and_died = people.select(
        NUMBER, "sex_code", "birth_date", "death_date", "imd_2019_quintile", "adult_skills_2019_quintile"
    )
    placed = residences.join(of_postcode.drop("lsoa_2011_code"), on=Residence.postcode, how="left")
    return placed.join(born_and_died, on=NUMBER, how="inner").select(
        NUMBER,
        Residence.from_date,
        F.coalesce(Residence.to_date, F.lit(NEVER).cast("date")).alias(Residence.to_date),
        "sex_code",
        "birth_date",
        "death_date",
        *[F.coalesce(name, f"{domain}_2019_quintile").alias(name) for name, domain in ((IMD, IMD), (SKILLS, SKILLS))],
    )


def person_time(lived: DataFrame, *, first: date, last: date) -> pd.DataFrame:
    """Return days by year of age (of 365.25 days), sex and IMD quintile, from the first to the last date."""
    start = F.greatest(Residence.from_date, TruthPerson.birth_date, F.lit(first))
    end = F.least(F.col(Residence.to_date), F.col(TruthPerson.death_date), F.date_add(F.lit(last), 1))
    within = lived.select(IMD, "sex_code", "birth_date", start.alias("_start"), end.alias("_end")).where(
        "_start < _end"
    )
    ages = F.sequence(_age(F.col("_start")), _age(F.date_sub("_end", 1)))
    each = within.withColumn("age", F.explode(ages))
    from_day, to_day = (
        F.date_add("birth_date", F.ceil((F.col("age") + k) * DAYS_PER_YEAR).cast("int")) for k in (0, 1)
    )
    days = F.date_diff(F.least("_end", to_day), F.greatest("_start", from_day))
    frame: pd.DataFrame = each.groupBy("age", "sex_code", IMD).agg(F.sum(days).alias("days")).toPandas()
    return frame  # a row for each year of age, sex and quintile


def _age(day: Column) -> Column:
    return F.floor(F.date_diff(day, F.col(TruthPerson.birth_date)) / DAYS_PER_YEAR).cast("int")


def events_by_quintile(events: DataFrame, lived: DataFrame) -> pd.DataFrame:
    """Return events by kind, IMD quintile of the home on the day, and whether the person was under two years old.

    `events` has the true `person_number`, `day` and `kind`.
    """
    day = F.col("day")
    joined = events.join(lived, on=NUMBER, how="inner")
    is_alive = F.coalesce(day < F.col(TruthPerson.death_date), F.lit(True))
    there = joined.where((day >= F.col(Residence.from_date)) & (day < F.col(Residence.to_date)) & is_alive)
    is_young = (_age(day) < FIRST_YEARS).alias("is_young")
    frame: pd.DataFrame = there.groupBy("kind", IMD, is_young).agg(F.count(F.lit(1)).alias("events")).toPandas()
    return frame  # a row for each kind and quintile


def expected_events(time: pd.DataFrame, kind: Kind, planted: Planted) -> dict[int, tuple[float, float]]:
    """Return (expected events, person-years) of each quintile."""
    rows = time[time["age"] >= kind.from_age]
    years = rows["days"].to_numpy(dtype=np.float64) / DAYS_PER_YEAR
    by_age = planted.by_age(f"{kind.key}.age_rate_ratio", rows["age"].to_numpy(dtype=np.float64))
    female = np.where(rows["sex_code"] == "2", planted.number(f"{kind.key}.female_rate_ratio"), 1.0)
    events = planted.number(f"{kind.key}.per_person_year") * years * by_age * female
    ratios = planted.listed(f"{kind.key}.imd_quintile_rate_ratio")
    found = {}
    for quintile in QUINTILES:
        own = (rows[IMD] == quintile).to_numpy()
        found[quintile] = float(events[own].sum() * ratios[quintile - 1]), float(years[own].sum())
    return found


def compare_rates(counts: pd.DataFrame, time: pd.DataFrame, planted: Planted) -> Iterator[Comparison]:
    """Yield the rate of each measure in each quintile of IMD, and its planted slope index of inequality."""
    for measure, kinds in MEASURES.items():
        of_kinds = [expected_events(time, KINDS[kind], planted) for kind in kinds]
        from_age = KINDS[kinds[0]].from_age
        own = counts[counts["kind"].isin(kinds) & (~counts["is_young"] | (from_age == 0))]
        found = _by_quintile(own)
        expected = {q: sum(each[q][0] for each in of_kinds) for q in QUINTILES}
        years = {q: of_kinds[0][q][1] for q in QUINTILES}
        for quintile in QUINTILES:
            yield _rate(measure, quintile, (expected[quintile], years[quintile]), float(found.get(quintile, 0)))
        yield _slope(f"{measure}_rate_per_1000", IMD, _per_1000(expected, years), _per_1000(found, years), sizes=years)


def compare_deaths(deaths: float, time: pd.DataFrame, planted: Planted) -> Comparison:
    """Return deaths in the records against the planted hazard over the person-time by year of age and sex."""
    years = time["days"].to_numpy(dtype=np.float64) / DAYS_PER_YEAR
    hazard = planted.numbers["people_model.death_hazard"]
    rates = [hazard[f"{sex}|{age}"] for sex, age in zip(time["sex_code"], time["age"], strict=True)]
    expected, total = float(years @ np.array(rates)), float(years.sum())
    return Comparison(
        "deaths_rate_per_1000",
        "",
        1000 * expected / total,
        1000 * deaths / total,
        PER_1000,
        "deaths within the period",
        lambda alpha: scaled(poisson_limits(expected, alpha), total / 1000),
    )


def _by_quintile(counts: pd.DataFrame) -> dict[int, float]:
    sums = counts.groupby(IMD)["events"].sum()
    return {int(quintile): float(events) for quintile, events in zip(sums.index, sums, strict=True)}


def _rate(measure: str, quintile: int, planted: tuple[float, float], found: float) -> Comparison:
    expected, years = planted
    meaning = "events of the whole period by quintile of the home on the day, every link taken as right"
    check, subject = f"{measure}_rate_per_1000", f"{IMD}|{quintile}"
    if not years:
        return Comparison(check, subject, None, None, PER_1000, meaning)
    return Comparison(
        check,
        subject,
        1000 * expected / years,
        1000 * found / years,
        PER_1000,
        meaning,
        lambda alpha: scaled(poisson_limits(expected, alpha, tolerance=TOLERANCE), years / 1000),
    )


def _per_1000(events: Mapping[int, float], years: Mapping[int, float]) -> dict[int, float]:
    return {q: 1000 * events.get(q, 0) / years[q] if years[q] else np.nan for q in QUINTILES}


def _slope(
    check: str, domain: str, planted: Mapping[int, float], found: Mapping[int, float], *, sizes: Mapping[int, float]
) -> Comparison:
    """Return planted and found slope index, for the picture: its limits are those of the quintiles."""
    slopes = []
    for values in (planted, found):
        least_first = [np.array([each[q] for q in reversed(QUINTILES)], dtype=np.float64) for each in (values, sizes)]
        slope = gradient(least_first[0], np.zeros(len(QUINTILES)), least_first[1]).slope.value
        slopes.append(float(slope) if np.isfinite(slope) else None)
    unit = PER_1000 if check.endswith("per_1000") else "unit of the measure"
    meaning = "rise of the line over the quintiles from the least to the most deprived resident"
    return Comparison(f"{check}_slope_index", domain, slopes[0], slopes[1], unit, meaning)


MEASURED = {
    "first_hba1c": ("hba1c_ifcc", "hba1c", "mmol/mol", 6.0),
    "first_bmi": ("bmi", "bmi", "kg/m2", 1.0),
}
"""First measurement -> (measure in the records, key in the configuration, unit, standard deviation of a change)."""


def measurements(observed: DataFrame, lived: DataFrame) -> pd.DataFrame:
    """Return sums of first values and of changes, by measure and Adult Skills quintile of the home on the first day.

    `observed` are observations with the true `person_number`. A change is a later value less the first.
    """
    wanted = observed.where(F.col(Observation.measure).isin([measure for measure, *_ in MEASURED.values()]))
    first = F.min(F.struct(Observation.observation_date, Observation.value)).alias("first")
    each = wanted.groupBy(NUMBER, Observation.measure).agg(
        first, F.sum(Observation.value).alias("total"), (F.count(F.lit(1)) - 1).alias("later")
    )
    day, value = F.col("first")[Observation.observation_date], F.col("first")[Observation.value]
    placed = each.join(lived, on=NUMBER, how="inner").where(
        (day >= F.col(Residence.from_date)) & (day < F.col(Residence.to_date))
    )
    changes = F.col("total") - value - F.col("later") * value
    sums = {"people": F.count(F.lit(1)), "value": F.sum(value), "later": F.sum("later"), "change": F.sum(changes)}
    parts = [column.alias(name) for name, column in sums.items()]
    frame: pd.DataFrame = placed.groupBy(Observation.measure, SKILLS).agg(*parts).toPandas()
    return frame  # ten rows


def compare_measurements(found: pd.DataFrame, planted: Planted) -> Iterator[Comparison]:
    """Yield means of first values, their gradient, and of later changes, which have none."""
    for stem, (measure, key, unit, spread) in MEASURED.items():
        rows = found[found[Observation.measure] == measure].set_index(SKILLS).reindex(QUINTILES).fillna(0)
        least, gradient_, deviation, change = (
            planted.number(f"care.observations.{key}_{part}")
            for part in ("least_deprived", "gradient", "standard_deviation", "change")
        )
        means = {q: least + gradient_ * (5 - q) / 4 for q in QUINTILES}
        people, later = rows["people"].to_numpy(dtype=np.float64), rows["later"].to_numpy(dtype=np.float64)
        first = _means(f"{stem}_mean", rows["value"], people, wanted=means, spread=(deviation, unit))
        yield from first
        yield _difference(f"{stem}_gradient", first, people, gradient_, spread=(deviation, unit))
        changes = dict.fromkeys(QUINTILES, change)
        after = _means(f"{stem}_later_change", rows["change"], later, wanted=changes, spread=(spread, unit))
        yield from after
        yield _difference(f"{stem}_later_change_gradient", after, later, 0.0, spread=(spread, unit))
        of_first = {q: one.found if one.found is not None else np.nan for q, one in zip(QUINTILES, first, strict=True)}
        sizes = dict(zip(QUINTILES, people.tolist(), strict=True))
        yield _slope(f"{stem}_mean", SKILLS, means, of_first, sizes=sizes)


def _means(
    check: str, totals: pd.Series[float], counts: Floats, *, wanted: Mapping[int, float], spread: tuple[float, str]
) -> list[Comparison]:
    deviation, unit = spread
    said = "mean by quintile of Adult Skills of the home on the day of the first measurement"
    found = []
    for place, quintile in enumerate(QUINTILES):
        number, planted = float(counts[place]), wanted[quintile]
        error = deviation / np.sqrt(number) if number else np.nan
        mean = float(totals.to_numpy()[place]) / number if number else None
        limits = (lambda alpha, m=planted, e=error: normal_limits(m, e, alpha)) if number else None
        found.append(Comparison(check, f"{SKILLS}|{quintile}", planted, mean, unit, said, limits))
    return found


def _difference(
    check: str, means: list[Comparison], counts: Floats, planted: float, *, spread: tuple[float, str]
) -> Comparison:
    deviation, unit = spread
    most, least = means[0].found, means[-1].found
    said = "mean of the most deprived quintile of Adult Skills less that of the least deprived"
    if most is None or least is None:
        return Comparison(check, SKILLS, planted, None, unit, said)
    error = deviation * float(np.sqrt(1 / counts[0] + 1 / counts[-1]))
    return Comparison(check, SKILLS, planted, most - least, unit, said, lambda a: normal_limits(planted, error, a))
