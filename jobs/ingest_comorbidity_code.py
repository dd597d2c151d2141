"""Read the lists of codes behind indices of comorbidity: Charlson, Elixhauser."""

from __future__ import annotations

from icspark.config import JobConfig
from icspark.job import Job
from icspark.sources import comorbidity
from icspark.tables.comorbidity import ComorbidityCode

WRITES = (ComorbidityCode,)
FILES = ("comorbidity_code",)


class Config(JobConfig):
    """Nothing to set: the source is described under `sources.comorbidity_code`."""


def run(job: Job[Config]) -> None:
    """Read the files of `comorbidity_code` and write comorbidity_code, accepted and rejected."""
    job.write(ComorbidityCode, comorbidity.read_codes(job.spark, job.source("comorbidity_code")))
