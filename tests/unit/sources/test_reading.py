"""Files are read whole, or not at all."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet
from pyspark.sql import DataFrame, SparkSession

from icspark.config import Source
from icspark.errors import ConfigurationError, InputError
from icspark.sources.reading import chosen_columns, read_any, read_delimited, read_parquet, typed
from icspark.tables.reference import Practice, PracticeStaff, Registration

LINES = "PRACTICE,LSOA,PATIENTS\nA1,E1,5\nA2,E2,7"
WANTED = ("PRACTICE", "LSOA")


def cells(rows: DataFrame, *names: str) -> set[tuple[str | None, ...]]:
    return {tuple(row) for row in rows.select(*names).collect()}


def given(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def delimited(spark: SparkSession, *paths: Path, **options: object) -> DataFrame:
    return read_delimited(spark, Source(path=tuple(map(str, paths))), **({"required": WANTED} | options))  # type: ignore[arg-type]


def test_a_last_line_without_a_line_break_is_a_row(spark: SparkSession, tmp_path: Path) -> None:
    rows = delimited(spark, given(tmp_path, "a.csv", LINES))
    assert cells(rows, "PRACTICE", "PATIENTS", "_raw", "_file", "_problem") == {
        ("A1", "5", "A1,E1,5", "a.csv", None),
        ("A2", "7", "A2,E2,7", "a.csv", None),
    }


def test_columns_follow_their_header_in_every_file(spark: SparkSession, tmp_path: Path) -> None:
    first = given(tmp_path, "a.csv", LINES)
    second = given(tmp_path, "b.csv", "Title\n\nPATIENTS,NOTE,LSOA,PRACTICE\r\n9,x,E3,A3\r\n")
    rows = delimited(spark, first, second)
    assert cells(rows, "PRACTICE", "LSOA", "PATIENTS", "NOTE") == {
        ("A1", "E1", "5", None),
        ("A2", "E2", "7", None),
        ("A3", "E3", "9", "x"),
    }


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
def test_a_byte_order_mark_is_no_part_of_the_first_name(spark: SparkSession, tmp_path: Path, name: str) -> None:
    content = b"\xef\xbb\xbf" + LINES.encode()
    rows = delimited(spark, given(tmp_path, name, gzip.compress(content) if name.endswith("gz") else content))
    assert cells(rows, "PRACTICE") == {("A1",), ("A2",)}


def test_a_byte_order_mark_is_no_part_of_the_first_cell_without_a_header(spark: SparkSession, tmp_path: Path) -> None:
    rows = delimited(spark, given(tmp_path, "a.csv", b"\xef\xbb\xbfA1,x\nA2,y\n"), header=("code", "name"))
    assert cells(rows, "code", "name") == {("A1", "x"), ("A2", "y")}


def test_windows_1252_is_told_from_utf_8(spark: SparkSession, tmp_path: Path) -> None:
    text = "PRACTICE,LSOA\nCafé – “x”,€\n"
    windows = delimited(spark, given(tmp_path, "w.csv.gz", gzip.compress(text.encode("cp1252"))))
    utf8 = delimited(spark, given(tmp_path, "u.csv", text))
    assert cells(windows, *WANTED) == cells(utf8, *WANTED) == {("Café – “x”", "€")}


def test_an_encoding_that_was_asked_for_and_is_not_there_is_an_error(spark: SparkSession, tmp_path: Path) -> None:
    path = given(tmp_path, "a.csv", "PRACTICE,LSOA\nCafé,x\n".encode("cp1252"))
    with pytest.raises(InputError, match="encoding"):
        read_delimited(spark, Source(path=str(path), encoding="utf-8"), required=WANTED)


def test_lines_with_too_many_or_too_few_fields_are_kept_and_marked(spark: SparkSession, tmp_path: Path) -> None:
    lines = 'PRACTICE,LSOA,PATIENTS\nA1,E1,5\nA2,E2\nA3,E3,7,more\nTotal\n\n   \n"A4, B",E4,"1 ""x"""\n'
    rows = delimited(spark, given(tmp_path, "a.csv", lines))
    assert cells(rows, "_raw", "_problem") == {
        ("A1,E1,5", None),
        ("A2,E2", "FIELDS"),
        ("A3,E3,7,more", "FIELDS"),
        ("Total", "FIELDS"),
        ('"A4, B",E4,"1 ""x"""', None),
    }
    assert ("A4, B", '1 "x"') in cells(rows, "PRACTICE", "PATIENTS")


def test_a_header_that_stands_again_among_the_rows_is_a_row(spark: SparkSession, tmp_path: Path) -> None:
    rows = delimited(spark, given(tmp_path, "a.csv", LINES + "\n" + LINES))
    assert sorted(row["PRACTICE"] for row in rows.collect()) == ["A1", "A1", "A2", "A2", "PRACTICE"]


def test_a_preamble_is_skipped_in_a_file_that_is_read_in_many_parts(spark: SparkSession, tmp_path: Path) -> None:
    body = "".join(f"A{i},E{i},{i}\n" for i in range(60_000))
    path = given(tmp_path, "a.csv", "A title\n\nPRACTICE,LSOA,PATIENTS\n" + body)
    size = spark.conf.get("spark.sql.files.maxPartitionBytes")
    spark.conf.set("spark.sql.files.maxPartitionBytes", "100k")
    try:
        rows = delimited(spark, path)
        codes = [row["PRACTICE"] for row in rows.select("PRACTICE").collect()]
    finally:
        spark.conf.set("spark.sql.files.maxPartitionBytes", str(size))
    assert len(codes) == 60_000
    assert set(codes) == {f"A{i}" for i in range(60_000)}


@pytest.mark.parametrize("cut", [0.5, 0.99])
def test_a_truncated_gz_file_is_an_error_that_names_it(spark: SparkSession, tmp_path: Path, cut: float) -> None:
    whole = gzip.compress(LINES.encode() + b"\n".join(b"A%d,E1,%d" % (i, i * 7919 % 1009) for i in range(2_000)))
    path = given(tmp_path, "a.csv.gz", whole[: int(len(whole) * cut)])
    with pytest.raises(InputError, match=r"a\.csv\.gz: the file is truncated"):
        delimited(spark, path)


def parquet_file(folder: Path) -> Path:
    path = folder / "a.parquet"
    table = pa.table({"code": ["A1", "A2"], "n": pa.array([5, None], pa.int64()), "x": [0.1, float("nan")]})
    parquet.write_table(table, path)
    return path


def test_parquet_is_read_as_text_with_its_rows_as_json(spark: SparkSession, tmp_path: Path) -> None:
    rows = read_parquet(spark, Source(path=str(parquet_file(tmp_path))), required=("code", "n"))
    assert cells(rows, "code", "n", "x") == {("A1", "5", "0.1"), ("A2", None, None)}
    assert ('{"code":"A1","n":5,"x":0.1}', "a.parquet") in cells(rows, "_raw", "_file")


def test_a_truncated_parquet_file_is_an_error_that_names_it(spark: SparkSession, tmp_path: Path) -> None:
    path = parquet_file(tmp_path)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(InputError, match=r"a\.parquet: the file is truncated"):
        read_any(spark, Source(path=str(path)))


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.parquet"])
def test_an_absent_file_is_an_error_that_names_it(spark: SparkSession, tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=f"{name}: the file is absent"):
        read_any(spark, Source(path=str(tmp_path / name)), required=WANTED)


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.csv", b""), ("b.csv", b"\xef\xbb\xbf\n \n"), ("a.csv.gz", gzip.compress(b"", mtime=0)), ("a.parquet", b"")],
)
def test_an_empty_file_is_an_error_that_names_it(
    spark: SparkSession, tmp_path: Path, name: str, content: bytes
) -> None:
    with pytest.raises(InputError, match=f"{name}: the file is empty"):
        read_any(spark, Source(path=str(given(tmp_path, name, content))), required=WANTED)


def test_a_file_with_a_header_and_no_rows_is_an_error(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no rows"):
        delimited(spark, given(tmp_path, "a.csv", "PRACTICE,LSOA,PATIENTS\n\n"))


def test_a_missing_column_is_an_error_that_names_it_and_no_value(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="lacks LSOA") as caught:
        delimited(spark, given(tmp_path, "a.csv", "PRACTICE,WARD\nSECRET,x\n"))
    assert "SECRET" not in str(caught.value)
    with pytest.raises(InputError, match="lacks ward"):
        read_parquet(spark, Source(path=str(parquet_file(tmp_path))), required=("code", "ward"))


def test_a_header_can_be_found_by_how_it_starts(spark: SparkSession, tmp_path: Path) -> None:
    path = given(tmp_path, "a.csv", 'notes on LSOA,PRACTICE\n"area",PRACTICE,LSOA\nx,A1,E1\n')
    assert cells(delimited(spark, path, starts_with="area", required=("PRACTICE",)), "PRACTICE") == {("A1",)}


def test_markers_are_missing_and_bad_values_keep_their_text(spark: SparkSession, tmp_path: Path) -> None:
    values = ["5", " 6 ", "*", "..", "", "1,200", "1.2E3", "7.0", "7.5", "x", "9" * 30]
    body = "".join(f'A{i},"{value}"\n' for i, value in enumerate(values))
    raw = delimited(spark, given(tmp_path, "a.csv", "code,n\n" + body), required=("code",))
    rows = typed(raw, Registration, {Registration.practice_code: "code", Registration.patients_count: "n"})
    found = [(r["_text_patients_count"], r["patients_count"]) for r in rows.orderBy("_file", "_raw").collect()]
    read = [("5", 5), ("6", 6), ("1,200", 1200), ("1.2E3", 1200), ("7.0", 7)]
    missing: list[tuple[str | None, int | None]] = [(None, None)] * 3
    bad: list[tuple[str, int | None]] = [("7.5", None), ("x", None), ("9" * 30, None)]
    assert sorted(found, key=str) == sorted([*read, *missing, *bad], key=str)


def test_numbers_that_are_none_and_dates_that_are_none_are_null(spark: SparkSession, tmp_path: Path) -> None:
    body = "20200131,0.5\n2020-01-31 00:00:00,NaN\n20200231,Infinity\n31/01/2020,-1e-3\n"
    raw = delimited(spark, given(tmp_path, "a.csv", "when,x\n" + body), required=("when",))
    dates = typed(raw, Practice, {Practice.open_date: "when"})
    numbers = typed(raw, PracticeStaff, {PracticeStaff.staff_mean_count: "x"})
    assert (
        sorted(str(row[0]) for row in dates.select(Practice.open_date).collect()) == ["2020-01-31"] * 2 + ["None"] * 2
    )
    assert cells(numbers, PracticeStaff.staff_mean_count) == {(0.5,), (None,), (-0.001,)}


def test_a_configured_name_that_is_no_column_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match="Did you mean patients_count"):
        chosen_columns(Source(path="x", columns={"patient_count": "n"}), Registration, {})
