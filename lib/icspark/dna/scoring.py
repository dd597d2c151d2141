"""Scores of appointments to come, the list up to capacity, and why each stands on it; rows stay where they are.

The model goes to each worker once, and features pass it as Arrow batches. A score hangs on its own row alone, so that
it is the same however the rows are split.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
from pyspark import Broadcast
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T

from icspark.dna.capacity import Capacity
from icspark.dna.contributions import Explainer
from icspark.dna.fitted import FittedModel
from icspark.dna.reasons import UNSPOKEN, reasons
from icspark.dna.threads import single_thread
from icspark.tables.dna import DnaFeature, DnaModel, DnaScore

PROBABILITY, RANK, REASONS = DnaScore.dna_probability, DnaScore.list_rank, DnaScore.reasons
SITE, DAY, KEY, IS_DEAD = (
    DnaScore.site_code,
    DnaFeature.appointment_date,
    DnaScore.appointment_id,
    DnaFeature.is_after_death,
)
SAMPLE_SIZE = 1_000

SCORING = (DnaScore.scored_datetime, DnaScore.model_name, DnaScore.model_version, DnaScore.feature_version)
"""What one scoring is: its rows are written together, and no other scoring's are touched."""


@dataclass(frozen=True)
class Scoring:
    """One scoring: its moment, the row of dna_model that scores, and the version of the features."""

    moment: datetime
    model: Mapping[str, Any]
    feature_version: int

    def columns(self) -> dict[str, Column]:
        """Return what every score of it says of itself."""
        return {
            DnaScore.scored_datetime: F.lit(self.moment),
            DnaScore.model_name: F.lit(self.model[DnaModel.model_name]),
            DnaScore.model_version: F.lit(self.model[DnaModel.model_version]).cast("bigint"),
            DnaScore.feature_version: F.lit(self.feature_version).cast("bigint"),
        }


def moment_of(as_of: datetime | None, started: datetime) -> datetime:
    """Return the moment of a scoring in UTC: the configured one, else the start of the run."""
    return (as_of or started).astimezone(UTC)


def to_come(features: DataFrame, moment: datetime) -> DataFrame:
    """Return the rows of dna_feature that are held after a moment."""
    return features.where(F.col(DnaFeature.appointment_datetime) > F.lit(moment))


def with_probability(frame: DataFrame, model: FittedModel) -> DataFrame:
    """Return the frame with `dna_probability`, calibrated and rounded to 1e-10. Numeric features become doubles."""
    numbers = {name: F.col(name).cast("double") for name in model.feature_list.numbers}
    ready = frame.withColumns(numbers) if numbers else frame
    schema = T.StructType([*ready.schema.fields, T.StructField(PROBABILITY, T.DoubleType(), False)])
    return ready.mapInArrow(_Scoring(_sent(frame, model)), schema)


def with_list_rank(scored: DataFrame, capacity: Capacity) -> DataFrame:
    """Return scores with `list_rank`: the rule of `capacity.top_per_site_day` over whoever has not died; else null."""
    clinic = Window.partitionBy(SITE, DAY, IS_DEAD)
    ordered = clinic.orderBy(F.desc(PROBABILITY), KEY).rowsBetween(Window.unboundedPreceding, Window.currentRow)
    place = F.row_number().over(ordered).cast("bigint")
    if capacity.per_day is not None:
        room: Column = F.lit(float(capacity.per_day))
    else:
        size = F.count(F.lit(1)).over(clinic)
        room = F.floor(size * F.lit(float(capacity.percent or 0)) / F.lit(100.0) + F.lit(0.5)).cast("double")
    placed = scored.withColumns({RANK: place, "_room": room})
    is_listed = ~F.col(IS_DEAD) & (F.col(RANK) <= F.col("_room"))
    return placed.withColumn(RANK, F.when(is_listed, F.col(RANK))).drop("_room")


def with_list(coming: DataFrame, explainer: Explainer, *, capacity: Capacity, unspoken: Sequence[str]) -> DataFrame:
    """Return rows of features with their probability and list rank, and with reasons where they are on the list.

    Protected characteristics are never spoken, nor are the features that `unspoken` names.
    """
    ranked = with_list_rank(with_probability(coming, explainer.model), capacity)
    return with_reasons(ranked, explainer, unspoken=(*UNSPOKEN, *unspoken))


def explainer_of(features: DataFrame, model: FittedModel) -> Explainer:
    """Return the explainer of a model; its sample is a thousand rows at most of the features, chosen by a hash."""
    chosen = features.orderBy(F.xxhash64(KEY), KEY).limit(SAMPLE_SIZE)
    # Bounded by the size of the sample.
    return Explainer.of(model, chosen.select(*_selected(model)).toPandas())


def _selected(model: FittedModel) -> list[Column]:
    numbers = [F.col(name).cast("double").alias(name) for name in model.feature_list.numbers]
    return [*numbers, *[F.col(name) for name in model.feature_list.categories]]


def with_reasons(listed: DataFrame, explainer: Explainer, *, unspoken: Sequence[str]) -> DataFrame:
    """Return ranked scores with `reasons` for the rows on the list, null for the others."""
    schema = T.StructType([*listed.schema.fields, T.StructField(REASONS, T.ArrayType(T.StringType()))])
    return listed.mapInArrow(_Explaining(_sent(listed, explainer), tuple(unspoken)), schema)


def build_dna_score(frame: DataFrame, scoring: Scoring, model: FittedModel) -> DataFrame:
    """Return dna_score from scores with their ranks and reasons."""
    flagged = F.col(PROBABILITY) >= F.lit(model.threshold)
    return frame.withColumns({**scoring.columns(), DnaScore.is_flagged: flagged}).select(*DnaScore.columns())


def _sent(frame: DataFrame, thing: Any) -> Broadcast[Any]:
    return frame.sparkSession.sparkContext.broadcast(thing)


@dataclass(frozen=True)
class _Scoring:
    """What a task does with its rows: a callable that can be sent to it; the model is there already."""

    model: Broadcast[FittedModel]

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        model = self.model.value
        with single_thread():
            for batch in filter(pa.RecordBatch.__len__, batches):
                probability = pa.array(model.predict(batch.select(list(model.features)).to_pandas()))
                yield _with(batch, PROBABILITY, probability)


@dataclass(frozen=True)
class _Explaining:
    """The same for reasons: batches without anybody on the list pass as they are."""

    explainer: Broadcast[Explainer]
    unspoken: tuple[str, ...]

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        with single_thread():
            for batch in batches:
                yield _with(batch, REASONS, self._told(batch))

    def _told(self, batch: pa.RecordBatch) -> pa.Array:
        is_listed = batch.column(batch.schema.get_field_index(RANK)).is_valid()
        told: list[list[str] | None] = [None] * batch.num_rows
        chosen = batch.filter(is_listed)
        if chosen.num_rows:
            explainer = self.explainer.value
            features = chosen.select(list(explainer.model.features)).to_pandas()
            places = is_listed.to_numpy(zero_copy_only=False).nonzero()[0]
            for place, words in zip(places, reasons(explainer, features, unspoken=self.unspoken), strict=True):
                told[place] = words
        return pa.array(told, pa.list_(pa.string()))


def _with(batch: pa.RecordBatch, name: str, values: pa.Array) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([*batch.columns, values], names=[*batch.schema.names, name])
