"""Read one feed of an extract: its files, its persons, its rules."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from icspark.config import Source
from icspark.quality.checks import Checked, check
from icspark.sources.records.feeds import PERSON, Feed
from icspark.sources.records.people import with_areas_known, with_person
from icspark.sources.records.reading import read_rows
from icspark.tables.records import SourceAppointment, SourceResidence


@dataclass(frozen=True)
class Known:
    """What rows are held against: `people` as `known_people` gives them, area_lookup; None where there is none."""

    people: DataFrame | None = None
    areas: DataFrame | None = None


def read_people(spark: SparkSession, source: Source) -> Checked:
    """Read the feed `person`. Grain: delivery, identifier system, identifier."""
    return check(read_rows(spark, source, PERSON), PERSON.table, PERSON.rules, ceiling=source.rejected_ceiling)


def read_records(spark: SparkSession, source: Source, feed: Feed, *, known: Known) -> Checked:
    """Read another feed, its rows held against their persons. Grain: that of the feed's table.

    The notes count rows dated after their person's death, and residences of no fixed abode (postcodes in ZZ99).
    """
    rows = with_person(read_rows(spark, source, feed), feed, known.people)
    if feed.table is SourceResidence:
        rows = with_areas_known(rows, known.areas)
    notes = {}
    if SourceAppointment.is_after_death in feed.table.columns():
        notes["after_death"] = lambda: F.col(SourceAppointment.is_after_death)
    if feed.table is SourceResidence:
        notes["nowhere"] = lambda: F.col(SourceResidence.postcode).startswith("ZZ99")
    return check(rows, feed.table, feed.rules, ceiling=source.rejected_ceiling, notes=notes)
