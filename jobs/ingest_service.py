"""Read the sites that people travel to, with their coordinates."""

from icspark.config import JobConfig
from icspark.job import Job
from icspark.sources import service
from icspark.tables.reference import Service

FILES = ("service",)
WRITES = (Service,)


def run(job: Job[JobConfig]) -> None:
    """Write the accepted and the rejected half of the source."""
    job.write(Service, service.read(job.spark, job.source("service")))
