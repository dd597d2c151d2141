"""Read whom the calling team reached about an appointment, and when."""

from icspark.config import JobConfig
from icspark.job import Job
from icspark.sources import contact
from icspark.tables.dna import Contact

FILES = (contact.NAME,)
WRITES = (Contact,)


def run(job: Job[JobConfig]) -> None:
    """Write the accepted and the rejected half of the source."""
    job.write(Contact, contact.read(job.spark, job.source(contact.NAME)))
