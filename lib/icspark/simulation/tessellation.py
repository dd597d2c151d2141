"""The outlines of a simulated region: a coast, and areas that cover the land without gap or overlap.

The region lies in the North Sea, where no real place is: west of 658 km and east of 565 km of the National Grid. All
lines (coast and the borders between areas) are noded in one step on a grid of one metre and turned into faces, so that
neighbours share every vertex: what is united of faces covers the land exactly.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy
import shapely
from numpy.random import Generator
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

Numbers = NDArray[np.float64]
Whole = NDArray[np.int64]

WEST, SOUTH, WIDEST = 565_000.0, 360_000.0, 88_000.0
COAST_WAVES, COAST_ROUGHNESS, COAST_STEP = 48, 0.05, 120.0
INLAND_BORDER = 0.15
"""Share of the width, from the west, beyond which the land goes on to the neighbouring region."""

SAMPLES_PER_AREA, RELAXATIONS = 150, 4
BORDER_STEP, BORDER_WIGGLE = 200.0, 0.12


def land_outline(square_metres: float, draw: Generator) -> shapely.Polygon:
    """Return the land: a straight border in the west, a rough coast elsewhere; EPSG:27700, about the given size."""
    width = min(np.sqrt(square_metres), WIDEST)
    height = square_metres / width
    steps = max(90, int(2 * (width + height) / COAST_STEP))
    angle = np.linspace(0.0, 2.0 * np.pi, steps, endpoint=False)
    waves = np.arange(2, COAST_WAVES)
    swing = draw.normal(size=len(waves)) / waves
    rough = 1.0 + COAST_ROUGHNESS * 2.0 * (np.cos(np.outer(angle, waves) + draw.uniform(0, 6.3, len(waves))) @ swing)
    across = WEST + width * (0.5 + 0.56 * rough * np.cos(angle))
    up = SOUTH + height * (0.5 + 0.56 * rough * np.sin(angle))
    border = shapely.box(WEST + INLAND_BORDER * width - 0.09 * width, 0, WEST + 2 * width, SOUTH + 3 * height)
    whole = shapely.intersection(shapely.Polygon(np.column_stack([across, up])), border, grid_size=1.0)
    return largest_part(whole)


def area_seeds(land: shapely.Polygon, count: int, town_share: float, draw: Generator) -> Numbers:
    """Return the middles of `count` areas: close together in towns, `town_share` of them, and far apart outside.

    Lloyd's relaxation on points drawn by the density of people, so that areas hold about as many people each. Every
    middle is one of those points, and lies on the land.
    """
    samples = _people_points(land, count * SAMPLES_PER_AREA, count, town_share=town_share, draw=draw)
    seeds = samples[draw.choice(len(samples), count, replace=False)]
    for _ in range(RELAXATIONS):
        owner = nearest(seeds, samples)
        sizes = np.maximum(np.bincount(owner, minlength=count), 1)
        means = np.column_stack([np.bincount(owner, samples[:, axis], count) / sizes for axis in (0, 1)])
        seeds = samples[nearest(samples, means)]
    return seeds


def _people_points(land: shapely.Polygon, wanted: int, areas: int, *, town_share: float, draw: Generator) -> Numbers:
    west, south, east, north = land.bounds
    towns = max(2, areas // 40)
    middles = _in_land(land, lambda n: draw.uniform((west, south), (east, north), (n, 2)), towns)
    size = np.sqrt(land.area / towns) * draw.uniform(0.08, 0.16, towns)

    def candidates(n: int) -> Numbers:
        town = draw.integers(0, towns, n)
        in_town = middles[town] + draw.normal(size=(n, 2)) * size[town, None]
        anywhere = draw.uniform((west, south), (east, north), (n, 2))
        return np.where(draw.random(n)[:, None] < town_share, in_town, anywhere)

    return np.unique(_in_land(land, candidates, wanted), axis=0)


def _in_land(land: shapely.Polygon, candidates: Any, wanted: int) -> Numbers:
    inner = land.buffer(-20.0)
    shapely.prepare(inner)
    kept = np.empty((0, 2))
    while len(kept) < wanted:
        points = candidates(2 * wanted)
        kept = np.concatenate([kept, points[shapely.contains_xy(inner, points[:, 0], points[:, 1])]])
    return kept[:wanted]


def cells(seeds: Numbers, land: shapely.Polygon, draw: Generator) -> NDArray[Any]:
    """Return one outline per seed: the land nearest to it, with wavy borders, vertices in whole metres."""
    lines = [*_borders(seeds, land, draw), land.exterior]
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(shapely.union_all(lines, grid_size=1.0))))
    middles = shapely.point_on_surface(faces)
    shapely.prepare(land)
    faces, middles = faces[on := shapely.contains(land, middles)], middles[on]
    return united(faces, nearest(seeds, shapely.get_coordinates(middles)), len(seeds))


def united(parts: NDArray[Any], group: Whole, count: int) -> NDArray[Any]:
    """Return the union of the parts of each group 0 to `count` - 1; parts cover their land without overlap."""
    order = np.argsort(group, kind="stable")
    at = np.searchsorted(group[order], np.arange(count + 1))
    return np.array(
        [shapely.normalize(shapely.coverage_union_all(parts[order[at[g] : at[g + 1]]])) for g in range(count)]
    )


def nearest(points: Numbers, others: Numbers) -> Whole:
    """Return the number of the nearest of `points` to each of `others`."""
    return np.asarray(scipy.spatial.cKDTree(points).query(others)[1], dtype=np.int64)


def nearest_of_own(points: Numbers) -> tuple[Numbers, Whole]:
    """Return the distance to the nearest other point, and its number, for each point."""
    distance, number = (np.asarray(found) for found in scipy.spatial.cKDTree(points).query(points, k=2))
    return distance[:, 1], number[:, 1].astype(np.int64)


def largest_part(shape: Any) -> shapely.Polygon:
    """Return the largest polygon of a shape."""
    parts = shapely.get_parts(shape)
    return parts[int(np.argmax(shapely.area(parts)))]  # type: ignore[no-any-return]


def _borders(seeds: Numbers, land: shapely.Polygon, draw: Generator) -> list[shapely.LineString]:
    west, south, east, north = land.bounds
    far = 3.0 * max(east - west, north - south)
    middle = np.array([(west + east) / 2, (south + north) / 2])
    corners = middle + far * np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])
    diagram = scipy.spatial.Voronoi(np.concatenate([seeds, corners]))
    frame = shapely.box(west - 500, south - 500, east + 500, north + 500)
    borders = []
    for start, end in sorted(tuple(sorted(pair)) for pair in diagram.ridge_vertices if min(pair) >= 0):
        straight = shapely.intersection(shapely.LineString(diagram.vertices[[start, end]]), frame)
        if not straight.is_empty and straight.length > 0:
            borders.append(_wavy(straight, draw))
    return borders


def _wavy(straight: BaseGeometry, draw: Generator) -> shapely.LineString:
    """Return a line with the same ends that swings to both sides, by midpoint displacement."""
    points = shapely.get_coordinates(straight)
    while np.hypot(*(points[1] - points[0])) > BORDER_STEP:
        step = np.diff(points, axis=0)
        aside = np.column_stack([-step[:, 1], step[:, 0]]) * draw.uniform(-1, 1, (len(step), 1)) * BORDER_WIGGLE
        between = points[:-1] + step / 2 + aside
        points = np.insert(points, np.arange(1, len(points)), between, axis=0)
    return shapely.LineString(points)
