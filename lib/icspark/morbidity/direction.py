"""Which of two conditions comes first, more often than chance and more often than their ages of onset explain."""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import NDArray

from icspark.morbidity.cells import Floats, Integers, divided

Counts = NDArray[np.int64]

SLACK = 1 + 1e-7
"""Two outcomes count as equally likely within this factor, as in scipy's binomtest."""


def binomial_p_value(successes: Integers, trials: Integers, chance: Floats) -> Floats:
    """Return the exact two-sided p value of a number of successes: the chance of all outcomes at most as likely.

    NaN where there are no trials or no chance. `chance` is one number per pair.
    """
    k, n = successes.astype(np.int64), trials.astype(np.int64)
    is_told = (n > 0) & (chance >= 0) & (chance <= 1)
    safe = np.where(is_told, chance, 0.5)
    limit = np.asarray(scipy.stats.binom.pmf(k, n, safe)) * SLACK
    is_low = k < n * safe
    far = _other_side(n, safe, limit, is_low=is_low)
    lower = scipy.stats.binom.cdf(np.where(is_low, k, far), n, safe)
    upper = scipy.stats.binom.sf(np.where(is_low, far, k) - 1, n, safe)
    p_value = np.where(k == n * safe, 1.0, np.minimum(lower + upper, 1.0))
    return np.where(is_told, p_value, np.nan)


def z_of_share(successes: Integers, trials: Integers) -> Floats:
    """Return the z of a share against one half, (k - n/2) / sqrt(n/4); NaN where there are no trials."""
    n = trials.astype(np.float64)
    return np.where(n > 0, divided(successes - n / 2, np.sqrt(n) / 2), np.nan)


def expected_share(onsets: Integers, ordered: Integers, first: NDArray[np.intp], second: NDArray[np.intp]) -> Floats:
    """Return, per pair, the share of a-first among ordered people, if both came independently within each stratum.

    `onsets[h, c, t]` are the people of stratum h with condition c first known in period t, `ordered[h, p]` those with
    both conditions of pair p in a known order; `first` and `second` are the conditions of each pair. In stratum h the
    chance is P(a before b) + P(same period)/2, the two periods drawn independently from those of everybody with a, and
    of everybody with b; the share is their mean, weighted by `ordered`. NaN where nobody is ordered.
    """
    total = np.zeros(len(first))
    weight = np.zeros(len(first))
    for of_stratum, people in zip(onsets, ordered, strict=True):
        each = of_stratum.sum(axis=1, dtype=np.float64)
        share = divided(of_stratum.astype(np.float64), each[:, np.newaxis])
        later = 1 - share.cumsum(axis=1) + share / 2
        used = np.flatnonzero(people)
        chance = (share @ later.T)[first[used], second[used]]
        total[used] += people[used] * chance
        weight[used] += people[used]
    return np.where(weight > 0, divided(total, weight), np.nan)


def _other_side(n: Counts, chance: Floats, limit: Floats, *, is_low: NDArray[np.bool_]) -> Counts:
    """Return the outcome of the other tail that is nearest the middle and no more likely than `limit`, by bisection.

    For a low outcome: the smallest j above the mean with pmf(j) <= limit, n + 1 if none. For a high one: the largest
    below it, -1 if none.
    """
    middle = np.where(is_low, np.ceil(n * chance), np.floor(n * chance)).astype(np.int64)
    near, far = middle, np.where(is_low, n + 1, -1)
    step = np.where(is_low, 1, -1)
    while np.any(near != far):
        between = (near + far - np.where(is_low, 0, -1)) // 2
        is_rare = scipy.stats.binom.pmf(between, n, chance) <= limit
        far = np.where(is_rare, between, far)
        near = np.where(is_rare, near, between + step)
        near = np.where(step * (far - near) < 0, far, near)
    return far
