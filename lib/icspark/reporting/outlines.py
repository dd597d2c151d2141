"""Areas as compact drawings: simplified together, so that neighbours keep one border, in whole steps of the grid."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from icspark.geography.projection import BRITISH_GRID, moved_geometries
from icspark.tables.reference import Boundary

METRES_PER_STEP = 10
TOLERANCE_METRES = 60.0
MARGIN_STEPS = 150
DISTRICT = re.compile(r"^(.+) \d{3}[A-Z]$")
"""An LSOA's name is that of its local authority with a number and a letter."""


@dataclass(frozen=True)
class Part:
    """A drawn thing: SVG path in steps, a point within it for a label, its box (west, north, east, south)."""

    name: str
    path: str
    label_at: tuple[int, int]
    box: tuple[int, int, int, int]


@dataclass(frozen=True)
class Drawing:
    """All areas in one frame: x grows east from `west`, y south from `north` (metres of EPSG:27700), in steps."""

    west: float
    north: float
    width: int
    height: int
    areas: dict[str, Part]
    districts: tuple[Part, ...]
    region: str

    def place(self, easting: float, northing: float) -> tuple[int, int] | None:
        """Return the place of a point in steps; None outside the frame."""
        x, y = (easting - self.west) / METRES_PER_STEP, (self.north - northing) / METRES_PER_STEP
        return (round(x), round(y)) if 0 <= x <= self.width and 0 <= y <= self.height else None


def draw(
    boundaries: pd.DataFrame, in_region: Collection[str], *, tolerance: float = TOLERANCE_METRES
) -> Drawing | None:
    """Return the drawing of areas (rows of Boundary, any known system); None where there are none.

    Borders are simplified as one coverage by Visvalingam and Whyatt's method with `tolerance` in metres (the square
    root of the area of a triangle that may go). `in_region` gives the areas that the region's outline encloses.
    """
    if boundaries.empty:
        return None
    rows = boundaries.sort_values(Boundary.area_code, ignore_index=True)
    shapes = simplified(grid_shapes(rows), tolerance=tolerance)
    west, south, east, north = shapely.total_bounds(shapes) + METRES_PER_STEP * MARGIN_STEPS * np.array([-1, -1, 1, 1])
    steps = shapely.transform(shapes, lambda v: np.round((v - [west, north]) * [1, -1] / METRES_PER_STEP))
    codes = rows[Boundary.area_code].to_numpy()
    names = rows[Boundary.area_name].fillna("").to_numpy()
    inside = np.isin(codes, list(in_region))
    return Drawing(
        west=float(west),
        north=float(north),
        width=round((east - west) / METRES_PER_STEP),
        height=round((north - south) / METRES_PER_STEP),
        areas={str(code): _part(str(name), shape) for code, name, shape in zip(codes, names, steps, strict=True)},
        districts=tuple(_districts(names, steps)),
        region=svg_path(_merged(steps[inside])) if inside.any() and not inside.all() else "",
    )


def grid_shapes(boundaries: pd.DataFrame) -> NDArray[Any]:
    """Return the polygons of boundaries in the British National Grid (EPSG:27700), in the order of the rows."""
    shapes = np.empty(len(boundaries), dtype=object)
    systems = boundaries[Boundary.epsg_code].to_numpy()
    for epsg in np.unique(systems):
        of_it = systems == epsg
        found = shapely.from_wkb(boundaries[Boundary.geometry_wkb].to_numpy()[of_it])
        shapes[of_it] = moved_geometries(found, source=int(epsg), target=BRITISH_GRID)
    return shapes


def simplified(shapes: NDArray[Any], *, tolerance: float) -> NDArray[Any]:
    """Return polygons with fewer vertices, shared borders still shared: no gaps and no overlaps are made."""
    made: NDArray[Any] = shapely.coverage_simplify(shapely.make_valid(shapes), tolerance)
    return made


def svg_path(shape: BaseGeometry) -> str:
    """Return an SVG path of a polygon in whole numbers; vertices after the first of a ring are relative."""
    return "".join(_ring(np.asarray(ring.coords)) for ring in _rings(shape))


def _rings(shape: BaseGeometry) -> Iterable[BaseGeometry]:
    for polygon in shapely.get_parts(shape):
        if polygon.geom_type == "Polygon" and not polygon.is_empty:
            yield polygon.exterior
            yield from polygon.interiors


def _ring(vertices: NDArray[np.float64]) -> str:
    whole = np.round(vertices[:, :2]).astype(int)
    moves = np.diff(whole, axis=0)
    moves = moves[(moves != 0).any(axis=1)][:-1]
    if len(moves) < 2:
        return ""
    return f"M{whole[0][0]} {whole[0][1]}l" + " ".join(f"{x} {y}" for x, y in moves) + "z"


def _part(name: str, shape: BaseGeometry) -> Part:
    west, north, east, south = (round(v) for v in shape.bounds)
    point = shapely.make_valid(shape).representative_point()
    return Part(name, svg_path(shape), (round(point.x), round(point.y)), (west, north, east, south))


def _districts(names: NDArray[Any], steps: NDArray[Any]) -> Iterable[Part]:
    """Merge areas by the local authority in their names; names of another form are no district."""
    found = [match.group(1) if (match := DISTRICT.match(str(name))) else "" for name in names]
    for district in sorted(set(found) - {""}):
        merged = _merged(steps[[one == district for one in found]])
        yield Part(district, svg_path(merged), label_place(merged), tuple(round(v) for v in merged.bounds))  # type: ignore[arg-type]


def _merged(shapes: NDArray[Any]) -> BaseGeometry:
    """Return the union; slivers that rounding to steps leaves between neighbours are closed."""
    return shapely.union_all(shapely.make_valid(shapes), grid_size=1)


def label_place(shape: BaseGeometry) -> tuple[int, int]:
    """Return the centre of the largest circle within the largest part: where a name has most room."""
    largest = max(shapely.get_parts(shape), key=lambda part: part.area)
    centre = shapely.maximum_inscribed_circle(largest, tolerance=20).coords[0]
    return round(centre[0]), round(centre[1])
