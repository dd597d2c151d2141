"""Ordered paths of conditions: how many people went along each, and how many would if each step stood alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from icspark.errors import QualityError
from icspark.graphs.model import Edge, Network
from icspark.morbidity.cells import Floats, Integers, per_person
from icspark.morbidity.counting import Counts, Survey
from icspark.morbidity.pair_table import frame_of
from icspark.morbidity.tally import NO_DAY, Int32s
from icspark.statistics.intervals import exact_poisson
from icspark.tables.morbidity import ConditionHistory, MorbidityEdge, Trajectory

JOINED = " > "
PATH, PEOPLE = "path", "people"
MOST_EDGES = 10_000_000


def directed_network(edges: DataFrame, *, most_edges: int = MOST_EDGES) -> Network:
    """Return the directed edges of morbidity_edge on the driver."""
    rows = edges.filter(MorbidityEdge.is_directed).orderBy(MorbidityEdge.source, MorbidityEdge.target)
    found = tuple(
        Edge(row[MorbidityEdge.source], row[MorbidityEdge.target], row["weight"], row["length"], True)
        for row in rows.limit(most_edges).collect()
    )
    nodes = sorted({node for edge in found for node in (edge.source, edge.target)})
    return Network(tuple(nodes), found)


def check_number(paths: Sequence[tuple[str, ...]], most: int) -> None:
    """Raise QualityError where there are more paths than can be counted."""
    if len(paths) > most:
        raise QualityError(
            "there are more paths than can be counted",
            where=Trajectory.name(),
            expected=f"at most {most:,}",
            found=f"{len(paths):,}",
            mend="keep fewer edges in jobs.morbidity_network, or shorter paths",
        )


def people_along(
    histories: DataFrame, found: Survey, paths: Sequence[tuple[str, ...]], *, min_gap: int
) -> NDArray[np.int64]:
    """Return, for each path, the people with all its conditions, each known at least `min_gap` days before the next."""
    known = {condition: index for index, condition in enumerate(found.conditions)}
    task = _Walk(found.conditions, tuple(tuple(known[c] for c in path) for path in paths), min_gap)
    columns = (ConditionHistory.conditions, ConditionHistory.onset_days)
    parts = histories.select(*columns).mapInArrow(task, f"{PATH} int, {PEOPLE} long")
    rows = parts.groupBy(PATH).agg(F.sum(PEOPLE).alias(PEOPLE)).collect()
    counts = np.zeros(len(paths), np.int64)
    for row in rows:
        counts[row[PATH]] = row[PEOPLE]
    return counts


def expected_along(counts: Counts, paths: Sequence[tuple[str, ...]]) -> Floats:
    """Return, for each path, sum over strata of n(ab) n(bc) ... / (n(b) ...), ordered counts.

    The number if the next condition depended on the last one only. `counts` are those with order; n(b) are the people
    with a known onset of b.
    """
    known = {condition: index for index, condition in enumerate(counts.survey.conditions)}
    before = counts.arrays["before"].astype(np.float64)
    dated = counts.arrays["onset"].sum(axis=2).astype(np.float64)
    expected = np.zeros(len(paths))
    for number, path in enumerate(paths):
        steps = [known[condition] for condition in path]
        of_strata = before[:, steps[0], steps[1]]
        for last, following in pairwise(steps[1:]):
            of_strata = per_person(of_strata * before[:, last, following], dated[:, last])
        expected[number] = of_strata.sum()
    return expected


def trajectory_frame(
    histories: DataFrame, paths: Sequence[tuple[str, ...]], observed: Integers, expected: Floats, *, smallest: int
) -> DataFrame:
    """Return trajectory: the paths that at least `smallest` people went along."""
    kept = np.flatnonzero(observed >= smallest).tolist()
    people, wanted = observed[kept], expected[kept]
    lower, upper = exact_poisson(people.astype(np.float64))
    safe = np.where(wanted > 0, wanted, np.nan)
    return frame_of(
        histories.sparkSession,
        Trajectory,
        {
            Trajectory.path: np.array([JOINED.join(paths[i]) for i in kept], dtype=object),
            Trajectory.conditions_count: np.array([len(paths[i]) for i in kept], dtype=np.int64),
            Trajectory.people_count: people,
            Trajectory.expected_count: wanted,
            Trajectory.ratio: people / safe,
            Trajectory.ratio_lower_95: lower / safe,
            Trajectory.ratio_upper_95: upper / safe,
        },
    )


@dataclass(frozen=True)
class _Walk:
    """What one task does with its people: a callable that can be sent to it."""

    conditions: tuple[str, ...]
    paths: tuple[tuple[int, ...], ...]
    min_gap: int

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        counts = np.zeros(len(self.paths), np.int64)
        steps = sorted({step for path in self.paths for step in pairwise(path)})
        for batch in batches:
            days = self._days(batch)
            taken = {step: self._is_taken(days, *step) for step in steps}
            for number, path in enumerate(self.paths):
                along = [taken[step] for step in pairwise(path)]
                counts[number] += np.count_nonzero(np.logical_and.reduce(along))
        yield pa.RecordBatch.from_pydict(
            {PATH: pa.array(np.arange(len(counts)), pa.int32()), PEOPLE: pa.array(counts, pa.int64())}
        )

    def _days(self, batch: pa.RecordBatch) -> Int32s:
        lists = batch.column(0)
        lengths = pc.list_value_length(lists).to_numpy(zero_copy_only=False)
        person = np.repeat(np.arange(len(lengths)), lengths)
        condition = pc.index_in(lists.flatten(), pa.array(self.conditions, pa.string())).to_numpy(zero_copy_only=False)
        days = np.full((len(self.conditions), len(lengths)), NO_DAY, np.int32)
        days[condition, person] = pc.fill_null(batch.column(1).flatten(), NO_DAY).to_numpy(zero_copy_only=False)
        return days

    def _is_taken(self, days: Int32s, first: int, second: int) -> NDArray[np.bool_]:
        before, after = days[first].astype(np.int64), days[second].astype(np.int64)
        is_known = (before != NO_DAY) & (after != NO_DAY)
        taken: NDArray[np.bool_] = is_known & (after - before >= self.min_gap)
        return taken
