"""Ratios over strata by Mantel and Haenszel, their variances and limits, and the test of no association."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy

from icspark.morbidity.cells import Cells, Floats, divided, per_person
from icspark.statistics.intervals import Z


class Ratio(NamedTuple):
    """A ratio per pair, the standard error of its logarithm, and 95 % limits; NaN where it cannot be told."""

    ratio: Floats
    log_error: Floats
    lower: Floats
    upper: Floats


class Chi2(NamedTuple):
    """A chi-square statistic per pair, its degrees of freedom and its p value; NaN where there is nothing to test."""

    statistic: Floats
    freedom: Floats
    p_value: Floats


def odds_ratio(cells: Cells) -> Ratio:
    """Return the Mantel-Haenszel odds ratio, sum(ad/n) / sum(bc/n).

    Infinite where no stratum has people with one condition only, 0 where none has people with both. Variance of the
    logarithm, with P = (a+d)/n, Q = 1 - P, R = ad/n, S = bc/n:
    sum(PR)/(2 R+^2) + sum(PS + QR)/(2 R+ S+) + sum(QS)/(2 S+^2)
    (Robins, Breslow and Greenland 1986, Biometrics 42:311).
    """
    n = cells.n
    agree = per_person(cells.a + cells.d, n)
    r, s = per_person(cells.a * cells.d, n), per_person(cells.b * cells.c, n)
    r_sum, s_sum = r.sum(axis=1), s.sum(axis=1)
    mixed = (agree * s + (1 - agree) * r).sum(axis=1)
    variance = (
        divided((agree * r).sum(axis=1), r_sum**2)
        + divided(mixed, r_sum * s_sum)
        + divided(((1 - agree) * s).sum(axis=1), s_sum**2)
    ) / 2
    return _with_limits(divided(r_sum, s_sum), variance)


def risk_ratio(cells: Cells) -> Ratio:
    """Return the Mantel-Haenszel risk ratio of the second condition given the first: sum(a(c+d)/n) / sum(c(a+b)/n).

    Variance of the logarithm: sum[((a+b)(c+d)(a+c) - acn)/n^2] / [sum(a(c+d)/n) sum(c(a+b)/n)] (Greenland and Robins
    1985, Biometrics 41:55). The other reading is that of `cells.swapped()`.
    """
    n = cells.n
    with_first, without_first = cells.a + cells.b, cells.c + cells.d
    exposed = per_person(cells.a * without_first, n).sum(axis=1)
    unexposed = per_person(cells.c * with_first, n).sum(axis=1)
    spread = per_person(with_first * without_first * (cells.a + cells.c) - cells.a * cells.c * n, n**2).sum(axis=1)
    return _with_limits(divided(exposed, unexposed), divided(spread, exposed * unexposed))


def cochran_mantel_haenszel(cells: Cells, *, continuity: bool = False) -> Chi2:
    """Return the test that the odds ratio is 1 in every stratum: (|sum(a - E)| - 1/2 or 0)^2 / sum(Var), 1 degree.

    E = (a+b)(a+c)/n, Var = (a+b)(c+d)(a+c)(b+d) / (n^2 (n-1)) (Mantel and Haenszel 1959). NaN where no stratum has all
    four margins.
    """
    n = cells.n
    rows, columns = (cells.a + cells.b), (cells.a + cells.c)
    expected = per_person(rows * columns, n)
    variance = per_person(rows * (cells.c + cells.d) * columns * (cells.b + cells.d), n**2 * (n - 1))
    distance = np.abs((cells.a - expected).sum(axis=1))
    if continuity:
        distance = np.maximum(distance - 0.5, 0.0)
    statistic = divided(distance**2, np.where(cells.has_contrast, variance, 0.0).sum(axis=1))
    statistic = np.where(cells.has_contrast.any(axis=1), statistic, np.nan)
    freedom = np.where(np.isnan(statistic), np.nan, 1.0)
    return Chi2(statistic, freedom, scipy.stats.chi2.sf(statistic, 1))


def _with_limits(ratio: Floats, variance: Floats) -> Ratio:
    is_told = np.isfinite(ratio) & (ratio > 0)
    error = np.sqrt(np.where(is_told, variance, np.nan))
    logarithm = np.log(np.where(is_told, ratio, np.nan))
    return Ratio(ratio, error, np.exp(logarithm - Z * error), np.exp(logarithm + Z * error))
