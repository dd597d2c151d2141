"""The run record: one row a run, job and output. It grows with runs, not with people."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pyspark.sql import functions as F

import icspark
from icspark.config import Environment
from icspark.errors import IcsparkError
from icspark.fingerprint import git_commit, source_hash
from icspark.storage import Tables
from icspark.tables.run_record import RunRecord


@dataclass
class Output:
    """What one write left: where, which version, how many rows, what was rejected."""

    name: str
    location: str
    version: int | None = None
    schema_hash: str | None = None
    rows: int | None = None
    read: int | None = None
    rejected: int | None = None
    rejected_by_rule: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Ending:
    """How one job (or export) of a run ended."""

    name: str
    outputs: list[Output]
    started: datetime
    inputs: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, float] = field(default_factory=dict)
    fingerprint: str = ""
    error: IcsparkError | None = None


def new_run_id() -> str:
    """Return a name for a run: its start in UTC, and six hex digits."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:6]}"


def identity(environment: Environment, run_id: str, started: datetime) -> dict[str, str]:
    """Return what identifies a run, as pages and files that leave show it; git_commit is empty outside a checkout."""
    return {
        "run_id": run_id,
        "environment": environment.name,
        "config_hash": environment.sha256,
        "package_version": icspark.__version__,
        "source_hash": source_hash(),
        "git_commit": git_commit() or "",
        "started_at": f"{started:%Y-%m-%d %H:%M:%S} UTC",
    }


def append(tables: Tables, said: Mapping[str, str], ending: Ending) -> None:
    """Add one row for each output of a job that ended; `said` is the identity of its run."""
    finished, error = datetime.now(UTC), ending.error
    rows = [
        {
            **said,
            "job_name": ending.name,
            "output_name": output.name,
            "outcome": "failed" if error else "done",
            "location": output.location or None,
            "version": output.version,
            "table_schema_hash": output.schema_hash,
            "rows_count": output.rows,
            "read_count": output.read,
            "rejected_count": output.rejected,
            "rejected_by_rule": output.rejected_by_rule,
            "inputs": dict(ending.inputs),
            "notes": dict(ending.notes),
            "fingerprint": ending.fingerprint,
            "git_commit": said["git_commit"] or None,
            "started_at": ending.started,
            "finished_at": finished,
            "error_class": type(error).__name__ if error else None,
            "error_message": str(error) if error else None,
        }
        for output in ending.outputs
    ]
    named = [tuple(row[name] for name in RunRecord.columns()) for row in rows]
    tables.append(RunRecord, named, run_id=said["run_id"])


def read_record(tables: Tables) -> list[dict[str, Any]]:
    """Return the run record, newest first, one dict a row: it grows with runs, not with people."""
    if tables.version(RunRecord) is None:
        return []
    rows = (
        tables.read(RunRecord)
        .orderBy(F.desc(RunRecord.finished_at), RunRecord.job_name, RunRecord.output_name)
        .collect()
    )
    return [_in_utc(row.asDict()) for row in rows]


def _in_utc(row: dict[str, Any]) -> dict[str, Any]:
    # Spark gives times to Python in the zone of the process, without saying so.
    times = {name: row[name].astimezone(UTC) for name in (RunRecord.started_at, RunRecord.finished_at)}
    return row | times


def last_rows(record: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the newest good record of each output."""
    newest: dict[str, dict[str, Any]] = {}
    for row in record:
        if row[RunRecord.outcome] == "done":
            newest.setdefault(row[RunRecord.output_name], row)
    return newest
