"""Read further features of people, each value with the moment from which it was known."""

from __future__ import annotations

from icspark.config import JobConfig
from icspark.job import Job
from icspark.sources import extra_feature
from icspark.tables.dna import ExtraFeature

WRITES = (ExtraFeature,)
FILES = ("extra_feature",)


class Config(JobConfig):
    """Nothing to set: the source is described under `sources.extra_feature`."""


def run(job: Job[Config]) -> None:
    """Write the accepted and the rejected half of the source."""
    job.write(ExtraFeature, extra_feature.read(job.spark, job.source("extra_feature")))
