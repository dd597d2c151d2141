"""Read how many residents of each LSOA 2011 speak English badly or not at all."""

from __future__ import annotations

from icspark.config import JobConfig
from icspark.job import Job
from icspark.sources import census
from icspark.tables.reference import EnglishProficiency

WRITES = (EnglishProficiency,)
FILES = ("english_proficiency",)


class Config(JobConfig):
    """Nothing to set: the source is described under `sources.english_proficiency`."""


def run(job: Job[Config]) -> None:
    """Read the files of `english_proficiency` and write english_proficiency, accepted and rejected."""
    job.write(EnglishProficiency, census.read_english_proficiency(job.spark, job.source("english_proficiency")))
