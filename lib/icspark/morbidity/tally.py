"""Count pairs of conditions over people, exactly: the numpy kernel behind one Spark task.

Memory of a tally of C conditions and H strata, in bytes: 2 C^2 H for the pairs, 4 C^2 H more with their order, and
512 C H for the periods of onset; a replicate costs 2 C^2 H. With 1,000 conditions and 100 strata that is 0.2 GB, and
0.65 GB with order. What is being worked on beside it is at most a few hundred MB, whatever the number of people.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from icspark.morbidity.cells import Floats, Integers

Int32s = NDArray[np.int32]

NO_DAY = np.iinfo(np.int32).min
"""Stands for a day of onset that is not known."""

PERIODS = 128
"""Equal periods between the first and the last onset, of which the expected order is made."""

CELLS_PER_PAIR = 300
"""Cells of the dense product (people x conditions^2) that cost what listing one pair of one person does; measured."""

PAIRS_PER_PERSON = 10
"""What listing costs for each person, in pairs listed."""

MOST_CELLS = 1 << 23
"""Of a dense matrix, and of a list of pairs, that is worked on at once."""


@dataclass(frozen=True)
class Plan:
    """What is counted: numbers of conditions, strata and replicates, and how order is told (`min_gap` 0: it is not)."""

    conditions: int
    strata: int
    replicates: int = 0
    min_gap: int = 0
    first_day: int = 0
    period_days: int = 1

    @property
    def pairs(self) -> int:
        """The number of pairs of conditions."""
        return self.conditions * (self.conditions - 1) // 2

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shape of each array of counts, by name.

        Without replicates the first axis is 1. `people` [r, h]; `single` [r, h, c]; `both` [r, h, p], pairs in the
        order of numpy's upper triangle; with order also `before` [h, i, j], condition i at least `min_gap` days before
        j, and `onset` [h, c, period].
        """
        r, h, c = max(self.replicates, 1), self.strata, self.conditions
        shapes: dict[str, tuple[int, ...]] = {"people": (r, h), "single": (r, h, c), "both": (r, h, self.pairs)}
        if self.min_gap:
            shapes |= {"before": (h, c, c), "onset": (h, c, PERIODS)}
        return shapes


@dataclass(frozen=True)
class People:
    """Some people: their stratum, their conditions (each once, ascending) as slices of `conditions`, and onset days.

    `offsets` has one entry more than there are people. `weights` [person, replicate] are whole numbers.
    """

    stratum: Int32s
    offsets: NDArray[np.int64]
    conditions: Int32s
    days: Int32s | None = None
    weights: Int32s | None = None

    def sorted(self) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
        """Return the order of people by stratum and number of conditions, and that number in that order."""
        sizes = np.diff(self.offsets)
        order = np.lexsort((sizes, self.stratum))
        return order, sizes[order]


def together(several: Sequence[People]) -> People:
    """Return the people of all, in order; days and weights where they have them."""
    ends = np.cumsum([0, *(len(people.conditions) for people in several)])
    offsets = [people.offsets[:-1] + end for people, end in zip(several, ends[:-1], strict=True)]
    days = [people.days for people in several if people.days is not None]
    weights = [people.weights for people in several if people.weights is not None]
    return People(
        stratum=np.concatenate([people.stratum for people in several]),
        offsets=np.concatenate([*offsets, ends[-1:]]),
        conditions=np.concatenate([people.conditions for people in several]),
        days=np.concatenate(days) if days else None,
        weights=np.concatenate(weights) if weights else None,
    )


class Tally:
    """Counts of one task, to which people are added."""

    def __init__(self, plan: Plan) -> None:
        """Start at 0."""
        self.plan = plan
        self.counts: dict[str, Int32s] = {name: np.zeros(shape, np.int32) for name, shape in plan.shapes().items()}
        self._upper = np.flatnonzero(np.triu(np.ones((plan.conditions, plan.conditions), bool), 1))

    def add(self, people: People) -> None:
        """Count people, stratum by stratum; each person counts once a pair."""
        order, sizes = people.sorted()
        strata = people.stratum[order]
        bounds = np.searchsorted(strata, np.arange(self.plan.strata + 1))
        for stratum in range(self.plan.strata):
            begin, end = int(bounds[stratum]), int(bounds[stratum + 1])
            if begin < end:
                self._add_stratum(stratum, _Group(people, order[begin:end], sizes[begin:end]))

    def _add_stratum(self, stratum: int, group: _Group) -> None:
        for replicate in range(max(self.plan.replicates, 1)):
            weights = group.weights(replicate)
            self.counts["people"][replicate, stratum] += len(group.members) if weights is None else weights.sum()
            self.counts["single"][replicate, stratum] += group.singles(self.plan.conditions, weights)
        if is_dense(group.sizes, self.plan.conditions):
            self._add_dense(stratum, group)
        else:
            self._add_listed(stratum, group)
        if self.plan.min_gap:
            self._add_order(stratum, group)

    def _add_dense(self, stratum: int, group: _Group) -> None:
        for part in group.parts(MOST_CELLS // self.plan.conditions):
            matrix = part.matrix(self.plan.conditions)
            for replicate in range(max(self.plan.replicates, 1)):
                weights = part.weights(replicate)
                weighted = matrix if weights is None else matrix * weights[:, np.newaxis].astype(np.float32)
                # Single precision is exact for whole numbers up to 16.7 million: more than a part has people.
                product = matrix.T @ weighted
                self.counts["both"][replicate, stratum] += product.ravel()[self._upper].astype(np.int32)

    def _add_listed(self, stratum: int, group: _Group) -> None:
        for listed, holders in _joined(group.pairs(self.plan.conditions)):
            for replicate in range(max(self.plan.replicates, 1)):
                weights = group.weights(replicate)
                of_pair = None if weights is None else weights[holders]
                found = np.bincount(listed, of_pair, minlength=self.plan.conditions**2)
                self.counts["both"][replicate, stratum] += found[self._upper].astype(np.int32)

    def _add_order(self, stratum: int, group: _Group) -> None:
        size = self.plan.conditions
        for (ordered,) in _joined(group.ordered(size, self.plan.min_gap)):
            self.counts["before"][stratum] += np.bincount(ordered, minlength=size**2).astype(np.int32).reshape(size, -1)
        conditions, days = group.dated()
        period = np.clip((days - self.plan.first_day) // self.plan.period_days, 0, PERIODS - 1)
        onset = np.bincount(conditions * np.int64(PERIODS) + period, minlength=size * PERIODS)
        self.counts["onset"][stratum] += onset.astype(np.int32).reshape(size, PERIODS)


def is_dense(sizes: Integers, conditions: int) -> bool:
    """Whether the dense product counts these people at less cost than listing the pairs of each.

    The rule: people x conditions^2 / 300 < sum over people of k(k-1)/2 + 10.
    """
    k = sizes.astype(np.int64)
    listing = int((k * (k - 1) // 2).sum()) + PAIRS_PER_PERSON * len(k)
    return len(k) * conditions**2 < CELLS_PER_PAIR * listing


@dataclass(frozen=True)
class _Group:
    """The people of one stratum, fewest conditions first."""

    people: People
    members: NDArray[np.intp]
    sizes: NDArray[np.int64]

    def weights(self, replicate: int) -> Int32s | None:
        return None if self.people.weights is None else self.people.weights[self.members, replicate]

    def parts(self, most: int) -> Iterator[_Group]:
        for begin in range(0, len(self.members), max(most, 1)):
            chosen = slice(begin, begin + max(most, 1))
            yield _Group(self.people, self.members[chosen], self.sizes[chosen])

    def positions(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return, for each condition that someone has, its place in `conditions` and the number of that person."""
        starts = self.people.offsets[self.members]
        holders = np.repeat(np.arange(len(self.members)), self.sizes)
        before = np.cumsum(self.sizes) - self.sizes
        return np.repeat(starts - before, self.sizes) + np.arange(len(holders)), holders

    def singles(self, conditions: int, weights: Int32s | None) -> Int32s:
        places, holders = self.positions()
        found = np.bincount(
            self.people.conditions[places], None if weights is None else weights[holders], minlength=conditions
        )
        return found.astype(np.int32)

    def matrix(self, conditions: int) -> NDArray[np.float32]:
        places, holders = self.positions()
        dense = np.zeros((len(self.members), conditions), np.float32)
        dense[holders, self.people.conditions[places]] = 1
        return dense

    def pairs(self, conditions: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Yield pairs of conditions as i C + j, i < j, and, where people have weights, the number of who has each."""
        has_weights = self.people.weights is not None
        for rows, members, (first, second) in self._by_size():
            of_person = self.people.conditions[rows].astype(np.int64)
            listed = of_person[:, first] * conditions + of_person[:, second]
            yield listed.ravel(), np.repeat(members, len(first) if has_weights else 0)

    def ordered(self, conditions: int, min_gap: int) -> Iterator[tuple[NDArray[np.int64]]]:
        """Yield ordered pairs as i C + j, i at least `min_gap` days before j, both days known."""
        days = self._days()
        for rows, _, (first, second) in self._by_size():
            codes, on = self.people.conditions[rows].astype(np.int64), days[rows].astype(np.int64)
            gap = on[:, second] - on[:, first]
            known = (on[:, first] != NO_DAY) & (on[:, second] != NO_DAY)
            forward, backward = known & (gap >= min_gap), known & (gap <= -min_gap)
            yield ((codes[:, first] * conditions + codes[:, second])[forward],)
            yield ((codes[:, second] * conditions + codes[:, first])[backward],)

    def dated(self) -> tuple[Int32s, Int32s]:
        places, _ = self.positions()
        days = self._days()[places]
        return self.people.conditions[places][days != NO_DAY], days[days != NO_DAY]

    def _days(self) -> Int32s:
        return self.people.days if self.people.days is not None else np.full(len(self.people.conditions), NO_DAY)

    def _by_size(self) -> Iterator[tuple[NDArray[np.int64], NDArray[np.intp], tuple[Integers, Integers]]]:
        for size in np.unique(self.sizes[self.sizes > 1]):
            chosen = np.flatnonzero(self.sizes == size)
            pairs = _triangle(int(size))
            step = max(MOST_CELLS // len(pairs[0]), 1)
            for begin in range(0, len(chosen), step):
                some = chosen[begin : begin + step]
                yield self.people.offsets[self.members[some], np.newaxis] + np.arange(size), some, pairs


Lists = TypeVar("Lists", bound=tuple[Integers, ...])


def _joined(lists: Iterable[Lists]) -> Iterator[Lists]:
    """Join short lists to few long ones: each costs a pass over all conditions squared."""
    waiting: list[Lists] = []
    size = 0
    for each in lists:
        waiting.append(each)
        size += len(each[0])
        if size >= MOST_CELLS:
            yield cast(Lists, tuple(map(np.concatenate, zip(*waiting, strict=True))))
            waiting, size = [], 0
    if size:
        yield cast(Lists, tuple(map(np.concatenate, zip(*waiting, strict=True))))


@cache
def _triangle(size: int) -> tuple[Integers, Integers]:
    return np.triu_indices(size, 1)


def poisson_weights(keys: NDArray[np.int64], replicates: range, seed: int) -> Int32s:
    """Return a Poisson(1) number for each person (row) and replicate (column), from key and seed and nothing else.

    A counter-based generator (splitmix64; Steele, Lea and Flood 2014), so that neither the order of rows nor the way
    they are split changes a weight. The Poisson bootstrap: Hanley and MacGibbon 2006, Comput Methods Programs Biomed
    83:57.
    """
    steps = (np.arange(replicates.start, replicates.stop, dtype=np.uint64) + np.uint64(1)) * np.uint64(
        0x9E3779B97F4A7C15
    )
    mixed = _mix(_mix(keys.view(np.uint64) ^ _mix(np.array([seed], np.uint64)))[:, np.newaxis] + steps)
    share = (mixed >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return np.searchsorted(_poisson_steps(), share, side="right").astype(np.int32)


@cache
def _poisson_steps() -> Floats:
    factorials = np.cumprod(np.maximum(np.arange(20), 1), dtype=np.float64)
    return np.cumsum(np.full(20, np.exp(-1.0)) / factorials)


def _mix(value: NDArray[np.uint64]) -> NDArray[np.uint64]:
    mixed = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
