"""Partial correlation of every outcome with every factor, from one correlation matrix; its test and its interval."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy

from icspark.inequality.ranks import Floats
from icspark.statistics.intervals import Z

FISHER_VARIANCE = 1.06
"""Of Fisher's z of Spearman's coefficient, times (n - k - 3): Fieller, Hartley and Pearson 1957, Biometrika 44:470."""

COLLINEAR = 1e-10
"""Share of a column's variance left by the others under which it counts as determined by them."""


class Tested(NamedTuple):
    """Coefficients with their two-sided p values and 95 % limits; arrays of one shape."""

    coefficient: Floats
    lower: Floats
    upper: Floats
    p_value: Floats


def partial_correlations(matrix: Floats, outcomes: list[int], factors: list[int], controls: list[int]) -> Floats:
    """Return a row per outcome and a column per factor: their correlation, other factors and `controls` held constant.

    With P the inverse of the correlations of outcome y, factors and controls, r = -P_xy / sqrt(P_xx P_yy). All outcomes
    come from one inverse of the part that they share: with S that part, s its correlations with y, b = S^-1 s and
    e = 1 - s b, P_yy = 1/e, P_xy = -b_x/e and P_xx = (S^-1)_xx + b_x^2/e. NaN where y or some x is constant or
    determined by the others.
    """
    shared = factors + controls
    empty = np.full((len(outcomes), len(factors)), np.nan)
    inner = matrix[np.ix_(shared, shared)]
    if not np.isfinite(inner).all() or np.linalg.eigvalsh(inner)[0] < COLLINEAR:
        return empty
    inverse = np.linalg.inv(inner)
    with_outcomes = matrix[np.ix_(shared, outcomes)]
    slopes = inverse @ with_outcomes
    left = 1 - np.sum(with_outcomes * slopes, axis=0)
    left = np.where(left > COLLINEAR, left, np.nan)
    of_factors = slopes[: len(factors)]
    own = np.diag(inverse)[: len(factors), np.newaxis]
    coefficients: Floats = (of_factors / left / np.sqrt((own + of_factors**2 / left) / left)).T
    return coefficients


def pairwise_correlations(matrix: Floats, outcomes: list[int], factors: list[int]) -> Floats:
    """Return a row per outcome and a column per factor: their plain correlation; NaN where one is constant."""
    return matrix[np.ix_(outcomes, factors)]


def statistics_of(coefficient: Floats, n: int, controls: int) -> Tested:
    """Return coefficients with p values (t test on n - 2 - k degrees of freedom) and 95 % limits by Fisher's z.

    The variance of z is 1.06/(n - k - 3), k being `controls`, the number of columns held constant; n > k + 3. NaN stays
    NaN. A coefficient of 1 or -1 has p = 0 and limits equal to itself.
    """
    freedom = n - 2 - controls
    r = np.clip(coefficient, -1.0, 1.0)
    half = Z * np.sqrt(FISHER_VARIANCE / (n - controls - 3))
    with np.errstate(divide="ignore"):
        t, z = r * np.sqrt(freedom / (1 - r**2)), np.arctanh(r)
    return Tested(r, np.tanh(z - half), np.tanh(z + half), 2 * scipy.stats.t.sf(np.abs(t), freedom))
