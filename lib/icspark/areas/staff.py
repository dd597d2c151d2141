"""How many practitioners a practice has and how fast they leave, at a stated date."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from icspark.config import Source
from icspark.errors import ConfigurationError
from icspark.tables.areas import PracticeSummary
from icspark.tables.reference import PracticeStaff, Practitioner

DAYS_PER_YEAR = 365.25

FIGURES = (
    PracticeSummary.staff_source,
    PracticeSummary.staff_as_of_date,
    PracticeSummary.staff_current_count,
    PracticeSummary.staff_departed_count,
    PracticeSummary.staff_mean_count,
    PracticeSummary.staff_turnover_per_year,
)


def staff_by_practice(
    practitioners: DataFrame | None,
    aggregated: DataFrame | None,
    *,
    as_of: date | None,
    aggregated_as_of: date | None = None,
) -> DataFrame | None:
    """Return one row per practice with the columns FIGURES; None where neither source is given.

    A practice with rows of practitioners is counted from them at `as_of`; any other has the figures of the aggregated
    file, at that file's own date (null where it does not say).
    """
    counted = (
        staff_from_practitioners(practitioners, as_of) if practitioners is not None and as_of is not None else None
    )
    given = None
    if aggregated is not None:
        given = aggregated.select(
            PracticeStaff.practice_code,
            F.lit("practice_staff").alias(PracticeSummary.staff_source),
            F.lit(aggregated_as_of).cast("date").alias(PracticeSummary.staff_as_of_date),
            *FIGURES[2:],
        )
    if counted is None or given is None:
        return given if counted is None else counted
    return counted.unionByName(given.join(counted, on=PracticeStaff.practice_code, how="left_anti"))


def staff_from_practitioners(practitioners: DataFrame, as_of: date) -> DataFrame:
    """Return one row per practice: current and departed practitioners, their mean number, turnover a year.

    Someone works from the day of joining until the day before leaving. Who joins after `as_of` is not counted. The
    practice's span runs from the first joining to `as_of`, or to the last leaving where nobody is left. The mean is
    practitioner-days / days of the span; turnover is departures / (mean x years), a fraction, which is departures /
    practitioner-years; both are null where the span has no days, turnover also where nobody worked a day.
    """
    joined, left, today = F.col(Practitioner.joined_date), F.col(Practitioner.left_date), F.lit(as_of)
    is_current = left.isNull() | (left > today)
    span = F.date_diff(F.max(F.when(is_current, today).otherwise(left)), F.min(joined))
    people = (
        practitioners.filter(joined <= today)
        .groupBy(Practitioner.practice_code)
        .agg(
            F.count_distinct(F.when(is_current, F.col(Practitioner.practitioner_code))).alias("_current"),
            F.count_if(~is_current).alias("_departed"),
            F.sum(F.date_diff(F.when(is_current, today).otherwise(left), joined)).alias("_days"),
            span.alias("_span"),
        )
    )
    return people.select(
        Practitioner.practice_code,
        F.lit("practitioner").alias(PracticeSummary.staff_source),
        today.alias(PracticeSummary.staff_as_of_date),
        F.col("_current").cast("double").alias(PracticeSummary.staff_current_count),
        F.col("_departed").cast("double").alias(PracticeSummary.staff_departed_count),
        F.try_divide("_days", "_span").alias(PracticeSummary.staff_mean_count),
        F.try_divide(F.col("_departed") * DAYS_PER_YEAR, F.col("_days")).alias(PracticeSummary.staff_turnover_per_year),
    )


def stated(configured: date | None, source: Source | None, *, needed: bool = False) -> date | None:
    """Return the date at which staff are counted: the configured one, else the source's own.

    Raises ConfigurationError where one is `needed` and neither is stated; today's date is never taken.
    """
    found = configured or (source.as_of if source else None)
    if needed and found is None:
        raise ConfigurationError(
            "practitioners are counted at a stated date, and none is stated",
            where="jobs.practice_summary.staff_as_of_date",
            mend="state it there, or as `as_of` of the source practitioner",
        )
    return found
