"""Which groups of people have a condition more often than the rest of their stratum: exact moments, exact tails."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy

from icspark.morbidity.cells import Floats, Integers, divided, per_person

EXACT_BELOW = 25.0
"""Expected number or variance below which the p value is exact: by z it is badly off there."""

NEGLIGIBLE = 1e-18
"""Chance below which an outcome of one stratum is left out of the convolution."""


class Enriched(NamedTuple):
    """Of each group: observed, expected and standard deviation, z, two-sided p, and whether p is exact."""

    observed: Integers
    expected: Floats
    z: Floats
    p_value: Floats
    is_exact: Integers


def enrichment(people: Integers, cases: Integers) -> Enriched:
    """Return how each group (row) compares with an even spread of the cases within each stratum (column).

    `people` are n_gh, `cases` those of them with the condition; N_h and K_h their column sums. Mean sum n_gh K_h/N_h,
    variance sum n_gh (N_h - n_gh) K_h (N_h - K_h) / (N_h^2 (N_h - 1)): the moments of the permutation of the groups
    within strata, with no permutation (a stratum of one adds no variance). Where mean or variance is under 25 the p
    value is exact, twice the smaller tail of the convolved hypergeometric distributions, else that of z. z is NaN, and
    p 1, where nothing is left to chance.
    """
    n, k = people.astype(np.float64), cases.astype(np.float64)
    every, with_it = n.sum(axis=0), k.sum(axis=0)
    mean = per_person(n * with_it, np.broadcast_to(every, n.shape)).sum(axis=1)
    spread = n * (every - n) * with_it * (every - with_it)
    variance = per_person(spread, np.broadcast_to(every**2 * (every - 1), n.shape)).sum(axis=1)
    observed = cases.sum(axis=1)
    z = np.where(variance > 0, divided(observed - mean, np.sqrt(variance)), np.nan)
    is_exact = (mean < EXACT_BELOW) | (variance < EXACT_BELOW)
    p_value = np.asarray(2 * scipy.stats.norm.sf(np.abs(z)))
    for group in np.flatnonzero(is_exact):
        p_value[group] = exact_p_value(people[group], cases.sum(axis=0), people.sum(axis=0), int(observed[group]))
    return Enriched(observed, mean, z, np.minimum(p_value, 1.0), is_exact)


def exact_p_value(of_group: Integers, cases: Integers, people: Integers, observed: int) -> float:
    """Return twice the smaller tail of the number of cases that fall to a group, if strata deal them out at random.

    In each stratum the number is hypergeometric: `of_group` people of `people`, of whom `cases` have the condition.
    """
    chances, least = np.ones(1), 0
    for n, k, every in zip(of_group, cases, people, strict=True):
        if n and k:
            low, high = max(0, int(n + k - every)), int(min(n, k))
            here = scipy.stats.hypergeom.pmf(np.arange(low, high + 1), int(every), int(k), int(n))
            used = np.flatnonzero(here > NEGLIGIBLE)
            chances = np.convolve(chances, here[used[0] : used[-1] + 1])
            least += low + int(used[0])
    at = observed - least
    lower, upper = chances[: max(at + 1, 0)].sum(), chances[max(at, 0) :].sum()
    return float(min(2 * min(lower, upper), 1.0))
