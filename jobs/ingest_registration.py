"""Read the patients registered at each practice by area of residence."""

from icspark.config import JobConfig
from icspark.job import Job
from icspark.sources import registration
from icspark.sources.parents import rejected_practices
from icspark.tables.reference import Practice, Registration

FILES = ("registration",)
READS_IF_PRESENT = (Practice, Practice.rejected())
WRITES = (Registration,)


def run(job: Job[JobConfig]) -> None:
    """Write the accepted and the rejected half of the source; rows of rejected practices are rejected."""
    lost = rejected_practices(job.read_if_present(Practice), job.read_if_present(Practice.rejected()))
    job.write(Registration, registration.read(job.spark, job.source("registration"), lost_practices=lost))
