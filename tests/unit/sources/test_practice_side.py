"""The practice side's layouts: what is accepted, what is rejected, and under which rule."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from icspark.config import Source
from icspark.errors import ConfigurationError, InputError, VintageError
from icspark.quality.checks import Checked
from icspark.sources import practice, practice_staff, practitioner, registration
from icspark.sources.parents import rejected_practices
from icspark.tables.codes import PRACTICE_STATUS, PRESCRIBING_SETTING
from icspark.tables.reference import Practice, Registration

TIDIED_PRACTICES = {
    "practice_code": "OrganisationCode",
    "practice_name": "OrganisationName",
    "postcode": "PCDS",
    "open_date": "OpenDate",
    "close_date": "CloseDate",
    "status_code": "Status",
    "prescribing_setting_code": "PrescribingSetting",
}
TIDIED_STAFF = {
    "practice_code": "OrganisationCode",
    "staff_current_count": "currentStaff",
    "staff_departed_count": "departedStaff",
    "staff_mean_count": "meanStaff",
    "staff_turnover_per_year": "annualStaffTurnover",
}
TIDIED_REGISTRATIONS = {
    "practice_code": "OrganisationCode",
    "practice_name": "OranisationName",
    "area_code": "LSOA11CD",
    "patients_count": "Patient",
}


def rows_of(frame: DataFrame, *names: str) -> set[tuple[Any, ...]]:
    return {tuple(row) for row in frame.select(*names).collect()}


def rules_of(checked: Checked) -> dict[str | None, str]:
    """Return the rule of each rejected row or cell, by key (and column for a cell)."""
    return {
        f"{r['row_key']}.{r['column_name']}" if r["scope"] == "cell" else r["row_key"]: r["rule_code"]
        for r in checked.rejected.collect()
    }


def source(folder: Path, text: str, **more: Any) -> Source:
    path = folder / "source.csv"
    path.write_text(text, encoding="utf-8")
    return Source(path=str(path), **more)


def epraccur(code: str, postcode: str, dates: tuple[str, str], status: str, setting: str) -> str:
    fields = [""] * 27
    fields[0], fields[1], fields[9], fields[10], fields[11], fields[12], fields[25] = (
        code,
        "NAME, X",
        postcode,
        *dates,
        status,
        setting,
    )
    return ",".join(f'"{field}"' for field in fields)


def test_epraccur_is_read_by_its_27_columns(spark: SparkSession, tmp_path: Path) -> None:
    lines = [
        epraccur("A81001", "ts181hu", ("19740401", ""), "A", "4"),
        epraccur("A81002", "TS18  2AW", ("19740401", "20171031"), "C", "99"),
        epraccur("A81003", "NONE", ("20171031", "19740401"), "Q", ""),
        epraccur("A81004", "", ("19740431", ""), "D", "0"),
        epraccur("TOTAL", "", ("", ""), "A", "4"),
        '"A81005","SHORT"',
    ]
    checked = practice.read(spark, source(tmp_path, "\n".join(lines)))
    assert rules_of(checked) == {
        "A81002.prescribing_setting_code": "SETTING_UNKNOWN",
        "A81003.postcode": "POSTCODE_FORM",
        "A81003.status_code": "STATUS_UNKNOWN",
        "A81003.open_date": "CLOSED_BEFORE_OPEN",
        "A81004.open_date": "TYPE",
        "TOTAL": "PRACTICE_CODE_FORM",
        "A81005": "FIELDS",
    }
    assert {tuple(row) for row in checked.accepted.collect()} == {
        ("A81001", "NAME, X", "TS18 1HU", date(1974, 4, 1), None, "A", "4"),
        ("A81002", "NAME, X", "TS18 2AW", date(1974, 4, 1), date(2017, 10, 31), "C", None),
        ("A81003", "NAME, X", None, None, date(1974, 4, 1), None, None),
        ("A81004", "NAME, X", None, None, None, "D", "0"),
    }


def test_words_for_status_and_setting_become_codes(spark: SparkSession, tmp_path: Path) -> None:
    rows = ("A81001,Active,gp practice", "A81002,CLOSED,WIC + OOH Practice", "A81003,Ajar,Secure Childrens Home")
    lines = "\n".join(["OrganisationCode,Status,PrescribingSetting", *rows])
    columns = {name: TIDIED_PRACTICES[name] for name in ("practice_code", "status_code", "prescribing_setting_code")}
    checked = practice.read(spark, source(tmp_path, lines, columns=columns))
    assert rows_of(checked.accepted, *columns) == {("A81001", "A", "4"), ("A81002", "C", "3"), ("A81003", None, "18")}
    assert rules_of(checked) == {"A81003.status_code": "STATUS_UNKNOWN"}


def test_every_code_is_known_by_its_own_words(spark: SparkSession) -> None:
    words = spark.createDataFrame(
        [(code, text.upper()) for code, text in PRESCRIBING_SETTING.items()], "code string, text string"
    )
    coded = practice.coded(F.col("text"), PRESCRIBING_SETTING, practice.OTHER_WORDS)
    assert words.filter(~coded.eqNullSafe(F.col("code"))).collect() == []
    assert set(PRACTICE_STATUS) == {"A", "C", "D", "P"}


def test_epracmem_keeps_whoever_joined_twice_and_rejects_what_would_read_as_still_there(
    spark: SparkSession, tmp_path: Path
) -> None:
    lines = [
        '"G1000001","A81001","P","20100101","20120101",""',
        '"G1000001","A81001","P","20150101","",""',
        '"G1000002","A81001","P","20150101","20140101",""',
        '"G1000003","A81001","P","20150101","2016","0"',
        '"G1000004","A81001","P","","20160101","0"',
        '"G1000005","A81009","P","20150101","","0"',
        '"G1000006","A81001","P","20150101",""',
    ]
    lost = spark.createDataFrame([("A81009",)], "practice_code string")
    checked = practitioner.read(spark, source(tmp_path, "\n".join(lines) + "\n"), lost_practices=lost)
    assert rows_of(checked.accepted, "joined_date", "left_date") == {
        (date(2010, 1, 1), date(2012, 1, 1)),
        (date(2015, 1, 1), None),
    }
    assert rules_of(checked) == {
        "G1000002|A81001|20150101": "LEFT_BEFORE_JOINED",
        "G1000003|A81001|20150101": "LEFT_DATE_UNREADABLE",
        "G1000004|A81001|": "KEY",
        "G1000005|A81009|20150101": "PARENT_REJECTED",
        "G1000006|A81001|20150101": "FIELDS",
    }


STAFF = "annualStaffTurnover,OrganisationCode,currentStaff,departedStaff,meanStaff\n"


def test_turnover_in_per_cent_becomes_a_fraction(spark: SparkSession, tmp_path: Path) -> None:
    lines = STAFF + "5.0,A81001,3,2,2.5\n,A81002,0,0,\n5.0,A81003,3,0,2.5\n0,A81004,-3,0,2.5\n"
    given = source(tmp_path, lines, columns=TIDIED_STAFF, options={"turnover_unit": "percent"})
    checked = practice_staff.read(spark, given)
    assert rules_of(checked) == {
        "A81003.staff_turnover_per_year": "TURNOVER_DISAGREES",
        "A81004.staff_current_count": "STAFF_NEGATIVE",
    }
    assert rows_of(checked.accepted, *TIDIED_STAFF) == {
        ("A81001", 3.0, 2.0, 2.5, 0.05),
        ("A81002", 0.0, 0.0, None, None),
        ("A81003", 3.0, 0.0, 2.5, None),
        ("A81004", None, 0.0, 2.5, 0.0),
    }


@pytest.mark.parametrize(("columns", "options"), [(TIDIED_STAFF, {}), (TIDIED_STAFF, {"turnover_unit": "%"}), ({}, {})])
def test_staff_without_names_or_a_unit_is_an_error(
    spark: SparkSession, tmp_path: Path, columns: dict[str, str], options: dict[str, str]
) -> None:
    with pytest.raises(ConfigurationError):
        practice_staff.read(spark, source(tmp_path, STAFF + "5,A81001,3,2,2.5\n", columns=columns, options=options))


def publication(*rows: str, count: str = "NUMBER_OF_PATIENTS") -> str:
    head = f"PUBLICATION,EXTRACT_DATE,PRACTICE_CODE,PRACTICE_NAME,LSOA_CODE,SEX,{count}\n"
    return head + "".join(f"GP_PRAC_PAT_LIST,01JUL2022,{row}\n" for row in rows)


def test_areas_that_are_none_and_welsh_ones_are_accepted_and_counted(spark: SparkSession, tmp_path: Path) -> None:
    text = publication("A81001,X,E01000001,ALL,7", "A81001,X,W01000001,ALL,2", "A81001,X,NO2011,ALL,5")
    checked = registration.read(spark, source(tmp_path, "\ufeff" + text))
    assert rows_of(checked.accepted, "area_code", "lsoa_2011_code", "patients_count") == {
        ("E01000001", "E01000001", 7),
        ("W01000001", "W01000001", 2),
        ("NO2011", None, 5),
    }
    assert rules_of(checked) == {}
    assert checked.notes() == {
        "patients": 14,
        "rows_without_area": 1,
        "patients_without_area": 5,
        "rows_of_wales": 1,
        "patients_of_wales": 2,
    }


def test_rows_of_one_sex_totals_other_vintages_and_bad_numbers_are_rejected(
    spark: SparkSession, tmp_path: Path
) -> None:
    text = publication(
        "A81001,X,E01000001,MALE,3",
        "A81002,X,E01033769,ALL,3",
        "A81003,X,E0100,ALL,3",
        "A81004,X,E01000001,ALL,-3",
        "A81005,X,E01000001,ALL,*",
        "TOTAL,,E01000001,ALL,3",
        "A81006,X,E01000001,ALL,3",
        "A81006,X,E01000001,ALL,3",
        "A81007,X,E01000001,ALL,3",
        "A81007,X,E01000001,ALL,4",
        "A81008,X,E01000001,ALL,3",
        count="Number of Patients",
    )
    lost = spark.createDataFrame([("A81008",)], "practice_code string")
    checked = registration.read(spark, source(tmp_path, text + "Source: somebody\n"), lost_practices=lost)
    assert rows_of(checked.accepted, "practice_code", "patients_count") == {("A81006", 3)}
    codes = Counter(row["rule_code"] for row in checked.rejected.collect())
    assert codes == {
        "ONE_SEX": 1,
        "AREA_VINTAGE": 1,
        "AREA_CODE_FORM": 1,
        "PATIENTS_NEGATIVE": 1,
        "MISSING": 1,
        "PRACTICE_CODE_FORM": 1,
        "DUPLICATE": 1,
        "CONFLICT": 2,
        "PARENT_REJECTED": 1,
        "FIELDS": 1,
    }
    assert checked.numbers()["read"] == 12
    assert checked.numbers()["rejected_rows"] == 11


def test_a_source_of_2021_or_without_its_columns_is_an_error(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(VintageError):
        registration.read(spark, source(tmp_path, publication("A81001,X,E01000001,ALL,7"), vintage="lsoa_2021"))
    with pytest.raises(InputError, match="patients_count"):
        registration.read(spark, source(tmp_path, publication("A81001,X,E01000001,ALL,7", count="N")))


def test_a_practice_is_lost_if_it_was_rejected_and_no_row_of_it_was_accepted(spark: SparkSession) -> None:
    halves = [("row", "A81001"), ("row", "A81002"), ("row", "A81002"), ("cell", "A81003"), ("row", None)]
    rejected = spark.createDataFrame(halves, "scope string, row_key string")
    accepted = spark.createDataFrame([("A81001",)], "practice_code string")
    lost = rejected_practices(accepted, rejected)
    assert lost is not None
    assert rows_of(lost, "practice_code") == {("A81002",)}
    assert rejected_practices(accepted, None) is None


def test_the_real_directories_of_practices_are_accepted_whole(spark: SparkSession, data: Path) -> None:
    folder = data / "reference"
    official = practice.read(spark, Source(path=str(folder / "epraccur_2019.csv")))
    assert official.rejected.collect() == []
    assert official.numbers()["read"] == 14_357
    tidied = practice.read(spark, Source(path=str(folder / "gp-practices.parquet"), columns=TIDIED_PRACTICES))
    assert tidied.rejected.collect() == []
    assert tidied.numbers()["read"] == 15_199
    assert tidied.accepted.filter(F.col(Practice.prescribing_setting_code) == "4").count() == 8_638


def test_the_real_turnover_is_departed_over_mean_and_years(spark: SparkSession, data: Path) -> None:
    given = Source(
        path=str(data / "reference/gp-staff.parquet"), columns=TIDIED_STAFF, options={"turnover_unit": "percent"}
    )
    checked = practice_staff.read(spark, given)
    years = F.col("staff_departed_count") / F.col("staff_mean_count") / F.col("staff_turnover_per_year")
    left = checked.accepted.filter(F.col("staff_turnover_per_year") > 0).agg(F.max(years), F.count(F.lit(1))).first()
    assert checked.rejected.collect() == []
    assert checked.numbers()["read"] == 19_085
    assert left is not None
    assert 48 < left[0] < 49
    assert left[1] == 10_085


@pytest.mark.slow
def test_the_real_registrations_are_accepted_whole_and_counted(spark: SparkSession, data: Path) -> None:
    path = str(data / "reference/gp-registrations.parquet")
    checked = registration.read(spark, Source(path=path, columns=TIDIED_REGISTRATIONS))
    assert checked.rejected.collect() == []
    assert checked.numbers()["read"] == 865_965
    notes = checked.notes()
    assert (notes["patients"], notes["rows_without_area"], notes["patients_without_area"]) == (
        61_768_942,
        4_448,
        27_415,
    )
    assert notes["rows_of_wales"] == 248
    assert checked.accepted.filter(F.col(Registration.lsoa_2011_code).isNull()).count() == 4_448
