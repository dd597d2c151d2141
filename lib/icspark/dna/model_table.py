"""A trained model as a row of dna_model: what later jobs go by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from icspark.dna.fitted import FittedModel
from icspark.dna.origin import Origin
from icspark.dna.tracking import Registered
from icspark.dna.training import Change
from icspark.tables.dna import DnaModel

STARTED = "%Y-%m-%d %H:%M:%S UTC"
"""The form in which a run says when it started."""


def model_row(model: FittedModel, registered: Registered, origin: Origin) -> dict[str, Any]:
    """Return the row of a version that was trained on the first window and judged on the others."""
    windows = origin.windows
    return {
        "model_name": origin.said["model_name"],
        "model_version": registered.version,
        "parent_version": None,
        "kind": model.kind,
        "model_hash": model.hash,
        "file_hash": registered.file_hash,
        "mlflow_run_id": registered.run_id,
        "feature_source": origin.feature_source,
        "feature_version": origin.feature_version,
        "features": list(model.features),
        "protected_features": list(model.feature_list.protected),
        "train_from_date": windows.train_from,
        "train_to_date": windows.train_to,
        "validate_to_date": windows.validate_to,
        "test_to_date": windows.test_to,
        "calibrator": model.calibrator.kind,
        "threshold": model.threshold,
        "threshold_by": origin.said["threshold_by"],
        "trained_datetime": datetime.strptime(origin.run["started_at"], STARTED).replace(tzinfo=UTC),
        "largest_probability_change": None,
        "mean_probability_change": None,
    }


def refit_row(row: Mapping[str, Any], origin: Origin, *, parent: int, change: Change) -> dict[str, Any]:
    """Return the row of a version that was fitted again on all windows, from its `model_row`."""
    return {
        **row,
        "parent_version": parent,
        "train_to_date": origin.windows.test_to,
        "validate_to_date": None,
        "test_to_date": None,
        "largest_probability_change": change.largest,
        "mean_probability_change": change.mean,
    }


def model_frame(spark: SparkSession, rows: Sequence[Mapping[str, Any]]) -> DataFrame:
    """Return rows of dna_model as a frame of its schema."""
    return spark.createDataFrame([tuple(row[name] for name in DnaModel.columns()) for row in rows], DnaModel.schema())
