"""Read the directory of postcodes with their coordinates and official LSOA."""

from __future__ import annotations

from icspark.config import JobConfig
from icspark.job import Job
from icspark.sources import postcode
from icspark.tables.reference import Postcode

WRITES = (Postcode,)
FILES = ("postcode",)


class Config(JobConfig):
    """Nothing to set: the source is described under `sources.postcode`."""


def run(job: Job[Config]) -> None:
    """Read the files of `postcode` and write postcode, accepted and rejected."""
    job.write(Postcode, postcode.read(job.spark, job.source("postcode")))
