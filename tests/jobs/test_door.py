"""The one door, on real Delta tables: what it lets through, what it refuses, and what it leaves behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from icspark import runner as running
from icspark.config import Environment, JobConfig, Source, Storage
from icspark.errors import ConflictError, QualityError, SetupError, TableError
from icspark.plan import JobModule
from icspark.record import read_record
from icspark.runner import Runner, Step, Wanted
from icspark.storage import Tables
from icspark.tables.run_record import RunRecord
from icspark.tables.table import Table, column


class Fruit(Table):
    """One row per fruit."""

    fruit = column(T.StringType(), "name", key=True)
    colour = column(T.StringType(), "colour; null where it has none")
    weight = column(T.DoubleType(), "grams", required=True)


class Basket(Table):
    """One row per week and fruit."""

    week = column(T.StringType(), "week", key=True, partition=True)
    fruit = column(T.StringType(), "name", key=True)
    number = column(T.LongType(), "number")


class House:
    """A place for tables, and jobs written in a line."""

    def __init__(self, spark: SparkSession, folder: Path) -> None:
        self.spark = spark
        self.environment = Environment(
            name="house",
            storage=Storage(tables=str(folder / "tables"), pages=str(folder / "pages")),
            sources={"list": Source(path=str(folder / "list.txt"))},
        )
        self.tables = Tables(spark, self.environment.storage)
        self.jobs: dict[str, JobModule] = {}

    def job(self, run: Callable[[Any], None], *, config: JobConfig | None = None, **declared: Any) -> None:
        name = declared.pop("name", "job")
        nothing: dict[str, Any] = dict.fromkeys(("reads", "reads_if_present", "writes", "files", "folders"), ())
        self.jobs[name] = JobModule(
            name=name, sentence="", config=type(config or JobConfig()), run=run, **{**nothing, **declared}
        )
        self.environment.sections[name] = config or JobConfig()

    def run(self, *names: str, force: bool = False) -> list[Step]:
        wanted = names or tuple(self.jobs)
        return Runner(self.environment, self.tables, self.jobs).run(Wanted(wanted, frozenset(wanted if force else ())))

    def fruit(self, *rows: tuple[str | None, str | None, float | None]) -> DataFrame:
        return self.spark.createDataFrame(list(rows), "fruit string, colour string, weight double")

    def read(self, table: type[Table]) -> list[tuple[Any, ...]]:
        return sorted(tuple(row) for row in self.tables.read(table).collect())


@pytest.fixture
def house(spark: SparkSession, tmp_path: Path) -> House:
    return House(spark, tmp_path)


def test_what_is_written_can_be_read_and_is_on_record(house: House) -> None:
    house.job(lambda job: job.write(Fruit, house.fruit(("pear", None, 2.0), ("apple", "red", 1.0))), writes=(Fruit,))
    (step,) = house.run()
    assert step.outcome == "done", running.traceback_of(step.error)
    assert house.read(Fruit) == [("apple", "red", 1.0), ("pear", None, 2.0)]
    (row,) = read_record(house.tables)
    assert (row["outcome"], row["rows_count"], row["version"], row["error_class"]) == ("done", 2, 1, None)
    assert row["table_schema_hash"] == Fruit.schema_hash()


def test_the_table_itself_says_what_its_columns_mean_and_which_may_not_be_null(house: House) -> None:
    house.job(lambda job: job.write(Fruit, house.fruit(("pear", None, 2.0))), writes=(Fruit,))
    house.run()
    stored = house.spark.read.format("delta").load(f"{house.environment.storage.tables}/fruit").schema
    assert [(f.name, f.nullable, f.metadata["comment"]) for f in stored.fields] == [
        ("fruit", False, "name"),
        ("colour", True, "colour; null where it has none"),
        ("weight", False, "grams"),
    ]


def test_all_differences_of_a_schema_come_in_one_message(house: House) -> None:
    bad = house.spark.createDataFrame([("a", 1, 2)], "fruit string, weight int, size int")
    house.job(lambda job: job.write(Fruit, bad), writes=(Fruit,))
    (step,) = house.run()
    assert isinstance(step.error, TableError)
    assert "missing: colour; unexpected: size; wrong type: weight is int, expected double" in step.why


def test_nulls_and_repeated_keys_are_counted_in_one_message_and_no_value_is_told(house: House) -> None:
    house.job(
        lambda job: job.write(Fruit, house.fruit(("secret", None, None), ("secret", None, 1.0), ("b", None, 2.0))),
        writes=(Fruit,),
    )
    (step,) = house.run()
    assert isinstance(step.error, QualityError)
    assert "1 null(s) in weight; 2 rows share a key (fruit)" in step.why
    assert "secret" not in str(read_record(house.tables))


def test_a_failed_run_leaves_the_version_before_and_says_why_on_record(house: House) -> None:
    house.job(lambda job: job.write(Fruit, house.fruit(("apple", "red", 1.0))), writes=(Fruit,))
    house.run()
    house.job(lambda job: job.write(Fruit, house.fruit(("a", None, 1.0), ("a", None, 1.0))), writes=(Fruit,))
    (step,) = house.run(force=True)
    assert step.outcome == "failed"
    assert house.read(Fruit) == [("apple", "red", 1.0)]
    assert [(r["outcome"], r["error_class"]) for r in read_record(house.tables)] == [
        ("failed", "QualityError"),
        ("done", None),
    ]


def test_a_place_that_cannot_be_written_is_named_for_the_table_and_for_the_record(
    spark: SparkSession, tmp_path: Path
) -> None:
    (tmp_path / "no_folder").write_text("a file where a folder should be")
    house = House(spark, tmp_path / "no_folder")
    house.job(lambda job: job.write(Fruit, house.fruit(("pear", None, 2.0))), writes=(Fruit,))
    (step,) = house.run()
    assert isinstance(step.error, SetupError)
    assert step.why.count("the table's folder cannot be written") == 2
    assert "fruit" in step.why
    assert "run_record" in step.why


def test_an_error_of_the_computation_is_named_without_the_rows_values(house: House) -> None:
    def run(job: Any) -> None:
        job.write(Fruit, house.fruit(("secret", None, 1.0)).withColumn("weight", F.col("fruit").cast("double")))

    house.job(run, writes=(Fruit,))
    (step,) = house.run()
    assert "CAST_INVALID_INPUT" in step.why
    assert "secret" not in step.why
    assert "secret" not in str(read_record(house.tables))


def test_nothing_runs_twice_without_a_change_and_force_runs_it(house: House) -> None:
    house.job(lambda job: job.write(Fruit, house.fruit(("apple", "red", 1.0))), writes=(Fruit,))
    assert [house.run()[0].outcome for _ in range(2)] == ["done", "skipped"]
    assert house.run(force=True)[0].why == "forced"


def test_a_changed_section_file_input_or_source_runs_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    class Sized(JobConfig):
        size: int = 1

    listed = house.environment.sources["list"].paths[0]
    listed.write_text("one")
    house.job(lambda job: job.write(Fruit, house.fruit(("apple", "red", 1.0))), name="a", writes=(Fruit,))

    def second(size: int) -> None:
        def run(job: Any) -> None:
            job.write(
                Basket, job.read(Fruit).select(F.lit("w").alias("week"), "fruit", F.lit(1).cast("long").alias("number"))
            )

        house.job(run, name="b", config=Sized(size=size), reads=(Fruit,), writes=(Basket,), files=("list",))

    def outcomes() -> list[str]:
        return [step.outcome for step in house.run()]

    second(1)
    assert outcomes() == ["done", "done"]
    assert outcomes() == ["skipped", "skipped"]
    second(2)
    assert outcomes() == ["skipped", "done"]
    listed.write_text("two")
    assert outcomes() == ["skipped", "done"]
    house.run("a", force=True)
    assert outcomes() == ["skipped", "done"]
    monkeypatch.setattr(running, "source_hash", lambda: "edited")
    assert outcomes() == ["done", "done"]


def test_replacing_changes_only_the_keys_that_it_brings(house: House) -> None:
    def of(*rows: tuple[str, str, int]) -> Callable[[Any], None]:
        return lambda job: job.write(
            Basket,
            house.spark.createDataFrame(list(rows), "week string, fruit string, number long"),
            replacing=("week",),
        )

    house.job(of(("w1", "apple", 1), ("w1", "pear", 2), ("w2", "apple", 3)), writes=(Basket,))
    house.run()
    house.job(of(("w2", "plum", 9)), writes=(Basket,))
    house.run(force=True)
    assert house.read(Basket) == [("w1", "apple", 1), ("w1", "pear", 2), ("w2", "plum", 9)]


def test_a_table_without_the_parts_of_its_class_is_left_whole(house: House) -> None:
    rows = house.spark.createDataFrame([("w1", "apple", 1)], Basket.schema())
    rows.write.format("delta").save(f"{house.environment.storage.tables}/{Basket.name()}")
    later = house.spark.createDataFrame([("w2", "plum", 9)], Basket.schema())
    house.job(lambda job: job.write(Basket, later, replacing=("week",)), writes=(Basket,))
    (step,) = house.run()
    assert step.outcome == "failed" and "parted by other columns" in step.why and "Found no parts" in step.why
    assert house.read(Basket) == [("w1", "apple", 1)]


def test_replacing_by_a_column_that_is_no_partition_is_refused(house: House) -> None:
    house.job(lambda job: job.write(Fruit, house.fruit(("a", None, 1.0)), replacing=("fruit",)), writes=(Fruit,))
    assert "`replacing` names columns" in house.run()[0].why


def test_a_stated_value_is_replaced_even_by_nothing_and_no_other_is(house: House) -> None:
    def of(week: str, *rows: tuple[str, str, int]) -> Callable[[Any], None]:
        frame = house.spark.createDataFrame(list(rows), "week string, fruit string, number long")
        return lambda job: job.write(Basket, frame, replacing={"week": week})

    for given in (of("w1", ("w1", "apple", 1)), of("w'2", ("w'2", "apple", 3)), of("w1")):
        house.job(given, writes=(Basket,))
        assert house.run(force=True)[0].outcome == "done"
    assert house.read(Basket) == [("w'2", "apple", 3)]
    house.job(of("w1", ("w3", "secret", 1)), writes=(Basket,))
    (step,) = house.run(force=True)
    assert step.outcome == "failed"
    assert "secret" not in step.why
    assert house.read(Basket) == [("w'2", "apple", 3)]


def test_a_table_is_kept_as_it_is_or_made_empty_once(house: House) -> None:
    house.job(lambda job: job.keep(Fruit), writes=(Fruit,))
    assert house.run()[0].outcome == "done"
    assert (house.read(Fruit), house.tables.version(Fruit)) == ([], 0)
    house.tables.write(Fruit, house.fruit(("apple", "red", 1.0)), run_id="other", properties={})
    house.run(force=True)
    assert (house.read(Fruit), house.tables.version(Fruit)) == ([("apple", "red", 1.0)], 1)


def test_a_source_that_may_be_absent_is_none_and_counts_as_an_input_once_it_is_there(house: House) -> None:
    seen = []

    def run(job: Any) -> None:
        seen.append(job.source_if_present("list") is None)
        job.write(Fruit, house.fruit(("apple", None, 1.0)))

    house.job(run, writes=(Fruit,), files_if_present=("list",))
    source = house.environment.sources.pop("list")
    outcomes = [house.run()[0].outcome for _ in range(2)]
    folder = source.paths[0]
    folder.mkdir()
    (folder / "part-0.txt").write_text("one")
    house.environment.sources["list"] = source
    outcomes.append(house.run()[0].outcome)
    (folder / "part-0.txt").write_text("two")
    (folder / "_SUCCESS").write_text("")
    outcomes += [house.run()[0].outcome for _ in range(2)]
    assert seen == [True, False, False]
    assert outcomes == ["done", "skipped", "done", "done", "skipped"]


def test_an_undeclared_table_file_or_folder_is_refused(house: House) -> None:
    for act in (
        lambda job: job.read(Fruit),
        lambda job: job.write(Fruit, None),
        lambda job: job.source("list"),
        lambda job: job.folder("x"),
    ):
        house.job(act)
        assert "does not declare" in house.run(force=True)[0].why


def test_a_job_that_forgets_a_table_has_failed(house: House) -> None:
    house.job(lambda job: None, writes=(Fruit,))
    assert "without writing all that it declares" in house.run()[0].why


def test_a_table_that_nobody_has_written_is_said_to_be_so(house: House) -> None:
    house.job(lambda job: job.read(Fruit), reads=(Fruit,))
    assert "no job has written this table yet" in house.run()[0].why


def test_a_table_of_an_older_schema_is_refused_by_readers_and_replaced_whole_by_its_writer(house: House) -> None:
    at = f"{house.environment.storage.tables}/fruit"
    house.spark.createDataFrame([("apple", 1)], "fruit string, size int").write.format("delta").save(at)
    house.job(lambda job: job.read(Fruit), reads=(Fruit,))
    assert "written by another schema: missing: colour, weight; unexpected: size" in house.run()[0].why
    house.job(lambda job: job.write(Fruit, house.fruit(("pear", None, 2.0))), writes=(Fruit,))
    assert house.run(force=True)[0].outcome == "done"
    assert house.read(Fruit) == [("pear", None, 2.0)]


def test_a_failed_job_stops_those_that_need_it_and_no_other(house: House) -> None:
    def broken(job: Any) -> None:
        raise ValueError("a value that must not be told")

    house.job(broken, name="a", writes=(Fruit,))
    house.job(lambda job: job.write(Basket, job.read(Fruit)), name="b", reads=(Fruit,), writes=(Basket,))
    house.job(lambda job: None, name="c")
    assert [(s.job, s.outcome) for s in house.run()] == [("a", "failed"), ("c", "done"), ("b", "not run")]
    assert "must not be told" not in str(read_record(house.tables))


def test_two_runs_at_once_on_one_table_leave_one_winner_and_one_clear_error(house: House) -> None:
    house.job(lambda job: job.write(Fruit, house.fruit(("first", None, 1.0))), writes=(Fruit,))
    house.run()
    slow = house.fruit(("slow", None, 1.0)).withColumn(
        "colour", F.reflect(F.lit("java.lang.Thread"), F.lit("sleep"), F.lit(4000).cast("long")).cast("string")
    )
    caught: list[Exception] = []

    def write_slowly() -> None:
        try:
            house.tables.write(
                Fruit,
                slow.withColumn("colour", F.lit(None).cast("string") if False else F.col("colour")),
                run_id="slow",
                properties={},
            )
        except Exception as error:  # noqa: BLE001 - whatever it is, the test looks at it
            caught.append(error)

    thread = threading.Thread(target=write_slowly)
    thread.start()
    house.spark.range(1).count()
    house.tables.write(Fruit, house.fruit(("fast", None, 1.0)), run_id="fast", properties={})
    thread.join()
    assert [type(error) for error in caught] == [ConflictError]
    assert house.read(Fruit) == [("fast", None, 1.0)]


def test_a_folders_files_are_on_record_by_their_hashes(house: House) -> None:
    house.job(lambda job: (job.folder("pages") / "a.html").write_text("hello"), folders=("pages",))
    house.run()
    (row,) = read_record(house.tables)
    assert row["output_name"] == "pages"
    assert list(row["inputs"]) == ["written:pages/a.html"]


def test_the_run_record_is_a_table_like_any_other(house: House) -> None:
    house.job(lambda job: job.note("answer", 42), name="a")
    house.job(lambda job: job.write(Fruit, house.fruit(("apple", None, 1.0))), name="b", writes=(Fruit,))
    house.run()
    assert house.tables.read(RunRecord).count() == len(read_record(house.tables)) == 1


def test_times_are_in_utc_whatever_the_zone_of_the_process(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    try:
        before = datetime.now(UTC)
        house.job(lambda job: job.write(Fruit, house.fruit(("apple", None, 1.0))), writes=(Fruit,))
        house.run()
        (row,) = read_record(house.tables)
        stored = (
            house.tables.read(RunRecord).select(F.date_format("started_at", "yyyy-MM-dd HH:mm").alias("at")).first()
        )
        assert before <= row["started_at"] <= row["finished_at"] <= datetime.now(UTC)
        assert stored is not None
        assert stored["at"] == f"{row['started_at']:%Y-%m-%d %H:%M}"
    finally:
        monkeypatch.undo()
        time.tzset()
