"""Hectares of areas of 2011, from the land of areas of 2021 and, where areas were merged or redrawn, from polygons."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
import shapely
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from icspark.geography.projection import BRITISH_GRID, reproject_boundaries
from icspark.tables.geography import LandArea2011
from icspark.tables.reference import AreaLookup, Boundary, LandArea

SQUARE_METRES_PER_HECTARE = 10_000.0
DECIMALS = 2
"""Decimals of a hectare that the publisher gives; sums and polygons are rounded to them, so that no order shows."""

CODE = LandArea2011.lsoa_2011_code


def hectares_2011(land_area: DataFrame, lookup: DataFrame, boundaries: DataFrame | None) -> DataFrame:
    """Return one row per LSOA 2011 of area_lookup, as the table LandArea2011.

    Equal to the 2021 area where unchanged (U); the sum of the parts where split (S), if every part is known; the planar
    area of its own polygon in EPSG:27700 where merged (M) or irregular (X) and a boundary is loaded; else null with the
    reason. An area is never divided by population. Method: `Density` of the methods page.
    """
    is_pair = (F.col(AreaLookup.from_level) == "lsoa_2011") & (F.col(AreaLookup.to_level) == "lsoa_2021")
    pairs = lookup.where(is_pair).select(
        F.col(AreaLookup.from_code).alias(CODE),
        F.col(AreaLookup.to_code).alias(LandArea.lsoa_2021_code),
        AreaLookup.change_code,
    )
    parts = pairs.join(land_area, on=LandArea.lsoa_2021_code, how="left")
    summed = parts.groupBy(CODE).agg(
        F.max(AreaLookup.change_code).alias("_change"),
        F.when(F.count(LandArea.area_hectares) == F.count("*"), F.round(F.sum(LandArea.area_hectares), DECIMALS)).alias(
            "_sum"
        ),
    )
    return _with_source(
        summed if boundaries is None else summed.join(polygon_hectares(boundaries), on=CODE, how="left")
    )


def polygon_hectares(boundaries: DataFrame) -> DataFrame:
    """Return `lsoa_2011_code` and `_polygon`, the planar hectares of its polygon in EPSG:27700, for areas of 2011.

    Outlines in degrees are reprojected first. On the grid, distances are up to 0.04 % off those on the ground.
    """
    old = boundaries.where(F.col(Boundary.area_type) == "lsoa_2011")
    metres = reproject_boundaries(old, epsg=BRITISH_GRID).select(
        F.col(Boundary.area_code).alias(CODE), Boundary.geometry_wkb
    )
    return metres.mapInPandas(_areas, f"{CODE} string, _polygon double")


def _areas(batches: Iterable[pd.DataFrame]) -> Iterable[pd.DataFrame]:
    for batch in batches:
        metres = shapely.area(shapely.from_wkb(batch[Boundary.geometry_wkb].to_numpy()))
        yield pd.DataFrame({CODE: batch[CODE], "_polygon": (metres / SQUARE_METRES_PER_HECTARE).round(DECIMALS)})


def _with_source(summed: DataFrame) -> DataFrame:
    polygon: Column = F.col("_polygon") if "_polygon" in summed.columns else F.lit(None).cast("double")
    is_same, is_split = F.col("_change") == "U", F.col("_change") == "S"
    is_summed = is_same | is_split
    hectares = F.when(is_summed, F.col("_sum")).otherwise(polygon)
    source = (
        F.when(is_summed & F.col("_sum").isNull(), "no_land_area")
        .when(is_same, "unchanged")
        .when(is_split, "sum_of_parts")
        .when(polygon.isNotNull(), "boundary")
        .otherwise("no_boundary")
    )
    return summed.select(
        CODE, hectares.alias(LandArea2011.area_hectares), source.alias(LandArea2011.area_hectares_source)
    )
