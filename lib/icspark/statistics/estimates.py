"""Rates, shares and means with their limits, under the names of the tables, from the sums of strata or of groups."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from icspark.statistics import standardisation as std
from icspark.statistics.clusters import (
    rate_design_effect,
    rate_limits,
    share_design_effect,
    share_limits,
)
from icspark.statistics.intervals import mean_limits
from icspark.statistics.strata import (
    DAYS_PER_YEAR,
    mean_of,
    person_years,
    rate_sums,
    share_sums,
    sum_names,
    variance_of,
)
from icspark.tables.activity import MEANS, RATES, SHARES

PER = 1000.0
SIDES = {"lower": "lower_95", "upper": "upper_95"}


def with_crude(sums: DataFrame) -> DataFrame:
    """Add counts, crude rates per 1,000 person-years, shares and means, with limits and design effects.

    Frames hold the names of `strata.sum_names`; columns are those that the tables of activity declare.
    """
    years = person_years(F.col("t"))
    values = {"people_count": F.col("people"), "person_years": years}
    limits: dict[str, Column] = {}
    for stem in RATES:
        count, effect = F.col(f"{stem}_y"), F.col(f"{stem}_design_effect")
        values |= {f"{stem}_count": count, f"{stem}_rate_per_1000": F.try_divide(count * F.lit(PER), years)}
        values[f"{stem}_design_effect"] = rate_design_effect(rate_sums(stem))
        limits[f"{stem}_rate_per_1000"] = rate_limits(count, years / PER, effect)
        limits[f"{stem}_rate_per_1000_plain"] = rate_limits(count, years / PER, F.lit(1.0))
    for stem, (below, _) in SHARES.items():
        count, total = F.col(f"{stem}_y"), F.col(f"{below}_y")
        values |= {f"{stem}_count": count, f"{stem}_share": F.try_divide(count, total)}
        values[f"{stem}_design_effect"] = share_design_effect(share_sums(stem))
        limits[f"{stem}_share"] = share_limits(count, total, F.col(f"{stem}_design_effect"))
        limits[f"{stem}_share_plain"] = share_limits(count, total, F.lit(1.0))
    for stem in MEANS:
        values |= {f"{stem}_count": F.col(f"{stem}_n"), f"{stem}_mean": mean_of(stem)}
        limits[f"{stem}_mean"] = mean_limits(F.col(f"{stem}_mean"), variance_of(stem), F.col(f"{stem}_n"))
    return with_limits(sums.withColumns(values), limits)


def with_direct(sums: DataFrame) -> DataFrame:
    """Add directly standardised rates per 1,000 person-years of each event, with limits and reason.

    The frame holds the sums of groups and their `strata` (see `strata_array`). `_<event>_direct` keeps what the rate
    rests on, per day.
    """
    parts = {f"_{stem}_direct": std.standardised_parts(F.col("strata"), stem, F.col("persons")) for stem in RATES}
    scale = F.lit(PER * DAYS_PER_YEAR)
    values: dict[str, Column] = {}
    limits: dict[str, Column] = {}
    for stem in RATES:
        direct, rate, reason = (
            F.col(f"_{stem}_direct"),
            *(f"{stem}_standardised_{x}" for x in ("rate_per_1000", "reason")),
        )
        values[reason] = std.no_standardised_rate(direct)
        values[rate] = F.when(std.no_standardised_rate(direct).isNull(), direct["rate"] * scale)
        per_day = std.standardised_limits(direct)
        scaled = F.struct(*[(per_day[side] * scale).alias(side) for side in SIDES])
        limits[rate] = F.when(F.col(reason).isNull(), scaled)
    return with_limits(sums.withColumns(parts).withColumns(values), limits)


def with_indirect(sums: DataFrame) -> DataFrame:
    """Add expected events and indirectly standardised ratios of each event, with limits.

    The frame holds the sums of groups and their `strata` (see `strata_array`).
    """
    parts = {f"_{stem}_indirect": std.expected_parts(F.col("strata"), stem, F.col("persons")) for stem in RATES}
    values: dict[str, Column] = {}
    limits: dict[str, Column] = {}
    for stem in RATES:
        indirect, count, ratio = F.col(f"_{stem}_indirect"), F.col(f"{stem}_y"), f"{stem}_standardised_ratio"
        values[f"{stem}_expected_count"] = indirect["expected"]
        values[ratio] = F.try_divide(count, indirect["expected"])
        limits[ratio] = std.ratio_limits(count, indirect)
    return with_limits(sums.withColumns(parts).withColumns(values), limits)


def with_limits(frame: DataFrame, limits: Mapping[str, Column]) -> DataFrame:
    """Add `<name>_lower_95` and `<name>_upper_95` of structs of limits, each computed once."""
    computed = frame.withColumns({f"_{name}": struct for name, struct in limits.items()})
    return computed.withColumns(
        {f"{name}_{end}": F.col(f"_{name}")[side] for name in limits for side, end in SIDES.items()}
    )


def strata_array() -> Column:
    """Return the aggregate that gathers the strata of a group in the order of band and sex, with weights.

    Rows hold the names of `strata.sum_names` and `<stem>_reference`.
    """
    fields = [
        F.col("age_band"),
        F.col("sex_code"),
        std.standard_weight(F.col("age_band"), F.col("sex_code")).alias("weight"),
        *[F.col(name) for name in ("t", "tt", "persons")],
        *[F.col(f"{stem}_{part}") for stem in RATES for part in ("y", "yy", "yt", "reference")],
    ]
    return F.array_sort(F.collect_list(F.struct(*fields))).alias("strata")


def with_reference(strata: DataFrame) -> DataFrame:
    """Add `<event>_reference`: the events per day of a stratum over all groups of the frame, in the same period."""
    same = Window.partitionBy("year", "age_band", "sex_code")
    everywhere = same.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    t = F.sum("t").over(everywhere)
    rates = {f"{stem}_reference": F.try_divide(F.sum(f"{stem}_y").over(everywhere), t) for stem in RATES}
    return strata.withColumns(rates)


def sums_of_groups(strata: DataFrame, *key: str) -> DataFrame:
    """Return the sums of groups over their strata, with the strata themselves in `strata`."""
    sums = [F.sum(name).alias(name) for name in sum_names()]
    return strata.transform(with_reference).groupBy(*key).agg(*sums, strata_array())
