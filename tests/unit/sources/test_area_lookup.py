"""Lookups: levels told by the header, two vintages of one level, practices and their networks."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from pyspark.sql import SparkSession

from icspark.config import Source
from icspark.errors import InputError
from icspark.sources import area_lookup

BEST_FIT = (
    "LSOA11CD,LSOA11NM,LSOA21CD,LSOA21NM,CHGIND,LAD22CD,LAD22NM\n"
    "E01000001,A 1,E01000001,A 1,U,E06000001,Aton\n"
    "E01000002,A 2,E01000012,A 12,S,E06000001,Aton\n"
    "E01000002,A 2,E01000013,A 13,S,E06000001,Aton\n"
    "E01000003,A 3,E01000014,A 14,M,E06000001,Aton\n"
    "E01000004,A 4,E01000014,A 14,M,E06000001,Aton\n"
)
MEMBERS = [
    ("P1", "Practice 1", "01A", "x", "U1", "Network 1", "01A", "x", "20200101", "", "Yes"),
    ("P2", "Practice 2", "01A", "x", "U1", "Network 1", "01A", "x", "20200101", "20210331", "Yes"),
    ("P2", "Practice 2", "01A", "x", "U2", "Network 2", "01A", "x", "20210401", "", "Yes"),
]


def test_two_vintages_of_one_level_and_a_level_above(spark: SparkSession, file_of, halves) -> None:
    lookups = area_lookup.read(spark, Source(path=file_of("bestfit.csv", BEST_FIT)))
    rows, rejected = halves(lookups.checked)
    between = [(r["from_code"], r["to_code"], r["change_code"]) for r in rows if r["to_level"] == "lsoa_2021"]
    above = [
        (r["from_level"], r["from_code"], r["to_code"], r["to_name"], r["change_code"])
        for r in rows
        if r["to_level"] == "ltla_2022"
    ]
    assert between == [
        ("E01000001", "E01000001", "U"), ("E01000002", "E01000012", "S"), ("E01000002", "E01000013", "S"),
        ("E01000003", "E01000014", "M"), ("E01000004", "E01000014", "M"),
    ]  # fmt: skip
    assert above == [
        ("lsoa_2021", code, "E06000001", "Aton", None) for code in ("E01000001", "E01000012", "E01000013", "E01000014")
    ]
    assert not rejected
    assert not lookups.notes


def test_several_files_of_other_spellings_make_one_source(spark: SparkSession, file_of, halves) -> None:
    first = file_of(
        "icb.csv", "lsoa11_name,lsoa11_code,icb22_name,icb22_code,icb22_code_h\nA 1,E01000001,Icb,E54000001,QAB\n"
    )
    second = file_of("wards.csv.gz", "LSOA21CD,WD22CD,WD22NM,PLACE\nE01000001,E05000001,Ward,Town\n")
    rows, _ = halves(area_lookup.read(spark, Source(path=(first, second), options={"PLACE": "place_2024"})).checked)
    assert {(r["from_level"], r["to_level"], r["to_code"], r["to_name"]) for r in rows} == {
        ("lsoa_2011", "icb_2022", "E54000001", "Icb"),
        ("lsoa_2011", "icb_2022_nhs", "QAB", "Icb"),
        ("lsoa_2021", "ward_2022", "E05000001", "Ward"),
        ("lsoa_2021", "place_2024", "Town", None),
    }


def test_bad_codes_and_bad_changes_are_rejected(spark: SparkSession, file_of, halves) -> None:
    text = "LSOA11CD,LSOA21CD,CHGIND\nE01000001,E01000001,U\nE01000002,,S\nX1,E01000003,U\nE01000004,E01000004,Q\n"
    rows, rejected = halves(area_lookup.read(spark, Source(path=file_of("l.csv", text))).checked)
    assert [row["from_code"] for row in rows] == ["E01000001"]
    assert rejected == {"KEY": 1, "AREA_CODE_FORM": 1, "CHANGE_CODE": 1}


def test_a_header_without_two_levels(spark: SparkSession, file_of) -> None:
    with pytest.raises(InputError, match="fewer than two levels"):
        area_lookup.read(spark, Source(path=file_of("l.csv", "LSOA11CD,NAME\nE01000001,A\n")))


def _text(header: bool) -> str:
    lines = [area_lookup.EPCN, *MEMBERS] if header else MEMBERS
    return "".join(",".join(f'"{cell}"' for cell in line) + "\n" for line in lines)


@pytest.mark.parametrize("layout", ["with a header", "without a header", "a workbook"])
def test_practices_and_their_networks(spark: SparkSession, file_of, halves, tmp_path: Path, layout: str) -> None:
    path = file_of("epcncorepartnerdetails.csv", _text(layout == "with a header"))
    if layout == "a workbook":
        book = openpyxl.Workbook()
        sheet = book.create_sheet("PCN Core Partner Details")
        for line in (area_lookup.EPCN, *MEMBERS):
            sheet.append(line)
        path = str(tmp_path / "ePCN.xlsx")
        book.save(path)
    lookups = area_lookup.read(spark, Source(path=path))
    rows, rejected = halves(lookups.checked)
    assert [(r["from_code"], r["to_level"], r["to_code"], r["to_name"]) for r in rows] == [
        ("P1", "pcn", "U1", "Network 1"),
        ("P2", "pcn", "U2", "Network 2"),
    ]
    assert lookups.notes == {"memberships_ended": 1}
    assert not rejected


def test_memberships_as_of_a_date(spark: SparkSession, file_of) -> None:
    source = Source(path=file_of("epcn.csv", _text(True)), as_of=date(2021, 1, 1))
    rows = area_lookup.read(spark, source).checked.accepted.collect()
    assert {(row["from_code"], row["to_code"]) for row in rows} == {("P1", "U1"), ("P2", "U1"), ("P2", "U2")}


def test_the_real_best_fit_has_its_known_changes(spark: SparkSession, data: Path) -> None:
    accepted = area_lookup.read(
        spark, Source(path=str(data / "lookups/lookup_lsoa11_lsoa21_ltla22.csv.gz"))
    ).checked.accepted
    counted = Counter({r["change_code"]: r["count"] for r in accepted.groupBy("change_code").count().collect()})
    assert counted == {"U": 33647, "S": 1900, "M": 239, "X": 9, None: 35672}
