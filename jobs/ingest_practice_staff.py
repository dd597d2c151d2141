"""Read numbers and turnover of practitioners by practice, as somebody else has counted them."""

from icspark.config import JobConfig
from icspark.job import Job
from icspark.sources import practice_staff
from icspark.sources.parents import rejected_practices
from icspark.tables.reference import Practice, PracticeStaff

FILES = ("practice_staff",)
READS_IF_PRESENT = (Practice, Practice.rejected())
WRITES = (PracticeStaff,)


def run(job: Job[JobConfig]) -> None:
    """Write the accepted and the rejected half of the source; rows of rejected practices are rejected."""
    lost = rejected_practices(job.read_if_present(Practice), job.read_if_present(Practice.rejected()))
    job.write(PracticeStaff, practice_staff.read(job.spark, job.source("practice_staff"), lost_practices=lost))
