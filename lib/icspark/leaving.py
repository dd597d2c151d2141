"""Tables on a screen or in a file, through the gate of disclosure, and on record."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame

from icspark import plan
from icspark.config import Environment
from icspark.disclosure.declarations import leaves_with
from icspark.disclosure.export import Exported, Terms, export, preview
from icspark.disclosure.gate import Permission, permission, release
from icspark.record import Ending, Output, append, identity, new_run_id
from icspark.storage import Tables
from icspark.tables.reference import Boundary
from icspark.tables.table import Release, Table


def show(tables: Tables, environment: Environment, table: type[Table], rows: int) -> list[dict[str, Any]]:
    """Return the first rows of a table as they may leave, by key."""
    return preview(_released(tables, environment, table), table, rows, _permitted(environment, table))


def send(
    tables: Tables,
    environment: Environment,
    table: type[Table],
    path: Path,
    *,
    recipient: str | None = None,
    overwrite: bool = False,
) -> Exported:
    """Write a table as it may leave to one file, and keep on record what left, to whom and for what."""
    started = datetime.now(UTC)
    run = identity(environment, new_run_id(), started)
    permitted = _permitted(environment, table, recipient)
    frame = _released(tables, environment, table, recipient)
    boundaries = tables.read(Boundary) if tables.version(Boundary) is not None else None
    terms = Terms(environment.disclosure, permitted, run)
    written = export(frame, path, table, terms, boundaries=boundaries, overwrite=overwrite)
    said = {key: str(value) for key, value in asdict(permitted).items()} if permitted else {}
    output = Output(table.name(), str(path), schema_hash=table.schema_hash(), rows=written.rows)
    inputs = {table.name(): str(tables.version(table)), **said}
    append(tables, run, Ending("export", [output], started, inputs=inputs))
    return written


def _released(tables: Tables, environment: Environment, table: type[Table], recipient: str | None = None) -> DataFrame:
    together = leaves_with(table, plan.tables().values())
    frames = {t: tables.read(t) for t in together if t is table or tables.version(t) is not None}
    return release(frames, environment.disclosure, recipient=recipient)[table]


def _permitted(environment: Environment, table: type[Table], recipient: str | None = None) -> Permission | None:
    if table.release is not Release.PERSON:
        return None
    return permission(table, environment.disclosure, recipient=recipient)
