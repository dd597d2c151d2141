"""QOF workbooks as the publisher lays them out, and a tidied file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from pyspark.sql import SparkSession

from icspark.config import Source
from icspark.errors import InputError
from icspark.quality.checks import Checked
from icspark.sources import practice_prevalence
from icspark.tables.reference import PracticePrevalence

WHO = ["Sub ICB Loc ODS code", "Sub ICB Loc name", "Practice code", "Practice name"]
BLOCK = [
    "Achievement Score (max 10)",
    "Numerator",
    "Denominator",
    "PCAs",
    "Denominator plus PCAs",
    "Patients receiving Intervention (%)",
]
COPD = [
    *WHO,
    "List size",
    "Register",
    "Prevalence (%)",
    "List size",
    "Register",
    "Prevalence (%)",
    "Total Achievement Score (max 19)",
]
DM = [
    *WHO,
    *["List size \naged 17+", "Register", "Prevalence (%)"],
    *[
        "List size \naged 17+",
        "List size \naged 40+",
        "Register",
        "Prevalence (%)",
        "Year on year change \n(percentage point)",
    ],
    *["Total Achievement Score (max 70)", "Achievement (%)", "Total Achievement Score (max 76)", "Achievement (%)"],
    *BLOCK,
    *BLOCK,
]
SMOK = [*WHO, "List size \naged 15+", "List size \naged 15+", "Total Achievement Score (max 75)", *BLOCK, *BLOCK]
TIDIED = {
    "practice_code": "OrganisationCode",
    "diabetes_points": "QOF-DM",
    "diabetes_blood_pressure_share": "DM019-BP",
    "diabetes_hba1c_share": "DM020-HbA1c",
    "register_prevalence": "{register}-prevalance",
}


def sheet(
    book: openpyxl.Workbook, name: str, header: Sequence[str], *lines: Sequence[Any], codes: Sequence[str] = ()
) -> None:
    """Write a sheet: a title, the codes of indicators above the last blocks, the header, the lines."""
    made = book.create_sheet(name)
    above: list[Any] = [None] * len(header)
    for number, code in enumerate(reversed(codes), start=1):
        above[len(header) - number * len(BLOCK)] = code
    for line in (["Quality and Outcomes Framework"], [], above, header, *lines):
        made.append(list(line))


def practice_line(code: str | None, *cells: Any) -> list[Any]:
    return ["06L", "NHS X", code, "NAME", *cells]


def dm(code: str | None, register: Any, pressure: tuple[int, int, int] = (60, 80, 100)) -> list[Any]:
    done, those, all_of_them = pressure
    block = [10, done, those, all_of_them - those, all_of_them, 0]
    return practice_line(
        code, 900, 45, 5.0, 1000, 600, register, 5.5, 0.5, 61.0, 88.0, 70.5, 92.7, *block, 10, 40, 50, 0, 50, 80
    )


def copd(code: str | None, size: Any, register: Any) -> list[Any]:
    return practice_line(code, 1800, 30, 1.7, size, register, 1.9, 18.5)


def workbooks(folder: Path, *, dm_lines: Sequence[Sequence[Any]], copd_lines: Sequence[Sequence[Any]]) -> Source:
    first, second = openpyxl.Workbook(), openpyxl.Workbook()
    sheet(first, "DM", DM, *dm_lines, codes=("DM019", "DM020"))
    smokers = [10, 1, 2, 3, 4, 5, 10, 250, 280, 20, 300, 0]
    sheet(first, "SMOK", SMOK, practice_line("A81001", 1450, 1500, 74, *smokers), codes=("SMOK002", "SMOK004"))
    sheet(second, "COPD", COPD, *copd_lines)
    for name, book in (("hd.xlsx", first), ("resp.xlsx", second)):
        book.save(folder / name)
    return Source(path=(str(folder / "hd.xlsx"), str(folder / "resp.xlsx")))


def rules_of(checked: Checked) -> list[tuple[str, str | None, str | None]]:
    rows = checked.rejected.collect()
    return sorted(((r["rule_code"], r["column_name"], r["row_key"]) for r in rows), key=str)


SHARES = ["diabetes_prevalence", "smoking_prevalence", "copd_prevalence", "diabetes_points"]
TARGETS = ["diabetes_blood_pressure_share", "diabetes_hba1c_share"]


def test_registers_are_divided_by_their_own_lists_of_the_same_year(spark: SparkSession, tmp_path: Path) -> None:
    given = workbooks(
        tmp_path, dm_lines=[dm("A81001", 55)], copd_lines=[copd("A81001", 2000, 40), copd("A81002", "..", 3)]
    )
    checked = practice_prevalence.read(spark, given)
    found = {r["practice_code"]: tuple(r[name] for name in [*SHARES, *TARGETS]) for r in checked.accepted.collect()}
    assert found == {
        "A81001": (0.055, 0.2, 0.02, 70.5, 0.6, 0.8),
        "A81002": (None, None, None, None, None, None),
    }
    assert rules_of(checked) == [("TYPE", "copd_prevalence", "A81002")]
    assert checked.rejected.first()["file"] == "resp.xlsx"  # type: ignore[index]


def test_totals_sources_repeats_and_shares_above_one_are_listed(spark: SparkSession, tmp_path: Path) -> None:
    given = workbooks(
        tmp_path,
        dm_lines=[
            dm("A81001", 1040),
            dm("A81002", 0, (0, 0, 0)),
            dm("A81003", 10),
            dm("A81003", 10),
            dm("A81004", 10),
            dm("A81004", 11),
        ],
        copd_lines=[
            copd("A81003", 2000, 40),
            copd("A81004", 2000, 40),
            copd(None, 6000, 120),
            ["Source: the publisher"],
            ["England", "", "TOTAL"],
        ],
    )
    lost = spark.createDataFrame([("A81002",)], "practice_code string")
    checked = practice_prevalence.read(spark, given, lost_practices=lost)
    assert rules_of(checked) == sorted(
        [
            ("SHARE_RANGE", "diabetes_prevalence", "A81001"),
            ("PARENT_REJECTED", None, "A81002"),
            ("DUPLICATE", None, "A81003"),
            ("CONFLICT", None, "A81004"),
            ("CONFLICT", None, "A81004"),
            ("NO_PRACTICE", None, None),
            ("NO_PRACTICE", None, None),
            ("PRACTICE_CODE_FORM", None, "TOTAL"),
        ],
        key=str,
    )
    assert {(r[0], r[1]) for r in checked.accepted.select("practice_code", "copd_prevalence").collect()} == {
        ("A81001", None),
        ("A81003", 0.02),
    }
    numbers = checked.numbers()
    assert numbers["read"] == 9
    assert numbers["rejected_rows"] == 7
    assert any("Source: the publisher" in row["raw_text"] for row in checked.rejected.collect())


def test_a_share_of_nobody_is_null_and_breaks_no_rule(spark: SparkSession, tmp_path: Path) -> None:
    checked = practice_prevalence.read(
        spark, workbooks(tmp_path, dm_lines=[dm("A81001", 0, (0, 0, 0))], copd_lines=[copd("A81001", 0, 0)])
    )
    row = checked.accepted.first()
    assert row is not None
    assert (row["diabetes_prevalence"], row["copd_prevalence"], row[TARGETS[0]]) == (
        0.0,
        None,
        None,
    )
    assert rules_of(checked) == []


def test_other_years_are_read_by_options(spark: SparkSession, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet(book, "DM", DM, dm("A81001", 55), codes=("DM033", "DM020"))
    sheet(book, "DEP", [*WHO, "List size", "Newly diagnosed"], practice_line("A81001", 1000, 20))
    book.save(tmp_path / "a.xlsx")
    given = Source(path=str(tmp_path / "a.xlsx"))
    with pytest.raises(InputError, match=r"a\.xlsx, sheet DM: no indicator DM019"):
        practice_prevalence.read(spark, given)
    given = given.model_copy(update={"options": {"blood_pressure": "DM033"}})
    with pytest.raises(InputError, match="sheet DEP: no column `register`"):
        practice_prevalence.read(spark, given)
    given = given.model_copy(update={"options": {"blood_pressure": "DM033", "without_register": "DEP"}})
    row = practice_prevalence.read(spark, given).accepted.first()
    assert row is not None
    assert (row[TARGETS[0]], row["depression_prevalence"]) == (0.6, None)


def test_a_workbook_that_is_none_empty_truncated_absent_or_given_twice_is_an_error(
    spark: SparkSession, tmp_path: Path
) -> None:
    whole = workbooks(tmp_path, dm_lines=[dm("A81001", 5)], copd_lines=[copd("A81001", 9, 1)]).paths[0]
    cases = {"half.xlsx": whole.read_bytes()[:-900], "empty.xlsx": b"", "text.xlsx": b"Practice code,Register\n"}
    for name, content in cases.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=name):
            practice_prevalence.read(spark, Source(path=str(tmp_path / name)))
    with pytest.raises(InputError, match=r"gone\.xlsx: the file is absent"):
        practice_prevalence.read(spark, Source(path=str(tmp_path / "gone.xlsx")))
    with pytest.raises(InputError, match="also stands in"):
        practice_prevalence.read(spark, Source(path=(str(whole), str(whole))))
    other = openpyxl.Workbook()
    other.save(tmp_path / "other.xlsx")
    with pytest.raises(InputError, match="no sheet is of a register"):
        practice_prevalence.read(spark, Source(path=str(tmp_path / "other.xlsx")))


def test_the_real_tidied_file_loses_one_cell_and_no_row(spark: SparkSession, data: Path) -> None:
    checked = practice_prevalence.read(spark, Source(path=str(data / "reference/qof.parquet"), columns=TIDIED))
    assert rules_of(checked) == [("SHARE_RANGE", "learning_disability_prevalence", "Y05750")]
    assert checked.numbers()["read"] == 6_470
    assert checked.numbers()["rejected_rows"] == 0
    cells = [value for row in checked.accepted.collect() for value in row]
    assert len(cells) == 6_470 * len(PracticePrevalence.columns())
    assert sum(value is None for value in cells) == 8 + 1
