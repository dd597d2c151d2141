"""One file of released rows: its bytes, its safety in a spreadsheet, its map, and what stands beside it."""

from __future__ import annotations

import csv
import gzip
import json
import struct
from datetime import date
from pathlib import Path
from typing import Any

import geopandas
import pandas as pd
import pytest
import shapely
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from icspark.disclosure import formats
from icspark.disclosure.config import DisclosureConfig, Recipient
from icspark.disclosure.export import Exported, Terms, export, preview
from icspark.disclosure.formats import harmless
from icspark.disclosure.gate import permission, release
from icspark.errors import ConfigurationError, ConflictError, DisclosureError, SetupError, TableError
from icspark.tables.reference import Boundary
from icspark.tables.table import Rate, Release, Table, column

STRING, LONG, DOUBLE = T.StringType(), T.LongType(), T.DoubleType()
CONFIG = DisclosureConfig()
TERMS = Terms(CONFIG, run={"version": "0.1", "run_id": "r1"})


class Cases(Table, release=Release.AGGREGATE):
    """One row per LSOA.

    Source: the tests of
    this suite. Licence: OGL v3. Null where nothing is known.
    """

    lsoa_2011_code = column(STRING, "LSOA", key=True, vintage="lsoa_2011")
    note = column(STRING, "a remark")
    cases_count = column(LONG, "cases", is_count=True)
    people_count = column(LONG, "people", is_count=True)
    cases_share = column(DOUBLE, "cases / people", rate=Rate("cases_count", "people_count"))


class Reading(Table):
    """One row per reading. Source: the tests. Licence: none."""

    reading = column(STRING, "name", key=True)
    change = column(DOUBLE, "change")
    taken_date = column(T.DateType(), "date")
    is_good = column(T.BooleanType(), "good")


class Note(Table, release=Release.PERSON):
    """One row per note."""

    person_id = column(STRING, "person", key=True)


def frame(spark: SparkSession, table: type[Table], rows: list[tuple[Any, ...]]) -> DataFrame:
    return spark.createDataFrame(rows, T.StructType([T.StructField(f.name, f.dataType) for f in table.schema()]))


CASES = [
    ("E3", "plain", 3, 100, 0.03),
    ("E1", "=1+2", 53, 1002, 0.053),
    ("E2", None, None, 60, None),
]


@pytest.fixture
def cases(spark: SparkSession) -> DataFrame:
    return release({Cases: frame(spark, Cases, CASES)}, CONFIG)[Cases]


def square(x: float, y: float) -> bytes:
    return shapely.to_wkb(shapely.box(x, y, x + 10, y + 10))


@pytest.fixture
def boundaries(spark: SparkSession) -> DataFrame:
    rows = [
        ("lsoa_2011", "E1", "one", 27700, square(600000, 240000), 600000.0, 240000.0, 600010.0, 240010.0),
        ("lsoa_2011", "E3", "three", 27700, square(600020, 240000), 600020.0, 240000.0, 600030.0, 240010.0),
        ("lsoa_2021", "E2", "another vintage", 4326, square(1, 52), 1.0, 52.0, 11.0, 62.0),
    ]
    return frame(spark, Boundary, rows)


def test_csv_orders_by_key_and_tells_withheld_from_unknown(cases: DataFrame, tmp_path: Path) -> None:
    done = export(cases, tmp_path / "cases.csv", Cases, TERMS)
    assert (tmp_path / "cases.csv").read_text(encoding="utf-8") == (
        "lsoa_2011_code,note,cases_count,people_count,cases_share\n"
        f"E1,'=1+2,55,1000,{55 / 1000!r}\n"
        "E2,,,60,\n"
        "E3,plain,*,100,*\n"
    )
    assert done == Exported(tmp_path / "cases.csv", tmp_path / "cases.csv.about.json", 3, 2)


def test_texts_survive_a_csv_reader_and_numbers_stay_numbers(spark: SparkSession, tmp_path: Path) -> None:
    texts = ['a,"b"\nc', "", " = safe", "-1.5", "@x", "\tx", "\rx", "\x00x", "naïve – 東", "semi;colon", "\ufeff=1"]
    readings = [(f"r{i:02d}{text}", -1.5, date(2022, 3, 1), i % 2 == 0) for i, text in enumerate(texts)]
    readings += [("-2", float("nan"), None, None), ("=3", float("-inf"), None, None), ("+4", 1e-7, None, None)]
    path = export(frame(spark, Reading, readings), tmp_path / "r.csv", Reading, TERMS).path
    with path.open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    assert [row["reading"] for row in found] == ["'+4", "'-2", "'=3", *(r[0] for r in readings[: len(texts)])]
    assert [row["change"] for row in found[:4]] == ["1e-07", "nan", "-inf", "-1.5"]
    assert found[3] == {"reading": 'r00a,"b"\nc', "change": "-1.5", "taken_date": "2022-03-01", "is_good": "true"}


@pytest.mark.parametrize(
    "text", ["=1", "+1", "-1", "@a", "\ta", "\ra", "\na", "\x00a", "\x7fa", "\ufeff=1", "＝1", "-"]
)
def test_a_cell_that_a_spreadsheet_could_run_gets_an_apostrophe(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "a=1", "1-2", " x", "'=1", "é"])
def test_other_cells_stay_as_they_are(text: str) -> None:
    assert harmless(text) == text


def test_the_same_rows_give_the_same_bytes_whatever_their_order_and_partitions(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formats, "ROWS", 7)
    readings = [(f"r{i:03d}", i / 7, date(2022, 3, 1), None) for i in range(50)]
    for suffix in ("csv", "csv.gz", "parquet"):
        one = export(frame(spark, Reading, readings).coalesce(1), tmp_path / f"one.{suffix}", Reading, TERMS)
        later = Terms(CONFIG, run={"run_id": "r2"})
        two = export(frame(spark, Reading, readings[::-1]).repartition(5), tmp_path / f"two.{suffix}", Reading, later)
        assert one.path.read_bytes() == two.path.read_bytes()
        assert one.rows == 50
    lines = gzip.decompress((tmp_path / "one.csv.gz").read_bytes()).decode().splitlines()
    assert lines[1:] == [f"{name},{change!r},2022-03-01," for name, change, _, _ in readings]
    assert pd.read_parquet(tmp_path / "one.parquet")["change"].tolist() == [i / 7 for i in range(50)]


def test_parquet_keeps_types_and_names_what_is_withheld(cases: DataFrame, tmp_path: Path) -> None:
    found = pd.read_parquet(export(cases, tmp_path / "cases.parquet", Cases, TERMS).path)
    assert found["withheld_columns"].tolist() == ["", "", "cases_count,cases_share"]
    assert found["people_count"].tolist() == [1000, 60, 100]
    assert found["cases_count"].isna().tolist() == [False, True, True]


def test_geoparquet_opens_in_geopandas_with_system_shapes_and_attributes(
    cases: DataFrame, boundaries: DataFrame, tmp_path: Path
) -> None:
    done = export(cases, tmp_path / "cases.geoparquet", Cases, TERMS, boundaries=boundaries)
    found = geopandas.read_parquet(done.path)
    assert found.crs == "EPSG:27700"
    assert found["lsoa_2011_code"].tolist() == ["E1", "E2", "E3"]
    assert found.geometry[0].equals(shapely.box(600000, 240000, 600010, 240010))
    assert found.geometry[1] is None
    assert (done.rows, done.rows_without_geometry) == (3, 1)
    geo = json.loads(formats.pq.read_metadata(done.path).metadata[b"geo"])
    assert geo["version"] == "1.1.0"
    assert geo["columns"]["geometry"]["bbox"] == [600000.0, 240000.0, 600030.0, 240010.0]
    assert geo["columns"]["geometry"]["geometry_types"] == ["Polygon"]


def test_geometry_is_written_without_the_srid_that_some_engines_put_in(spark: SparkSession, tmp_path: Path) -> None:
    extended = shapely.to_wkb(shapely.set_srid(shapely.box(0, 0, 1, 1), 27700), include_srid=True)
    assert struct.unpack("<I", extended[1:5])[0] & 0x20000000
    own = frame(spark, Boundary, [("lsoa_2011", "E1", "one", 27700, extended, 0.0, 0.0, 1.0, 1.0)])
    path = export(own, tmp_path / "b.geoparquet", Boundary, TERMS).path
    written = pd.read_parquet(path)["geometry"][0]
    assert struct.unpack("<I", written[1:5])[0] == 3
    assert geopandas.read_parquet(path).geometry[0].equals(shapely.box(0, 0, 1, 1))


def test_a_map_without_shapes_is_refused(
    spark: SparkSession, cases: DataFrame, boundaries: DataFrame, tmp_path: Path
) -> None:
    target = tmp_path / "x.geoparquet"
    with pytest.raises(TableError, match="needs boundaries"):
        export(cases, target, Cases, TERMS)
    with pytest.raises(TableError, match="no boundaries of that type and vintage"):
        export(cases, target, Cases, TERMS, boundaries=boundaries.where("area_type = 'lsoa_2021'"))
    with pytest.raises(TableError, match="no row has a geometry"):
        export(cases, target, Cases, TERMS, boundaries=boundaries.replace("E1", "E8").replace("E3", "E9"))
    with pytest.raises(TableError, match="neither geometry nor an area code"):
        export(frame(spark, Reading, []), target, Reading, TERMS, boundaries=boundaries)
    with pytest.raises(TableError, match="EPSG 4326, 27700"):
        export(boundaries, target, Boundary, TERMS)
    assert list(tmp_path.iterdir()) == []


def test_the_page_beside_the_file_says_what_it_is(cases: DataFrame, tmp_path: Path) -> None:
    done = export(cases, tmp_path / "cases.csv", Cases, TERMS)
    about = json.loads(done.about.read_text(encoding="utf-8"))
    assert (about["table"], about["source"], about["licence"]) == ("cases", "the tests of this suite", "OGL v3")
    assert (about["grain"], about["rows"], about["withheld_cells"]) == ("One row per LSOA", 3, 2)
    assert about["columns"]["cases_count"] == "cases"
    assert about["run"] == {"version": "0.1", "run_id": "r1"}
    said = about["disclosure"]
    assert (said["preset"], said["withheld_from_1_to"], said["rounded_to"]) == ("nhs_england", 7, 5)


def test_a_file_is_replaced_only_on_request_and_a_failure_leaves_the_old_one(
    cases: DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "deep" / "cases.csv"
    export(cases, target, Cases, TERMS)
    before = target.read_bytes()
    with pytest.raises(ConflictError, match="overwrite"):
        export(cases, target, Cases, TERMS)

    def no_space(*_: object, **__: object) -> dict[str, int]:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("icspark.disclosure.export.write_csv", no_space)
        with pytest.raises(SetupError, match="No space left"):
            export(cases, target, Cases, TERMS, overwrite=True)
    assert target.read_bytes() == before
    assert sorted(p.name for p in target.parent.iterdir()) == ["cases.csv", "cases.csv.about.json"]
    assert export(cases.limit(1), target, Cases, TERMS, overwrite=True).rows == 1
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(ConflictError, match="folder"):
        export(cases, tmp_path / "folder.csv", Cases, TERMS, overwrite=True)


def test_an_unknown_suffix_names_the_known_ones(cases: DataFrame, tmp_path: Path) -> None:
    for name in ("cases.xlsx", "cases", ".csv"):
        with pytest.raises(ConfigurationError, match=r"\.parquet, \.geoparquet, \.csv, \.csv\.gz"):
            export(cases, tmp_path / name, Cases, TERMS)


def test_neither_file_nor_screen_takes_rows_that_were_not_released(spark: SparkSession, tmp_path: Path) -> None:
    raw, notes = frame(spark, Cases, CASES), frame(spark, Note, [("P1",)])
    for leave in (lambda f, t: export(f, tmp_path / "x.csv", t, TERMS), preview):
        with pytest.raises(DisclosureError, match="has not been through"):
            leave(raw, Cases)
        with pytest.raises(DisclosureError, match="no permission"):
            leave(notes, Note)
    assert list(tmp_path.iterdir()) == []


def test_a_permitted_table_of_persons_leaves_with_its_permission_beside_it(spark: SparkSession, tmp_path: Path) -> None:
    config = DisclosureConfig(recipients=(Recipient(table="note", purpose="audit", recipient="audit team"),))
    permitted = permission(Note, config)
    done = export(frame(spark, Note, [("P1",)]), tmp_path / "n.csv", Note, Terms(config, permitted))
    said = json.loads(done.about.read_text(encoding="utf-8"))["disclosure"]["permission"]
    assert said == {"table": "note", "purpose": "audit", "recipient": "audit team"}


def test_a_preview_shows_the_first_rows_by_key_with_stars(cases: DataFrame, boundaries: DataFrame) -> None:
    assert preview(cases, Cases, 2) == [
        {"lsoa_2011_code": "E1", "note": "=1+2", "cases_count": 55, "people_count": 1000, "cases_share": 0.055},
        {"lsoa_2011_code": "E2", "note": None, "cases_count": None, "people_count": 60, "cases_share": None},
    ]
    assert preview(cases, Cases)[2]["cases_count"] == "*"
    assert preview(boundaries, Boundary, 1)[0]["geometry_wkb"] == "(93 bytes)"
    assert preview(cases, Cases, 0) == []


def test_an_empty_table_gives_a_file_with_a_header(spark: SparkSession, tmp_path: Path) -> None:
    empty = frame(spark, Reading, [])
    assert export(empty, tmp_path / "e.csv", Reading, TERMS).rows == 0
    assert (tmp_path / "e.csv").read_text() == "reading,change,taken_date,is_good\n"
    export(empty, tmp_path / "e.parquet", Reading, TERMS)
    assert list(pd.read_parquet(tmp_path / "e.parquet").columns) == ["reading", "change", "taken_date", "is_good"]
