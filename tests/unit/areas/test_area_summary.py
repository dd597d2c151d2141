"""The table of areas from a tiny country, and that nothing but the rows decides its bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from icspark.areas.area_summary import build_area_summary
from icspark.areas.bins import Bins
from icspark.tables.areas import AreaSummary, RegionArea
from icspark.tables.geography import LandArea2011
from icspark.tables.reference import Ethnicity, Population, Registration

Maker = Callable[..., DataFrame]


@pytest.fixture(scope="module")
def registrations(rows_of: Maker) -> DataFrame:
    given = [
        ("A1", "E1", 60),
        ("B2", "E1", 30),
        ("C3", "E1", 10),  # E1: A1 and B2 hold exactly 90 %
        ("A1", "E2", 40),
        ("B2", "E2", 40),
        ("C3", "E2", 20),  # E2: nine tenths need all three
        ("D4", "E3", 80),  # D4 reports nothing
        ("A1", "E3", 20),
        ("A1", "NO2011", 5),
        ("A1", "W01000001", 7),
    ]
    rows = [
        {"practice_code": p, "area_code": a, "lsoa_2011_code": None if a == "NO2011" else a, "patients_count": n}
        for p, a, n in given
    ]
    return rows_of(Registration, *rows)


@pytest.fixture(scope="module")
def population(rows_of: Maker) -> DataFrame:
    given = [("E1", 30, "1", 2), ("E1", 40, "2", 2), ("E2", 50, "2", 1), ("E3", 50, "9", 4), ("W01000001", 1, "1", 1)]
    names = ("lsoa_2011_code", "age_years", "sex_code", "residents_count")
    return rows_of(Population, *[dict(zip(names, row, strict=True)) for row in given])


@pytest.fixture(scope="module")
def made(
    deprivation: DataFrame, registrations: DataFrame, population: DataFrame, prevalence: DataFrame
) -> Callable[..., DataFrame]:
    def make(**options: Any) -> DataFrame:
        frames = {"population": population, "registrations": registrations, "prevalence": prevalence}
        return build_area_summary(deprivation, **(frames | options))

    return make


def by_code(frame: DataFrame, *columns: str) -> dict[str, tuple[Any, ...]]:
    return {row[0]: tuple(row)[1:] for row in frame.select("lsoa_2011_code", *columns).collect()}


def test_it_has_the_columns_of_its_class_and_a_row_per_english_area(made: Callable[..., DataFrame]) -> None:
    summary = made()
    assert [(f.name, f.dataType) for f in summary.schema] == [(f.name, f.dataType) for f in AreaSummary.schema()]
    assert sorted(by_code(summary)) == ["E1", "E2", "E3", "E4"]


def test_outcomes_are_weighted_by_patients_with_their_coverage(made: Callable[..., DataFrame]) -> None:
    columns = ("registered_patients_count", "diabetes_prevalence", "diabetes_coverage")
    assert by_code(made(coverage_floor=0.2), *columns) == {
        "E1": (100, 0.08, 1.0),  # (60 x 0.05 + 30 x 0.10 + 10 x 0.20) / 100
        "E2": (100, 0.1, 1.0),
        "E3": (100, 0.05, 0.2),
        "E4": (None, None, None),
    }
    columns = ("asthma_prevalence", "asthma_coverage", "diabetes_points", "cancer_prevalence", "cancer_coverage")
    found = by_code(made(), *columns)
    assert found["E2"] == (pytest.approx(0.07, rel=1e-12), 0.8, 60.0, None, 0.0)
    assert found["E3"] == (None, 0.2, None, None, 0.0)  # under the floor of one half


def test_practices_that_serve_nine_tenths(made: Callable[..., DataFrame]) -> None:
    found = by_code(made(), "practices_serving_90_percent_count", "summary_reason")
    assert found == {"E1": (2, None), "E2": (3, None), "E3": (2, None), "E4": (None, "no_registrations")}


def test_quintiles_are_national_and_missing_stays_null(made: Callable[..., DataFrame]) -> None:
    found = by_code(made(), "imd_2019_quintile", "imd_2019_decile", "adult_skills_2019_quintile", "imd_2019_local_bin")
    assert found == {"E1": (1, 1, 1, None), "E2": (2, 3, 2, None), "E3": (4, 7, None, None), "E4": (5, 10, 5, None)}


def test_people_land_and_ethnicity(made: Callable[..., DataFrame], rows_of: Maker) -> None:
    land = rows_of(
        LandArea2011,
        {"lsoa_2011_code": "E1", "area_hectares": 8.0, "area_hectares_source": "unchanged"},
        {"lsoa_2011_code": "E2", "area_hectares_source": "no_boundary"},
    )
    ethnicity = rows_of(Ethnicity, {"lsoa_2011_code": "E1", "ethnic_minority_share": 0.25})
    columns = ("population_count", "median_age_years", "male_share", "residents_per_hectare", "area_hectares_source")
    found = by_code(made(facts=[ethnicity, land]), *columns, "ethnic_minority_share")
    assert found == {
        "E1": (4, 35.0, 0.5, 0.5, "unchanged", 0.25),
        "E2": (1, 50.0, 0.0, None, "no_boundary", None),
        "E3": (4, 50.0, None, None, None, None),
        "E4": (None, None, None, None, None, None),
    }


def test_outside_the_region_an_extract_is_partial(made: Callable[..., DataFrame], rows_of: Maker) -> None:
    region = rows_of(RegionArea, {"lsoa_2011_code": "E1"}, {"lsoa_2011_code": "E2"})
    columns = ("in_region", "summary_reason", "registered_patients_count", "diabetes_coverage")
    assert by_code(made(region=region, is_extract=True), *columns) == {
        "E1": (True, None, 100, 1.0),
        "E2": (True, None, 100, 1.0),
        "E3": (False, "partial", None, None),
        "E4": (False, "partial", None, None),
    }
    assert by_code(made(region=region), *columns)["E3"] == (False, None, 100, 0.2)
    assert by_code(made(), *columns)["E1"] == (None, None, 100, 1.0)


def test_local_bins_are_of_the_region(made: Callable[..., DataFrame], rows_of: Maker) -> None:
    region = rows_of(RegionArea, {"lsoa_2011_code": "E2"}, {"lsoa_2011_code": "E4"})
    found = by_code(made(region=region, local_bins=Bins(count=2)), "imd_2019_local_bin", "imd_2019_quintile")
    assert found == {"E1": (None, 1), "E2": (1, 2), "E3": (None, 4), "E4": (2, 5)}


def test_the_bytes_do_not_depend_on_partitions_or_the_order_of_rows(
    spark: SparkSession, deprivation: DataFrame, prevalence: DataFrame, rows_of: Maker
) -> None:
    areas = ["E1", "E2", "E3", "E4"]
    people = spark.range(4 * 91 * 2).select(
        F.element_at(F.array(*map(F.lit, areas)), (F.col("id") % 4 + 1).cast("int")).alias("lsoa_2011_code"),
        (F.floor(F.col("id") / 4) % 91).alias("age_years"),
        F.when(F.col("id") < 364, "1").otherwise("2").alias("sex_code"),
        (F.xxhash64("id") % 50).cast("long").alias("n"),
    )
    people = people.select("lsoa_2011_code", "age_years", "sex_code", F.abs("n").alias("residents_count"))
    patients = spark.range(4 * 60).select(
        F.format_string("P%03d", F.col("id") % 60).alias("practice_code"),
        F.element_at(F.array(*map(F.lit, areas)), (F.col("id") % 4 + 1).cast("int")).alias("lsoa_2011_code"),
        (F.abs(F.xxhash64("id", F.lit(1))) % 7 + 1).alias("patients_count"),
    )
    reported = spark.range(60).select(
        F.format_string("P%03d", F.col("id")).alias("practice_code"),
        *[((F.abs(F.xxhash64("id", F.lit(c))) % 1_000_003) / 1_000_003).alias(c) for c in prevalence.columns[1:]],
    )
    results = []
    for partitions, seed in ((1, 1), (7, 2), (64, 3)):
        shuffled = [f.orderBy(F.rand(seed)).repartition(partitions) for f in (people, patients, reported)]
        summary = build_area_summary(
            deprivation, population=shuffled[0], registrations=shuffled[1], prevalence=shuffled[2]
        )
        results.append([tuple(row) for row in summary.orderBy("lsoa_2011_code").collect()])
    assert results[0] == results[1] == results[2]
    assert results[0][0][AreaSummary.schema().fieldNames().index("diabetes_prevalence")] is not None
