"""Reprojection against the points that Ordnance Survey publishes, and against PROJ's own choice and Sedona's."""

import csv
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from pyspark.sql import functions as F

from icspark.errors import InputError
from icspark.geography.projection import reproject_boundaries, reproject_points, transform
from icspark.tables.reference import Boundary

POINTS = Path(__file__).with_name("ostn15_test_points.csv")


@pytest.fixture(scope="module")
def points():
    with POINTS.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {
        name: np.array([float(row[name]) for row in rows]) for name in ("longitude", "latitude", "easting", "northing")
    }


def metres_off(points, east, north):
    return np.hypot(east - points["easting"], north - points["northing"])


def test_to_the_grid_is_as_far_off_as_the_decision_page_says(points, root):
    off = metres_off(points, *transform(points["longitude"], points["latitude"], source=4326, target=27700))
    assert len(off) == 40
    assert f"{off.mean():.2f}" == "1.94"
    assert f"{off.max():.2f}" == "4.94"
    page = (root / "docs/decisions/reprojection.md").read_text(encoding="utf-8")
    assert f"| {off.mean():.2f} | {np.median(off):.2f} | {off.max():.2f} |" in page


def test_from_the_grid_is_as_far_off_as_to_it(points):
    longitude, latitude = transform(points["easting"], points["northing"], source=27700, target=4326)
    east, north = transform(longitude, latitude, source=4326, target=27700)
    assert metres_off(points, east, north).max() < 0.0015  # the inverse of the shift is linear: a millimetre
    geod = pyproj.Geod(ellps="GRS80")
    off = geod.inv(longitude, latitude, points["longitude"], points["latitude"])[2]
    assert f"{off.mean():.2f} {off.max():.2f}" == "1.94 4.93"


def test_equals_what_proj_chooses_where_it_has_no_grid(points):
    # PROJ takes a grid where the machine has one; the operation named here is the one it takes without.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        group = pyproj.transformer.TransformerGroup(4326, 27700, always_xy=True, allow_ballpark=False)
    shift = next(one for one in group.transformers if "WGS 84 (6)" in one.description)
    ours = transform(points["longitude"], points["latitude"], source=4326, target=27700)
    theirs = shift.transform(points["longitude"], points["latitude"])
    np.testing.assert_allclose(np.column_stack(ours), np.column_stack(theirs), atol=1e-6)


def test_web_mercator_is_read_by_way_of_degrees(points):
    web = pyproj.Transformer.from_crs(4326, 3857, always_xy=True).transform(points["longitude"], points["latitude"])
    east, north = transform(*web, source=3857, target=27700)
    expected = transform(points["longitude"], points["latitude"], source=4326, target=27700)
    np.testing.assert_allclose(np.column_stack((east, north)), np.column_stack(expected), atol=1e-5)


def test_an_unknown_system_is_refused():
    with pytest.raises(InputError, match="EPSG:2263"):
        transform([1.0], [1.0], source=2263, target=27700)


def test_points_of_a_frame_are_moved_and_the_rest_of_the_row_is_not(spark):
    frame = spark.createDataFrame(
        [("a", -0.12, 51.5), ("no latitude", -0.12, None), ("neither", None, None)], "name string, x double, y double"
    )
    moved = {row.name: row for row in reproject_points(frame, x="x", y="y", source=4326, target=27700).collect()}
    east, north = transform([-0.12], [51.5], source=4326, target=27700)
    assert (moved["a"].x, moved["a"].y) == (east[0], north[0])
    assert [moved[name][1:] for name in ("no latitude", "neither")] == [(None, None)] * 2


def test_boundaries_move_with_their_box_and_those_in_the_system_stay_as_they_are(spark):
    degrees = shapely.box(1.0, 52.0, 1.01, 52.01)
    metres = shapely.box(600_000, 240_000, 601_000, 241_000)
    frame = spark.createDataFrame(
        [
            ("t", "A", "a", 4326, shapely.to_wkb(degrees), *degrees.bounds),
            ("t", "B", "b", 27700, shapely.to_wkb(metres), *metres.bounds),
        ],
        Boundary.schema(),
    ).coalesce(1)
    moved = {row.area_code: row for row in reproject_boundaries(frame, epsg=27700).collect()}
    a, b = moved["A"], moved["B"]
    assert (bytes(b.geometry_wkb), b.epsg_code, b.x_min) == (shapely.to_wkb(metres), 27700, 600_000)
    corners = shapely.get_coordinates(degrees)
    expected = np.column_stack(transform(corners[:, 0], corners[:, 1], source=4326, target=27700))
    np.testing.assert_array_equal(shapely.get_coordinates(shapely.from_wkb(bytes(a.geometry_wkb))), expected)
    assert (a.epsg_code, a.x_min, a.y_max) == (27700, expected[:, 0].min(), expected[:, 1].max())


def test_sedona_makes_the_same_shift(spark, points):
    from sedona.spark.sql import st_constructors, st_functions

    from icspark.geography import sedona

    sedona.register(spark)
    frame = spark.createDataFrame(pd.DataFrame(points))
    at = st_constructors.ST_Point(F.col("longitude"), F.col("latitude"))
    moved = st_functions.ST_Transform(at, F.lit("EPSG:4326"), F.lit("EPSG:27700"))
    rows = frame.select(st_functions.ST_X(moved), st_functions.ST_Y(moved), "easting", "northing").toPandas().to_numpy()
    off = np.hypot(rows[:, 0] - rows[:, 2], rows[:, 1] - rows[:, 3])
    assert f"{off.mean():.2f} {off.max():.2f}" == "1.94 4.93"
