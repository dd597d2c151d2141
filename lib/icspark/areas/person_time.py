"""Days on which a person counts: registered, at an address, alive; as stretches within calendar years."""

from __future__ import annotations

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from icspark.tables.activity import PersonActivity, PersonArea
from icspark.tables.records import Person, RegistrationPeriod

STILL = date(9999, 12, 31)
"""End of an interval that has not ended."""

SEX_NOT_KNOWN = "0"


def practice_in_force(registrations: DataFrame) -> DataFrame:
    """Return person, practice and half-open interval, one practice at a time: the registration that began last.

    Of registrations that began on one day the one that ends later counts, then the later code. An earlier registration
    counts again once a later one has ended. Intervals of one person do not overlap, and cover what the registrations
    cover. `to_date` is never null.
    """
    ends = F.coalesce(RegistrationPeriod.to_date, F.lit(STILL))
    period = F.struct(
        F.col(RegistrationPeriod.from_date).alias("began"), ends.alias("ended"), RegistrationPeriod.practice_code
    )
    by_person = registrations.groupBy(RegistrationPeriod.person_id).agg(F.sort_array(F.collect_list(period)).alias("_"))
    edges = F.array_sort(F.array_distinct(F.concat(F.col("_.began"), F.col("_.ended"))))
    pieces = by_person.withColumn("_edges", edges).select(
        RegistrationPeriod.person_id,
        F.inline(F.transform(F.col("_edges"), _piece)),
    )
    return pieces.where(F.col(RegistrationPeriod.practice_code).isNotNull())


def _piece(edge: Column, place: Column) -> Column:
    """Return the interval from an edge to the next one, and the practice of the last period that holds it."""
    after = F.get(F.col("_edges"), place + 1)
    holding = F.filter(F.col("_"), lambda one: (one["began"] <= edge) & (one["ended"] > edge))
    return F.struct(
        edge.alias(RegistrationPeriod.from_date),
        after.alias(RegistrationPeriod.to_date),
        F.try_element_at(holding, F.lit(-1))[RegistrationPeriod.practice_code].alias(RegistrationPeriod.practice_code),
    )


def stretches(placed: DataFrame, *, registrations: DataFrame, people: DataFrame, years: range) -> DataFrame:
    """Return the stretches of person_activity, without events: one row per person and first day.

    A person counts from the first day of the month of birth to the day of death, that day included. Years are those of
    `years`. `placed` are rows of person_area. A person who is not in `people` has no known sex and month of birth.
    """
    lived = placed.select(
        PersonArea.person_id,
        F.col(PersonArea.from_date).alias("_lived_from"),
        F.coalesce(PersonArea.to_date, F.lit(STILL)).alias("_lived_to"),
        PersonArea.lsoa_2011_code,
        PersonArea.lsoa_2021_code,
    )
    own = people.select(Person.person_id, Person.sex_code, Person.birth_month, Person.death_date)
    joined = practice_in_force(registrations).join(lived, on=Person.person_id, how="inner")
    start, end = F.col(PersonActivity.from_date), F.col(PersonActivity.to_date)
    within = joined.join(own, on=Person.person_id, how="left").withColumns(_counted_days(years)).where(start < end)
    each = within.withColumn("year", F.explode(F.sequence(F.year(start), F.year(F.date_sub(end, 1)))))
    first, after = (F.make_date(F.col("year") + more, F.lit(1), F.lit(1)) for more in (0, 1))
    return each.withColumns(
        {PersonActivity.from_date: F.greatest(start, first), PersonActivity.to_date: F.least(end, after)}
    ).select(*_described())


def _counted_days(years: range) -> dict[str, Column]:
    first, after = date(years[0], 1, 1), date(years[-1] + 1, 1, 1)
    starts = (F.col(PersonActivity.from_date), F.col("_lived_from"), F.col(Person.birth_month), F.lit(first))
    ends = (F.col(PersonActivity.to_date), F.col("_lived_to"), F.date_add(Person.death_date, 1), F.lit(after))
    # greatest and least pass over nulls: a month of birth that is not known, a death that has not happened.
    return {PersonActivity.from_date: F.greatest(*starts), PersonActivity.to_date: F.least(*ends)}


def _described() -> list[Column]:
    start, end = F.col(PersonActivity.from_date), F.col(PersonActivity.to_date)
    july = F.make_date(F.col("year"), F.lit(7), F.lit(1))
    return [
        F.col(PersonActivity.person_id),
        start,
        end,
        F.col("year").cast("long").alias(PersonActivity.year),
        F.date_diff(end, start).cast("long").alias(PersonActivity.days_count),
        ((start <= july) & (july < end)).alias(PersonActivity.is_there_on_1_july),
        F.col(PersonActivity.practice_code),
        F.col(PersonActivity.lsoa_2011_code),
        F.col(PersonActivity.lsoa_2021_code),
        F.coalesce(Person.sex_code, F.lit(SEX_NOT_KNOWN)).alias(PersonActivity.sex_code),
        F.col(PersonActivity.birth_month),
    ]
