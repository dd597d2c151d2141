"""Write the records of persons: linked, without those who opted out of the purpose, the newest delivery of each.

Every count of people begins here. Opt-outs are applied before anything is counted, and one of any identifier is one of
the whole person (docs/decisions/opt-outs.md). Identifiers that are held apart make no person.
"""

from __future__ import annotations

from pydantic import Field
from pyspark.sql import functions as F

from icspark.config import JobConfig
from icspark.job import Job
from icspark.linkage.opt_outs import LISTS, OptOut, Purpose, lists_to_apply, people_included, people_opted_out
from icspark.linkage.records import PAIRS, linked, person, with_death
from icspark.sources.opt_out import read_list
from icspark.tables.records import Person, PersonIdentity, SourcePerson

READS = (PersonIdentity, *(pair.source for pair in PAIRS))
READS_IF_PRESENT = (SourcePerson,)
FILES_IF_PRESENT = LISTS
WRITES = (Person, *(pair.table for pair in PAIRS))


class Config(JobConfig):
    """What the records are used for."""

    purpose: Purpose = Field("planning", description="which opt-outs apply: research, planning, direct_care, ...")
    applied_by_supplier: tuple[OptOut, ...] = Field(
        (), description="lists that the supplier of the extract has applied"
    )
    broadcast_identifiers: int = Field(
        500_000, ge=0, description="up to this many identifiers are sent to every task instead of being shuffled"
    )


def run(job: Job[Config]) -> None:
    """Write person and every table of records; the identities are joined to each, and put together once."""
    config, lists = job.config, {name: job.source_if_present(name) for name in LISTS}
    configured = {name: source for name, source in lists.items() if source is not None}
    needed = lists_to_apply(config.purpose, configured=configured, applied_by_supplier=config.applied_by_supplier)
    identities = job.read(PersonIdentity)
    opted_out = people_opted_out(
        identities, [read_list(job.spark, configured[name], name=name) for name in needed]
    ).persist()
    people = people_included(identities, opted_out)
    persons = person(people, job.read_if_present(SourcePerson)).persist()
    job.write(Person, persons)
    known = with_death(people, persons).persist()
    held_apart = identities.filter(F.col(PersonIdentity.person_id).isNull())
    for key, frame in {"identifiers": known, "people_opted_out": opted_out, "held_apart": held_apart}.items():
        job.note(key, frame.count())
    for name in needed:
        job.note(f"{name}.as_of", float(f"{configured[name].as_of:%Y%m%d}"))
    small = job.notes["identifiers"] <= config.broadcast_identifiers
    for pair in PAIRS:
        job.write(pair.table, linked(job.read(pair.source), pair, F.broadcast(known) if small else known))
    for frame in (known, persons, opted_out):
        frame.unpersist()
