"""How people were placed, and why not, by the deprivation of their practice."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from icspark.tables.activity import PersonArea, PersonAreaQuality
from icspark.tables.areas import PracticeSummary
from icspark.tables.records import RegistrationPeriod

QUINTILE = "imd_2019_quintile"


def person_area_quality(
    placed: DataFrame, *, registrations: DataFrame, practices: DataFrame | None = None
) -> DataFrame:
    """Return the table PersonAreaQuality of rows of person_area.

    A person whom nobody has registered during the interval has `no_practice`; one whose practice has no quintile in
    practice_summary, or where that table is absent, `no_quintile`.
    """
    known = placed.join(_practice_of(placed, registrations), on=[*PersonArea.key()], how="left")
    deprivation = _quintiles(practices, known)
    kinds = F.array(*[_kind(vintage) for vintage in ("lsoa_2011", "lsoa_2021")])
    rows = deprivation.select(PersonArea.person_id, PersonAreaQuality.practice_imd_2019_quintile, F.inline(kinds))
    return (
        rows.groupBy(*PersonAreaQuality.key(), PersonAreaQuality.is_placed)
        .agg(
            F.countDistinct(PersonArea.person_id).alias(PersonAreaQuality.people_count),
            F.count("*").alias(PersonAreaQuality.residences_count),
        )
        .select(*PersonAreaQuality.columns())
    )


def _practice_of(placed: DataFrame, registrations: DataFrame) -> DataFrame:
    """Return the practice of the newest registration that overlaps each residence, ties by code."""
    began, ended = F.col("_began"), F.col("_ended")
    periods = registrations.select(
        RegistrationPeriod.person_id,
        RegistrationPeriod.practice_code,
        F.col(RegistrationPeriod.from_date).alias("_began"),
        F.col(RegistrationPeriod.to_date).alias("_ended"),
    )
    starts = ended.isNull() | (ended > F.col(PersonArea.from_date))
    ends = F.col(PersonArea.to_date).isNull() | (began < F.col(PersonArea.to_date))
    met = placed.select(*PersonArea.key(), PersonArea.to_date).join(periods, on=PersonArea.person_id, how="inner")
    newest = F.max(F.struct("_began", RegistrationPeriod.practice_code))[RegistrationPeriod.practice_code]
    return met.where(starts & ends).groupBy(*PersonArea.key()).agg(newest.alias(RegistrationPeriod.practice_code))


def _quintiles(practices: DataFrame | None, known: DataFrame) -> DataFrame:
    quintile = F.lit(None).cast("string")
    if practices is not None:
        small = F.broadcast(practices.select(PracticeSummary.practice_code, QUINTILE))
        known, quintile = (
            known.join(small, on=PracticeSummary.practice_code, how="left"),
            F.col(QUINTILE).cast("string"),
        )
    missing = F.when(F.col(RegistrationPeriod.practice_code).isNull(), "no_practice").otherwise("no_quintile")
    return known.withColumn(PersonAreaQuality.practice_imd_2019_quintile, F.coalesce(quintile, missing))


def _kind(vintage: str) -> Column:
    placed = F.col(f"{vintage}_code").isNotNull()
    return F.struct(
        F.lit(vintage).alias(PersonAreaQuality.area_type),
        F.when(placed, F.col(f"{vintage}_placed_by"))
        .otherwise(F.col(f"{vintage}_reason"))
        .alias(PersonAreaQuality.outcome),
        placed.alias(PersonAreaQuality.is_placed),
    )
