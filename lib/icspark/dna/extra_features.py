"""Features of people that somebody else made, as they were known before each appointment's own point."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from icspark.tables.dna import DnaFeature, ExtraFeature

EXTRA = DnaFeature.extra_features
_PERSON, _KNOWN, _NAMES = "_person", "_known", "_names"


def with_extra_features(rows: DataFrame, points: DataFrame, extra: DataFrame | None) -> DataFrame:
    """Add `extra_features`: each feature of extra_feature by its newest value known before the point.

    `points` has the appointments of `rows` with their persons and points. Every row names the same features in the
    order of their names; a value is null where none was known, the list where there is no table. Grain: as before.
    """
    data_type = DnaFeature.columns()[EXTRA].data_type
    if extra is None:
        return rows.withColumn(EXTRA, F.lit(None).cast(data_type))
    names = extra.agg(F.array_sort(F.collect_set(ExtraFeature.feature)).alias(_NAMES))
    joined = rows.join(known_before(points, extra), DnaFeature.appointment_id, "left").crossJoin(F.broadcast(names))
    told = F.transform(_NAMES, lambda name: F.struct(name, F.try_element_at(_KNOWN, name)))
    return joined.withColumn(EXTRA, told.cast(data_type)).drop(_KNOWN, _NAMES)


def known_before(points: DataFrame, extra: DataFrame) -> DataFrame:
    """Return, for each appointment with any, a map from feature to the newest value known before its point.

    A value known from the very moment of the point is not known before it.
    """
    said = extra.withColumnRenamed(ExtraFeature.person_id, _PERSON)
    known_from = F.col(ExtraFeature.known_from_datetime)
    is_known = (F.col(_PERSON) == F.col(DnaFeature.person_id)) & (known_from < F.col(DnaFeature.prediction_datetime))
    newest = F.max_by(ExtraFeature.value, known_from).alias(ExtraFeature.value)
    asked = points.select(DnaFeature.appointment_id, DnaFeature.person_id, DnaFeature.prediction_datetime)
    latest = asked.join(said, is_known, "inner").groupBy(DnaFeature.appointment_id, ExtraFeature.feature).agg(newest)
    pairs = F.collect_list(F.struct(ExtraFeature.feature, ExtraFeature.value))
    return latest.groupBy(DnaFeature.appointment_id).agg(F.map_from_entries(pairs).alias(_KNOWN))


def extra_names(features: DataFrame) -> tuple[str, ...]:
    """Return the names of the extra features of dna_feature, as its first row has them; none where there are none."""
    first = features.select(F.col(f"{EXTRA}.name")).first()
    return tuple(first[0] or ()) if first is not None else ()


def with_extra_columns(features: DataFrame, names: Sequence[str]) -> DataFrame:
    """Return dna_feature with a column for each named extra feature in place of `extra_features`. Grain: as before."""
    known = F.map_from_entries(EXTRA)
    return features.withColumns({name: F.try_element_at(known, F.lit(name)) for name in names}).drop(EXTRA)
