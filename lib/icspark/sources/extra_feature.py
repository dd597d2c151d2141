"""Further features of people that somebody else made: long, one line a person, feature and moment.

Record specification: this project's own (`person_id`, `feature`, `known_from_datetime`, `value`, with a header); other
names by `columns` in the configuration. A feature is named as a column of its own, so not as one that the suite has.
Without the moment from which a value was known a feature may tell the future,
so a file without it is refused. Times are local, of the zone that `options: {zone: Europe/London}` declares.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from icspark.config import Source
from icspark.quality.checks import Checked, Rule, check
from icspark.sources.reading import chosen_columns, read_any, typed
from icspark.sources.records.times import declared_zone, instant
from icspark.tables.dna import DnaFeature, DnaScore, ExtraFeature

NAME = "extra_feature"
LAYOUT = {name: name for name in ExtraFeature.columns()}
TAKEN = (*DnaFeature.columns(), *DnaScore.columns())

RULES = (
    Rule("FEATURE_NAME", "A feature has small letters, digits and underscores, and no name that is taken.",
         lambda: _is_misnamed(F.col(ExtraFeature.feature))),
)  # fmt: skip


def read(spark: SparkSession, source: Source) -> Checked:
    """Return extra_feature, checked. Grain: person, feature and moment.

    Raises ConfigurationError where the source declares no zone, InputError for a file that lacks a column.
    """
    zone = declared_zone(source, NAME)
    names = chosen_columns(source, ExtraFeature, LAYOUT)
    raw = read_any(spark, source, required=[names.get(name, name) for name in LAYOUT])
    rows = _with_instant(typed(raw, ExtraFeature, names), zone)
    return check(rows, ExtraFeature, RULES, ceiling=source.rejected_ceiling)


def _with_instant(rows: DataFrame, zone: str) -> DataFrame:
    text = F.col(f"_text_{ExtraFeature.known_from_datetime}")
    return rows.withColumn(ExtraFeature.known_from_datetime, instant(text, "yyyyMMdd HHmm", zone))


def _is_misnamed(feature: Column) -> Column:
    return ~feature.rlike("^[a-z][a-z0-9_]*$") | feature.isin(*TAKEN)
