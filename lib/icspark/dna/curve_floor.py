"""Which points of a curve may be shown: from each to the next there are enough people of either class."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from icspark.dna.ranking import Flags, Whole

FLOOR = 8
"""The floor of disclosure: fewer people than this are told of by no point."""


def told_steps(step: ArrayLike, outcome: Flags, person: Whole) -> Whole:
    """Return the steps after which a curve may show a point, in rising order.

    All arrays have one entry an appointment; steps follow one another along the curve. From its start to the first
    point, and from each point to the next, are at least 8 people of either class; a rest of fewer joins the last run.
    None where all together are too few.
    """
    steps = np.asarray(step, np.int64)
    cases, others = (_people(steps[of], person[of]) for of in (outcome, ~outcome))
    told: list[int] = []
    met: tuple[set[int], set[int]] = (set(), set())
    for at in np.unique(steps).tolist():
        met = met[0] | cases.get(at, set()), met[1] | others.get(at, set())
        if min(map(len, met)) >= FLOOR:
            told.append(at)
            met = (set(), set())
    if told:
        told[-1] = int(steps.max())
    return np.asarray(told, np.int64)


def people_of_steps(step: ArrayLike, person: Whole, *, steps: int) -> Whole:
    """Return how many people stand in each step from 0 to `steps` - 1."""
    known = _people(np.asarray(step, np.int64), person)
    return np.asarray([len(known.get(at, ())) for at in range(steps)], np.int64)


def _people(step: Whole, person: Whole) -> dict[int, set[int]]:
    size = int(person.max(initial=0)) + 1
    pairs = np.unique(step * size + person)
    steps, starts = np.unique(pairs // size, return_index=True)
    return {
        at: set(part.tolist()) for at, part in zip(steps.tolist(), np.split(pairs % size, starts[1:]), strict=False)
    }
