"""The run record, read: it grows with runs, not with people."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pyspark.sql import functions as F

from icspark.storage import Tables
from icspark.tables.run_record import RunRecord


def read_record(tables: Tables) -> list[dict[str, Any]]:
    """Return the run record, newest first, one dict a row: it grows with runs, not with people."""
    if tables.version(RunRecord) is None:
        return []
    rows = (
        tables.read(RunRecord)
        .orderBy(F.desc(RunRecord.finished_at), RunRecord.job_name, RunRecord.output_name)
        .collect()
    )
    return [row.asDict() for row in rows]


def last_rows(record: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the newest good record of each output."""
    newest: dict[str, dict[str, Any]] = {}
    for row in record:
        if row[RunRecord.outcome] == "done":
            newest.setdefault(row[RunRecord.output_name], row)
    return newest
