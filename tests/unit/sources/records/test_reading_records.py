"""Files of a feed become rows by column maps, code maps and declared zones alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from icspark.config import Source
from icspark.errors import ConfigurationError, InputError
from icspark.sources.records.feeds import FEEDS, Feed
from icspark.sources.records.reading import list_of, read_rows
from icspark.sources.records.times import instant

FEED = {feed.name: feed for feed in FEEDS}
ADMISSION, APPOINTMENT, EMERGENCY = FEED["admission"], FEED["appointment"], FEED["emergency_attendance"]


def source(path: str, *, columns: dict[str, str] | None = None, codes: Any = None, **options: str) -> Source:
    said = {"delivery": "d1", "id_system": "own", **options}
    return Source(path=path, columns=columns or {}, codes=codes or {}, options=said)


def rows(spark: SparkSession, given: Source, feed: Feed, *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in read_rows(spark, given, feed).select(*names).collect()]


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2024-01-15 10:00", "2024-01-15 10:00:00"),
        ("20240715 1000", "2024-07-15 09:00:00"),
        ("2024-07-15T10:00:00+02:00", "2024-07-15 08:00:00"),
        ("2024-07-15", "2024-07-14 23:00:00"),
        ("2024-03-31 01:30", "2024-03-31 01:30:00"),
        ("2024-10-27 01:30", "2024-10-27 00:30:00"),
        ("2024-10-27 02:00", "2024-10-27 02:00:00"),
        ("2024-02-30 10:00", None),
        (None, None),
    ],
)
def test_local_times_are_read_by_the_stated_rule(spark: SparkSession, text: str | None, utc: str | None) -> None:
    frame = spark.createDataFrame([(text,)], "text string")
    made = frame.select(instant(F.col("text"), "yyyyMMdd HHmm", "Europe/London").cast("string")).first()
    assert made is not None
    assert made[0] == utc


def test_own_columns_codes_dates_and_lists_become_ours(spark: SparkSession, file_of: Callable[[str, str], str]) -> None:
    text = "SPELL,PERSON,IN,OUT,METHOD,D1,D2\n1,p,03/02/2024,,E,I10,E119\n2,p,2024-02-04,05/02/2024,X,,\n"
    columns = {
        "spell_id": "SPELL",
        "source_id": "PERSON",
        "admission_date": "IN",
        "discharge_date": "OUT",
        "admission_method_code": "METHOD",
        "secondary_diagnosis_codes": "D1 + D2",
    }
    codes = {"admission_method_code": {"E": "21"}, "discharge_date": {"05/02/2024": ""}}
    given = source(file_of("a.csv", text), columns=columns, codes=codes, date_format="dd/MM/yyyy")
    names = (*columns, "delivery_id", "id_system", "primary_diagnosis_code", "_on")
    assert rows(spark, given, ADMISSION, *names) == [
        ("1", "p", date(2024, 2, 3), None, "21", ["I10", "E119"], "d1", "own", None, date(2024, 2, 3)),
        ("2", "p", date(2024, 2, 4), None, "?", None, "d1", "own", None, date(2024, 2, 4)),
    ]


def test_parquet_of_our_own_names_needs_no_map(spark: SparkSession, tmp_path: Any) -> None:
    written = spark.createDataFrame(
        [("own", "p", "1", date(2024, 2, 3), ["I10", "E11.9"])],
        "ID_SYSTEM string, source_id string, spell_id string, admission_date date, "
        "secondary_diagnosis_codes array<string>",
    )
    written.write.parquet(str(tmp_path / "admissions"))
    given = Source(path=str(tmp_path / "admissions"), options={"delivery": "d1"}).existing("admission")
    names = ("id_system", "admission_date", "secondary_diagnosis_codes", "discharge_date")
    assert rows(spark, given, ADMISSION, *names) == [("own", date(2024, 2, 3), ["I10", "E11.9"], None)]


def test_a_time_in_two_columns_is_one_time(spark: SparkSession, file_of: Callable[[str, str], str]) -> None:
    text = "attendance_id,source_id,DAY,CLOCK\n1,p,2007-07-01,0005\n"
    given = source(
        file_of("a.csv", text),
        columns={"arrival_datetime": "DAY + CLOCK"},
        zone="Europe/London",
        time_format="yyyy-MM-dd HHmm",
    )
    frame = read_rows(spark, given, EMERGENCY).select("_on", F.unix_seconds("arrival_datetime"), "seen_datetime")
    at = int(datetime(2007, 6, 30, 23, 5, tzinfo=UTC).timestamp())
    assert [tuple(row) for row in frame.collect()] == [(date(2007, 7, 1), at, None)]


@pytest.mark.parametrize(
    ("text", "separator", "parts"),
    [
        ("[I10, E11.9]", ",", ["I10", "E11.9"]),
        ("I10|-|E119", "|", ["I10", "E119"]),
        ("[null]", ",", None),
        (" ", ",", None),
        (None, ",", None),
    ],
)
def test_lists_keep_their_order_and_lose_what_is_empty(
    spark: SparkSession, text: str | None, separator: str, parts: list[str] | None
) -> None:
    made = spark.createDataFrame([(text,)], "text string").select(list_of(F.col("text"), separator)).first()
    assert made is not None
    assert made[0] == parts


HEADER = "appointment_id,source_id,appointment_datetime,attended_or_did_not_attend_code\n"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, "they need a zone"),
        ({"zone": "Europe/Londn"}, "Did you mean Europe/London"),
        ({"zone": "UTC", "delivery": ""}, "needs the name of its delivery"),
        ({"zone": "UTC", "delivery": "a|b"}, "needs the name of its delivery"),
        ({"zone": "UTC", "zon": "UTC"}, "no such option: zon. Did you mean zone"),
        ({"zone": "UTC", "columns": {"colour": "C"}}, "names 'colour', which is no column"),
        ({"zone": "UTC", "codes": {"site_code": {"a": "b"}}}, "site_code is not read from this file"),
        ({"zone": "UTC", "columns": {"delivery_id": "source_id"}}, "delivery_id is not read from this file"),
    ],
)
def test_a_feed_that_is_not_fully_described_is_an_error(
    spark: SparkSession, file_of: Callable[[str, str], str], more: dict[str, Any], said: str
) -> None:
    path = file_of("a.csv", HEADER + "1,p,2024-01-01 10:00,5\n")
    with pytest.raises(ConfigurationError, match=said):
        read_rows(spark, source(path, **more), APPOINTMENT)


def test_a_file_without_a_column_that_the_table_needs_is_an_error(
    spark: SparkSession, file_of: Callable[[str, str], str]
) -> None:
    path = file_of("a.csv", "appointment_id,source_id,appointment_datetime\n1,p,2024-01-01 10:00\n")
    with pytest.raises(InputError, match="attended_or_did_not_attend_code"):
        read_rows(spark, source(path, zone="UTC"), APPOINTMENT)
    with pytest.raises(InputError, match="id_system"):
        read_rows(spark, Source(path=path, options={"delivery": "d", "zone": "UTC"}), APPOINTMENT)
