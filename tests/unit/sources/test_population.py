"""Population: long, wide and the publisher's workbook, and what would be counted twice."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from icspark.config import Source
from icspark.errors import InputError, VintageError
from icspark.sources import population

LONG = {"lsoa_2011_code": "area", "age_years": "age", "sex_code": "sex", "residents_count": "n"}
WIDE = {"lsoa_2011_code": "code", "residents_count": "age_{age}"}
AGES = [*range(90), "90+"]


def found(rows: list[dict[str, object]]) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in rows]


def test_a_long_file(spark: SparkSession, file_of, halves) -> None:
    path = file_of("p.csv", "age,n,sex,area\n0,2,f,E01000001\n90+,9,Males,E01000001\n5, 3 ,2,W01000002\n")
    rows, rejected = halves(population.read(spark, Source(path=path, columns=LONG)))
    assert found(rows) == [("E01000001", 0, "2", 2), ("E01000001", 90, "1", 9), ("W01000002", 5, "2", 3)]
    assert not rejected


def test_rows_that_are_none(spark: SparkSession, file_of, halves) -> None:
    bad = [
        "E01000001,91,f,1",
        "E01000001,1,x,1",
        "E01000001,2,f,-1",
        "S01000001,3,f,1",
        "E01000001,4,f,many",
        "E01000001,,f,1",
        "E01000001,6,,1",
    ]
    path = file_of("p.csv", "area,age,sex,n\nE01000001,0,m,2\n" + "\n".join(bad) + "\n")
    rows, rejected = halves(population.read(spark, Source(path=path, columns=LONG)))
    assert found(rows) == [("E01000001", 0, "1", 2)]
    assert rejected == {
        "AGE_RANGE": 1,
        "SEX_UNKNOWN": 1,
        "RESIDENTS_NEGATIVE": 1,
        "AREA_CODE_FORM": 1,
        "TYPE": 1,
        "KEY": 2,
    }


def test_what_was_rejected_keeps_its_cells(spark: SparkSession, file_of) -> None:
    path = file_of("p.csv", "area,age,sex,n\nE01000001,0,m,2\nE01000001,4,f,many\n")
    row = population.read(spark, Source(path=path, columns=LONG)).rejected.first()
    assert row is not None
    assert (row["file"], row["row_key"], row["raw_text"], row["column_name"]) == (
        "p.csv",
        "E01000001|4|f",
        "E01000001,4,f,many",
        "residents_count",
    )


def test_persons_beside_males_and_females_are_totals(spark: SparkSession, file_of, halves) -> None:
    both = "area,age,sex,n\nE01000001,0,m,2\nE01000001,0,f,3\nE01000001,0,persons,5\n"
    rows, rejected = halves(population.read(spark, Source(path=file_of("p.csv", both), columns=LONG)))
    assert sum(int(str(row["residents_count"])) for row in rows) == 5
    assert rejected == {"PERSONS_TWICE": 1}
    alone = "area,age,sex,n\nE01000001,0,persons,5\n"
    rows, rejected = halves(population.read(spark, Source(path=file_of("q.csv", alone), columns=LONG)))
    assert found(rows) == [("E01000001", 0, "9", 5)]


def wide(lines: dict[str, int], *, total: int = 91) -> str:
    head = "code,name,total_population," + ",".join(f"age_{age}" for age in AGES)
    return (
        head
        + "\n"
        + "".join(f"{code},x,{total}," + ",".join(["1"] * 90 + [str(last)]) + "\n" for code, last in lines.items())
    )


def test_a_wide_file_of_persons(spark: SparkSession, file_of, halves) -> None:
    rows, rejected = halves(population.read(spark, Source(path=file_of("w.csv", wide({"E01000001": 1})), columns=WIDE)))
    assert [tuple(row.values())[1:] for row in (rows[0], rows[-1])] == [(0, "9", 1), (90, "9", 1)]
    assert len(rows) == 91
    assert not rejected


def test_ages_that_do_not_add_up_reject_their_area(spark: SparkSession, file_of, halves) -> None:
    source = Source(path=file_of("w.csv", wide({"E01000001": 1, "E01000002": 7})), columns=WIDE, options={"sex": "f"})
    rows, rejected = halves(population.read(spark, source))
    assert {(row["lsoa_2011_code"], row["sex_code"]) for row in rows} == {("E01000001", "2")}
    assert rejected == {"ALL_AGES_DIFFER": 91}


def test_an_age_without_a_column(spark: SparkSession, file_of) -> None:
    with pytest.raises(InputError, match="none for 3"):
        population.read(
            spark, Source(path=file_of("w.csv", wide({"E01000001": 1}).replace("age_3,", "age_x,")), columns=WIDE)
        )


def workbook(path: Path, sheets: dict[str, list[list[object]]]) -> str:
    book = openpyxl.Workbook()
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return str(path)


def sape(count: int, *, code: str = "LSOA Code") -> list[list[object]]:
    head: list[object] = [
        code,
        "LSOA Name",
        "LA Code (2019 boundaries)",
        "LA name (2019 boundaries)",
        "All Ages",
        *AGES,
    ]
    preamble: list[list[object]] = [["Contents"], ["Mid-2019 Population Estimates"], [], []]
    return [*preamble, head, ["E01000001", "A", "E06000001", "B", 91 * count, *[count] * 91], [None] * 96]


def test_the_publishers_workbook(spark: SparkSession, halves, tmp_path: Path) -> None:
    sheets = {"Notes": [["n"]], "Mid-2019 Persons": sape(5), "Mid-2019 Males": sape(2), "Mid-2019 Females": sape(3)}
    rows, rejected = halves(population.read(spark, Source(path=workbook(tmp_path / "sape.xlsx", sheets))))
    assert len(rows) == 182
    assert {(row["sex_code"], row["residents_count"]) for row in rows} == {("1", 2), ("2", 3)}
    assert {row["age_years"] for row in rows} == set(range(91))
    assert not rejected


def test_a_workbook_of_persons_and_one_of_2021_areas(spark: SparkSession, halves, tmp_path: Path) -> None:
    persons = workbook(tmp_path / "p.xlsx", {"Mid-2020 Persons": sape(5)})
    rows, _ = halves(population.read(spark, Source(path=persons)))
    assert {row["sex_code"] for row in rows} == {"9"}
    newer = workbook(tmp_path / "n.xlsx", {"Mid-2022 LSOA 2021": sape(5)})
    with pytest.raises(VintageError, match="lsoa_2011"):
        population.read(spark, Source(path=newer))
    with pytest.raises(VintageError):
        population.read(spark, Source(path=persons, vintage="lsoa_2021"))
    broken = tmp_path / "b.xlsx"
    broken.write_bytes((tmp_path / "p.xlsx").read_bytes()[:2000])
    with pytest.raises(InputError, match="cannot be read"):
        population.read(spark, Source(path=str(broken)))


def test_real_residents_of_a_few_areas(spark: SparkSession, data: Path, tmp_path: Path, halves) -> None:
    real = pd.read_parquet(data / "reference/population_mid2019_lsoa11_age_sex.parquet")
    few = real[real["lsoa_code"].isin(["E01000001", "E01033768", "W01000001"])]
    few.to_parquet(tmp_path / "few.parquet")
    columns = {"lsoa_2011_code": "lsoa_code", "age_years": "age", "sex_code": "gender", "residents_count": "n"}
    rows, rejected = halves(population.read(spark, Source(path=str(tmp_path / "few.parquet"), columns=columns)))
    assert (len(rows), sum(int(str(row["residents_count"])) for row in rows)) == (len(few), int(few["n"].sum()))
    assert not rejected
    assert int(real["n"].sum()) == 59_439_840


@pytest.mark.slow
def test_all_real_residents(spark: SparkSession, data: Path) -> None:
    columns = {"lsoa_2011_code": "lsoa_code", "age_years": "age", "sex_code": "gender", "residents_count": "n"}
    source = Source(path=str(data / "reference/population_mid2019_lsoa11_age_sex.parquet"), columns=columns)
    total = population.read(spark, source).accepted.agg(F.sum("residents_count"), F.count("*")).first()
    assert tuple(total or ()) == (59_439_840, 6_325_046)
    wide_source = Source(
        path=str(data / "reference/population_mid2020_lsoa11_single_year_age.parquet"),
        columns={"lsoa_2011_code": "lsoa11_code", "residents_count": "age_{age}"},
    )
    total = population.read(spark, wide_source).accepted.agg(F.sum("residents_count"), F.count("*")).first()
    assert tuple(total or ()) == (59_719_724, 34_753 * 91)
