"""The roads of a simulated region: a connected planar graph between its postcodes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import scipy
from numpy.random import Generator
from numpy.typing import NDArray

from icspark.simulation.place_config import PlaceConfig

Numbers = NDArray[np.float64]
Whole = NDArray[np.int64]

POSTCODES_PER_NODE = 3


def roads_between(postcodes: pd.DataFrame, config: PlaceConfig, draw: Generator) -> pd.DataFrame:
    """Return one row per road: from_node, to_node, metres, and easting and northing of both nodes.

    Nodes are every third postcode; two are joined where no other lies in the circle between them, which leaves the
    graph planar and connected (Gabriel and Sokal 1969). A road is up to twice the mean detour longer than its line.
    """
    points = postcodes[["easting", "northing"]].to_numpy()[::POSTCODES_PER_NODE]
    points = np.unique(points, axis=0)
    start, end = gabriel_edges(points.astype(float)).T
    straight = np.hypot(*(points[start] - points[end]).T)
    detour = 1.0 + 2.0 * (config.road_detour - 1.0) * draw.random(len(straight))
    return pd.DataFrame(
        {
            "from_node": [f"SIM{n:06d}" for n in start],
            "to_node": [f"SIM{n:06d}" for n in end],
            "metres": np.round(straight * detour, 1),
            "from_easting": points[start, 0],
            "from_northing": points[start, 1],
            "to_easting": points[end, 0],
            "to_northing": points[end, 1],
        }
    )


def gabriel_edges(points: Numbers) -> Whole:
    """Return the pairs of points (smaller number first, sorted) whose circle, on their line, holds no other point.

    A Delaunay edge is one of them unless the third corner of one of its triangles lies inside that circle.
    """
    triangles = scipy.spatial.Delaunay(points).simplices.astype(np.int64)
    corners = np.concatenate([triangles[:, [0, 1, 2]], triangles[:, [1, 2, 0]], triangles[:, [2, 0, 1]]])
    first, second, third = points[corners[:, 0]], points[corners[:, 1]], points[corners[:, 2]]
    is_inside = ((first - third) * (second - third)).sum(axis=1) < 0
    pairs = np.sort(corners[:, :2], axis=1)
    refused = {tuple(pair) for pair in pairs[is_inside]}
    every = np.unique(pairs, axis=0)
    return every[[tuple(pair) not in refused for pair in every]]
