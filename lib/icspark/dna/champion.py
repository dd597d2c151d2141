"""Which model is champion: the newest decision in dna_promotion that let one through, never the registry alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from icspark.errors import QualityError
from icspark.tables.dna import DnaModel, DnaPromotion

Row = Mapping[str, Any]


def champion(promotions: DataFrame | None, models: DataFrame, *, model_name: str) -> dict[str, Any] | None:
    """Return the row of dna_model of the current champion of a name; None where none was ever promoted.

    Raises QualityError where the version that was promoted is not in dna_model.
    """
    version = champion_version(promotions, model_name=model_name)
    return None if version is None else model_row(models, model_name=model_name, version=version)


def champion_version(promotions: DataFrame | None, *, model_name: str) -> int | None:
    """Return the version of the newest decision of a name that was promoted or overridden; None where there is none."""
    if promotions is None:
        return None
    through = promotions.where(F.col(DnaPromotion.model_name) == model_name).where(
        F.col(DnaPromotion.decision).isin("promoted", "overridden")
    )
    found = through.agg(F.max_by(DnaPromotion.model_version, DnaPromotion.decided_datetime)).first()
    return None if found is None or found[0] is None else int(found[0])


def model_row(models: DataFrame, *, model_name: str, version: int | None = None) -> dict[str, Any]:
    """Return the row of dna_model of a version, or of the newest of a name; QualityError where there is none."""
    of_name = models.where(F.col(DnaModel.model_name) == model_name)
    chosen = of_name if version is None else of_name.where(F.col(DnaModel.model_version) == version)
    found = chosen.orderBy(F.desc(DnaModel.model_version)).first()
    if found is None:
        said = "version" if version is None else f"version {version}"
        raise QualityError(
            f"there is no {said} of this model",
            where=f"{DnaModel.name()}, model_name {model_name}",
            mend="train one with dna_train, or name one that is there",
        )
    return found.asDict()


def evaluated_row(models: DataFrame, *, model_name: str, version: int | None = None) -> dict[str, Any]:
    """Return the row of dna_model of a version, or of the newest of a name that is no refit and so has windows."""
    whole = models if version is not None else models.where(F.col(DnaModel.parent_version).isNull())
    return model_row(whole, model_name=model_name, version=version)


def reported_rows(
    models: DataFrame, promotions: DataFrame | None, *, model_name: str, version: int | None
) -> tuple[Row, Row]:
    """Return the rows of dna_model of the version that a card is of, and of that which was evaluated for it.

    The champion where no version is named, the newest where there is no champion. A refit is evaluated as its parent.
    """
    wanted = version if version is not None else champion_version(promotions, model_name=model_name)
    row = model_row(models, model_name=model_name, version=wanted)
    return row, parent_row(models, row)


def parent_row(models: DataFrame, row: Row) -> Row:
    """Return the row of a refit's parent, whose test window tells of it; the row itself where it is no refit.

    A refit has seen every outcome, and has no window of its own.
    """
    version = row[DnaModel.parent_version]
    return row if version is None else model_row(models, model_name=row[DnaModel.model_name], version=version)


def other_kinds(models: DataFrame, row: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the newest version of each other kind that was trained on the same features and windows, by kind."""
    same = [DnaModel.model_name, DnaModel.feature_source, DnaModel.feature_version, DnaModel.validate_to_date]
    alike = models.where(F.col(DnaModel.parent_version).isNull() & (F.col(DnaModel.kind) != row[DnaModel.kind]))
    for name in same:
        alike = alike.where(F.col(name).eqNullSafe(F.lit(row[name])))
    newest = {one[DnaModel.kind]: one.asDict() for one in alike.orderBy(DnaModel.model_version).collect()}  # few rows
    return [newest[kind] for kind in sorted(newest)]
