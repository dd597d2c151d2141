"""Partial rank correlations of many pairs from one ranked matrix, and what goes with them: p, limits, q."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]

SPEARMAN_VARIANCE = 1.06
"""Variance of Fisher's z of a Spearman coefficient x (n - 3): Fieller, Hartley and Pearson 1957, Biometrika 44, 470."""

LARGEST_CONDITION = 1e10


class Statistics(NamedTuple):
    """What is known of a coefficient; arrays of one shape."""

    coefficient: Floats
    lower_95: Floats
    upper_95: Floats
    p_value: Floats


def rank_correlations(values: Floats) -> Floats:
    """Return the Spearman correlations (columns x columns) of a complete matrix (rows x columns), average ties."""
    return np.asarray(np.corrcoef(stats.rankdata(values, axis=0), rowvar=False), dtype=np.float64)


def partial_correlations(correlations: Floats, outcome: int) -> Floats | None:
    """Return the correlation of one variable with each other one, all the rest held constant; 1 with itself.

    With P the inverse of the correlation matrix, r_xy = -P_xy / sqrt(P_xx P_yy) (Whittaker 1990, Graphical Models in
    Applied Multivariate Statistics, section 5.8). None where the matrix is singular, or nearly so.
    """
    if np.linalg.cond(correlations) > LARGEST_CONDITION:
        return None
    precision = np.linalg.inv(correlations)
    partial = -precision[outcome] / np.sqrt(precision[outcome, outcome] * np.diag(precision))
    partial[outcome] = 1.0
    return np.asarray(partial, dtype=np.float64)


def statistics_of(coefficient: Floats, *, n: int, controls: int) -> Statistics:
    """Return p (two-sided t on n - 2 - k degrees of freedom) and 95 % limits (Fisher's z, variance 1.06 / (n - k - 3)).

    `controls` is k, the number of variables held constant.
    """
    freedom = n - 2 - controls
    inside = np.clip(coefficient, -1 + 1e-15, 1 - 1e-15)
    t = inside * np.sqrt(freedom / (1 - inside**2))
    margin = stats.norm.ppf(0.975) * np.sqrt(SPEARMAN_VARIANCE / (n - controls - 3))
    z = np.arctanh(inside)
    return Statistics(coefficient, np.tanh(z - margin), np.tanh(z + margin), 2 * stats.t.sf(np.abs(t), freedom))


def benjamini_hochberg(p_values: Floats) -> Floats:
    """Return q values of the tests that were made; NaN stays NaN and is no test.

    Benjamini and Hochberg 1995, JRSS B 57, 289: the smallest of m p / rank over this and all larger p values.
    """
    q_values = np.full(p_values.shape, np.nan)
    made = np.flatnonzero(~np.isnan(p_values))
    if made.size:
        order = made[np.argsort(p_values[made], kind="stable")]
        scaled = p_values[order] * made.size / np.arange(1, made.size + 1)
        q_values[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return q_values


class WeightedRanks:
    """Rank correlations of rows that each count a whole number of times: resamples without copying rows.

    Each column is sorted once; the rank of a value under weights w is the sum of the weights below it plus half of
    (its tie group's weight + 1), which is the average rank of the resample written out.
    """

    def __init__(self, values: Floats) -> None:
        """Sort the columns of a complete matrix (rows x columns)."""
        self._rows, self._columns = values.shape
        self._order = np.argsort(values, axis=0, kind="stable")
        ordered = np.take_along_axis(values, self._order, axis=0)
        first = np.vstack([np.ones((1, self._columns), dtype=bool), ordered[1:] != ordered[:-1]])
        self._starts = [np.flatnonzero(first[:, c]) for c in range(self._columns)]
        self._groups = np.cumsum(first, axis=0) - 1

    def correlations(self, weights: Floats) -> Floats:
        """Return the rank correlation matrix of the resample in which row i stands weights[i] times."""
        ranks = np.empty((self._rows, self._columns))
        for c in range(self._columns):
            group = np.add.reduceat(weights[self._order[:, c]], self._starts[c])
            middle = np.cumsum(group) - group + (group + 1) / 2
            ranks[self._order[:, c], c] = middle[self._groups[:, c]]
        centred = ranks - weights @ ranks / weights.sum()
        products = (centred * weights[:, None]).T @ centred
        spread = np.sqrt(np.diag(products))
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(products / np.outer(spread, spread), dtype=np.float64)
