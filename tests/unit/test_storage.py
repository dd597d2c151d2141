"""What the log of a local table says, without a session."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import pytest

from icspark.config import Storage
from icspark.errors import TableError
from icspark.storage import Commit, Tables
from icspark.tables.run_record import RunRecord


def logged(folder: Path, *texts: str) -> Tables:
    log = folder / RunRecord.name() / "_delta_log"
    log.mkdir(parents=True)
    for version, text in enumerate(texts):
        (log / f"{version:020}.json").write_text(text, encoding="utf-8")
    return Tables(cast(Any, None), Storage(tables=str(folder), pages=str(folder)))


def commit(operation: str) -> str:
    return json.dumps({"commitInfo": {"operation": operation, "timestamp": 5}}) + "\n"


def test_a_table_that_has_only_been_made_has_no_version(tmp_path: Path) -> None:
    assert logged(tmp_path, commit("CREATE TABLE")).version(RunRecord) is None
    assert logged(tmp_path / "b", commit("CREATE TABLE"), commit("WRITE")).newest(RunRecord) == Commit(1, True, "5")


def test_a_log_that_is_cut_short_is_one_sentence_and_never_an_absent_table(tmp_path: Path) -> None:
    tables = logged(tmp_path, commit("CREATE TABLE"), commit("WRITE")[:20])
    with pytest.raises(TableError, match=r"run_record/_delta_log: the table's log cannot be read.*cut short.*Mend"):
        tables.version(RunRecord)


def test_a_log_that_may_not_be_read_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tables = logged(tmp_path, commit("WRITE"))

    def refused(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refused)
    with pytest.raises(TableError, match="Permission denied.*give read permission"):
        tables.version(RunRecord)
