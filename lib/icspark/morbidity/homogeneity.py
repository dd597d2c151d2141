"""Whether an odds ratio is the same everywhere: over strata, and over groups; and whether it has a trend."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy

from icspark.morbidity.cells import Booleans, Cells, Floats, divided
from icspark.morbidity.mantel_haenszel import Chi2
from icspark.statistics.intervals import Z

SMALLEST_EXPECTED = 5.0
"""People expected in every cell of a stratum that counts as dense."""

DENSE_SHARE = 0.8
"""Share of strata that must be dense: on many sparse ones the test rejects a common odds ratio far too often."""


class Trend(NamedTuple):
    """The change of ln OR with each step of the group's rank, and its 95 % limits."""

    slope: Floats
    lower: Floats
    upper: Floats


def breslow_day_tarone(cells: Cells, ratio: Floats) -> tuple[Chi2, Booleans]:
    """Return the test of one odds ratio in all strata, and for which pairs their strata are dense enough for it.

    In each stratum with all margins, e is the first cell expected under the pooled `ratio`, the root of
    e (n - m1 - m2 + e) = ratio (m1 - e)(m2 - e), and v = 1 / (1/e + 1/(m1-e) + 1/(m2-e) + 1/(n-m1-m2+e)):
    sum((a-e)^2/v) - (sum(a) - sum(e))^2 / sum(v), one degree of freedom less than strata (Breslow and Day 1980;
    Tarone 1985, Biometrika 72:91). NaN where the ratio is 0, infinite or unknown, or there is one stratum.
    """
    contrast = cells.has_contrast
    is_told = np.isfinite(ratio) & (ratio > 0)
    expected = _expected(cells, np.where(is_told, ratio, 1.0)[:, np.newaxis])
    table = Cells(
        expected,
        cells.a + cells.b - expected,
        cells.a + cells.c - expected,
        cells.d - cells.a + expected,
    )
    cellwise = np.stack([table.a, table.b, table.c, table.d])
    inverse = divided(np.ones_like(cellwise), cellwise).sum(axis=0)
    apart = np.where(contrast, cells.a - expected, 0.0)
    variance = np.where(contrast, divided(np.ones_like(inverse), inverse), 0.0)
    statistic = (apart**2 * np.where(contrast, inverse, 0.0)).sum(axis=1)
    statistic -= divided(apart.sum(axis=1) ** 2, variance.sum(axis=1))
    strata = contrast.sum(axis=1)
    known = is_told & (strata > 1)
    dense = (contrast & (cellwise.min(axis=0) >= SMALLEST_EXPECTED)).sum(axis=1)
    statistic = np.where(known, np.maximum(statistic, 0.0), np.nan)
    freedom = np.where(known, strata - 1.0, np.nan)
    return Chi2(statistic, freedom, np.asarray(scipy.stats.chi2.sf(statistic, freedom))), dense >= DENSE_SHARE * strata


def cochran_q(log_ratio: Floats, log_error: Floats) -> Chi2:
    """Return the test of one odds ratio in all groups (columns): sum(w (x - mean)^2), w = 1/SE^2, groups less 1.

    Groups with no estimate (NaN) are left out; NaN where fewer than two are left (Cochran 1954, Biometrics 10:101).
    """
    weight, value = _weighted(log_ratio, log_error)
    groups = (weight > 0).sum(axis=1)
    mean = divided((weight * value).sum(axis=1), weight.sum(axis=1))
    statistic = (weight * (value - mean[:, np.newaxis]) ** 2).sum(axis=1)
    freedom = np.where(groups > 1, groups - 1.0, np.nan)
    statistic = np.where(groups > 1, statistic, np.nan)
    return Chi2(statistic, freedom, np.asarray(scipy.stats.chi2.sf(statistic, freedom)))


def trend(log_ratio: Floats, log_error: Floats, rank: Floats) -> Trend:
    """Return the inverse-variance slope of ln OR over the groups' `rank`; NaN where fewer than two groups have one."""
    weight, value = _weighted(log_ratio, log_error)
    centre = divided((weight * rank).sum(axis=1), weight.sum(axis=1))
    distance = rank - centre[:, np.newaxis]
    spread = (weight * distance**2).sum(axis=1)
    is_told = ((weight > 0).sum(axis=1) > 1) & (spread > 0)
    slope = np.where(is_told, divided((weight * distance * value).sum(axis=1), spread), np.nan)
    error = np.where(is_told, divided(np.ones_like(spread), np.sqrt(spread)), np.nan)
    return Trend(slope, slope - Z * error, slope + Z * error)


def _expected(cells: Cells, ratio: Floats) -> Floats:
    first, second = cells.a + cells.b, cells.a + cells.c
    b = ratio * (first + second) + cells.d - cells.a
    c = -ratio * first * second
    root = np.sqrt(np.maximum(b**2 - 4 * (1 - ratio) * c, 0.0))
    # Of the two ways to write the root, the one that does not subtract two numbers that are nearly the same.
    return np.where(b >= 0, divided(-2 * c, b + root), divided(root - b, 2 * (1 - ratio) * np.ones_like(b)))


def _weighted(log_ratio: Floats, log_error: Floats) -> tuple[Floats, Floats]:
    is_told = np.isfinite(log_ratio) & np.isfinite(log_error) & (log_error > 0)
    safe = np.where(is_told, log_error, 1.0)
    return np.where(is_told, 1 / safe**2, 0.0), np.where(is_told, log_ratio, 0.0)
