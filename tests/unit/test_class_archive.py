"""The archive of Java's classes: told to a session only where it fits, and never the reason that something fails."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from icspark import class_archive, packages, session
from icspark.session import SessionConfig


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "an environment"))
    monkeypatch.setattr(packages, "jars", lambda cache=None: [Path("delta-1.jar")])
    return tmp_path


def _worker(monkeypatch: pytest.MonkeyPatch, *, is_good: bool) -> list[list[str]]:
    calls: list[list[str]] = []

    def run(command: list[str], **_: object) -> None:
        calls.append(command)
        Path(command[-1]).write_bytes(b"half" if not is_good else b"classes")
        if not is_good:
            raise subprocess.CalledProcessError(1, command)

    monkeypatch.setattr(class_archive.subprocess, "run", run)
    return calls


def test_a_local_session_uses_the_archive_where_there_is_one_and_quotes_its_place(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def options() -> str:
        return session.spark_settings(SessionConfig(master="local[2]"))["spark.driver.defaultJavaOptions"]

    assert "SharedArchiveFile" not in options()
    _worker(monkeypatch, is_good=True)
    class_archive.make(print)
    assert f"'-XX:SharedArchiveFile={class_archive.archive()}' -Xshare:auto" in options()
    monkeypatch.setattr(packages, "jars", lambda cache=None: [Path("delta-2.jar")])
    assert "SharedArchiveFile" not in options()


def test_it_is_made_once_for_a_java_and_its_jars_and_takes_the_place_of_the_one_before(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls, lines = _worker(monkeypatch, is_good=True), list[str]()
    class_archive.make(lines.append)
    class_archive.make(lines.append)
    assert len(calls) == 1
    assert [" MB in " in line for line in lines] == [True, False]
    before = class_archive.archive()
    monkeypatch.setattr(packages, "jars", lambda cache=None: [Path("delta-2.jar")])
    class_archive.make(lines.append)
    assert not before.exists()
    assert list(before.parent.iterdir()) == [class_archive.archive()]


def test_a_session_that_cannot_make_it_is_one_line_and_what_it_left_is_never_used(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = list[str]()
    _worker(monkeypatch, is_good=False)
    class_archive.make(lines.append)
    assert len(lines) == 1
    assert "not made (CalledProcessError); sessions start without it" in lines[0]
    assert class_archive.options() == []


def test_a_place_that_cannot_be_written_is_one_line_too(place: Path) -> None:
    (place / "an environment").write_text("a file where a folder should be")
    lines = list[str]()
    class_archive.make(lines.append)
    assert ["not made" in line for line in lines] == [True]
