"""Read who worked at which practice, from when to when (ODS epracmem)."""

from icspark.config import JobConfig
from icspark.job import Job
from icspark.sources import practitioner
from icspark.sources.parents import rejected_practices
from icspark.tables.reference import Practice, Practitioner

FILES = ("practitioner",)
READS_IF_PRESENT = (Practice, Practice.rejected())
WRITES = (Practitioner,)


def run(job: Job[JobConfig]) -> None:
    """Write the accepted and the rejected half of the source; rows of rejected practices are rejected."""
    lost = rejected_practices(job.read_if_present(Practice), job.read_if_present(Practice.rejected()))
    job.write(Practitioner, practitioner.read(job.spark, job.source("practitioner"), lost_practices=lost))
