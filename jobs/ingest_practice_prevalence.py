"""Read the disease registers, points and targets of each practice (QOF)."""

from icspark.config import JobConfig
from icspark.job import Job
from icspark.sources import practice_prevalence
from icspark.sources.parents import rejected_practices
from icspark.tables.reference import Practice, PracticePrevalence

FILES = ("practice_prevalence",)
READS_IF_PRESENT = (Practice, Practice.rejected())
WRITES = (PracticePrevalence,)


def run(job: Job[JobConfig]) -> None:
    """Write the accepted and the rejected half of the source; rows of rejected practices are rejected."""
    lost = rejected_practices(job.read_if_present(Practice), job.read_if_present(Practice.rejected()))
    job.write(
        PracticePrevalence, practice_prevalence.read(job.spark, job.source("practice_prevalence"), lost_practices=lost)
    )
