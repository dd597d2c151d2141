"""Where a model's features come from: dna_feature, or a flat table that somebody else made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from icspark.dna.extra_features import extra_names, with_extra_columns
from icspark.dna.feature_list import DEFAULT
from icspark.errors import ConfigurationError, nearest
from icspark.tables.dna import PROTECTED, DnaFeature, FlatAppointment
from icspark.tables.table import Table

SourceName = Literal["dna_feature", "flat_appointment"]
TABLES: Mapping[SourceName, type[Table]] = {"dna_feature": DnaFeature, "flat_appointment": FlatAppointment}
ONE_OF = (DnaFeature, FlatAppointment)
"""What a job that reads features needs one of."""


def feature_rows(name: SourceName, rows: DataFrame | None) -> DataFrame:
    """Return the rows of a source with one column a feature, and the other columns that a model's life needs.

    Raises ConfigurationError where no job has written that table.
    """
    if rows is None:
        raise ConfigurationError(
            "the table of features is not there",
            where="feature_source",
            found=name,
            mend="run the job that writes it (`icspark tables`), or name the other source",
        )
    if name == "flat_appointment":
        return widened(rows)
    return with_extra_columns(rows, extra_names(rows))


def look_back_days(name: SourceName, features: Mapping[str, Any]) -> int:
    """Return how many days back the history of a source's rows goes, by the section dna_features.

    0 for a flat table: what its columns look back on is its owner's word, who can give `windows.train_from`.
    """
    return int(features["look_back_days"]) if name == "dna_feature" else 0


def widened(flat: DataFrame) -> DataFrame:
    """Return flat_appointment with a column for each of its named values; nobody in it is known to have died.

    Every row names the same values in the same order, so the first one names the columns.
    """
    kinds = ("numbers", "categories")
    first = flat.select(*[F.col(f"{kind}.name").alias(kind) for kind in kinds]).first()
    values = [
        F.col(kind)[place]["value"].alias(name)
        for kind in kinds
        for place, name in enumerate(first[kind] if first is not None else ())
    ]
    ids = [F.col("row_id").alias("appointment_id"), *map(F.col, ("person_id", "appointment_date", "is_dna"))]
    return flat.select(*ids, F.lit(False).alias("is_after_death"), *values)


def chosen_names(
    name: SourceName, rows: DataFrame, named: tuple[str, ...], protected: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the features of a model: those `named`, else all of the source; protected ones only where asked for.

    Raises ConfigurationError for a name in `protected` that is no protected characteristic, and for one among `named`
    that is not in `protected` too.
    """
    if strange := [one for one in protected if one not in PROTECTED]:
        mend = nearest(strange[0], PROTECTED)
        raise ConfigurationError("no protected characteristic", where="protected_features", found=strange[0], mend=mend)
    if unasked := [one for one in named if one in PROTECTED and one not in protected]:
        raise ConfigurationError(
            "a protected characteristic would be a feature",
            where="features",
            found=", ".join(unasked),
            mend="leave it out (it stays a group of the audit), or name it in `protected_features` too: it is recorded",
        )
    given = named or (DEFAULT if name == "dna_feature" else _flat_names(rows))
    return (*given, *[one for one in protected if one not in given])


def _flat_names(rows: DataFrame) -> tuple[str, ...]:
    not_features = ("appointment_id", "person_id", "appointment_date", "is_dna", "is_after_death", *PROTECTED)
    return tuple(name for name in rows.columns if name not in not_features)
