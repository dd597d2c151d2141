"""Residences in areas: which way is taken, who cannot be placed and why, and geometry once per point."""

from datetime import date

import pytest
import shapely

from icspark.areas.placement_quality import person_area_quality
from icspark.geography.residences import place_residences, postcode_codes
from icspark.tables.areas import PracticeSummary
from icspark.tables.geography import PostcodeArea
from icspark.tables.records import RegistrationPeriod, Residence
from icspark.tables.reference import AreaLookup, Boundary, Postcode

START = date(2019, 1, 1)
SQUARES = {
    "lsoa_2011": {"E01A": shapely.box(0, 0, 10, 10), "E01B": shapely.box(10, 0, 20, 10)},
    "lsoa_2021": {
        "E01A1": shapely.box(0, 0, 5, 10),
        "E01A2": shapely.box(5, 0, 10, 10),
        "E01B": shapely.box(10, 0, 20, 10),
    },
}


@pytest.fixture(scope="module")
def boundaries(spark):
    rows = [
        (vintage, code, None, 27700, shapely.to_wkb(shape), *shape.bounds)
        for vintage, shapes in SQUARES.items()
        for code, shape in shapes.items()
    ]
    return spark.createDataFrame(rows, Boundary.schema())


@pytest.fixture(scope="module")
def lookup(rows_of):
    changes = [("E01A", "E01A1", "S"), ("E01A", "E01A2", "S"), ("E01B", "E01B", "U"), ("E01C", "E01CD", "M"),
               ("E01D", "E01CD", "M"), ("E01X", "E01Y", "X")]  # fmt: skip
    between = {"from_level": "lsoa_2011", "to_level": "lsoa_2021"}
    others = {"from_level": "lsoa_2011", "from_code": "E01B", "to_level": "ltla_2022", "to_code": "E07"}
    rows = [{**between, "from_code": a, "to_code": b, "change_code": c} for a, b, c in changes]
    return rows_of(AreaLookup, *rows, others)


@pytest.fixture(scope="module")
def directory(rows_of):
    return rows_of(
        PostcodeArea,
        {"postcode": "ZY1 1AA", "official_lsoa_2011_code": "E01A", "lsoa_2011_code": "E01B", "lsoa_2021_code": "E01A1"},
        {"postcode": "ZY1 1AB", "official_lsoa_2011_code": None, "lsoa_2011_code": "E01B", "lsoa_2021_code": None},
        {"postcode": "ZY1 1AC", "official_lsoa_2011_code": None, "lsoa_2011_code": None, "lsoa_2021_code": None},
        {"postcode": "ZZ99 3VZ", "official_lsoa_2011_code": "E01A", "lsoa_2011_code": "E01A", "lsoa_2021_code": "E01A"},
    )


ADDRESSES = {
    # what the extract gives: then code and way (or reason) of 2011, and of 2021
    "supplied": ({"lsoa_2011_code": "E01A", "lsoa_2021_code": "E01A2", "easting": 15, "northing": 5},
                 ("E01A", "supplied"), ("E01A2", "supplied")),
    "supplied, merged": ({"lsoa_2011_code": "E01C"}, ("E01C", "supplied"), ("E01CD", "lookup")),
    "supplied, split": ({"lsoa_2011_code": "E01A"}, ("E01A", "supplied"), (None, "no_address")),
    "supplied, irregular": ({"lsoa_2011_code": "E01X"}, ("E01X", "supplied"), (None, "no_address")),
    "supplied backwards": ({"lsoa_2021_code": "E01A2"}, ("E01A", "lookup"), ("E01A2", "supplied")),
    "supplied backwards, merged": ({"lsoa_2021_code": "E01CD"}, (None, "no_address"), ("E01CD", "supplied")),
    "point": ({"easting": 7, "northing": 5, "postcode": "ZY1 1AA"}, ("E01A", "point"), ("E01A2", "point")),
    "edge": ({"easting": 10, "northing": 5}, ("E01A", "boundary"), ("E01A2", "boundary")),
    "outside, postcode": ({"easting": 70, "northing": 5, "postcode": "ZY1 1AA"},
                          ("E01A", "postcode"), ("E01A1", "postcode")),
    "outside": ({"easting": 70, "northing": 5}, (None, "outside_all_areas"), (None, "outside_all_areas")),
    "half a point": ({"easting": 7}, (None, "no_address"), (None, "no_address")),
    "postcode": ({"postcode": "ZY1 1AA"}, ("E01A", "postcode"), ("E01A1", "postcode")),
    "postcode, then lookup": ({"postcode": "ZY1 1AB"}, ("E01B", "postcode"), ("E01B", "lookup")),
    "postcode without area": ({"postcode": "ZY1 1AC"}, (None, "no_area_of_postcode"), (None, "no_area_of_postcode")),
    "unknown postcode": ({"postcode": "ZY9 9ZZ"},
                         (None, "postcode_not_in_directory"), (None, "postcode_not_in_directory")),
    "no fixed abode": ({"postcode": "ZZ99 3VZ", "easting": 5, "northing": 5},
                       (None, "no_fixed_abode_or_overseas"), (None, "no_fixed_abode_or_overseas")),
    "nothing": ({}, (None, "no_address"), (None, "no_address")),
}  # fmt: skip


@pytest.fixture(scope="module")
def residences(rows_of):
    rows = [{"person_id": name, "from_date": START, **given} for name, (given, _, _) in ADDRESSES.items()]
    return rows_of(Residence, *rows, {"person_id": "point", "from_date": date(2020, 1, 1), "easting": 7, "northing": 5})


@pytest.fixture(scope="module")
def placed(residences, boundaries, directory, lookup):
    codes = postcode_codes(None, directory)
    return place_residences(residences, boundaries=boundaries, directory=codes, lookup=lookup).cache()


def test_each_address_is_placed_by_the_first_way_or_says_why_not(placed):
    rows = placed.collect()
    assert len(rows) == len(ADDRESSES) + 1
    found = {}
    for row in rows:
        if row.from_date == START:
            found[row.person_id] = tuple(
                (row[f"{v}_code"], row[f"{v}_placed_by"] if row[f"{v}_code"] else row[f"{v}_reason"]) for v in SQUARES
            )
            assert all((row[f"{v}_reason"] is None) == (row[f"{v}_placed_by"] != "none") for v in SQUARES)
    assert found == {name: (old, new) for name, (_, old, new) in ADDRESSES.items()}


def test_geometry_is_joined_once_for_each_vintage_over_distinct_points(residences, boundaries, directory):
    frame = place_residences(residences, boundaries=boundaries, directory=postcode_codes(None, directory))
    plan = frame._jdf.queryExecution().executedPlan().toString()
    assert plan.count("BroadcastIndexJoin") == 2
    for defect in ("NestedLoop", "Cartesian", "RangeJoin", "DistanceJoin"):
        assert defect not in plan


def test_without_boundaries_and_directory_the_reason_says_so(rows_of):
    rows = [{"person_id": "a", "from_date": START, "easting": 1, "northing": 1},
            {"person_id": "b", "from_date": START, "postcode": "ZY1 1AA"}]  # fmt: skip
    found = {row.person_id: row for row in place_residences(rows_of(Residence, *rows)).collect()}
    assert found["a"].lsoa_2011_reason == "no_boundaries"
    assert found["b"].lsoa_2021_reason == "no_directory"


def test_a_directory_without_points_knows_the_official_code_only(rows_of):
    listed = postcode_codes(rows_of(Postcode, {"postcode": "ZY1 1AA", "lsoa_2011_code": "E01A"}), None)
    rows = rows_of(Residence, {"person_id": "a", "from_date": START, "postcode": "ZY1 1AA"})
    row = place_residences(rows, directory=listed).first()
    assert (row.lsoa_2011_code, row.lsoa_2011_placed_by) == ("E01A", "postcode")
    assert (row.lsoa_2021_code, row.lsoa_2021_reason) == (None, "no_area_of_postcode")


def test_who_cannot_be_placed_is_counted_by_the_deprivation_of_the_practice(rows_of, placed):
    periods = [
        ("nothing", "P1", date(2010, 1, 1), date(2018, 1, 1)),  # ended before
        ("nothing", "P2", date(2018, 1, 1), None),
        ("outside", "P2", date(2019, 5, 1), None),
        ("outside", "P1", date(2019, 5, 1), None),  # a tie: the later code
        ("postcode", "P3", date(2019, 5, 1), None),  # not in the summary
        ("point", "P1", date(2019, 1, 1), None),
    ]
    registrations = rows_of(RegistrationPeriod, *[
        {"person_id": p, "practice_code": c, "from_date": a, "to_date": b} for p, c, a, b in periods
    ])  # fmt: skip
    practices = rows_of(PracticeSummary, *[
        {"practice_code": c, "imd_2019_quintile": q, "is_active_gp_practice": True} for c, q in (("P1", 1), ("P2", 5))
    ])  # fmt: skip
    counted = person_area_quality(placed, registrations=registrations, practices=practices).collect()
    found = {tuple(row)[:3]: tuple(row)[3:] for row in counted if row.area_type == "lsoa_2011"}
    assert found["lsoa_2011", "5", "no_address"] == (False, 1, 1)
    assert found["lsoa_2011", "5", "outside_all_areas"] == (False, 1, 1)
    assert found["lsoa_2011", "no_quintile", "postcode"] == (True, 1, 1)
    assert found["lsoa_2011", "1", "point"] == (True, 1, 2)
    assert found["lsoa_2011", "no_practice", "no_fixed_abode_or_overseas"] == (False, 1, 1)
    assert sum(residences for *_, residences in found.values()) == len(ADDRESSES) + 1
