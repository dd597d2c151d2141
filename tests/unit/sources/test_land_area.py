"""Land area: two editions, and codes that are not of the vintage that they are said to be."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from icspark.config import Source
from icspark.errors import InputError, VintageError
from icspark.sources import area_lookup, land_area
from icspark.tables.reference import AreaLookup

TIDIED = {"lsoa_2021_code": "LSOA11CD", "area_hectares": "LandHectare"}


@pytest.fixture(scope="module")
def lookup(spark: SparkSession) -> DataFrame:
    """One area unchanged, one split in two."""
    pairs = [("E01000001", "E01000001", "U"), ("E01000002", "E01000012", "S"), ("E01000002", "E01000013", "S")]
    rows = [("lsoa_2011", old, "lsoa_2021", new, None, change) for old, new, change in pairs]
    return spark.createDataFrame(rows, AreaLookup.schema())


def test_hectares_of_the_publisher(spark: SparkSession, file_of, halves, lookup) -> None:
    path = file_of("sam.csv", "LSOA21CD,LSOA21NM,AREAEHECT,AREALHECT\nE01000001,A,13.5,12.98\nE01000012,B,9,8.5\n")
    areas = land_area.read(spark, Source(path=path), lookup=lookup)
    rows, rejected = halves(areas.checked)
    assert [(row["lsoa_2021_code"], row["area_hectares"]) for row in rows] == [("E01000001", 12.98), ("E01000012", 8.5)]
    assert not rejected
    assert areas.notes == {"codes_not_of_the_header": 0, "codes_unknown": 0}


def test_square_kilometres_of_the_later_edition_become_hectares(spark: SparkSession, file_of, halves) -> None:
    path = file_of(
        "sam.csv", "LSOA21CD,Clipped to the Coastline (Area in KM2),Land Count (Area in KM2)\nE01000001,0.2,0.1298\n"
    )
    rows, _ = halves(land_area.read(spark, Source(path=path)).checked)
    assert rows[0]["area_hectares"] == pytest.approx(12.98)


def test_codes_of_2021_under_a_header_of_2011(spark: SparkSession, file_of, lookup) -> None:
    path = file_of("tidied.csv", "LSOA11CD,LandHectare\nE01000001,12.98\nE01000012,8.5\nE01000013,7\n")
    with pytest.raises(
        VintageError, match=r"called lsoa_2011.*2 of 3 codes are none of lsoa_2011, such as E01000012, E01000013"
    ):
        land_area.read(spark, Source(path=path, columns=TIDIED), lookup=lookup)
    with pytest.raises(VintageError, match="declared lsoa_2011"):
        land_area.read(spark, Source(path=path, columns=TIDIED, vintage="lsoa_2011"), lookup=lookup)
    with pytest.raises(VintageError, match="ingest area_lookup first"):
        land_area.read(spark, Source(path=path, columns=TIDIED))
    areas = land_area.read(spark, Source(path=path, columns=TIDIED, vintage="lsoa_2021"), lookup=lookup)
    assert areas.notes == {"codes_not_of_the_header": 2, "codes_unknown": 0}
    assert areas.checked.accepted.count() == 3


def test_codes_of_2011_are_refused_whatever_is_said_of_them(spark: SparkSession, file_of, lookup) -> None:
    path = file_of("old.csv", "LSOA21CD,AREALHECT\nE01000001,12.98\nE01000002,8.5\n")
    for vintage in (None, "lsoa_2021"):
        with pytest.raises(VintageError, match="1 of 2 codes are none of lsoa_2021, such as E01000002"):
            land_area.read(spark, Source(path=path, vintage=vintage), lookup=lookup)


def test_bad_rows_are_rejected(spark: SparkSession, file_of, halves) -> None:
    path = file_of(
        "sam.csv", "LSOA21CD,AREALHECT\nE01000001,0\nE92000001,13.0\nE01000003,n/a\nE01000004,..\nE01000005,1\n"
    )
    rows, rejected = halves(land_area.read(spark, Source(path=path)).checked)
    assert [row["lsoa_2021_code"] for row in rows] == ["E01000005"]
    assert rejected == {"HECTARES_POSITIVE": 1, "AREA_CODE_FORM": 1, "TYPE": 1, "MISSING": 1}


def test_a_file_of_no_known_layout(spark: SparkSession, file_of) -> None:
    with pytest.raises(InputError, match="area_hectares"):
        land_area.read(spark, Source(path=file_of("x.csv", "LSOA21CD,SIZE\nE01000001,1\n")))


@pytest.mark.parametrize(
    ("header", "vintage"),
    [
        ("LSOA11CD", "lsoa_2011"),
        ("lsoa21_code", "lsoa_2021"),
        ("LSOA code (2021)", "lsoa_2021"),
        ("geography", None),
        ("LSOA112", None),
    ],
)
def test_the_vintage_that_a_header_says(header: str, vintage: str | None) -> None:
    assert land_area.vintage_of_header(header) == vintage


def test_the_real_file_says_2011_and_is_of_2021(spark: SparkSession, data: Path) -> None:
    lookup = area_lookup.read(
        spark, Source(path=str(data / "lookups/lookup_lsoa11_lsoa21_ltla22.csv.gz"))
    ).checked.accepted
    source = Source(path=str(data / "reference/land-area-lsoa.parquet"), columns=TIDIED, vintage="lsoa_2021")
    areas = land_area.read(spark, source, lookup=lookup)
    assert areas.notes == {"codes_not_of_the_header": 2025, "codes_unknown": 0}
    assert areas.checked.accepted.agg(F.count("*")).first()[0] == 35672  # type: ignore[index]
