"""Read the outlines of areas of any type, their codes held against their vintage."""

from __future__ import annotations

from icspark.config import JobConfig
from icspark.job import Job
from icspark.sources import boundary
from icspark.tables.reference import AreaLookup, Boundary

READS_IF_PRESENT = (AreaLookup,)
WRITES = (Boundary,)
FILES = ("boundary",)


class Config(JobConfig):
    """Nothing to set: the source is described under `sources.boundary`."""


def run(job: Job[Config]) -> None:
    """Read the files of `boundary`, hold their codes against area_lookup where there is one, and write boundary."""
    boundaries = boundary.read(job.spark, job.source("boundary"), lookup=job.read_if_present(AreaLookup))
    job.write(Boundary, boundaries.checked)
    for key, number in boundaries.notes.items():
        job.note(key, number)
