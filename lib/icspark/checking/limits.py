"""Limits that a sum of independent draws keeps to: exact, since most of the sums checked here are small."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Limits = tuple[float | None, float | None]

REACH = 10.0
"""Standard deviations on either side of the mean beyond which nothing is expected."""

_GROUPS_AT_ONCE = 64
_STEPS = 10
"""Steps of log odds per unit in which like chances are put together."""


def sum_limits(
    counts: ArrayLike, chances: ArrayLike, alpha: float, *, values: Sequence[int] = (0, 1)
) -> tuple[float, float]:
    """Return the least and the greatest value that a sum of independent draws has but for `alpha` (half on each side).

    `counts[g]` draws have the value `values[j]` with the chance `chances[g, j]`; where `chances` has one dimension it
    is that of 1. The distribution is exact, by the Fourier transform of its characteristic function.
    Source: Hong 2013, Computational Statistics and Data Analysis 59:41, for sums of unlike Bernoulli draws.
    """
    number, chance = np.asarray(counts, dtype=np.float64), np.asarray(chances, dtype=np.float64)
    if chance.ndim == 1:
        chance = np.stack([1 - chance, chance], axis=1)
    worth = np.asarray(values, dtype=np.float64)
    mean = number @ (chance @ worth)
    variance = number @ (chance @ worth**2 - (chance @ worth) ** 2)
    half = REACH * max(float(variance), 0.0) ** 0.5 + 2 * REACH * float(np.ptp(worth))
    size = 2 ** int(np.ceil(np.log2(2 * half)))
    at = int(np.floor(mean)) - size // 2 + np.arange(size)
    mass = _masses(number, chance, worth, size)[at % size]
    below = np.cumsum(mass)
    least = at[np.searchsorted(below, alpha / 2, side="right")]
    above = np.cumsum(mass[::-1])
    greatest = at[::-1][np.searchsorted(above, alpha / 2, side="right")]
    return float(least), float(greatest)


def _masses(counts: Floats, chances: Floats, values: Floats, size: int) -> Floats:
    angles = 2 * np.pi * np.arange(size // 2 + 1) / size  # the other half is conjugate: masses are real
    turned = np.exp(1j * values[:, None] * angles)
    log = np.zeros(len(angles), dtype=np.complex128)
    with np.errstate(divide="ignore"):  # a characteristic function may be 0
        for start in range(0, len(counts), _GROUPS_AT_ONCE):
            part = slice(start, start + _GROUPS_AT_ONCE)
            log += counts[part] @ np.log(chances[part] @ turned)
    found: Floats = np.maximum(np.fft.irfft(np.conj(np.exp(log)), size), 0)
    return found


def together(counts: ArrayLike, chances: ArrayLike) -> tuple[Floats, Floats]:
    """Return (counts, chances) with like chances put together, each under its mean: at most some thousand groups."""
    number, chance = np.asarray(counts, dtype=np.float64), np.asarray(chances, dtype=np.float64)
    known = (number > 0) & (chance > 0)
    number, chance = number[known], chance[known]
    inside = np.clip(chance, 1e-12, 1 - 1e-12)
    _, group = np.unique(np.round(np.log(inside / (1 - inside)) * _STEPS), return_inverse=True)
    sums: Floats = np.bincount(group, number).astype(np.float64)
    return sums, np.bincount(group, number * chance) / sums


def poisson_limits(mean: float, alpha: float, *, tolerance: float = 0.0) -> tuple[float, float]:
    """Return the limits of a Poisson count whose mean is known but for a share of `tolerance`."""
    low, high = mean * (1 - tolerance), mean * (1 + tolerance)
    least = float(scipy.stats.poisson.ppf(alpha / 2, low)) if low > 0 else 0.0
    return least, float(scipy.stats.poisson.isf(alpha / 2, high))


def normal_limits(mean: float, error: float, alpha: float) -> tuple[float, float]:
    """Return the limits of a normal estimate of this mean and standard error."""
    half = float(scipy.stats.norm.isf(alpha / 2)) * error
    return mean - half, mean + half


def skewed_limits(mean: float, variance: float, third: float, alpha: float) -> tuple[float, float]:
    """Return the limits of a sum with these central moments: Cornish and Fisher's expansion to the third.

    For sums of many unlike draws that are no whole numbers. Source: Cornish and Fisher 1938, Rev Int Stat Inst 5:307.
    """
    if variance <= 0:
        return mean, mean
    z, skewness = float(scipy.stats.norm.isf(alpha / 2)), third / variance**1.5
    bent = (z**2 - 1) * skewness / 6
    error = float(np.sqrt(variance))
    return mean + error * (bent - z), mean + error * (bent + z)
