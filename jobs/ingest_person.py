"""Read the persons of an ICS's linked extract, one row per identifier."""

from icspark.config import JobConfig
from icspark.job import Job
from icspark.sources.records.feeds import PERSON
from icspark.sources.records.ingest import read_people
from icspark.sources.records.reading import delivery_of
from icspark.tables.records import SourcePerson

FILES = (PERSON.name,)
WRITES = (SourcePerson,)


def run(job: Job[JobConfig]) -> None:
    """Write both halves of the delivery of `person`, in place of the delivery of the same name."""
    source = job.source(PERSON.name)
    delivery = {SourcePerson.delivery_id: delivery_of(source, PERSON.name)}
    job.write(SourcePerson, read_people(job.spark, source), replacing=delivery)
