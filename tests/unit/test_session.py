"""The session: which settings it is built with, and which are refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import ValidationError
from pyspark.sql import SparkSession

from icspark import packages, session
from icspark.session import SessionConfig


@pytest.fixture
def jars(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    found = [tmp_path / "delta.jar", tmp_path / "sedona.jar"]
    monkeypatch.setattr(packages, "jars", lambda cache=None: found)
    return found


def test_a_local_session_stays_on_the_machine_and_has_the_packages_after_spark_s_own_jars(jars: list[Path]) -> None:
    given = session.spark_settings(SessionConfig(master="local[2]", driver_memory="3g"))
    first, *others = given["spark.driver.extraClassPath"].split(os.pathsep)
    assert first == f"{packages.spark_jars_folder()}/*"
    assert others == [str(jar) for jar in jars]
    assert given["spark.driver.bindAddress"] == given["spark.driver.host"] == "127.0.0.1"
    assert (given["spark.driver.memory"], given["spark.sql.shuffle.partitions"]) == ("3g", "4")
    assert "spark.jars.packages" not in given


def test_a_cluster_is_sent_the_jars_and_keeps_its_own_number_of_partitions(jars: list[Path]) -> None:
    given = session.spark_settings(SessionConfig(master="spark://127.0.0.1:7077"))
    assert given["spark.jars"] == ",".join(str(jar) for jar in jars)
    assert "spark.sql.shuffle.partitions" not in given
    assert "spark.driver.bindAddress" not in given


def test_a_cluster_that_names_its_own_packages_is_sent_none() -> None:
    given = session.spark_settings(SessionConfig(master="yarn", conf={"spark.jars.packages": "a:b:1"}))
    assert "spark.jars" not in given


def test_what_the_configuration_says_wins(jars: list[Path]) -> None:
    own = {"spark.databricks.delta.snapshotPartitions": "9"}
    given = session.spark_settings(SessionConfig(shuffle_partitions=7, ui=True, conf=own))
    assert given["spark.databricks.delta.snapshotPartitions"] == "9"
    assert (given["spark.sql.shuffle.partitions"], given["spark.ui.enabled"]) == ("7", "true")


@pytest.mark.parametrize(
    "wrong", [{"driver_memory": "lots"}, {"shuffle_partitions": 0}, {"maser": "local"}, {"log": "x"}]
)
def test_an_impossible_setting_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SessionConfig.model_validate(wrong)


@pytest.mark.parametrize(("master", "number"), [("local[3]", 3), ("local", 1), ("local[2,4]", 2)])
def test_the_cores_of_a_local_master_are_counted(master: str, number: int) -> None:
    assert session.cores(master) == number


@pytest.mark.parametrize(("gib", "given"), [(1, "1024m"), (6, "3072m"), (64, "8192m")])
def test_the_driver_gets_half_of_the_memory_within_bounds(
    monkeypatch: pytest.MonkeyPatch, gib: int, given: str
) -> None:
    monkeypatch.setattr(session, "machine_memory", lambda: gib * 2**30)
    assert session.driver_memory() == given


@pytest.mark.parametrize(("compiler", "is_light"), [("quick", True), ("balanced", False), ("full", False)])
def test_a_local_jvm_is_silent_and_light_unless_the_run_is_long(
    jars: list[Path], compiler: str, is_light: bool
) -> None:
    given = session.spark_settings(SessionConfig(compiler=compiler))["spark.driver.defaultJavaOptions"]
    assert ("TieredStopAtLevel=1" in given) is is_light
    assert "-Dicspark.log=off" in given


def test_a_running_session_is_used_told_what_results_depend_on_and_left_running(spark: SparkSession) -> None:
    spark.conf.set("spark.sql.session.timeZone", "Europe/London")
    with session.session(SessionConfig(master="local[7]")) as found:
        assert found is spark
        assert found.conf.get("spark.sql.session.timeZone") == "UTC"
        assert found.sparkContext.master == "local[2]"
    assert spark.range(3).count() == 3
