"""Find the ordered paths of three and four conditions, and how many people went along each."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from icspark.config import JobConfig
from icspark.graphs import network as graphs
from icspark.job import Job
from icspark.morbidity.counting import count, survey
from icspark.morbidity.trajectories import (
    check_number,
    directed_network,
    expected_along,
    people_along,
    trajectory_frame,
)
from icspark.tables.morbidity import ConditionHistory, MorbidityEdge, Trajectory

READS = (MorbidityEdge, ConditionHistory)
WRITES = (Trajectory,)


class Config(JobConfig):
    """Which paths are looked for, and which are kept."""

    lengths: tuple[int, ...] = Field((3, 4), description="numbers of conditions of a path")
    min_gap_days: int = Field(1, ge=1, description="days between each condition and the next")
    smallest_count: int = Field(10, ge=1, description="people that a path needs to be kept")
    most_paths: int = Field(100_000, ge=1, description="ceiling on the paths that are counted")
    most_conditions: int = Field(1000, ge=2, description="ceiling on the number of conditions")
    engine: Literal["auto", "graphframes", "igraph"] = Field("auto", description="that finds the motifs")


def run(job: Job[Config]) -> None:
    """Write trajectory."""
    config, histories = job.config, job.read(ConditionHistory)
    network = directed_network(job.read(MorbidityEdge))
    paths = [path for length in config.lengths for path in graphs.paths(job.spark, network, length, config.engine)]
    check_number(paths, config.most_paths)
    found = survey(histories, most_conditions=config.most_conditions)
    counts = count(histories, found, min_gap=config.min_gap_days)
    observed = people_along(histories, found, paths, min_gap=config.min_gap_days)
    expected = expected_along(counts, paths)
    job.write(Trajectory, trajectory_frame(histories, paths, observed, expected, smallest=config.smallest_count))
