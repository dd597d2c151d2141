"""Coordinates of points in a file of any known system, as eastings and northings of the British National Grid."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from icspark.config import Source
from icspark.errors import ConfigurationError
from icspark.geography.projection import BRITISH_GRID, SYSTEMS, reproject_points
from icspark.sources.headers import listed

GRID_EAST, GRID_NORTH = (0.0, 700_000.0), (0.0, 1_300_000.0)
"""Eastings and northings of Great Britain, in metres."""


def on_the_grid(rows: DataFrame, source: Source, pairs: tuple[tuple[str, str], ...]) -> DataFrame:
    """Return rows whose pairs of columns (x, y) are in EPSG:27700, from the system of option `epsg` (27700 if none).

    A pair of which one is null, or that lies outside the system's reach, becomes null. Raises ConfigurationError for a
    system that is not known.
    """
    stated = source.options.get("epsg", str(BRITISH_GRID))
    if not stated.isdecimal() or int(stated) not in SYSTEMS:
        expected = listed(str(epsg) for epsg in SYSTEMS)
        raise ConfigurationError("no such system of coordinates", where="options.epsg", expected=expected, found=stated)
    moved = rows
    for x, y in pairs:
        moved = (
            moved
            if int(stated) == BRITISH_GRID
            else reproject_points(moved, x=x, y=y, source=int(stated), target=BRITISH_GRID)
        )
    return moved


def is_off_the_grid(x: str, y: str) -> Column:
    """Return whether a point lies outside Great Britain's part of the grid; null where it has no coordinates."""
    return ~(F.col(x).between(*GRID_EAST) & F.col(y).between(*GRID_NORTH))
