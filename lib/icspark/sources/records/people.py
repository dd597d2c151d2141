"""How rows stand to their persons: known, rejected, born, dead; and to the areas that they name."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from icspark.sources.records.feeds import Feed
from icspark.sources.records.rules import BIRTH_MONTH, DEATH_DATE, IS_KNOWN, IS_REJECTED, LSOA_UNKNOWN, ON
from icspark.tables.records import SourceAppointment, SourcePerson
from icspark.tables.reference import AreaLookup
from icspark.tables.table import Rejected

SYSTEM, IDENTIFIER = SourcePerson.id_system, SourcePerson.source_id
IS_AFTER_DEATH = SourceAppointment.is_after_death
KEY_OF_PERSON = r"^[^|]*\|([^|]*)\|(.*)$"
"""The key of a rejected person as text: delivery, system, identifier."""


def known_people(persons: DataFrame, rejected: DataFrame | None) -> DataFrame:
    """Return one row per identifier of any delivery: whether it was accepted, month of birth and date of death.

    Birth and death are those of the newest delivery that was accepted. An identifier that was only ever rejected is
    not known.
    """
    accepted = persons.select(
        SYSTEM,
        IDENTIFIER,
        F.lit(True).alias(IS_KNOWN),
        SourcePerson.delivery_id,
        F.col(SourcePerson.birth_month).alias(BIRTH_MONTH),
        F.col(SourcePerson.death_date).alias(DEATH_DATE),
    )
    every = accepted if rejected is None else accepted.unionByName(_lost(rejected), allowMissingColumns=True)
    says = F.struct(IS_KNOWN, BIRTH_MONTH, DEATH_DATE)
    newest = F.max_by(says, F.struct(IS_KNOWN, SourcePerson.delivery_id))
    return every.groupBy(SYSTEM, IDENTIFIER).agg(newest.alias("_person")).select(SYSTEM, IDENTIFIER, "_person.*")


def _lost(rejected: DataFrame) -> DataFrame:
    whole = rejected.filter(F.col(Rejected.scope) == "row").filter(F.col(Rejected.row_key).rlike(KEY_OF_PERSON))
    return whole.select(
        F.regexp_extract(Rejected.row_key, KEY_OF_PERSON, 1).alias(SYSTEM),
        F.regexp_extract(Rejected.row_key, KEY_OF_PERSON, 2).alias(IDENTIFIER),
        F.lit(False).alias(IS_KNOWN),
        SourcePerson.delivery_id,
    )


def with_person(rows: DataFrame, feed: Feed, people: DataFrame | None) -> DataFrame:
    """Return the rows, as many as they were, with how each stands to its person (or to both persons of a link).

    Without `people` every identifier counts as known. What is dated after the person's death is marked.
    """
    if people is None:
        nothing = F.lit(None).cast("date")
        marks = {IS_KNOWN: F.lit(True), IS_REJECTED: F.lit(False), BIRTH_MONTH: nothing, DEATH_DATE: nothing}
        return rows.withColumns({**marks, IS_AFTER_DEATH: F.lit(False)})
    for at, (system, identifier) in enumerate(feed.persons):
        person = people.select(
            F.col(SYSTEM).alias(system),
            F.col(IDENTIFIER).alias(identifier),
            F.struct(IS_KNOWN, BIRTH_MONTH, DEATH_DATE).alias(f"_person_{at}"),
        )
        rows = rows.join(person, on=[system, identifier], how="left")
    return rows.withColumns(_standing(len(feed.persons))).withColumn(IS_AFTER_DEATH, _is_later(DEATH_DATE))


def _standing(persons: int) -> dict[str, Column]:
    known = [F.col(f"_person_{at}.{IS_KNOWN}") for at in range(persons)]
    every, some_lost = F.lit(True), F.lit(False)
    for one in known:
        every, some_lost = every & F.coalesce(one, F.lit(False)), some_lost | ~F.coalesce(one, F.lit(True))
    return {
        IS_KNOWN: every,
        IS_REJECTED: some_lost,
        BIRTH_MONTH: F.col(f"_person_0.{BIRTH_MONTH}"),
        DEATH_DATE: F.col(f"_person_0.{DEATH_DATE}"),
    }


def _is_later(than: str) -> Column:
    return F.coalesce(F.col(ON) > F.col(than), F.lit(False))


def with_areas_known(rows: DataFrame, lookup: DataFrame | None) -> DataFrame:
    """Return residences, as many as they were, with whether a supplied LSOA is none of its vintage in area_lookup.

    Without a lookup, or where it does not have the level, every code counts as known.
    """
    for column, mark in LSOA_UNKNOWN.items():
        level = column.removesuffix("_code")
        if lookup is None or lookup.filter(_of_level(level)).isEmpty():
            rows = rows.withColumn(mark, F.lit(False))
            continue
        ends = [(AreaLookup.from_level, AreaLookup.from_code), (AreaLookup.to_level, AreaLookup.to_code)]
        there = [lookup.filter(F.col(at) == level).select(F.col(code).alias(column)) for at, code in ends]
        known = F.broadcast(there[0].union(there[1]).distinct().withColumn("_is_there", F.lit(True)))
        marked = rows.join(known, on=column, how="left")
        rows = marked.withColumn(mark, F.col(column).isNotNull() & F.col("_is_there").isNull()).drop("_is_there")
    return rows


def _of_level(level: str) -> Column:
    return (F.col(AreaLookup.from_level) == level) | (F.col(AreaLookup.to_level) == level)
