"""Vintages of area codes are never mixed."""

import pytest
from chispa import assert_df_equality

from icspark.errors import VintageError
from icspark.geography.vintages import Areas, check_vintage, codes_of, join_areas
from icspark.tables.geography import LandArea2011
from icspark.tables.reference import AreaLookup, Deprivation2019, LandArea, Postcode


@pytest.fixture
def old(spark):
    rows = [("E01000001", 1.5), ("E01000002", 2.5), ("E01000003", None)]
    return Areas(
        spark.createDataFrame(rows, "lsoa_2011_code string, area_hectares double"), LandArea2011, "lsoa_2011_code"
    )


def test_codes_of_one_vintage_join(spark, old):
    names = spark.createDataFrame([("E01000001", "one"), (None, "nobody")], "lsoa_2011_code string, postcode string")
    joined = join_areas(Areas(names, Postcode, "lsoa_2011_code"), old, how="left")
    want = spark.createDataFrame(
        [("E01000001", "one", 1.5), (None, "nobody", None)],
        "lsoa_2011_code string, postcode string, area_hectares double",
    )
    assert_df_equality(joined, want, ignore_row_order=True, ignore_nullable=True, ignore_metadata=True)


def test_mixed_vintages_are_refused_with_tables_vintages_and_codes(spark, old):
    new = spark.createDataFrame([("E01000001", 3.5), ("E01033333", 4.5)], "lsoa_2021_code string, area_hectares double")
    with pytest.raises(VintageError) as caught:
        join_areas(old, Areas(new, LandArea, "lsoa_2021_code"), how="inner")
    text = str(caught.value)
    assert "land_area_2011 is of lsoa_2011 and land_area of lsoa_2021" in text
    assert "2 of 3 codes of land_area_2011 are not in land_area, such as E01000002, E01000003" in text


def test_a_column_without_vintage_is_refused(spark, old):
    frame = spark.createDataFrame([("x",)], "lsoa_2011_name string")
    with pytest.raises(VintageError, match="the column lsoa_2011_name has no vintage"):
        join_areas(Areas(frame, Deprivation2019, "lsoa_2011_name"), old, how="inner")


def test_codes_are_held_against_those_that_are_known(spark):
    frame = spark.createDataFrame([(f"E0100000{n}",) for n in (1, 1, 2, 3, 4, 5, 6, 7)] + [(None,)], "code string")
    known = spark.createDataFrame([("E01000001",), ("E01000009",)], "code string")
    with pytest.raises(VintageError) as caught:
        check_vintage(frame, "code", known, table="land_area", vintage="lsoa_2011")
    text = str(caught.value)
    assert "land_area: 6 of 7 codes in code are none of lsoa_2011" in text
    assert "E01000002, E01000003, E01000004, E01000005, E01000006" in text
    assert "E01000007" not in text  # the first few
    assert check_vintage(frame, "code", known, table="land_area", vintage="lsoa_2011", most_unknown_share=0.9) == 6


def test_codes_of_a_level_stand_on_either_side_of_the_lookup(spark):
    rows = [
        ("lsoa_2011", "A", "lsoa_2021", "B"),
        ("lsoa_2021", "C", "icb_2022", "D"),
        ("lsoa_2021", "B", "icb_2022", "D"),
    ]
    lookup = spark.createDataFrame([(*row, None, None) for row in rows], AreaLookup.schema())
    assert sorted(row[0] for row in codes_of(lookup, "lsoa_2021").collect()) == ["B", "C"]
    assert codes_of(lookup, "ward_2022").isEmpty()
