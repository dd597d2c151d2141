"""Read how many residents of each LSOA 2011 have no qualification or level 1."""

from __future__ import annotations

from icspark.config import JobConfig
from icspark.job import Job
from icspark.sources import census
from icspark.tables.reference import Qualification

WRITES = (Qualification,)
FILES = ("qualification",)


class Config(JobConfig):
    """Nothing to set: the source is described under `sources.qualification`."""


def run(job: Job[Config]) -> None:
    """Read the files of `qualification` and write qualification, accepted and rejected."""
    job.write(Qualification, census.read_qualification(job.spark, job.source("qualification")))
