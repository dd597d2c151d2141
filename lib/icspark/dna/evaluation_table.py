"""What was measured, as rows of dna_evaluation and dna_curve."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from icspark.dna.evaluation import Measured, significant
from icspark.tables.dna import DnaEvaluation
from icspark.tables.table import Table

Values = tuple[Any, ...]


@dataclass(frozen=True)
class Told:
    """The model, its features' version and the window that measures and points are of."""

    model_name: str
    model_version: int
    feature_version: int
    window: str

    @classmethod
    def of(cls, model: Mapping[str, Any], feature_version: int, window: str) -> Told:
        """Return what a row of dna_model, the version of the features that were read, and a window say."""
        return cls(model["model_name"], model["model_version"], feature_version, window)

    @property
    def key(self) -> Values:
        """Return the first columns of both tables."""
        return self.model_name, self.model_version, self.feature_version, self.window


REPLACED = (
    DnaEvaluation.model_name,
    DnaEvaluation.model_version,
    DnaEvaluation.feature_version,
    DnaEvaluation.window,
)
"""Columns whose values are replaced when a version is evaluated anew; every other evaluation stays."""


def evaluation_row(told: Told, one: Measured) -> Values:
    """Return a row of dna_evaluation."""
    numbers = (significant(number) for number in (one.value, one.standard_error, one.lower, one.upper))
    counts = (one.counts.people, one.counts.appointments, one.counts.non_attendances, one.counts.attendances)
    return (*told.key, one.group_by, one.group, one.measure, *numbers, one.reason, *counts)


def frame_of(spark: SparkSession, table: type[Table], rows: Iterable[Values]) -> DataFrame:
    """Return rows of a small table as a frame: as many as there are groups and measures, or points."""
    return spark.createDataFrame(list(rows), table.schema()).coalesce(1)
