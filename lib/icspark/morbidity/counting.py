"""Count pairs of conditions on Spark: one row per person into numpy, small blocks of exact integers out, summed.

Whole numbers are added, so that any order and any split of the people gives the same counts. A person is one row, since
the rows of one person that cross the border of an Arrow batch would be torn apart and their pairs lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyspark.sql import Column, DataFrame, Observation
from pyspark.sql import functions as F

from icspark.errors import QualityError
from icspark.morbidity.cells import Cells, Integers
from icspark.morbidity.tally import NO_DAY, PERIODS, Int32s, People, Plan, Tally, poisson_weights, together
from icspark.tables.morbidity import ConditionHistory

BLOCK = 1 << 17
"""Counts in one row that a task hands on: with 1,000 tasks, a sum holds at most 1 GB at once, and mostly far less."""

BUFFERED = 1 << 22
"""Conditions (or weights) that a task gathers before it counts: sorting by stratum pays only over many people."""

SEPARATOR = "\x1f"
"""Stands between two names in one text."""

BLOCKS = "name string, part int, width int, counts binary"


@dataclass(frozen=True)
class Survey:
    """What there is to count: conditions and strata in alphabetical order, and the span of the days of onset."""

    conditions: tuple[str, ...]
    strata: tuple[str, ...]
    first_day: int
    last_day: int

    def plan(self, *, min_gap: int = 0) -> Plan:
        """Return the plan of counting all of it; `min_gap` days tell order, 0 leaves order out."""
        days = (self.last_day - self.first_day) // PERIODS + 1
        return Plan(len(self.conditions), len(self.strata), 0, min_gap, self.first_day, days)


@dataclass(frozen=True)
class Counts:
    """Numbers of people as `Plan.shapes` says, and what the axes are."""

    survey: Survey
    arrays: Mapping[str, Integers]

    @property
    def pairs(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """The index of the first and of the second condition of each pair."""
        first, second = np.triu_indices(len(self.survey.conditions), 1)
        return first, second

    def cells(self, chosen: NDArray[np.intp], strata: NDArray[np.intp] | None = None, replicate: int = 0) -> Cells:
        """Return the 2x2 tables of the `chosen` pairs (and strata)."""
        first, second = (index[chosen] for index in self.pairs)
        some = np.arange(len(self.survey.strata)) if strata is None else strata
        single = self.arrays["single"][replicate][some]
        both = self.arrays["both"][replicate][some]
        people = self.arrays["people"][replicate][some]
        return Cells.of_counts(both[:, chosen].T, single[:, first].T, single[:, second].T, people[np.newaxis])

    def total(self, name: str, replicate: int = 0) -> Integers:
        """Return counts summed over strata."""
        found: Integers = self.arrays[name][replicate].sum(axis=0)
        return found

    def ordered(self) -> Integers:
        """Return [h, p, 2]: people who had the first condition of each pair before the second, and the other way."""
        first, second = self.pairs
        before = self.arrays["before"]
        return np.stack([before[:, first, second], before[:, second, first]], axis=-1)


def survey(histories: DataFrame, *, most_conditions: int, most_strata: int = 10_000) -> Survey:
    """Return what there is to count in condition_history.

    Raises QualityError where there are no people, or more conditions or strata than the ceilings.
    """
    conditions = histories.select(F.explode(ConditionHistory.conditions).alias("condition")).distinct()
    days = F.col(ConditionHistory.onset_days)
    strata = histories.groupBy(ConditionHistory.stratum).agg(
        F.min(F.array_min(days)).alias("first"), F.max(F.array_max(days)).alias("last")
    )
    of_strata = strata.limit(most_strata + 1).collect()
    names = tuple(sorted(row[0] for row in conditions.limit(most_conditions + 1).collect()))
    _check_number(len(names), most_conditions, "conditions")
    _check_number(len(of_strata), most_strata, "strata")
    first = min((row["first"] for row in of_strata if row["first"] is not None), default=0)
    last = max((row["last"] for row in of_strata if row["last"] is not None), default=0)
    return Survey(names, tuple(sorted(row[0] for row in of_strata)), first, last)


def count(histories: DataFrame, found: Survey, *, min_gap: int = 0) -> Counts:
    """Return the counts of people with each condition and pair, by stratum; with order where `min_gap` is above 0.

    Raises QualityError unless the pairs counted are the pairs that people have: the sum of k(k-1)/2.
    """
    seen = Observation()
    k = F.size(ConditionHistory.conditions).cast("long")
    pairs_of_person = F.shiftright(k * (k - 1), 1)
    watched = histories.observe(seen, F.coalesce(F.sum(pairs_of_person), F.lit(0)).alias("pairs"))
    counts = Counts(found, _summed(watched, _Task(found, found.plan(min_gap=min_gap))))
    pairs = int(counts.arrays["both"].sum())
    if pairs != seen.get["pairs"]:
        raise QualityError(
            "pairs of conditions were lost or made in counting",
            where=ConditionHistory.name(),
            expected=f"{seen.get['pairs']:,} pairs over all people",
            found=f"{pairs:,}",
            mend="each person must be one row, with each condition once and in alphabetical order",
        )
    return counts


def replicate_counts(histories: DataFrame, found: Survey, replicates: range, *, seed: int) -> Counts:
    """Return the counts of bootstrap replicates: a person counts a Poisson(1) number of times, told by id and seed."""
    plan = replace(found.plan(), replicates=len(replicates))
    keyed = histories.withColumn("key", F.xxhash64(ConditionHistory.person_id))
    return Counts(found, _summed(keyed, _Task(found, plan, replicates, seed)))


def replicates_at_once(found: Survey, *, most_bytes: int) -> int:
    """Return how many replicates a task can count in `most_bytes` of memory, at least 1."""
    plan = found.plan()
    each = 4 * (plan.pairs + plan.conditions + 1) * plan.strata
    return max(most_bytes // max(each, 1), 1)


@dataclass(frozen=True)
class _Task:
    """What one task does with its people: a callable that can be sent to it."""

    survey: Survey
    plan: Plan
    replicates: range = range(0)
    seed: int = 0

    def columns(self) -> list[str | Column]:
        order = [ConditionHistory.onset_days] if self.plan.min_gap else []
        key = ["key"] if self.replicates else []
        return [ConditionHistory.stratum, _in_one_text(ConditionHistory.conditions), *order, *key]

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        tally = Tally(self.plan)
        waiting: list[People] = []
        size = 0
        for batch in batches:
            people = self._people(batch)
            waiting.append(people)
            size += max(len(people.conditions), batch.num_rows * len(self.replicates))
            if size >= BUFFERED:
                tally.add(together(waiting))
                waiting, size = [], 0
        if waiting:
            tally.add(together(waiting))
        for name, counts in tally.counts.items():
            yield from _blocks(name, counts.ravel())

    def _people(self, batch: pa.RecordBatch) -> People:
        lists = pc.split_pattern(batch.column(ConditionHistory.conditions), SEPARATOR)
        sizes = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
        days = weights = None
        if self.plan.min_gap:
            flat = batch.column(ConditionHistory.onset_days).flatten()
            days = pc.fill_null(flat, NO_DAY).to_numpy(zero_copy_only=False)
        if self.replicates:
            weights = poisson_weights(batch.column("key").to_numpy(), self.replicates, self.seed)
        return People(
            stratum=_index(batch.column(ConditionHistory.stratum), self.survey.strata),
            offsets=np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)]),
            conditions=_index(lists.flatten(), self.survey.conditions),
            days=days,
            weights=weights,
        )


def _in_one_text(conditions: str) -> Column:
    # One text a person is handed to Python at half the cost of a text for each condition; null: no conditions.
    return F.when(F.size(conditions) > 0, F.concat_ws(SEPARATOR, conditions)).alias(conditions)


def _summed(histories: DataFrame, task: _Task) -> dict[str, Integers]:
    # One tally per core: a tally costs the same for few people as for many.
    cores = histories.sparkSession.sparkContext.defaultParallelism
    counted = histories.select(*task.columns()).coalesce(cores).mapInArrow(task, BLOCKS)
    blocks = counted.groupBy("name", "part").applyInArrow(_added, BLOCKS).toArrow().to_pylist()
    # The order of every pair is by far the largest array; 4 bytes hold any number of people.
    arrays: dict[str, Integers] = {
        name: np.zeros(int(np.prod(shape)), np.int32 if name == "before" else np.int64)
        for name, shape in task.plan.shapes().items()
    }
    for block in blocks:
        counts = _decoded(block["width"], block["counts"])
        begin = block["part"] * BLOCK
        arrays[block["name"]][begin : begin + len(counts)] = counts
    return {name: arrays[name].reshape(shape) for name, shape in task.plan.shapes().items()}


def _added(table: pa.Table) -> pa.Table:
    rows = table.to_pylist()
    total = sum((_decoded(row["width"], row["counts"]).astype(np.int64) for row in rows), np.int64(0))
    batch = _block(rows[0]["name"], rows[0]["part"], cast("NDArray[np.int64]", total))
    return pa.Table.from_batches([batch])


def _blocks(name: str, counts: Int32s) -> Iterator[pa.RecordBatch]:
    for part, begin in enumerate(range(0, len(counts), BLOCK)):
        some = counts[begin : begin + BLOCK]
        if some.any():
            yield _block(name, part, some)


def _block(name: str, part: int, counts: Integers) -> pa.RecordBatch:
    # Most counts are small: the fewest bytes that hold them all are sent.
    width = np.min_scalar_type(int(counts.max())).itemsize
    small = counts.astype(f"<u{width}").tobytes()
    fields = [("name", pa.string()), ("part", pa.int32()), ("width", pa.int32()), ("counts", pa.binary())]
    values = [[name], [part], [width], [small]]
    return pa.RecordBatch.from_arrays(
        [pa.array(v, t) for v, (_, t) in zip(values, fields, strict=True)], schema=pa.schema(fields)
    )


def _decoded(width: int, counts: bytes) -> Integers:
    return np.frombuffer(counts, f"<u{width}")


def _index(values: pa.Array, known: tuple[str, ...]) -> Int32s:
    found: Int32s = pc.index_in(values, pa.array(known, pa.string())).to_numpy(zero_copy_only=False)
    return found.astype(np.int32, copy=False)


def _check_number(found: int, most: int, what: str) -> None:
    if not 0 < found <= most:
        raise QualityError(
            f"there are no {what} to count" if not found else f"there are more {what} than can be counted at once",
            where=ConditionHistory.name(),
            expected=f"1 to {most:,} {what}",
            found=f"{found:,}" if found <= most else f"more than {most:,}",
            mend=f"see that the job before it found people with conditions, or coarsen the {what}",
        )
