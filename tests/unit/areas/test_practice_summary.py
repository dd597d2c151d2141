"""The table of practices from a tiny country."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pyspark.sql import DataFrame

from icspark.areas.bins import Bins
from icspark.areas.practice_summary import build_practice_summary
from icspark.tables.areas import CompletePractice, PracticeSummary, RegionArea
from icspark.tables.reference import Postcode, Practice, Registration

Maker = Callable[..., DataFrame]


@pytest.fixture(scope="module")
def made(rows_of: Maker, deprivation: DataFrame, prevalence: DataFrame) -> Callable[..., DataFrame]:
    practices = rows_of(
        Practice,
        *[
            {"practice_code": code, "practice_name": f"{code} surgery", "status_code": status, "postcode": postcode}
            | {"prescribing_setting_code": setting}
            for code, status, setting, postcode in (
                ("A1", "A", "4", "IP1 1AA"),
                ("B2", "A", "4", None),
                ("C3", "C", "4", "CO1 1AA"),
                ("D4", "A", "0", "IP2 2BB"),  # no GP practice, but has patients
                ("E5", "A", "4", "IP1 1AA"),  # a GP practice without patients
                ("F6", "A", "8", "IP1 1AA"),  # neither
            )
        ],
    )
    patients = [
        ("A1", "E1", 30),
        ("A1", "E4", 10),
        ("B2", "E2", 50),
        ("B2", "E3", 50),
        ("C3", "E1", 5),
        ("D4", "W01000001", 6),
        ("D4", "E1", 4),
        ("G7", "NO2011", 3),  # in no directory
    ]
    registrations = rows_of(
        Registration,
        *[
            {"practice_code": p, "practice_name": f"{p} by name", "area_code": a, "patients_count": n}
            | {"lsoa_2011_code": None if a == "NO2011" else a}
            for p, a, n in patients
        ],
    )

    def make(**options: Any) -> DataFrame:
        frames = {"registrations": registrations, "deprivation": deprivation, "prevalence": prevalence}
        return build_practice_summary(practices, **(frames | options))

    return make


def by_code(frame: DataFrame, *columns: str) -> dict[str, tuple[Any, ...]]:
    return {row[0]: tuple(row)[1:] for row in frame.select("practice_code", *columns).collect()}


def test_every_gp_practice_and_every_practice_with_patients(made: Callable[..., DataFrame]) -> None:
    summary = made()
    assert [(f.name, f.dataType) for f in summary.schema] == [(f.name, f.dataType) for f in PracticeSummary.schema()]
    columns = ("practice_name", "is_active_gp_practice", "registered_patients_count", "summary_reason")
    assert by_code(summary, *columns) == {
        "A1": ("A1 surgery", True, 40, None),
        "B2": ("B2 surgery", True, 100, None),
        "C3": ("C3 surgery", False, 5, None),
        "D4": ("D4 surgery", False, 10, None),
        "E5": ("E5 surgery", True, None, "no_registrations"),
        "G7": ("G7 by name", False, 3, None),
    }


def test_scores_are_means_over_patients_with_their_coverage(made: Callable[..., DataFrame]) -> None:
    found = by_code(
        made(), "imd_2019_score", "imd_2019_coverage", "adult_skills_2019_score", "adult_skills_2019_coverage"
    )
    mean = pytest.approx((30 * 49.999 + 10 * 17.156) / 40, rel=1e-12)
    assert found["A1"] == (mean, 1.0, mean, 1.0)
    assert found["B2"] == (36.5, 1.0, 43.0, 0.5)  # Adult Skills is unknown in E3
    assert found["D4"] == (None, 0.4, None, 0.4)  # most of its patients live in Wales
    assert found["E5"] == (None, None, None, None)
    assert found["G7"] == (None, 0.0, None, 0.0)
    assert by_code(made(coverage_floor=0.4), "imd_2019_score")["D4"] == (pytest.approx(49.999, rel=1e-12),)


def test_quintiles_are_of_the_active_gp_practices(made: Callable[..., DataFrame]) -> None:
    found = by_code(
        made(local_bins=Bins(count=2)), "imd_2019_quintile", "imd_2019_local_bin", "quintile_practices_count"
    )
    assert found == {
        "A1": (1, 1, 2),
        "B2": (5, 2, 2),
        "C3": (None, None, None),
        "D4": (None, None, None),
        "E5": (None, None, None),
        "G7": (None, None, None),
    }


def test_region_share_is_of_all_patients(made: Callable[..., DataFrame], rows_of: Maker) -> None:
    region = rows_of(RegionArea, {"lsoa_2011_code": "E1"})
    found = by_code(made(region=region), "region_share")
    assert found == {"A1": (0.75,), "B2": (0.0,), "C3": (1.0,), "D4": (0.4,), "E5": (None,), "G7": (0.0,)}
    assert set(by_code(made(), "region_share").values()) == {(None,)}


def test_a_practice_has_the_area_of_its_postcode_or_a_reason(made: Callable[..., DataFrame], rows_of: Maker) -> None:
    postcodes = rows_of(Postcode, {"postcode": "IP1 1AA", "lsoa_2011_code": "E1"}, {"postcode": "IP2 2BB"})
    found = by_code(made(postcodes=postcodes), "lsoa_2011_code", "lsoa_2011_reason")
    assert found == {
        "A1": ("E1", None),
        "B2": (None, "no_postcode"),
        "C3": (None, "postcode_not_in_directory"),
        "D4": (None, "no_lsoa_in_directory"),
        "E5": ("E1", None),
        "G7": (None, "no_postcode"),
    }
    assert by_code(made(), "lsoa_2011_reason")["A1"] == ("no_directory",)


def test_what_an_extract_holds_in_part_is_null(made: Callable[..., DataFrame], rows_of: Maker) -> None:
    complete = rows_of(CompletePractice, {"practice_code": "A1"}, {"practice_code": "E5"})
    columns = (
        "summary_reason",
        "registered_patients_count",
        "imd_2019_score",
        "imd_2019_coverage",
        "diabetes_prevalence",
    )
    found = by_code(made(complete=complete), *columns)
    assert found["A1"][:2] == (None, 40)
    assert found["B2"] == ("partial", None, None, None, 0.10)  # what the practice itself reports stays
    assert found["E5"] == ("no_registrations", None, None, None, None)
    assert by_code(made(complete=complete), "imd_2019_quintile")["B2"] == (None,)


def test_patients_per_practitioner(made: Callable[..., DataFrame], rows_of: Maker) -> None:
    names = ("practice_code", "staff_source", "staff_as_of_date", "staff_current_count", "staff_departed_count")
    columns = (*names, "staff_mean_count", "staff_turnover_per_year")
    session = made().sparkSession
    schema = "practice_code string, staff_source string, staff_as_of_date date, a double, b double, c double, d double"
    rows = [("A1", "practice_staff", None, 4.0, 1.0, 3.0, 0.1), ("B2", "practice_staff", None, 0.0, 1.0, 1.0, None)]
    staff = session.createDataFrame(rows, schema).toDF(*columns)
    found = by_code(made(staff=staff), "patients_per_practitioner", "staff_current_count", "staff_source")
    assert found["A1"] == (10.0, 4.0, "practice_staff")
    assert found["B2"] == (None, 0.0, "practice_staff")
    assert found["C3"] == (None, None, None)
