"""Regions: lists of areas in any form, codes of a larger level, and codes that are not there."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession

from icspark.config import Region
from icspark.errors import ConfigurationError, InputError
from icspark.sources.region import codes_in_file, region_codes
from icspark.tables.reference import AreaLookup


@pytest.fixture(scope="module")
def lookup(spark: SparkSession) -> DataFrame:
    rows = [
        ("lsoa_2011", "E01000001", "lsoa_2021", "E01000011", None, "S"),
        ("lsoa_2011", "E01000001", "lsoa_2021", "E01000012", None, "S"),
        ("lsoa_2011", "E01000002", "lsoa_2021", "E01000002", None, "U"),
        ("lsoa_2011", "E01000001", "icb_2022", "E54000001", "One", None),
        ("lsoa_2011", "E01000002", "icb_2022", "E54000002", "Two", None),
        ("lsoa_2021", "E01000011", "icb_2024", "E54000001", "One", None),
        ("lsoa_2021", "E01000012", "icb_2024", "E54000001", "One", None),
        ("lsoa_2021", "E01000002", "icb_2024", "E54000002", "Two", None),
    ]
    return spark.createDataFrame(rows, AreaLookup.schema())


def codes(frame: DataFrame) -> list[str]:
    assert frame.columns == ["lsoa_2011_code"]
    return sorted(row[0] for row in frame.collect())


@pytest.mark.parametrize(
    "text",
    [
        '{"0": "E01000001", "1": "E01000002"}',
        '["E01000002", "E01000001", "E01000001"]',
        "E01000001\nE01000002\n",
        "\ufefflsoa11cd,name\nE01000001,A\nE01000002,B\n\n",
    ],
)
def test_a_list_in_any_form(spark: SparkSession, file_of, text: str) -> None:
    region = Region(name="R", areas=file_of("list.txt", text))
    assert codes(region_codes(spark, region)) == ["E01000001", "E01000002"]


@pytest.mark.parametrize("text", ['{"a": "NO2011"}', "E01000001\nE06000001\n", "", '{"a": '])
def test_a_list_of_something_else(file_of, text: str) -> None:
    with pytest.raises(InputError):
        codes_in_file(Path(file_of("list.txt", text)))


def test_a_list_that_is_absent(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="absent"):
        codes_in_file(tmp_path / "none.json")


def test_areas_of_a_larger_level(spark: SparkSession, lookup: DataFrame) -> None:
    assert codes(region_codes(spark, Region(name="R", level="icb_2022", codes=("E54000001",)), lookup=lookup)) == [
        "E01000001"
    ]
    assert codes(region_codes(spark, Region(name="R", codes=("E01000002",)))) == ["E01000002"]


def test_a_level_of_2021_areas_is_reached_through_them(spark: SparkSession, lookup: DataFrame) -> None:
    both = Region(name="R", level="icb_2024", codes=("E54000001", "E54000002"))
    assert codes(region_codes(spark, both, lookup=lookup)) == ["E01000001", "E01000002"]


def test_unknown_levels_and_codes(spark: SparkSession, lookup: DataFrame) -> None:
    with pytest.raises(ConfigurationError, match="Did you mean icb_202"):
        region_codes(spark, Region(name="R", level="icb_2021", codes=("E54000001",)), lookup=lookup)
    with pytest.raises(ConfigurationError, match="1 of 2 codes are no areas of icb_2022.*E54000009"):
        region_codes(spark, Region(name="R", level="icb_2022", codes=("E54000001", "E54000009")), lookup=lookup)
    with pytest.raises(ConfigurationError, match="area_lookup"):
        region_codes(spark, Region(name="R", level="icb_2022", codes=("E54000001",)))
    with pytest.raises(ConfigurationError, match="names no areas"):
        region_codes(spark, Region(name="R"))


def test_codes_that_are_no_known_areas(spark: SparkSession) -> None:
    known = spark.createDataFrame([("E01000001",)], "lsoa_2011_code string")
    with pytest.raises(InputError, match="1 codes of the region are no areas.*E01000002"):
        region_codes(spark, Region(name="R", codes=("E01000001", "E01000002")), known=known)


def test_the_real_list(spark: SparkSession, data: Path) -> None:
    assert region_codes(spark, Region(name="R", areas=str(data / "reference/lsoa-esneft.json"))).count() == 549
