"""Slope and relative index of inequality: how much a rate changes from the least to the most deprived end."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy

from icspark.statistics.intervals import Floats, Z

FEWEST_GROUPS = 3
"""Groups with anybody in them below which no line is drawn."""


class Index(NamedTuple):
    """An estimate with its 95 % limits and the two-sided p value of no gradient; NaN where there is none."""

    value: float
    lower: float
    upper: float
    p_value: float


class Gradient(NamedTuple):
    """The line over ranks of deprivation from 0 (least) to 1 (most), and the two indices of it."""

    at_least: float
    at_most: float
    slope: Index
    relative: Index


def ridits(sizes: Floats) -> Floats:
    """Return the midpoint of each group's range of the cumulative share of people, in the given order of groups.

    Source: Bross 1958, Biometrics 14:18.
    """
    midpoints: Floats = (np.cumsum(sizes) - sizes / 2) / sizes.sum()
    return midpoints


def gradient(values: Floats, variances: Floats, sizes: Floats) -> Gradient:
    """Return the slope and relative index of inequality of groups in order from the least to the most deprived.

    The line is the least-squares line of the values (rates, shares or means) on ridits, weighted by `sizes` (people or
    person-time). The slope index is its rise from rank 0 to rank 1, the relative index its value at 1 over that at 0.
    Both are functions of the values alone, a linear one and a ratio of linear ones, so that their variances follow from
    those of the values: exactly for the slope, by the delta method on the logarithm for the ratio. Values without
    people are left out. The relative index is NaN where the line is not above 0 at both ends; all is NaN below three
    groups.

    Source: Mackenbach and Kunst 1997, Soc Sci Med 44:757; OHID, Public health technical guidance, Slope index of
    inequality, which simulates from the same variances.
    """
    there = sizes > 0
    y, v, n = values[there], variances[there], sizes[there]
    if len(n) < FEWEST_GROUPS or not (np.isfinite(y).all() and np.isfinite(v).all()):
        nothing = Index(np.nan, np.nan, np.nan, np.nan)
        return Gradient(np.nan, np.nan, nothing, nothing)
    low, high = _ends(ridits(n), n)
    at_least, at_most = float(low @ y), float(high @ y)
    slope = _index(at_most - at_least, float((high - low) ** 2 @ v))
    return Gradient(at_least, at_most, slope, _relative(at_least, at_most, low=low, high=high, variances=v))


def _ends(x: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Return the linear functions of the values that give the fitted line at rank 0 and at rank 1."""
    share = weights / weights.sum()
    apart = x - share @ x
    per_unit = share * apart / (share @ apart**2)
    return share - (share @ x) * per_unit, share + (1 - share @ x) * per_unit


def _index(value: float, variance: float) -> Index:
    error = float(np.sqrt(variance))
    half = Z * error
    return Index(value, value - half, value + half, _p_value(value, error))


def _relative(at_least: float, at_most: float, *, low: Floats, high: Floats, variances: Floats) -> Index:
    if at_least <= 0 or at_most <= 0:
        return Index(np.nan, np.nan, np.nan, np.nan)
    log = float(np.log(at_most / at_least))
    error = float(np.sqrt((high / at_most - low / at_least) ** 2 @ variances))
    half = Z * error
    return Index(float(np.exp(log)), float(np.exp(log - half)), float(np.exp(log + half)), _p_value(log, error))


def _p_value(value: float, error: float) -> float:
    return float(2 * scipy.stats.norm.sf(abs(value) / error)) if error > 0 else np.nan
