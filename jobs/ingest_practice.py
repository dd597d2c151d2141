"""Read the directory of practices and other prescribing organisations (ODS epraccur)."""

from icspark.config import JobConfig
from icspark.job import Job
from icspark.sources import practice
from icspark.tables.reference import Practice

FILES = ("practice",)
WRITES = (Practice,)


def run(job: Job[JobConfig]) -> None:
    """Write the accepted and the rejected half of the source."""
    job.write(Practice, practice.read(job.spark, job.source("practice")))
