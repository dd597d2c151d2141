"""Read the roads between nodes of the road network, with their lengths."""

from icspark.config import JobConfig
from icspark.job import Job
from icspark.sources import road
from icspark.tables.reference import Road

FILES = ("road",)
WRITES = (Road,)


def run(job: Job[JobConfig]) -> None:
    """Write the accepted and the rejected half of the source."""
    job.write(Road, road.read(job.spark, job.source("road")))
