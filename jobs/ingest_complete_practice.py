"""Read which practices' registrations are complete, where the loaded registrations are an extract."""

from __future__ import annotations

from icspark.config import JobConfig
from icspark.job import Job
from icspark.sources import complete_practice
from icspark.tables.areas import CompletePractice

FILES = ("complete_practice",)
WRITES = (CompletePractice,)


class Config(JobConfig):
    """Nothing to set: the source is described under `sources.complete_practice`."""


def run(job: Job[Config]) -> None:
    """Write complete_practice, accepted and rejected."""
    job.write(CompletePractice, complete_practice.read(job.spark, job.source("complete_practice")))
