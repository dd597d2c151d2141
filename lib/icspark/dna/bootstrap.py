"""Resampling of people: a person's appointments are drawn together, as weights, so that nothing is copied."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from pydantic import Field

from icspark.config import JobConfig
from icspark.dna.ranking import Floats, Whole

FEWEST_KNOWN = 0.9
"""Share of the replicates in which a measure must be defined for its limits to be given."""


_NONE = (np.nan, np.nan)


class Resampling(JobConfig):
    """How people are drawn anew: the same words in every section that needs them."""

    replicates: int = Field(500, ge=0, le=10_000, description="times that people are drawn anew; 0: no limits")
    seed: int = Field(20240401, description="seed of the drawing")


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
    found = np.array([np.quantile(known, [tail, 1 - tail]) if len(known) else _NONE for known in _columns(replicates)])
    return found[:, 0], found[:, 1]


def standard_error(replicates: Floats) -> Floats:
    """Return the standard deviation of each column of replicates; NaN where limits are.

    Source: Efron and Tibshirani 1993, 6.2.
    """
    return np.array([known.std(ddof=1) if len(known) > 1 else np.nan for known in _columns(replicates)])


def _columns(replicates: Floats) -> Iterator[Floats]:
    """Yield what is known of each column; nothing where that is too little."""
    for column in replicates.T:
        known = column[np.isfinite(column)]
        yield known if len(known) >= FEWEST_KNOWN * len(column) else known[:0]
