"""Accepted and rejected halves through the door: counted, conserved, stopped by the ceiling."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from icspark.config import Environment, JobConfig, Storage
from icspark.plan import JobModule
from icspark.quality.checks import Rule, check
from icspark.record import last_rows, read_record
from icspark.runner import Runner, Step, Wanted
from icspark.storage import Tables
from icspark.tables.table import Table, column


class Weighed(Table):
    """One row per fruit."""

    fruit = column(T.StringType(), "name", key=True)
    grams = column(T.LongType(), "weight")


HEAVY = Rule("HEAVY", "A fruit is lighter than a kilogram.", lambda: F.col("grams") >= 1000)
ROWS = [("apple", 100), ("pear", 5000), ("plum", 20), ("plum", 30), ("fig", 10), ("fig", 10), (None, 1)]


def run(spark: SparkSession, folder: Path, rows: list[tuple[Any, ...]], ceiling: float) -> tuple[Step, Tables]:
    environment = Environment(name="halves", storage=Storage(tables=str(folder / "tables"), pages=str(folder)))
    environment.sections["weigh"] = JobConfig()
    tables = Tables(spark, environment.storage)

    def weigh(job: Any) -> None:
        raw = spark.createDataFrame(rows, "fruit string, grams long")
        job.write(Weighed, check(raw, Weighed, [HEAVY], ceiling=ceiling, notes={"grams": lambda: F.col("grams")}))

    module = JobModule("weigh", "", (), (), (Weighed,), (), (), JobConfig, weigh)
    return Runner(environment, tables, {"weigh": module}).run(Wanted(("weigh",), frozenset({"weigh"})))[0], tables


def test_both_halves_are_written_counted_by_rule_and_add_up(spark: SparkSession, tmp_path: Path) -> None:
    step, tables = run(spark, tmp_path, ROWS, ceiling=1.0)
    assert step.outcome == "done", step.why
    assert sorted(tuple(row) for row in tables.read(Weighed).collect()) == [("apple", 100), ("fig", 10)]
    record = last_rows(read_record(tables))["weighed"]
    assert (record["read_count"], record["rows_count"], record["rejected_count"]) == (7, 2, 5)
    assert record["rejected_by_rule"] == {"HEAVY": 1, "CONFLICT": 2, "DUPLICATE": 1, "KEY": 1}
    assert record["notes"] == {"weighed.grams": 110.0}
    assert tables.read(Weighed.rejected()).count() == 5


class Delivered(Table):
    """One row per delivery and fruit."""

    delivery = column(T.StringType(), "delivery", key=True, partition=True)
    fruit = column(T.StringType(), "name", key=True)
    grams = column(T.LongType(), "weight")


def test_both_halves_of_a_delivery_replace_themselves_and_nothing_of_another(
    spark: SparkSession, tmp_path: Path
) -> None:
    environment = Environment(name="halves", storage=Storage(tables=str(tmp_path / "tables"), pages=str(tmp_path)))
    environment.sections["weigh"] = JobConfig()
    tables = Tables(spark, environment.storage)

    def deliver(name: str, *rows: tuple[Any, ...]) -> None:
        raw = spark.createDataFrame([(name, *row) for row in rows], "delivery string, fruit string, grams long")
        checked = check(raw, Delivered, [HEAVY], ceiling=1.0)
        module = JobModule(
            "weigh", "", (), (), (Delivered,), (), (), JobConfig,
            lambda job: job.write(Delivered, checked, replacing={"delivery": name}),
        )  # fmt: skip
        assert Runner(environment, tables, {"weigh": module}).run(Wanted(("weigh",), frozenset({"weigh"})))

    deliver("first", ("apple", 100), ("pear", 5000))
    deliver("second", ("plum", 20), ("fig", 6000))
    deliver("first", ("apple", 200), ("pear", 300))
    accepted = sorted(tuple(row) for row in tables.read(Delivered).collect())
    assert accepted == [("first", "apple", 200), ("first", "pear", 300), ("second", "plum", 20)]
    rejected = tables.read(Delivered.rejected()).select("delivery", "row_key").collect()
    assert [tuple(row) for row in rejected] == [("second", "second|fig")]


@pytest.mark.parametrize(("rows", "said"), [(ROWS, "5 of 7 rows are rejected"), (ROWS[:0], "the source holds no rows")])
def test_too_many_rejected_or_nothing_at_all_stops_the_job_and_keeps_the_version_before(
    spark: SparkSession, tmp_path: Path, rows: list[tuple[Any, ...]], said: str
) -> None:
    run(spark, tmp_path, [("kept", 1)], ceiling=0.5)
    step, tables = run(spark, tmp_path, rows, ceiling=0.5)
    assert step.outcome == "failed"
    assert said in step.why
    assert [tuple(row) for row in tables.read(Weighed).collect()] == [("kept", 1)]
    assert tables.read(Weighed.rejected()).count() == len(rows) - 2 * bool(rows)
