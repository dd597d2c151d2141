"""Read the share of residents of other than White ethnic groups by LSOA 2011."""

from __future__ import annotations

from icspark.config import JobConfig
from icspark.job import Job
from icspark.sources import ethnicity
from icspark.tables.reference import Ethnicity

WRITES = (Ethnicity,)
FILES = ("ethnicity",)


class Config(JobConfig):
    """Nothing to set: the source is described under `sources.ethnicity`."""


def run(job: Job[Config]) -> None:
    """Read the files of `ethnicity` and write ethnicity, accepted and rejected."""
    job.write(Ethnicity, ethnicity.read(job.spark, job.source("ethnicity")))
