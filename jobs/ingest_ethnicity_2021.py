"""Read residents of each LSOA 2021 by ethnic group."""

from __future__ import annotations

from icspark.config import JobConfig
from icspark.job import Job
from icspark.sources import ethnicity
from icspark.tables.reference import Ethnicity2021

WRITES = (Ethnicity2021,)
FILES = ("ethnicity_2021",)


class Config(JobConfig):
    """Nothing to set: the source is described under `sources.ethnicity_2021`."""


def run(job: Job[Config]) -> None:
    """Read the files of `ethnicity_2021` and write ethnicity_2021, accepted and rejected."""
    job.write(Ethnicity2021, ethnicity.read_2021(job.spark, job.source("ethnicity_2021")))
