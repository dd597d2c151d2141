"""Rates of records over fifths of deprivation, and the slope and relative index of inequality of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from icspark.inequality.compact import significant
from icspark.statistics.clusters import ratio_variance
from icspark.statistics.estimates import PER, sums_of_groups, with_crude, with_direct
from icspark.statistics.gradient import FEWEST_GROUPS, Gradient, Index, gradient, ridits
from icspark.statistics.periods import Periods
from icspark.statistics.standardisation import FEWEST_EVENTS
from icspark.statistics.strata import (
    DAYS_PER_YEAR,
    rate_sums,
    share_sums,
    sums_by_person,
    sums_by_stratum,
    variance_of,
)
from icspark.tables.activity import MEANS, RATES, SHARES, ActivityGradient, PersonActivity
from icspark.tables.reference import Deprivation2019

FIFTHS = (5, 4, 3, 2, 1)
"""From the least to the most deprived."""

_FIFTH = "_fifth"


@dataclass(frozen=True)
class Measure:
    """A column of estimates: its basis, and the columns of its events, denominator, variance and reason."""

    name: str
    basis: str
    events: str
    below: str
    variance: Column
    design_effect: str | None = None
    reason: str | None = None

    @property
    def key(self) -> str:
        """Return a name for its columns of the driver's frame."""
        return f"{self.basis} {self.name}"


def measures() -> list[Measure]:
    """Return every measure that has a gradient: crude and standardised rates, shares, and means."""
    found: list[Measure] = []
    per = F.lit((PER * DAYS_PER_YEAR) ** 2)
    for stem in RATES:
        count, effect = f"{stem}_count", f"{stem}_design_effect"
        variance = ratio_variance(rate_sums(stem)) * per
        found.append(Measure(f"{stem}_rate_per_1000", "crude", count, "person_years", variance, effect))
        direct, reason = F.col(f"_{stem}_direct")["variance"] * per, f"{stem}_standardised_reason"
        found.append(Measure(f"{stem}_rate_per_1000", "standardised", count, "person_years", direct, reason=reason))
    for stem, (below, _) in SHARES.items():
        variance, effect = ratio_variance(share_sums(stem)), f"{stem}_design_effect"
        found.append(Measure(f"{stem}_share", "crude", f"{stem}_count", f"{below}_count", variance, effect))
    for stem in MEANS:
        variance = variance_of(stem) / F.col(f"{stem}_n")
        found.append(Measure(f"{stem}_mean", "crude", f"{stem}_count", f"{stem}_count", variance))
    return found


def build_activity_gradient(
    activity: DataFrame, deprivation: DataFrame, *, domains: Sequence[str], periods: Periods
) -> DataFrame:
    """Return the table activity_gradient of person_activity and the deprivation of 2019.

    Fifths are national: two published deciles each, by the LSOA 2011 of residence; person-time without one is left out.
    A person is one cluster in a fifth, also after a move within it. What is gathered on the driver has five rows a
    domain and period, however many people there are.
    """
    rows: list[dict[str, Any]] = []
    for domain in domains:
        estimates = estimates_by_fifth(activity, deprivation, domain=domain, periods=periods)
        said = {ActivityGradient.domain: domain, ActivityGradient.years_count: periods.pooled}
        for year, part in estimates.groupby("year", sort=True):
            fifths = part.set_index(_FIFTH).reindex(list(FIFTHS))
            rows += [row | said | {"year": year} for one in measures() for row in rows_of_measure(fifths, one)]
    listed = [tuple(row.get(name) for name in ActivityGradient.columns()) for row in rows]
    return activity.sparkSession.createDataFrame(listed, ActivityGradient.schema())


def estimates_by_fifth(activity: DataFrame, deprivation: DataFrame, *, domain: str, periods: Periods) -> pd.DataFrame:
    """Return estimates, limits and variances by period and fifth, under the names of area_activity, on the driver."""
    decile = F.col(f"{domain}_2019_decile")
    fifths = deprivation.select(Deprivation2019.lsoa_2011_code, F.ceil(decile / 2).alias(_FIFTH))
    placed = activity.join(F.broadcast(fifths), on=PersonActivity.lsoa_2011_code, how="inner")
    strata = sums_by_stratum(sums_by_person(placed, _FIFTH, periods), _FIFTH)
    estimates = sums_of_groups(strata, _FIFTH, "year").transform(with_crude).transform(with_direct)
    wanted: dict[str, Column] = {}
    for one in measures():
        column = one.name.replace("_rate", "_standardised_rate") if one.basis == "standardised" else one.name
        parts = {"value": column, "lower": f"{column}_lower_95", "upper": f"{column}_upper_95"}
        wanted |= {f"{one.key} {part}": F.col(name) for part, name in parts.items()}
        wanted |= {f"{one.key} variance": one.variance, one.events: F.col(one.events), one.below: F.col(one.below)}
        wanted |= {name: F.col(name) for name in (one.design_effect, one.reason) if name}
    # Five rows a period.
    found: pd.DataFrame = estimates.select(_FIFTH, "year", *[c.alias(n) for n, c in wanted.items()]).toPandas()
    return found


def rows_of_measure(fifths: pd.DataFrame, measure: Measure) -> Iterator[dict[str, Any]]:
    """Yield the rows of one measure: its fifths from the least to the most deprived, then the two indices."""
    events = fifths[measure.events].fillna(0).to_numpy(dtype=np.float64)
    below = fifths[measure.below].fillna(0).to_numpy(dtype=np.float64)
    values, variances = (fifths[f"{measure.key} {part}"].to_numpy(dtype=np.float64) for part in ("value", "variance"))
    line = gradient(values, variances, below)
    ranks = ridits(below) if below.sum() else np.full(len(below), np.nan)
    said = {ActivityGradient.measure: measure.name, ActivityGradient.basis: measure.basis}
    for place, fifth in enumerate(FIFTHS):
        yield said | _fifth(cast("pd.Series[Any]", fifths.loc[fifth]), measure, line=line, rank=float(ranks[place]))
    reason = _reason(fifths, measure, events=events.sum(), line=line)
    total = {ActivityGradient.events_count: int(events.sum()), ActivityGradient.denominator: significant(below.sum())}
    yield said | total | {ActivityGradient.part: "slope_index"} | _index(line.slope, reason)
    above = reason or (None if np.isfinite(line.relative.value) else "not_above_zero")
    yield said | total | {ActivityGradient.part: "relative_index"} | _index(line.relative, above)


def _fifth(row: pd.Series[Any], measure: Measure, *, line: Gradient, rank: float) -> dict[str, Any]:
    below = row[measure.below]
    is_empty = pd.isna(below) or below == 0
    reason = row[measure.reason] if measure.reason else None
    found: dict[str, Any] = {
        ActivityGradient.part: str(row.name),
        ActivityGradient.events_count: 0 if is_empty else int(row[measure.events]),
        ActivityGradient.denominator: 0.0 if is_empty else float(below),
        ActivityGradient.reason: "empty_fifth" if is_empty else (None if pd.isna(reason) else reason),
    }
    if is_empty:
        return found
    numbers = {
        ActivityGradient.estimate: row[f"{measure.key} value"],
        ActivityGradient.lower_95: row[f"{measure.key} lower"],
        ActivityGradient.upper_95: row[f"{measure.key} upper"],
        ActivityGradient.fitted: line.at_least + rank * (line.at_most - line.at_least),
        ActivityGradient.rank: rank,
        ActivityGradient.design_effect: row[measure.design_effect] if measure.design_effect else np.nan,
    }
    return found | {name: significant(float(value)) for name, value in numbers.items()}


def _reason(fifths: pd.DataFrame, measure: Measure, *, events: float, line: Gradient) -> str | None:
    if events < FEWEST_EVENTS:
        return "few_events"
    if measure.reason:
        reasons = fifths[measure.reason].dropna()
        if len(reasons):
            return str(reasons.iloc[0])
    if np.isfinite(line.slope.value):
        return None
    there = fifths[measure.below].fillna(0) > 0
    return "too_few_groups" if there.sum() < FEWEST_GROUPS else "no_variance"


def _index(index: Index, reason: str | None) -> dict[str, Any]:
    if reason:
        return {ActivityGradient.reason: reason}
    numbers = {
        ActivityGradient.estimate: index.value,
        ActivityGradient.lower_95: index.lower,
        ActivityGradient.upper_95: index.upper,
        ActivityGradient.p_value: index.p_value,
    }
    return {name: significant(value) for name, value in numbers.items()}
