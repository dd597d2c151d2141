"""Rows whose parent was rejected: they name a practice that was in the directory, and was left out of it."""

from __future__ import annotations

from collections.abc import Callable

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from icspark.quality.checks import Rule
from icspark.tables.reference import Practice
from icspark.tables.table import Rejected

PARENT_REJECTED = "_is_parent_rejected"


def rejected_practices(practices: DataFrame | None, rejected: DataFrame | None) -> DataFrame | None:
    """Return the codes of practices that were rejected and not accepted, one row each; None where nothing is known."""
    if rejected is None:
        return None
    whole = rejected.filter((F.col(Rejected.scope) == "row") & F.col(Rejected.row_key).isNotNull())
    codes = whole.select(F.col(Rejected.row_key).alias(Practice.practice_code)).distinct()
    if practices is None:
        return codes
    return codes.join(practices.select(Practice.practice_code), on=Practice.practice_code, how="left_anti")


def with_parent_rejected(rows: DataFrame, lost: DataFrame | None) -> DataFrame:
    """Return the rows, as many as they were, with whether the practice of each is in `lost` (distinct codes)."""
    if lost is None:
        return rows.withColumn(PARENT_REJECTED, F.lit(False))
    marked = F.broadcast(lost.select(Practice.practice_code, F.lit(True).alias(PARENT_REJECTED)))
    return rows.join(marked, on=Practice.practice_code, how="left")


PARENT = Rule(
    "PARENT_REJECTED", "The practice that the row belongs to was itself rejected.", lambda: F.col(PARENT_REJECTED)
)


def is_no_code(column: str) -> Callable[[], Column]:
    """Return the condition that a code is not of the form of an ODS code: capitals and digits, with a digit, 3 to 8."""
    return lambda: ~F.col(column).rlike("^(?=.*[0-9])[A-Z0-9]{3,8}$")
