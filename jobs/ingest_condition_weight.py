"""Read the weights of the conditions of indices of comorbidity."""

from __future__ import annotations

from icspark.config import JobConfig
from icspark.job import Job
from icspark.sources import comorbidity
from icspark.tables.comorbidity import ConditionWeight

WRITES = (ConditionWeight,)
FILES = ("condition_weight",)


class Config(JobConfig):
    """Nothing to set: the source is described under `sources.condition_weight`."""


def run(job: Job[Config]) -> None:
    """Read the files of `condition_weight` and write condition_weight, accepted and rejected."""
    job.write(ConditionWeight, comorbidity.read_weights(job.spark, job.source("condition_weight")))
