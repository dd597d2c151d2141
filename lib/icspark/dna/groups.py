"""The groups of patients by which a model is judged, beside the whole."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

ETHNIC_GROUP: dict[str, str] = {
    **dict.fromkeys("ABC", "White"),
    **dict.fromkeys("DEFG", "Mixed"),
    **dict.fromkeys("HJKL", "Asian"),
    **dict.fromkeys("MNP", "Black"),
    **dict.fromkeys("RS", "Other"),
}
"""Ethnic category codes -> the five groups of the 2001 census; not stated and not known are a group of their own."""

AGE_BANDS: tuple[tuple[int, str], ...] = ((18, "0-17"), (35, "18-34"), (50, "35-49"), (65, "50-64"), (80, "65-79"))
OLDEST_BAND = "80 and over"

AS_THEY_ARE = ("imd_2019_quintile", "sex_code", "site_code", "is_first_attendance", "is_without_history")
MADE = {"ethnic_group": "ethnic_category_code", "age_band": "age_years"}
GROUPS = (*AS_THEY_ARE, *MADE)
"""The groups of dna_feature."""


def group_columns(frame: DataFrame) -> dict[str, Column]:
    """Return the groups that a feature table can be divided by, as text; null where not known."""
    made = {"ethnic_group": ethnic_group, "age_band": age_band}
    there = {name: F.col(name).cast("string") for name in AS_THEY_ARE if name in frame.columns}
    return there | {name: made[name](F.col(of)) for name, of in MADE.items() if of in frame.columns}


def ethnic_group(category: Column) -> Column:
    """Return the group of an ethnic category code; null where it is not stated, not known or missing."""
    pairs = [F.lit(text) for pair in ETHNIC_GROUP.items() for text in pair]
    return F.try_element_at(F.create_map(*pairs), category)


def age_band(age: Column) -> Column:
    """Return the band of an age in years; null where it is not known."""
    banded = F.when(age.isNull(), F.lit(None).cast("string"))
    for below, name in AGE_BANDS:
        banded = banded.when(age < below, name)
    return banded.otherwise(OLDEST_BAND)
