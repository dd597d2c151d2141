"""Read the residents of each LSOA 2021: the weights of the crosswalk of counts."""

from __future__ import annotations

from icspark.config import JobConfig
from icspark.job import Job
from icspark.sources import population_2021
from icspark.tables.geography import Population2021

WRITES = (Population2021,)
FILES = ("population_2021",)


class Config(JobConfig):
    """Nothing to set: the source is described under `sources.population_2021`."""


def run(job: Job[Config]) -> None:
    """Read the files of `population_2021` and write population_2021, accepted and rejected."""
    job.write(Population2021, population_2021.read(job.spark, job.source("population_2021")))
