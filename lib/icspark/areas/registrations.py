"""What registrations say of an area: its patients, the practices that serve it, and outcomes attributed from them."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from icspark.areas.weighting import FRACTION_DIGITS, SCORE_DIGITS, coverage, fixed_point, weighted_mean, weighted_sums
from icspark.tables.areas import OUTCOMES, AreaSummary, coverage_of
from icspark.tables.reference import PracticePrevalence, Registration

SERVED_TENTHS = 9
"""Nine tenths of an area's patients are to be served."""


def outcome_digits(outcome: str) -> int:
    """Return the decimals that sums of an outcome keep: points go to 100, everything else is a fraction."""
    return SCORE_DIGITS if outcome.endswith("_points") else FRACTION_DIGITS


def registrations_by_area(registrations: DataFrame, prevalence: DataFrame, *, floor: float) -> DataFrame:
    """Return one row per LSOA 2011 with patients: their number, the practices serving 90 %, outcomes with coverage.

    An outcome is sum(w x) / sum(w) over the area's practices that report it, w the area's patients at the practice;
    null where they hold less than `floor` of its patients. Rows without an area are left out. One shuffle.
    """
    names, total = list(OUTCOMES), AreaSummary.registered_patients_count
    reported = prevalence.select(
        PracticePrevalence.practice_code, *[fixed_point(F.col(n), outcome_digits(n)).alias(n) for n in names]
    )
    placed = registrations.filter(F.col(Registration.lsoa_2011_code).isNotNull()).select(
        Registration.lsoa_2011_code, Registration.practice_code, Registration.patients_count
    )
    # At most one row of outcomes per practice, so rows are not multiplied; England's are 1.3 MB: sent to every task.
    joined = with_is_serving(placed).join(F.broadcast(reported), on=Registration.practice_code, how="left")
    sums = joined.groupBy(Registration.lsoa_2011_code).agg(
        F.sum(Registration.patients_count).alias(total),
        F.count_if("_is_serving").alias(AreaSummary.practices_serving_90_percent_count),
        *weighted_sums(names, Registration.patients_count),
    )
    return sums.select(
        Registration.lsoa_2011_code,
        total,
        AreaSummary.practices_serving_90_percent_count,
        *[weighted_mean(n, total, digits=outcome_digits(n), floor=floor).alias(n) for n in names],
        *[coverage(n, total).alias(coverage_of(n)) for n in names],
    )


def with_is_serving(placed: DataFrame) -> DataFrame:
    """Mark the fewest practices of each area, largest first, ties by code, that hold at least 90 % of its patients.

    A practice is one of them while those before it hold less than 90 %. Grain stays: one row per practice and area.
    """
    area = Window.partitionBy(Registration.lsoa_2011_code)
    largest_first = area.orderBy(F.desc(Registration.patients_count), Registration.practice_code)
    before = largest_first.rowsBetween(Window.unboundedPreceding, -1)
    whole = area.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    return (
        placed.withColumn("_before", F.coalesce(F.sum(Registration.patients_count).over(before), F.lit(0)))
        .withColumn("_all", F.sum(Registration.patients_count).over(whole))
        .withColumn("_is_serving", _is_needed(F.col("_before"), F.col("_all")))
        .drop("_before", "_all")
    )


def _is_needed(before: Column, everyone: Column) -> Column:
    return before * 10 < everyone * SERVED_TENTHS
