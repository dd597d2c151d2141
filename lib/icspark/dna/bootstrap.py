"""Resampling of people: a person's appointments are drawn together, as weights, so that nothing is copied."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from icspark.dna.ranking import Floats, Whole

FEWEST_KNOWN = 0.9
"""Share of the replicates in which a measure must be defined for its limits to be given."""


@dataclass(frozen=True)
class Resampling:
    """How many times people are drawn anew, and the seed."""

    replicates: int = 500
    seed: int = 20240401


def person_weights(people: int, resampling: Resampling) -> Iterator[Floats]:
    """Yield, for each replicate, how often each person was drawn: `people` draws with replacement.

    The same number of people and the same seed give the same weights: two models on the same rows are compared pair by
    pair. Source: Efron and Tibshirani 1993, An Introduction to the Bootstrap, 6.2; Davison and Hinkley 1997, 3.8, for
    the draw of whole clusters.
    """
    generator = np.random.Generator(np.random.PCG64(resampling.seed))
    for _ in range(resampling.replicates):
        drawn = generator.integers(people, size=people)
        yield np.bincount(drawn, minlength=people).astype(np.float64)


def replicated(person: Whole, statistic: Callable[[Floats], Floats], resampling: Resampling) -> Floats:
    """Return one row per replicate: the `statistic` (an array of numbers) of the weights of the rows.

    `person` says whose each row is, as whole numbers of any kind.
    """
    codes = np.unique(person, return_inverse=True)[1]
    people = int(codes.max(initial=-1)) + 1
    return np.array([statistic(drawn[codes]) for drawn in person_weights(people, resampling)])


def limits(replicates: Floats, *, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Return the lower and upper limit of each column of replicates: the percentiles that leave out half each side.

    NaN replicates are left out; where fewer than nine tenths are known the limits are NaN.
    Source: Efron and Tibshirani 1993, 13.3.
    """
    tail = (1 - confidence) / 2
    known = np.isfinite(replicates)
    enough = known.mean(axis=0) >= FEWEST_KNOWN if len(replicates) else np.zeros(replicates.shape[1:], dtype=bool)
    found = np.full((2, *replicates.shape[1:]), np.nan)
    for place in np.flatnonzero(enough):
        found[:, place] = np.quantile(replicates[known[:, place], place], [tail, 1 - tail])
    return found[0], found[1]
