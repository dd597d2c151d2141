"""Read the English Indices of Deprivation 2019 by LSOA 2011."""

from __future__ import annotations

from icspark.config import JobConfig
from icspark.job import Job
from icspark.sources import deprivation
from icspark.tables.reference import Deprivation2019

WRITES = (Deprivation2019,)
FILES = ("deprivation_2019",)


class Config(JobConfig):
    """Nothing to set: the source is described under `sources.deprivation_2019`."""


def run(job: Job[Config]) -> None:
    """Read the files of `deprivation_2019` and write deprivation_2019, accepted and rejected."""
    job.write(Deprivation2019, deprivation.read_2019(job.spark, job.source("deprivation_2019")))
