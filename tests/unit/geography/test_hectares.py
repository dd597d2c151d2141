"""Hectares of areas of 2011."""

import shapely
from chispa import assert_df_equality

from icspark.geography.hectares import hectares_2011
from icspark.tables.geography import LandArea2011
from icspark.tables.reference import AreaLookup, Boundary, LandArea

PAIRS = [
    ("u", "U", "U"), ("lost", "L", "U"), ("s", "S1", "S"), ("s", "S2", "S"), ("t", "T1", "S"), ("t", "T2", "S"),
    ("m1", "M", "M"), ("m2", "M", "M"), ("x", "X1", "X"), ("x", "X2", "X"),
]  # fmt: skip
LAND = [("U", 12.5), ("S1", 0.1), ("S2", 0.2), ("T1", 1.0), ("M", 9.0), ("X1", 1.0), ("X2", 1.0)]


def tables(spark):
    pairs = [("lsoa_2011", old, "lsoa_2021", new, None, change) for old, new, change in PAIRS]
    return spark.createDataFrame(LAND, LandArea.schema()), spark.createDataFrame(pairs, AreaLookup.schema())


def test_each_change_has_its_rule(spark):
    shapes = {"m1": shapely.box(0, 0, 300, 200), "x": shapely.box(0, 0, 100, 55), "u": shapely.box(0, 0, 1, 1)}
    rows = [("lsoa_2011", code, None, 27700, shapely.to_wkb(shape), *shape.bounds) for code, shape in shapes.items()]
    other = [("lsoa_2021", "m2", None, 27700, shapely.to_wkb(shapes["x"]), *shapes["x"].bounds)]
    boundaries = spark.createDataFrame(rows + other, Boundary.schema())
    want = [
        ("u", 12.5, "unchanged"),
        ("lost", None, "no_land_area"),
        ("s", 0.3, "sum_of_parts"),
        ("t", None, "no_land_area"),
        ("m1", 6.0, "boundary"),
        ("m2", None, "no_boundary"),
        ("x", 0.55, "boundary"),
    ]
    got = hectares_2011(*tables(spark), boundaries)
    assert_df_equality(
        got,
        spark.createDataFrame(want, LandArea2011.schema()),
        ignore_row_order=True,
        ignore_nullable=True,
        ignore_metadata=True,
    )


def test_without_boundaries_merged_and_redrawn_areas_have_none(spark):
    found = {
        row.lsoa_2011_code: (row.area_hectares, row.area_hectares_source)
        for row in hectares_2011(*tables(spark), None).collect()
    }
    assert found["s"] == (0.3, "sum_of_parts")
    assert [found[code] for code in ("m1", "m2", "x")] == [(None, "no_boundary")] * 3
