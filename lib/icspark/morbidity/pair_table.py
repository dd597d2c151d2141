"""The statistics of every pair, from counts to rows of the tables."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import DataFrame, SparkSession

from icspark.morbidity.cells import Booleans, Cells, Floats, divided
from icspark.morbidity.counting import Counts
from icspark.morbidity.direction import binomial_p_value, expected_share, z_of_share
from icspark.morbidity.homogeneity import breslow_day_tarone, cochran_q, trend
from icspark.morbidity.mantel_haenszel import Ratio, cochran_mantel_haenszel, odds_ratio, risk_ratio
from icspark.statistics.multiplicity import benjamini_hochberg
from icspark.tables.morbidity import MorbidityPair, MorbidityPairByGroup
from icspark.tables.table import Table

Columns = dict[str, NDArray[Any]]

CELLS_AT_ONCE = 1 << 21
"""Tables (pairs x strata) that are worked on at once: about 20 arrays of that size are alive, 0.3 GB."""

DIGITS = 12
"""Significant digits that are kept: machines agree on them, and not on the last bits of a sum."""


@dataclass(frozen=True)
class PairRules:
    """How pairs are judged. `sharing_counts`: whether pairs whose lists share codes are part of the multiplicity."""

    zero_cells: Literal["keep", "drop_stratum"] = "keep"
    continuity: bool = False
    sharing_counts: bool = False


def pair_columns(counts: Counts, rules: PairRules, sharing: Collection[tuple[str, str]] = ()) -> Columns:
    """Return the columns of morbidity_pair, in the order of the pairs; NaN and None are null.

    `sharing` are pairs whose lists share codes: they have statistics, and are no part of the multiplicity unless the
    rules say so.
    """
    columns = _joined(_of_block(counts, chosen, rules) for chosen in _blocks(counts)) | _names(counts)
    shares = _is_in(columns, sharing)
    apart = shares & (not rules.sharing_counts)
    columns[MorbidityPair.shares_codes] = shares
    columns[MorbidityPair.q_value] = benjamini_hochberg(np.where(apart, np.nan, columns[MorbidityPair.p_value]))
    return columns | _order(counts, apart)


def edge_columns(
    counts: Counts, rules: PairRules, untested: Collection[tuple[str, str]], *, with_risks: bool = False
) -> Columns:
    """Return those columns of morbidity_pair that decide whether a pair is an edge; order is not told: NaN.

    `untested` are pairs that are no part of the multiplicity; `with_risks`: risk ratios too.
    """
    columns = _joined(_edge_block(counts, chosen, rules, with_risks=with_risks) for chosen in _blocks(counts))
    columns |= _names(counts)
    apart = _is_in(columns, untested)
    columns[MorbidityPair.q_value] = benjamini_hochberg(np.where(apart, np.nan, columns[MorbidityPair.p_value]))
    return columns | dict.fromkeys(_ORDER_COLUMNS, np.full(len(apart), np.nan))


def group_columns(
    counts: Counts, groups: Sequence[str], group_of_stratum: Sequence[str], rules: PairRules
) -> dict[str, Columns]:
    """Return, for each group, the columns of morbidity_pair_by_group, its own `group` and `group_by` left out.

    The strata whose `group_of_stratum` is the group are its strata. The order of `groups` is the rank of the trend.
    """
    of_groups = {}
    for group in groups:
        strata = np.flatnonzero(np.array(group_of_stratum) == group)
        every = (counts.cells(chosen, strata) for chosen in _blocks(counts))
        of_groups[group] = _joined(_ratio_columns(cells, _judged(cells, rules)) for cells in every) | _names(counts)
    logarithm = np.log(np.stack([of_groups[g][MorbidityPairByGroup.odds_ratio] for g in groups], axis=1))
    error = np.stack([of_groups[g].pop("log_error") for g in groups], axis=1)
    apart = cochran_q(logarithm, error)
    slope = trend(logarithm, error, np.arange(1.0, len(groups) + 1))
    shared: Columns = {
        MorbidityPairByGroup.heterogeneity_chi_square: apart.statistic,
        MorbidityPairByGroup.heterogeneity_p_value: apart.p_value,
        MorbidityPairByGroup.heterogeneity_q_value: benjamini_hochberg(apart.p_value),
        MorbidityPairByGroup.trend: slope.slope,
        MorbidityPairByGroup.trend_lower_95: slope.lower,
        MorbidityPairByGroup.trend_upper_95: slope.upper,
    }
    return {group: columns | shared for group, columns in of_groups.items()}


def frame_of(spark: SparkSession, table: type[Table], columns: Mapping[str, NDArray[Any]]) -> DataFrame:
    """Return a frame of a table from numpy columns: NaN is null, numbers to 12 significant digits."""
    arrays = {}
    for name, spec in table.columns().items():
        values = columns[name]
        if values.dtype.kind == "f" and spec.data_type.simpleString() == "bigint":
            values = np.ma.masked_invalid(values)
            arrays[name] = pa.array(values.filled(0).astype(np.int64), mask=np.ma.getmaskarray(values))
        elif values.dtype.kind == "f":
            arrays[name] = pa.array(significant(values), pa.float64(), from_pandas=True)
        elif values.dtype.kind in "iu":
            arrays[name] = pa.array(values, pa.int64())
        else:
            arrays[name] = pa.array(values.tolist(), pa.bool_() if values.dtype.kind == "b" else pa.string())
    return spark.createDataFrame(pa.table(arrays), table.schema())


def significant(values: Floats) -> Floats:
    """Return numbers to 12 significant digits; NaN and infinity stay."""
    safe = np.where(np.isfinite(values) & (values != 0), np.abs(values), 1.0)
    power = DIGITS - 1 - np.floor(np.log10(safe))
    half = np.floor(power / 2)  # in two steps, since 10 to the power can be out of reach for the smallest numbers
    scaled = np.round(values * 10.0**half * 10.0 ** (power - half))
    return np.where(np.isfinite(values), scaled / 10.0**half / 10.0 ** (power - half), values)


def _blocks(counts: Counts) -> Iterator[NDArray[np.intp]]:
    pairs = len(counts.pairs[0])
    step = max(CELLS_AT_ONCE // len(counts.survey.strata), 1)
    for begin in range(0, max(pairs, 1), step):
        yield np.arange(begin, min(begin + step, pairs))


def _names(counts: Counts) -> Columns:
    names = np.array(counts.survey.conditions, dtype=object)
    first, second = counts.pairs
    return {MorbidityPair.condition_a: names[first], MorbidityPair.condition_b: names[second]}


def _joined(blocks: Iterable[Columns]) -> Columns:
    listed = list(blocks)
    return {name: np.concatenate([block[name] for block in listed]) for name in listed[0]}


def _is_in(columns: Columns, chosen: Collection[tuple[str, str]]) -> Booleans:
    pairs = zip(columns[MorbidityPair.condition_a], columns[MorbidityPair.condition_b], strict=True)
    return np.array([pair in chosen for pair in pairs], dtype=bool)


def _judged(every: Cells, rules: PairRules) -> Cells:
    return every.without_empty_cells() if rules.zero_cells == "drop_stratum" else every


def _ratio_columns(every: Cells, cells: Cells) -> Columns:
    contrast = cells.has_contrast
    ratio = odds_ratio(cells)
    reason = _reason(ratio.ratio, contrast)
    return {
        MorbidityPair.both_count: every.a.sum(axis=1).astype(np.int64),
        MorbidityPair.a_count: (every.a + every.b).sum(axis=1).astype(np.int64),
        MorbidityPair.b_count: (every.a + every.c).sum(axis=1).astype(np.int64),
        MorbidityPair.people_count: every.n.sum(axis=1).astype(np.int64),
        MorbidityPair.strata_count: contrast.sum(axis=1).astype(np.int64),
        MorbidityPair.reason: reason,
        **_limits("odds_ratio", ratio),
        "log_error": ratio.log_error,
    }


def _edge_block(counts: Counts, chosen: NDArray[np.intp], rules: PairRules, *, with_risks: bool) -> Columns:
    every = counts.cells(chosen)
    cells = _judged(every, rules)
    return _edge_columns(every, cells, rules) | (_risks(cells) if with_risks else {})


def _of_block(counts: Counts, chosen: NDArray[np.intp], rules: PairRules) -> Columns:
    every = counts.cells(chosen)
    cells = _judged(every, rules)
    without = (~cells.has_contrast).sum(axis=1).astype(np.int64)
    columns = _edge_columns(every, cells, rules) | _risks(cells) | _homogeneity(cells)
    return columns | {MorbidityPair.strata_without_contrast_count: without}


def _edge_columns(every: Cells, cells: Cells, rules: PairRules) -> Columns:
    columns = _ratio_columns(every, cells)
    columns.pop("log_error")
    smallest = np.where(cells.has_contrast, cells.n, np.inf).min(axis=1)
    test = cochran_mantel_haenszel(cells, continuity=rules.continuity)
    return columns | {
        MorbidityPair.smallest_stratum_count: np.where(np.isfinite(smallest), smallest, np.nan),
        MorbidityPair.chi_square: test.statistic,
        MorbidityPair.p_value: test.p_value,
    }


def _risks(cells: Cells) -> Columns:
    ratios = {"risk_ratio_b_given_a": risk_ratio(cells), "risk_ratio_a_given_b": risk_ratio(cells.swapped())}
    return {name: values for stem, ratio in ratios.items() for name, values in _limits(stem, ratio).items()}


def _homogeneity(cells: Cells) -> Columns:
    ratio = odds_ratio(cells).ratio
    test, is_dense = breslow_day_tarone(cells, ratio)
    is_known, is_told = np.isfinite(ratio) & (ratio > 0), ~np.isnan(test.statistic)
    reasons = [(~is_known, "no_odds_ratio"), (~is_told, "one_stratum"), (~is_dense, "sparse")]
    return {
        MorbidityPair.homogeneity_chi_square: np.where(is_dense, test.statistic, np.nan),
        MorbidityPair.homogeneity_p_value: np.where(is_dense, test.p_value, np.nan),
        MorbidityPair.homogeneity_reason: _first(reasons),
    }


def _limits(name: str, ratio: Ratio) -> Columns:
    is_told = np.isfinite(ratio.ratio) & (ratio.ratio > 0)
    value = np.where(is_told, ratio.ratio, np.nan)
    return {name: value, f"{name}_lower_95": ratio.lower, f"{name}_upper_95": ratio.upper}


def _reason(ratio: Floats, contrast: Booleans) -> NDArray[Any]:
    no_contrast = ~contrast.any(axis=1)
    reasons = [(no_contrast, "no_contrast"), (ratio == 0, "odds_ratio_zero"), (np.isinf(ratio), "odds_ratio_infinite")]
    return _first(reasons)


def _first(reasons: Sequence[tuple[Booleans, str]]) -> NDArray[Any]:
    found: NDArray[Any] = np.full(len(reasons[0][0]), None, dtype=object)
    for applies, reason in reversed(reasons):
        found[applies] = reason
    return found


def _order(counts: Counts, apart: Booleans) -> Columns:
    first, second = counts.pairs
    if "before" not in counts.arrays:
        nothing = np.full(len(first), np.nan)
        return dict.fromkeys(_ORDER_COLUMNS, nothing)
    ordered = counts.ordered()
    forward, backward = ordered[:, :, 0].sum(axis=0), ordered[:, :, 1].sum(axis=0)
    both = forward + backward
    expected = expected_share(counts.arrays["onset"], ordered.sum(axis=2), first, second)
    direction = binomial_p_value(forward, both, np.full(len(both), 0.5))
    order = binomial_p_value(forward, both, expected)
    values = (
        forward,
        backward,
        divided(forward.astype(np.float64), both.astype(np.float64)),
        expected,
        z_of_share(forward, both),
        direction,
        benjamini_hochberg(np.where(apart, np.nan, direction)),
        order,
        benjamini_hochberg(np.where(apart, np.nan, order)),
    )
    return dict(zip(_ORDER_COLUMNS, values, strict=True))


_ORDER_COLUMNS = (
    MorbidityPair.a_before_b_count,
    MorbidityPair.b_before_a_count,
    MorbidityPair.a_before_b_share,
    MorbidityPair.a_before_b_expected_share,
    MorbidityPair.direction_z,
    MorbidityPair.direction_p_value,
    MorbidityPair.direction_q_value,
    MorbidityPair.order_p_value,
    MorbidityPair.order_q_value,
)
