"""Postcodes placed by their points, beside the area that the directory gives, and how far the two are apart."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from icspark.geography import sedona
from icspark.geography.assignment import assign_areas
from icspark.geography.projection import BRITISH_GRID, reproject_boundaries
from icspark.tables.geography import PostcodeArea, PostcodeAreaQuality
from icspark.tables.reference import Boundary, Postcode

COMPARED = ("agrees", "generalised_edge", "near", "contradiction")


@dataclass(frozen=True)
class Limits:
    """Metres from a point to its official area: to `edge` it is the outline, above `contradiction` an error."""

    edge: float = 100.0
    contradiction: float = 1000.0

    def meanings(self) -> dict[str, str]:
        """Return each kind of comparison in words."""
        edge, far = f"{self.edge:g} m", f"{self.contradiction:g} m"
        return {
            "agrees": "the point lies in the official area",
            "generalised_edge": f"the point lies at most {edge} outside the official area: outlines are generalised",
            "near": f"the point lies over {edge} and at most {far} outside the official area",
            "contradiction": f"the point lies over {far} outside the official area: the two contradict each other",
            "official_not_loaded": "the boundary of the official area is not loaded",
            "no_official": "the directory gives no LSOA 2011",
            "not_placed": "the postcode has no coordinates",
        }


def place_postcodes(postcodes: DataFrame, boundaries: DataFrame, *, limits: Limits) -> DataFrame:
    """Return one row per postcode, as the table PostcodeArea.

    Points are eastings and northings; boundaries in degrees are reprojected to EPSG:27700. A vintage without any
    boundary is null throughout, with the reason `no_boundaries`. The official code is never overwritten.
    """
    metres = reproject_boundaries(boundaries, epsg=BRITISH_GRID)
    points = postcodes.select(
        Postcode.postcode,
        Postcode.easting,
        Postcode.northing,
        F.col(Postcode.lsoa_2011_code).alias(PostcodeArea.official_lsoa_2011_code),
    )
    ((loaded,),) = boundaries.agg(F.collect_set(Boundary.area_type)).take(1)  # a handful of types
    for area_type in ("lsoa_2011", "lsoa_2021"):
        if area_type in loaded:
            points = assign_areas(points, metres, area_type=area_type, epsg=BRITISH_GRID)
        else:
            points = _unplaced(points, area_type)
    return points.transform(_with_distance, metres=metres).transform(_with_comparison, limits=limits)


def postcode_area_quality(placed: DataFrame, *, limits: Limits) -> DataFrame:
    """Return one row per kind of comparison in rows of postcode_area, as the table PostcodeAreaQuality."""
    distance = F.col(PostcodeArea.distance_to_official_metres)
    kinds = placed.groupBy(PostcodeArea.comparison).agg(
        F.count("*").alias(PostcodeAreaQuality.postcodes_count),
        F.median(distance).alias(PostcodeAreaQuality.distance_median_metres),
        F.max(distance).alias(PostcodeAreaQuality.distance_maximum_metres),
    )
    is_compared = F.col(PostcodeArea.comparison).isin(*COMPARED)
    compared = kinds.agg(F.sum(F.when(is_compared, F.col(PostcodeAreaQuality.postcodes_count))).alias("_compared"))
    meaning = F.create_map(*[F.lit(text) for pair in limits.meanings().items() for text in pair])
    values = {
        PostcodeAreaQuality.meaning: meaning[F.col(PostcodeArea.comparison)],
        PostcodeAreaQuality.compared_share: F.when(
            is_compared, F.try_divide(PostcodeAreaQuality.postcodes_count, "_compared")
        ),
    }
    return kinds.crossJoin(compared).withColumns(values).select(*PostcodeAreaQuality.columns())


def _unplaced(points: DataFrame, area_type: str) -> DataFrame:
    return points.withColumns(
        {
            f"{area_type}_code": F.lit(None).cast("string"),
            f"{area_type}_placed_by": F.lit("none"),
            f"{area_type}_reason": F.lit("no_boundaries"),
        }
    )


def _with_distance(placed: DataFrame, *, metres: DataFrame) -> DataFrame:
    """Return the rows with `_is_loaded` (the official area is) and the distance to it, where the codes differ."""
    official = metres.where(F.col(Boundary.area_type) == "lsoa_2011").select(
        F.col(Boundary.area_code).alias(PostcodeArea.official_lsoa_2011_code),
        sedona.geometry(F.col(Boundary.geometry_wkb)).alias("_official"),
    )
    differs = ~F.col(PostcodeArea.official_lsoa_2011_code).eqNullSafe(F.col(PostcodeArea.lsoa_2011_code))
    at = sedona.point(F.col(Postcode.easting).cast("double"), F.col(Postcode.northing).cast("double"))
    far = F.round(F.when(differs, sedona.distance(at, F.col("_official"))), 1)
    joined = placed.join(official, on=PostcodeArea.official_lsoa_2011_code, how="left")
    return joined.withColumns(
        {PostcodeArea.distance_to_official_metres: far, "_is_loaded": F.col("_official").isNotNull()}
    ).drop("_official")


def _with_comparison(placed: DataFrame, *, limits: Limits) -> DataFrame:
    return placed.withColumn(PostcodeArea.comparison, _comparison(limits)).select(*PostcodeArea.columns())


def _comparison(limits: Limits) -> Column:
    official, distance = F.col(PostcodeArea.official_lsoa_2011_code), F.col(PostcodeArea.distance_to_official_metres)
    return (
        F.when(F.col(Postcode.easting).isNull() | F.col(Postcode.northing).isNull(), "not_placed")
        .when(official.isNull(), "no_official")
        .when(~F.col("_is_loaded"), "official_not_loaded")
        .when(official == F.col(PostcodeArea.lsoa_2011_code), "agrees")
        .when(distance <= limits.edge, "generalised_edge")
        .when(distance <= limits.contradiction, "near")
        .otherwise("contradiction")
    )
