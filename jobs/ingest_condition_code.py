"""Read the lists of codes that define conditions."""

from __future__ import annotations

from icspark.config import JobConfig
from icspark.job import Job
from icspark.sources import condition_code
from icspark.tables.morbidity import ConditionCode

WRITES = (ConditionCode,)
FILES = ("condition_code",)


class Config(JobConfig):
    """Nothing to set: the source is described under `sources.condition_code`."""


def run(job: Job[Config]) -> None:
    """Read the files of `condition_code` and write condition_code, accepted and rejected."""
    job.write(ConditionCode, condition_code.read(job.spark, job.source("condition_code")))
