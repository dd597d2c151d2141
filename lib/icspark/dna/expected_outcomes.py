"""Observed over expected: exact limits of a sum of outcomes that each have a chance of their own.

The number of patients who do not attend is Poisson-binomial where each attends or not by a calibrated chance. Nothing
here approximates but the error of the champion's own ratio, which is normal on many outcomes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

DIRECT_WIDTH = 64
"""Widths up to which two distributions are convolved directly; above it by Fourier transforms."""

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Ratio:
    """Observed over expected outcomes, with the standard error of the ratio by clusters of persons.

    `spread` is the variance by clusters over that of independent outcomes.
    """

    observed: int
    expected: float
    error: float
    spread: float

    @property
    def value(self) -> float:
        """Return observed over expected."""
        return self.observed / self.expected


def ratio(outcome: Floats, probability: Floats, person: Whole) -> Ratio:
    """Return observed over expected of outcomes (0 or 1), whose error knows that one person's outcomes go together.

    With R = O/E and the sum of (y - R p) of each person, the variance is the sum of their squares over E^2 (linearised
    ratio: Cochran 1977, Sampling Techniques, 6.3). `person` are codes from 0.
    """
    observed, expected = outcome.sum(), probability.sum()
    scaled = scaled_by(observed / expected, probability)
    of_person = np.bincount(person, weights=outcome - scaled)
    variance = float(np.sum(of_person**2))
    spread = variance / max(float(np.sum(scaled * (1 - scaled))), np.finfo(float).tiny)
    return Ratio(int(observed), float(expected), float(np.sqrt(variance) / expected), spread)


def scaled_by(factor: float, probability: Floats) -> Floats:
    """Return every chance times a factor, at most 1."""
    return np.minimum(factor * probability, 1.0)


def distribution(probability: Floats) -> Floats:
    """Return the chance of each number of outcomes from 0 to n: the Poisson-binomial distribution.

    Distributions of halves are convolved, and of their halves. Source: Biscarri, Zhao and Brunner 2018, Computational
    Statistics and Data Analysis 122:92.
    """
    parts = np.stack([1 - probability, probability], axis=1) if len(probability) else np.ones((1, 1))
    while len(parts) > 1:
        if len(parts) % 2:
            parts = np.vstack([parts, np.eye(1, parts.shape[1])])
        parts = _convolved(parts[::2], parts[1::2])
    chance: Floats = np.clip(parts[0], 0.0, None)[: len(probability) + 1]
    return chance


def _convolved(left: Floats, right: Floats) -> Floats:
    width = left.shape[1] + right.shape[1] - 1
    if right.shape[1] <= DIRECT_WIDTH:
        found = np.zeros((len(left), width))
        for at in range(right.shape[1]):
            found[:, at : at + left.shape[1]] += left * right[:, at : at + 1]
        return found
    size = 1 << (width - 1).bit_length()
    product = np.fft.rfft(left, size, axis=1) * np.fft.rfft(right, size, axis=1)
    return np.asarray(np.fft.irfft(product, size, axis=1)[:, :width], dtype=np.float64)


def count_limits(chance: Floats, false_alarm: float, *, noise: float = 0.0) -> tuple[int, int]:
    """Return the least and the most outcomes that raise no alarm: each tail outside holds at most `false_alarm` / 2.

    `chance` is a distribution from 0 on; `noise` is the standard deviation of what is added to the count, here from not
    knowing the ratio that it is held against.
    """
    reach = int(np.ceil(10 * noise))
    if reach:
        edges = np.arange(-reach, reach + 2) - 0.5
        blurred = _convolved(chance[np.newaxis], np.diff(scipy.stats.norm.cdf(edges / noise))[np.newaxis])[0]
        chance = np.clip(blurred, 0.0, None)
    lower = int(np.searchsorted(np.cumsum(chance), false_alarm / 2, side="right"))
    upper = len(chance) - 1 - int(np.searchsorted(np.cumsum(chance[::-1]), false_alarm / 2, side="right"))
    return lower - reach, upper - reach


def ratio_limits(
    probability: Floats, champion: Ratio, false_alarm: float, *, spread: float = 1.0
) -> tuple[float, float]:
    """Return the least and the most O/E that raise no alarm, around the champion's own ratio on its test window.

    Every chance is scaled by that ratio; its error is added, and so is the part of `spread` above 1 (the variance over
    that of independent outcomes, where one person's outcomes meet in the same window).
    """
    scaled = scaled_by(champion.value, probability)
    expected = float(probability.sum())
    clustered = max(spread - 1.0, 0.0) * float(np.sum(scaled * (1 - scaled)))
    noise = float(np.hypot(expected * champion.error, np.sqrt(clustered)))
    lower, upper = count_limits(distribution(scaled), false_alarm, noise=noise)
    return max(lower, 0) / expected, upper / expected


def ratio_interval(observed: int, probability: Floats) -> tuple[float, float]:
    """Return the exact 95 % interval of O/E: the factors of all chances under which O lies in neither tail of 2.5 %.

    The lower end of no outcome is 0, the upper end NaN where all are outcomes: no factor is too large for that.
    """
    below, above = score_interval(observed, probability)
    lower, upper = 0.0, float("nan")
    if observed > 0:
        lower = _factor(probability, lambda chance: float(chance[observed:].sum()), below)
    if observed < len(probability):
        upper = _factor(probability, lambda chance: float(chance[: observed + 1].sum()), above)
    return lower, upper


def score_interval(observed: int, probability: Floats) -> tuple[float, float]:
    """Return the approximate 95 % interval of O/E: the factors r with (O - r E)^2 = z^2 (r E - r^2 sum p^2).

    Wilson's interval where all chances are the same. Half an outcome is taken for the lower end of none and few.
    """
    z = float(scipy.stats.norm.isf((1 - CONFIDENCE) / 2))
    expected, squares = float(probability.sum()), float(np.sum(probability**2))
    roots = [
        np.roots([expected**2 + z**2 * squares, -expected * (2 * count + z**2), count**2]).real
        for count in (max(observed - 0.5, 0.5), observed + 0.5)
    ]
    return float(roots[0].min()), float(roots[1].max())


def _factor(probability: Floats, tail: Callable[[Floats], float], near: float) -> float:
    """Return the factor of all chances, near a first guess, at which a tail of their distribution holds 2.5 %.

    The normal quantile of a tail is nearly straight in the logarithm of the factor, so few steps are needed.
    """

    def excess(log_factor: float) -> float:
        held = tail(distribution(scaled_by(float(np.exp(log_factor)), probability)))
        return float(scipy.special.ndtri((1 - CONFIDENCE) / 2) - scipy.special.ndtri(min(max(held, 1e-300), 1 - 1e-15)))

    inside = float(np.log(near))
    step = 0.05 / np.sqrt(near * float(probability.sum()) + 1)
    at = excess(inside)
    towards = step if (at > 0) == (excess(inside + step) < at) else -step
    outside = inside + towards
    while excess(outside) * at > 0:
        inside, outside, towards = outside, outside + 4 * towards, 4 * towards
    return float(np.exp(scipy.optimize.brentq(excess, inside, outside, xtol=1e-6)))
