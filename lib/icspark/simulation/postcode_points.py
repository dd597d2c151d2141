"""Postcodes of a simulated region: points inside the areas of both vintages, never on a border."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.random import Generator
from numpy.typing import NDArray

from icspark.simulation.place_config import PlaceConfig

Numbers = NDArray[np.float64]

POSTCODE_AREA = "QZ"
"""No postcode of the United Kingdom begins with Q."""

INWARD_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"
"""Letters of the last two places of a postcode: all but C, I, K, M, O and V."""

METRES_FROM_BORDER = 3.0
FEWEST_POSTCODES = 2
UNITS_PER_DISTRICT = 10 * len(INWARD_LETTERS) ** 2
MOST_POSTCODES = 99 * UNITS_PER_DISTRICT


def postcode_points(atoms: pd.DataFrame, config: PlaceConfig, draw: Generator) -> pd.DataFrame:
    """Return one row per postcode: its text, whole easting and northing, both LSOAs, and `households_count`.

    `atoms` has a polygon, `people` and the two LSOA codes a row; each atom has two postcodes at least, with about
    `households_per_postcode` households each, 1 at least.
    """
    households = atoms["people"].to_numpy() / config.people_per_household
    numbers = np.maximum(FEWEST_POSTCODES, np.round(households / config.households_per_postcode)).astype(np.int64)
    points = np.concatenate([_inside(p, n, draw) for p, n in zip(atoms["polygon"], numbers, strict=True)])
    mean = np.repeat(households / numbers, numbers)
    rows = atoms[["lsoa_2011_code", "lsoa_2021_code"]].loc[atoms.index.repeat(numbers)].reset_index(drop=True)
    rows.insert(0, "postcode", [postcode_text(number) for number in range(len(rows))])
    rows.insert(1, "easting", points[:, 0].astype(np.int64))
    rows.insert(2, "northing", points[:, 1].astype(np.int64))
    return rows.assign(households_count=np.maximum(1, draw.poisson(mean)))


def postcode_text(number: int) -> str:
    """Return the postcode with a running number, such as QZ1 0AA, in an area that does not exist."""
    district, unit = divmod(number, UNITS_PER_DISTRICT)
    sector, letters = divmod(unit, len(INWARD_LETTERS) ** 2)
    first, second = divmod(letters, len(INWARD_LETTERS))
    return f"{POSTCODE_AREA}{district + 1} {sector}{INWARD_LETTERS[first]}{INWARD_LETTERS[second]}"


def _inside(polygon: Any, number: int, draw: Generator) -> Numbers:
    """Return distinct points in whole metres inside a polygon, away from its border."""
    inner = shapely.buffer(polygon, -METRES_FROM_BORDER)
    shapely.prepare(inner)
    west, south, east, north = inner.bounds
    kept = np.empty((0, 2))
    while len(kept) < number:
        points = np.round(draw.uniform((west, south), (east, north), (4 * number + 8, 2)))
        inside = points[shapely.contains_xy(inner, points[:, 0], points[:, 1])]
        together = np.concatenate([kept, inside])
        kept = together[np.sort(np.unique(together, axis=0, return_index=True)[1])]
    return kept[:number]
