"""Points into areas: edges, nothing left out, the plan."""

import pytest
import shapely
from chispa import assert_df_equality

from icspark.errors import InputError, TableError
from icspark.geography.assignment import EDGE_SEGMENTS, assign_areas, edges
from icspark.tables.reference import Boundary

# Two squares that share the edge x = 10; C overlaps nothing and has a hole, in which D lies.
SQUARES = {
    "B": shapely.box(0, 0, 10, 10),
    "A": shapely.box(10, 0, 20, 10),
    "C": shapely.Polygon(shapely.box(30, 0, 40, 10).exterior, [shapely.box(33, 3, 36, 6).exterior.coords]),
    "D": shapely.box(33, 3, 36, 6),
}
POINTS = "id string, easting double, northing double"


def boundaries(spark, shapes, *, area_type="square_2011", epsg=27700):
    rows = [(area_type, code, None, epsg, shapely.to_wkb(shape), *shape.bounds) for code, shape in shapes.items()]
    return spark.createDataFrame(rows, Boundary.schema())


def placed(spark, rows, layer, **options):
    points = spark.createDataFrame(rows, POINTS)
    return assign_areas(points, layer, **{"area_type": "square_2011", "epsg": 27700, **options})


def test_each_point_has_its_area_and_says_how(spark):
    layer = boundaries(spark, SQUARES).unionByName(boundaries(spark, {"0": SQUARES["A"]}, area_type="other_2021"))
    rows = [
        ("inside", 5.0, 5.0),
        ("same place", 5.0, 5.0),
        ("shared edge: the first code", 10.0, 5.0),
        ("outer edge", 0.0, 5.0),
        ("corner", 20.0, 10.0),
        ("edge of a hole", 33.0, 4.0),
        ("in the hole", 34.0, 4.0),
        ("outside", 25.0, 5.0),
        ("no easting", None, 5.0),
        ("no number", float("nan"), 5.0),
        ("negative zero", -0.0, 5.0),
    ]
    expected = [
        ("inside", "B", "point", None),
        ("same place", "B", "point", None),
        ("shared edge: the first code", "A", "boundary", None),
        ("outer edge", "B", "boundary", None),
        ("corner", "A", "boundary", None),
        ("edge of a hole", "C", "boundary", None),
        ("in the hole", "D", "point", None),
        ("outside", None, "none", "outside_all_areas"),
        ("no easting", None, "none", "no_coordinates"),
        ("no number", None, "none", "no_coordinates"),
        ("negative zero", "B", "boundary", None),
    ]
    got = placed(spark, rows, layer).drop("easting", "northing")
    want = spark.createDataFrame(
        expected, "id string, square_2011_code string, square_2011_placed_by string, square_2011_reason string"
    )
    assert_df_equality(got, want, ignore_row_order=True, ignore_nullable=True, ignore_metadata=True)


def test_whole_numbers_serve_as_coordinates(spark):
    points = spark.createDataFrame([("a", 5, 5)], "id string, easting bigint, northing bigint")
    row = assign_areas(points, boundaries(spark, SQUARES), area_type="square_2011", epsg=27700).collect()[0]
    assert (row.easting, row.square_2011_code) == (5, "B")


def test_the_plan_is_one_broadcast_index_join(spark):
    plan = placed(spark, [("a", 5.0, 5.0)], boundaries(spark, SQUARES))._jdf.queryExecution().executedPlan().toString()
    assert plan.count("BroadcastIndexJoin") == 1
    for defect in ("NestedLoop", "Cartesian", "RangeJoin", "DistanceJoin"):
        assert defect not in plan


def test_other_systems_are_refused_before_anything_is_joined(spark):
    with pytest.raises(InputError, match=r"Expected EPSG:27700, as the points\. Found EPSG:4326"):
        placed(spark, [("a", 1.0, 1.0)], boundaries(spark, SQUARES, epsg=4326))
    mixed = boundaries(spark, {"A": SQUARES["A"]}).unionByName(boundaries(spark, {"B": SQUARES["B"]}, epsg=4326))
    with pytest.raises(InputError, match="Found EPSG:4326, EPSG:27700"):
        placed(spark, [("a", 1.0, 1.0)], mixed)


def test_a_type_without_boundaries_is_refused(spark):
    with pytest.raises(TableError, match="no boundary of lsoa_2021"):
        placed(spark, [("a", 1.0, 1.0)], boundaries(spark, SQUARES), area_type="lsoa_2021")


def test_columns_that_are_there_already_are_not_overwritten(spark):
    points = spark.createDataFrame([("x", 1.0, 1.0)], "square_2011_code string, easting double, northing double")
    with pytest.raises(TableError, match="square_2011_code already"):
        assign_areas(points, boundaries(spark, SQUARES), area_type="square_2011", epsg=27700)


def test_edges_are_the_outline_vertex_for_vertex():
    circle = shapely.Point(0, 0).buffer(100, quad_segs=25)  # 100 segments
    lines = edges(shapely.from_wkb([shapely.to_wkb(circle), shapely.to_wkb(SQUARES["C"])]))
    assert [len(line.coords) - 1 for line in lines[:7]] == [EDGE_SEGMENTS] * 6 + [4]
    assert shapely.union_all(lines[:7]).equals(circle.exterior)
    assert shapely.union_all(lines[7:]).equals(SQUARES["C"].boundary)
