"""Read the English Indices of Deprivation 2025 by LSOA 2021."""

from __future__ import annotations

from icspark.config import JobConfig
from icspark.job import Job
from icspark.sources import deprivation
from icspark.tables.reference import Deprivation2025

WRITES = (Deprivation2025,)
FILES = ("deprivation_2025",)


class Config(JobConfig):
    """Nothing to set: the source is described under `sources.deprivation_2025`."""


def run(job: Job[Config]) -> None:
    """Read the files of `deprivation_2025` and write deprivation_2025, accepted and rejected."""
    job.write(Deprivation2025, deprivation.read_2025(job.spark, job.source("deprivation_2025")))
