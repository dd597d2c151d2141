"""What linkage leaves beside the identities themselves: whom it holds apart, by deprivation."""

from __future__ import annotations

from pyspark.sql import types as T

from icspark.tables.table import Rate, Release, Table, column

STRING, LONG, DOUBLE = T.StringType(), T.LongType(), T.DoubleType()


class IdentityConflict(Table, release=Release.AGGREGATE):
    """One row per reason for which identifiers are held apart and national IMD 2019 quintile of their residence.

    Source: derived from person_identity, source_residence and deprivation_2019. Zeros included. The quintile is that of
    the identifier's latest residence; `unknown` where it has none, or its area is not known.
    """

    held_apart_reason = column(STRING, "conflicting_birth_month, conflicting_sex, too_many_identifiers", key=True)
    imd_2019_quintile = column(STRING, "1 (most deprived) to 5, or unknown", key=True, vintage="imd_2019")
    held_apart_count = column(LONG, "identifiers held apart for this reason", required=True, is_count=True)
    identifiers_count = column(LONG, "identifiers of this quintile", required=True, is_count=True)
    held_apart_share = column(
        DOUBLE,
        "held_apart_count / identifiers_count; null where the quintile has no identifiers",
        rate=Rate("held_apart_count", "identifiers_count"),
    )
