"""Read residents of each LSOA 2011 by single year of age and sex."""

from __future__ import annotations

from icspark.config import JobConfig
from icspark.job import Job
from icspark.sources import population
from icspark.tables.reference import Population

WRITES = (Population,)
FILES = ("population",)


class Config(JobConfig):
    """Nothing to set: the source is described under `sources.population`."""


def run(job: Job[Config]) -> None:
    """Read the files of `population` and write population, accepted and rejected."""
    job.write(Population, population.read(job.spark, job.source("population")))
