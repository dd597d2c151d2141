"""Whom the calling team reached, and when: calling the list changes the outcomes that the score foretells.

Record specification: this project's own (`appointment_id`, `contacted_datetime`, with a header); other names by
`columns` in the configuration. Times are local, of the zone that `options: {zone: Europe/London}` declares; a date
alone is its midnight.
"""

from __future__ import annotations

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from icspark.config import Source
from icspark.quality.checks import Checked, check
from icspark.sources.reading import chosen_columns, read_any, typed
from icspark.sources.records.times import declared_zone, instant
from icspark.tables.dna import Contact

NAME = "contact"
LAYOUT = {name: name for name in Contact.columns()}


def read(spark: SparkSession, source: Source) -> Checked:
    """Return the contacts of the source, checked. Grain: appointment and time.

    Raises ConfigurationError where the source declares no zone, InputError for a file that lacks a column.
    """
    zone = declared_zone(source, NAME)
    names = chosen_columns(source, Contact, LAYOUT)
    raw = read_any(spark, source, required=list(names.values()))
    return check(with_instant(typed(raw, Contact, names), zone), Contact, ceiling=source.rejected_ceiling)


def with_instant(rows: DataFrame, zone: str) -> DataFrame:
    """Return the rows with the time of contact in UTC, read from its text as a clock of the zone showed it."""
    text = F.col(f"_text_{Contact.contacted_datetime}")
    return rows.withColumn(Contact.contacted_datetime, instant(text, "yyyyMMdd HHmm", zone))
