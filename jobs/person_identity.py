"""Find who is the same person: identifiers that links connect, contradictions held apart.

Connected components over identity_link; the method and what false and missing links cost are told in
docs/decisions/person-identity.md. Where no persons have been ingested, the identifiers are those of the records.
"""

from __future__ import annotations

from pydantic import Field

from icspark.config import JobConfig
from icspark.graphs.components import Engine, chosen_engine, components
from icspark.job import Job
from icspark.linkage.conflicts import identity_conflicts, quintile_by_identifier
from icspark.linkage.identity import edges, identifiers_of, person_identity
from icspark.linkage.salt import salt_of
from icspark.sources.records.feeds import FEEDS
from icspark.tables.linkage import IdentityConflict
from icspark.tables.records import IdentityLink, PersonIdentity, SourcePerson, SourceResidence
from icspark.tables.reference import Deprivation2019, Postcode

READS = tuple(feed.table for feed in FEEDS)
READS_IF_PRESENT = (SourcePerson, Postcode, Deprivation2019)
WRITES = (PersonIdentity, IdentityConflict)


class Config(JobConfig):
    """How identifiers are put together."""

    engine: Engine = Field("auto", description="auto: graphframes where it can be loaded, else spark_sql; or igraph")
    most_collected_links: int = Field(1_000_000, ge=1, description="links that the engine igraph may collect")
    most_identifiers: int = Field(10, ge=2, description="identifiers of one person; a larger group is held apart")
    salt_variable: str | None = Field(None, description="environment variable with the secret of the pseudonyms")


def run(job: Job[Config]) -> None:
    """Write person_identity, and how many identifiers are held apart by reason and deprivation."""
    config, links, persons = job.config, job.read(IdentityLink), job.read_if_present(SourcePerson)
    records = [job.read(table) for table in READS if table is not IdentityLink] if persons is None else []
    if persons is None:
        persons = job.spark.createDataFrame([], SourcePerson.schema())
    groups = components(edges(links), engine=config.engine, most_collected=config.most_collected_links)
    identities = person_identity(
        identifiers_of(persons, links, records=records),
        groups,
        most_identifiers=config.most_identifiers,
        salt=salt_of(config.salt_variable),
    ).persist()
    job.write(PersonIdentity, identities)
    postcodes = job.read_if_present(Postcode)
    quintiles = quintile_by_identifier(
        job.read(SourceResidence), job.read_if_present(Deprivation2019), postcodes=postcodes
    )
    job.write(IdentityConflict, identity_conflicts(identities, quintiles))
    job.note(f"engine_{chosen_engine(job.spark, config.engine)}", 1)
    identities.unpersist()
    groups.unpersist()
