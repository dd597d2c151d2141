"""The doctor: what it finds wrong, and that each wrong thing comes with what mends it."""

from __future__ import annotations

from pathlib import Path

import pytest

from icspark import doctor, packages
from icspark.doctor import Check
from icspark.session import SessionConfig


def fake_java(folder: Path, says: str) -> Path:
    java = folder / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(f"#!/bin/sh\necho '{says}' >&2\n")
    java.chmod(0o755)
    return folder


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('java version "1.8.0_392"', 8),
        ('openjdk version "21" 2023-09-19', 21),
        ("Error: could not find libjvm.so", None),
    ],
)
def test_the_version_of_java_is_read(text: str, version: int | None) -> None:
    assert packages.java_version(text) == version


@pytest.mark.parametrize(("version", "ok"), [("17.0.1", True), ("11.0.2", False), ("1.8.0_3", False), ("25", False)])
def test_a_java_that_spark_cannot_run_on_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, ok: bool
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(fake_java(tmp_path / "java", f'openjdk version "{version}"')))
    check = doctor.java()
    assert (check.ok, check.required) == (ok, True)
    assert str(tmp_path) in check.found


def test_no_java_at_all_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert not doctor.java().ok


@pytest.mark.parametrize(("version", "ok"), [((3, 10), False), ((3, 11), True), ((3, 12), True), ((3, 13), False)])
def test_only_the_two_pythons_pass(version: tuple[int, int], ok: bool) -> None:
    assert doctor.python(version).ok is ok


def test_an_installed_version_that_does_not_belong_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        doctor.metadata, "requires", lambda name: ["pandas>=2.2,<3", "numpy", 'pytest; extra == "test"']
    )
    monkeypatch.setattr(doctor, "_installed", {"pandas": "3.0.1", "numpy": "2.0", "pyspark": "4.0.5"}.get)
    companions, halves = doctor.versions()
    assert not companions.ok
    assert "pandas 3.0.1, not <3,>=2.2" in companions.found
    assert not halves.ok, "the Python half of Sedona is not installed here"


def test_another_spark_in_spark_home_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPARK_HOME", str(tmp_path))
    assert not doctor.spark_home().ok
    monkeypatch.setenv("SPARK_HOME", str(packages.spark_jars_folder().parent))
    assert doctor.spark_home().ok


def test_an_empty_cache_fails_for_the_required_packages_only(tmp_path: Path) -> None:
    required, optional = doctor.fetched(tmp_path)
    assert (required.ok, required.required, required.mend) == (False, True, "icspark setup")
    assert (optional.ok, optional.required) == (False, False)


def test_too_little_memory_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.session, "machine_memory", lambda: 2 * 2**30)
    assert not doctor.memory().ok


def test_a_folder_that_is_not_there_yet_is_judged_by_the_one_above(tmp_path: Path) -> None:
    assert doctor.folder("tables", tmp_path / "not" / "yet").ok
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(doctor.tempfile, "NamedTemporaryFile", refuse)
    check = doctor.folder("tables", tmp_path)
    assert not check.ok
    assert "Permission denied" in check.found


def test_a_full_disk_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LEAST_SPACE_GB", 10.0**9)
    assert not doctor.folder("tables", tmp_path).ok


def test_a_configuration_that_moves_the_time_zone_fails() -> None:
    moved = SessionConfig(conf={"spark.sql.session.timeZone": "Europe/London"})
    assert not doctor.time_zone(moved).ok
    assert doctor.time_zone(SessionConfig()).ok


def test_every_check_says_what_it_found_and_what_mends_it(tmp_path: Path) -> None:
    found = doctor.checks([tmp_path, Path("s3://bucket/tables")], cache=tmp_path)
    assert all(isinstance(check, Check) and check.found and check.mend for check in found)
    assert not any("s3:" in check.name for check in found)
