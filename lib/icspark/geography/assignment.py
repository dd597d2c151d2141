"""Points into areas: a broadcast index join of distinct points, a rule for edges, and nobody left out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from icspark.errors import InputError, TableError
from icspark.geography import sedona
from icspark.tables.reference import Boundary

EDGE_SEGMENTS = 16
"""Segments of an outline that are tested as one line: few lines to index, and still small boxes."""

_INDEX_SCHEMA = "_code string, _wkb binary"


def assign_areas(
    points: DataFrame, boundaries: DataFrame, *, area_type: str, epsg: int, x: str = "easting", y: str = "northing"
) -> DataFrame:
    """Return every point with its area of one type: `<area_type>_code`, `<area_type>_placed_by`, `<area_type>_reason`.

    One row stays one row. `placed_by` is `point`; `boundary` on an edge of any area, where the code that sorts first is
    taken; `none` with null code and the reason `no_coordinates` or `outside_all_areas`. `x` and `y` are in the system
    `epsg`, and so must the boundaries (rows of the table Boundary; other types are passed over).

    Raises TableError where there is no boundary of the type or the points have such columns already, InputError where
    boundaries are in another system. These are looked at before anything is joined.
    """
    names = [f"{area_type}_{part}" for part in ("code", "placed_by", "reason")]
    _require_absent(points, names)
    layer = boundaries.where(F.col(Boundary.area_type) == area_type)
    _require_system(layer, area_type, epsg)
    sedona.register(points.sparkSession)
    places = points.select(x, y).where(_has_point(x, y)).distinct()
    placed = points.join(_areas_of_places(places, layer, x, y), on=[x, y], how="left")
    code, edge = F.col("_area_code"), F.col("_is_on_edge")
    values = (
        code,
        F.when(edge, "boundary").when(code.isNotNull(), "point").otherwise("none"),
        F.when(code.isNotNull(), None).when(_has_point(x, y), "outside_all_areas").otherwise("no_coordinates"),
    )
    named = [value.alias(name) for name, value in zip(names, values, strict=True)]
    return placed.select(*points.columns, *named)


def _areas_of_places(places: DataFrame, layer: DataFrame, x: str, y: str) -> DataFrame:
    """Return one row per place that meets an area: `_area_code` (the first), `_is_on_edge`.

    Outlines are joined beside polygons, with a null code: whether a matched point lies on one is then known without
    testing every pair again, which costs six times the join (docs/decisions/area-assignment.md).
    """
    index = layer.select(Boundary.area_code, Boundary.geometry_wkb).mapInArrow(_areas_and_edges, _INDEX_SCHEMA)
    shapes = index.select("_code", sedona.geometry(F.col("_wkb")).alias("_shape"))
    at = places.withColumn("_point", sedona.point(F.col(x).cast("double"), F.col(y).cast("double")))
    met = at.join(F.broadcast(shapes), sedona.intersects(F.col("_shape"), F.col("_point")), how="inner")
    is_on_edge = F.count("*") > F.count("_code")
    # The join keeps places where they are, so this grouping by the same columns moves no rows.
    return met.groupBy(x, y).agg(F.min("_code").alias("_area_code"), is_on_edge.alias("_is_on_edge"))


def _areas_and_edges(batches: Iterable[pa.RecordBatch]) -> Iterable[pa.RecordBatch]:
    for batch in batches:
        codes, polygons = batch.column(0), batch.column(1)
        outlines = edges(shapely.from_wkb(polygons.to_numpy(zero_copy_only=False)))
        lines = pa.array(shapely.to_wkb(outlines), pa.binary())
        columns = [pa.concat_arrays([codes.cast(pa.string()), pa.nulls(len(lines), pa.string())])]
        columns.append(pa.concat_arrays([polygons.cast(pa.binary()), lines]))
        yield pa.RecordBatch.from_arrays(columns, names=["_code", "_wkb"])


def edges(polygons: NDArray[Any]) -> NDArray[Any]:
    """Return the outlines and holes of polygons as lines of at most `EDGE_SEGMENTS` segments, vertex for vertex."""
    lines = []
    for ring in shapely.get_rings(polygons):
        vertices = shapely.get_coordinates(ring)
        lines += [vertices[at : at + EDGE_SEGMENTS + 1] for at in range(0, len(vertices) - 1, EDGE_SEGMENTS)]
    return np.array([shapely.linestrings(line) for line in lines], dtype=object)


def _has_point(x: str, y: str) -> Column:
    known = [F.col(name).isNotNull() & ~F.isnan(F.col(name).cast("double")) for name in (x, y)]
    return known[0] & known[1]


def _require_absent(points: DataFrame, names: list[str]) -> None:
    taken = [name for name in names if name in points.columns]
    if taken:
        raise TableError(
            f"the points have the column {', '.join(taken)} already",
            where="assign_areas",
            mend="rename it before placing the points",
        )


def _require_system(layer: DataFrame, area_type: str, epsg: int) -> None:
    # One small row: the number of boundaries and their systems.
    found = layer.agg(
        F.count("*").alias("areas"), F.sort_array(F.collect_set(Boundary.epsg_code)).alias("systems")
    ).take(1)[0]
    if not found.areas:
        raise TableError(
            f"there is no boundary of {area_type}",
            where=Boundary.name(),
            mend="add its file to the source `boundary` and ingest it",
        )
    if found.systems != [epsg]:
        raise InputError(
            "points and boundaries are in different systems of coordinates",
            where=f"{Boundary.name()} of {area_type}",
            expected=f"EPSG:{epsg}, as the points",
            found=", ".join(f"EPSG:{code}" for code in found.systems),
            mend="reproject the boundaries (reproject_boundaries) or the points (reproject_points) first",
        )
