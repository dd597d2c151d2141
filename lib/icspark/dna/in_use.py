"""The model that is in use: the champion by dna_promotion, seen to read the features that there are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from icspark.dna import feature_source
from icspark.dna.champion import champion, model_row
from icspark.dna.fitted import FittedModel
from icspark.errors import TableError
from icspark.tables.dna import DnaFeature, DnaModel, DnaScore


def model_in_use(promotions: DataFrame, models: DataFrame, *, model_name: str) -> Mapping[str, Any] | None:
    """Return the row of dna_model of the champion of a name; None while the gates have let no version through.

    Raises QualityError where there is no model of that name.
    """
    model_row(models, model_name=model_name)
    return champion(promotions, models, model_name=model_name)


def feature_rows(row: Mapping[str, Any], table: DataFrame | None) -> DataFrame:
    """Return the rows that a version scores: its source, with the time and the site that a flat table may lack.

    Without a time an appointment is held at the midnight (UTC) of its date; without a column of sites there is none.
    """
    rows = feature_source.feature_rows(row[DnaModel.feature_source], table)
    absent = {
        DnaFeature.appointment_datetime: F.col(DnaFeature.appointment_date).cast("timestamp"),
        DnaScore.site_code: F.lit(None).cast("string"),
    }
    return rows.withColumns({name: made for name, made in absent.items() if name not in rows.columns})


def require_features(model: FittedModel, row: Mapping[str, Any], frame: DataFrame) -> None:
    """Raise TableError where a model reads other features than its row of dna_model says, or than a frame has."""
    where = f"{row[DnaModel.model_name]} version {row[DnaModel.model_version]}"
    if list(model.features) != list(row[DnaModel.features]):
        raise TableError(
            "the model reads other features than were recorded",
            where=where,
            expected=", ".join(row[DnaModel.features]),
            found=", ".join(model.features),
            mend="train again",
        )
    missing = [name for name in model.features if name not in frame.columns]
    if missing:
        raise TableError(
            "the model was made of other features than these",
            where=where,
            expected=", ".join(missing),
            found=", ".join(frame.columns),
            mend="score the table that it was trained on, or train on this one",
        )
