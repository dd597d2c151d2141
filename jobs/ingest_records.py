"""Read the records of an ICS's linked extract: care, residences, registrations, and links between identifiers.

Each feed that the configuration names is one delivery: it replaces the delivery of its own name, and no other. A feed
that is not named leaves its table as it is. Rows of a person who was rejected are rejected with the person; without a
table of persons (`person` has not been ingested) identifiers are taken as they come, and `people_unchecked` says so in
the run record. Dates after a person's death are kept and flagged.
"""

from __future__ import annotations

from icspark.config import JobConfig
from icspark.job import Job
from icspark.sources.records.feeds import FEEDS
from icspark.sources.records.ingest import Known, read_records
from icspark.sources.records.people import known_people
from icspark.sources.records.reading import DELIVERY, delivery_of
from icspark.tables.records import SourcePerson
from icspark.tables.reference import AreaLookup

FILES_IF_PRESENT = tuple(feed.name for feed in FEEDS)
READS_IF_PRESENT = (SourcePerson, SourcePerson.rejected(), AreaLookup)
WRITES = tuple(feed.table for feed in FEEDS)


def run(job: Job[JobConfig]) -> None:
    """Write both halves of each configured feed; the persons are put together once, for all of them."""
    persons, lost = job.read_if_present(SourcePerson), job.read_if_present(SourcePerson.rejected())
    people = None if persons is None else known_people(persons, lost).persist()
    known = Known(people, job.read_if_present(AreaLookup))
    job.note("people_unchecked", people is None)
    for feed in FEEDS:
        source = job.source_if_present(feed.name)
        if source is None:
            job.keep(feed.table)
        else:
            records = read_records(job.spark, source, feed, known=known)
            job.write(feed.table, records, replacing={DELIVERY: delivery_of(source, feed.name)})
    if people is not None:
        people.unpersist()
