"""Who is the same person: identifiers that links connect, unless what they say of that person cannot be true.

docs/decisions/person-identity.md says what is done with false and missing links, and what it costs.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from icspark.graphs.components import COMPONENT, LEFT, NODE, RIGHT
from icspark.tables.records import IdentityLink, PersonIdentity, SourcePerson

SYSTEM, IDENTIFIER = SourcePerson.id_system, SourcePerson.source_id
BIRTH_MONTH, SEX_CODE = SourcePerson.birth_month, SourcePerson.sex_code
REASONS = ("conflicting_birth_month", "conflicting_sex", "too_many_identifiers")
"""Why identifiers are held apart; of several reasons the first is told."""

SAYS_NOTHING = ("0", "9")
BETWEEN = "\x1f"
"""The unit separator, which stands in no identifier: between system and identifier in the text of a node."""


def node(system: str, identifier: str) -> Column:
    """Return one text for an identifier of a system; texts are in the order of the pairs."""
    return F.concat(F.col(system), F.lit(BETWEEN), F.col(identifier))


def edges(links: DataFrame) -> DataFrame:
    """Return identity_link as edges of text nodes, whatever the delivery. Grain: link."""
    return links.select(
        node(IdentityLink.left_id_system, IdentityLink.left_id).alias(LEFT),
        node(IdentityLink.right_id_system, IdentityLink.right_id).alias(RIGHT),
    )


def newest_people(persons: DataFrame) -> DataFrame:
    """Return the newest delivery of each identifier in source_person. Grain: identifier."""
    rest = [F.col(name) for name in persons.columns if name not in (SYSTEM, IDENTIFIER)]
    newest = F.max_by(F.struct(*rest), F.col(SourcePerson.delivery_id)).alias("_newest")
    return persons.groupBy(SYSTEM, IDENTIFIER).agg(newest).select(SYSTEM, IDENTIFIER, "_newest.*")


def identifiers_of(persons: DataFrame, links: DataFrame, *, records: Sequence[DataFrame] = ()) -> DataFrame:
    """Return every identifier once, with month of birth and sex where the newest delivery of source_person knows them.

    Identifiers are those of persons, of links, and of `records`: what else has id_system and source_id.
    """
    known = newest_people(persons).select(SYSTEM, IDENTIFIER, BIRTH_MONTH, SEX_CODE)
    sides = [(IdentityLink.left_id_system, IdentityLink.left_id), (IdentityLink.right_id_system, IdentityLink.right_id)]
    ends = [links.select(F.col(system).alias(SYSTEM), F.col(one).alias(IDENTIFIER)) for system, one in sides]
    others = [*ends, *(frame.select(SYSTEM, IDENTIFIER).distinct() for frame in records)]
    every = reduce(lambda all_of, more: all_of.unionByName(more, allowMissingColumns=True), [known, *others])
    told = [F.max(name).alias(name) for name in (BIRTH_MONTH, SEX_CODE)]
    return every.groupBy(SYSTEM, IDENTIFIER).agg(*told)


def person_identity(
    identifiers: DataFrame, components: DataFrame, *, most_identifiers: int, salt: str = ""
) -> DataFrame:
    """Return person_identity: one row an identifier, with its person or the reason for which it has none.

    `components` has `node` and `component`; an identifier that it lacks is a person alone. All identifiers of a
    component are held apart where they know two months of birth or two sexes (not known and not specified say nothing),
    or where there are more than `most_identifiers` of them. `person_id` is the first 32 hex digits of the SHA-256 of
    `salt` and the component's smallest system and identifier: the same while that identifier stays in the component.
    """
    placed = identifiers.withColumn(NODE, node(SYSTEM, IDENTIFIER)).join(components, on=NODE, how="left")
    labelled = placed.withColumn(COMPONENT, F.coalesce(COMPONENT, NODE))
    reason = _reason(most_identifiers)
    person = F.substring(F.sha2(F.concat(F.lit(salt), F.lit(BETWEEN), F.col(COMPONENT)), 256), 1, 32)
    told = labelled.withColumn(PersonIdentity.held_apart_reason, reason)
    alone = F.col(PersonIdentity.held_apart_reason).isNull()
    return told.withColumn(PersonIdentity.person_id, F.when(alone, person)).select(*PersonIdentity.columns())


def _reason(most_identifiers: int) -> Column:
    whole = Window.partitionBy(COMPONENT)
    sex = F.when(~F.col(SEX_CODE).isin(*SAYS_NOTHING), F.col(SEX_CODE))
    broken = (
        F.min(BIRTH_MONTH).over(whole) != F.max(BIRTH_MONTH).over(whole),
        F.min(sex).over(whole) != F.max(sex).over(whole),
        F.count(F.lit(1)).over(whole) > most_identifiers,
    )
    return F.coalesce(*[F.when(is_so, F.lit(name)) for is_so, name in zip(broken, REASONS, strict=True)])
