"""Areas of any level: which a row of people belongs to, and which of them a region has."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from icspark.errors import TableError
from icspark.tables.activity import AreaActivity, PersonActivity
from icspark.tables.areas import RegionArea
from icspark.tables.reference import AreaLookup

OWN_LEVELS = {
    "lsoa_2011": PersonActivity.lsoa_2011_code,
    "lsoa_2021": PersonActivity.lsoa_2021_code,
    "practice": PersonActivity.practice_code,
}
"""Levels whose codes tables of people hold, each under this name."""

AREA = AreaActivity.area_code


def with_area(rows: DataFrame, level: str, lookup: DataFrame | None) -> DataFrame:
    """Add `area_code`, the area of a level: the row's own code, or that which area_lookup gives for it.

    Where best fit gives an area to several, the first by code is taken. Null where the row has no code, or the code has
    no area there. Raises TableError where area_lookup leads to no such level.
    """
    if level in OWN_LEVELS:
        return rows.withColumn(AREA, F.col(OWN_LEVELS[level]))
    below = level_below(level, lookup)
    pairs = _pairs(lookup, below, level)
    own = F.col(OWN_LEVELS[below]).alias("_own")
    return rows.select("*", own).join(F.broadcast(pairs), on="_own", how="left").drop("_own")


def level_below(level: str, lookup: DataFrame | None) -> str:
    """Return the level, of those that rows of people hold, from which area_lookup leads to another."""
    found: list[str] = []
    if lookup is not None:
        leading = lookup.where(F.col(AreaLookup.to_level) == level).select(AreaLookup.from_level).distinct()
        found = [row[0] for row in leading.take(100)]  # a handful of levels
    below = next((own for own in OWN_LEVELS if own in found), None)
    if below is None:
        raise TableError(
            f"no area_lookup leads to {level}",
            where="level",
            expected=f"{', '.join(OWN_LEVELS)}, or a level to which one of them leads",
            mend="ingest the lookup (ingest_area_lookup), or name another level",
        )
    return below


def areas_of(level: str, region: DataFrame | None, lookup: DataFrame | None) -> DataFrame | None:
    """Return the codes of a level that the region has, as `area_code`; None where no region is given.

    Practices and their networks are no areas of the region: None for them too, and those that have patients stand.
    """
    if region is None:
        return None
    codes = region.select(F.col(RegionArea.lsoa_2011_code).alias("_own"))
    if level == "lsoa_2011":
        return codes.withColumnRenamed("_own", AREA)
    if level == "practice" or lookup is None:
        return None
    below = "lsoa_2011" if level == "lsoa_2021" else level_below(level, lookup)
    if below == "practice":
        return None
    if below == "lsoa_2021":
        codes = codes.join(_all_pairs(lookup, "lsoa_2011", below), on="_own", how="inner").select(
            F.col(AREA).alias("_own")
        )
    pairs = _all_pairs(lookup, below, level) if level == "lsoa_2021" else _pairs(lookup, below, level)
    return codes.join(pairs, on="_own", how="inner").select(AREA).distinct()


def _all_pairs(lookup: DataFrame, below: str, level: str) -> DataFrame:
    leads = (F.col(AreaLookup.from_level) == below) & (F.col(AreaLookup.to_level) == level)
    return lookup.where(leads).select(F.col(AreaLookup.from_code).alias("_own"), F.col(AreaLookup.to_code).alias(AREA))


def _pairs(lookup: DataFrame | None, below: str, level: str) -> DataFrame:
    if lookup is None:
        raise TableError("there is no area_lookup", where=level, mend="ingest it (ingest_area_lookup)")
    return _all_pairs(lookup, below, level).groupBy("_own").agg(F.min(AREA).alias(AREA))
