"""How many identifiers are held apart, by the deprivation of the area where they live."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from icspark.linkage.identity import REASONS
from icspark.tables.linkage import IdentityConflict
from icspark.tables.records import PersonIdentity, SourceResidence
from icspark.tables.reference import Deprivation2019, Postcode

SYSTEM, IDENTIFIER = PersonIdentity.id_system, PersonIdentity.source_id
LSOA, POSTCODE = SourceResidence.lsoa_2011_code, SourceResidence.postcode
REASON, QUINTILE = PersonIdentity.held_apart_reason, IdentityConflict.imd_2019_quintile
QUINTILES = ("1", "2", "3", "4", "5", "unknown")


def quintile_by_identifier(
    residences: DataFrame, deprivation: DataFrame | None, *, postcodes: DataFrame | None = None
) -> DataFrame:
    """Return the national IMD 2019 quintile of each identifier's latest residence. Grain: identifier with a known area.

    The area is the LSOA 2011 that the extract supplies, else that of the postcode in the directory. The quintile is the
    fifth of the national ranking, 1 = most deprived.
    """
    if deprivation is None:
        return residences.select(SYSTEM, IDENTIFIER, F.lit(None).cast("string").alias(QUINTILE)).limit(0)
    last = F.max_by(
        F.struct(LSOA, POSTCODE), F.struct(SourceResidence.from_date, SourceResidence.delivery_id, POSTCODE)
    ).alias("_last")
    latest = residences.groupBy(SYSTEM, IDENTIFIER).agg(last).select(SYSTEM, IDENTIFIER, "_last.*")
    placed = latest if postcodes is None else latest.transform(_with_area_of_postcode, postcodes)
    ranked = deprivation.select(LSOA, _national_fifth().alias(QUINTILE))
    return placed.join(F.broadcast(ranked), on=LSOA, how="inner").select(SYSTEM, IDENTIFIER, QUINTILE)


def _with_area_of_postcode(latest: DataFrame, postcodes: DataFrame) -> DataFrame:
    directory = postcodes.select(
        F.col(Postcode.postcode).alias(POSTCODE), F.col(Postcode.lsoa_2011_code).alias("_of_postcode")
    )
    joined = latest.join(directory, on=POSTCODE, how="left")
    return joined.withColumn(LSOA, F.coalesce(LSOA, "_of_postcode"))


def _national_fifth() -> Column:
    rank, areas = F.col("imd_2019_rank"), F.col(Deprivation2019.ranked_areas_count)
    return F.ceil(5 * rank / areas).cast("string")


def identity_conflicts(identities: DataFrame, quintiles: DataFrame) -> DataFrame:
    """Return identity_conflict: every reason and quintile, zeros included, with the identifiers of the quintile.

    `quintiles` has one row per identifier with a known area.
    """
    placed = identities.join(quintiles, on=[SYSTEM, IDENTIFIER], how="left")
    by_quintile = F.coalesce(F.col(QUINTILE), F.lit("unknown")).alias(QUINTILE)
    counted = placed.groupBy(by_quintile, REASON).agg(F.count(F.lit(1)).alias("_count"))
    totals = counted.withColumn("_all", F.sum("_count").over(Window.partitionBy(QUINTILE)))
    by_reason = [F.sum(F.when(F.col(REASON) == name, F.col("_count"))).alias(name) for name in REASONS]
    wide = totals.groupBy(QUINTILE).agg(F.max("_all").alias("_all"), *by_reason)
    every = identities.sparkSession.createDataFrame([(name,) for name in QUINTILES], f"{QUINTILE} string")
    stacked = every.join(wide, on=QUINTILE, how="left").unpivot([QUINTILE, "_all"], list(REASONS), REASON, "_count")
    held, every_one = F.coalesce("_count", F.lit(0)), F.coalesce("_all", F.lit(0))
    return stacked.select(
        F.col(REASON).alias(IdentityConflict.held_apart_reason),
        QUINTILE,
        held.alias(IdentityConflict.held_apart_count),
        every_one.alias(IdentityConflict.identifiers_count),
        F.try_divide(held, F.col("_all")).alias(IdentityConflict.held_apart_share),
    )
