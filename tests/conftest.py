"""What every test shares: one Spark session for the whole run, and the folder of real data where it is there."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import to_arrow_schema

from icspark.session import SessionConfig, find_or_build, stop_if_built
from icspark.storage import Tables
from icspark.tables.table import Table

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the root of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def data() -> Path:
    """Return the folder of real open data beside the repository; skip the test where it is absent."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the real data are not here: no ../shared/data beside the repository")
    return folder


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    """Give the one session of the test run, with every package, on two cores."""
    small = {"spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN"}
    settings = SessionConfig(master="local[2]", driver_memory="2g", shuffle_partitions=3, conf=small)
    session, built = find_or_build(settings)
    yield session
    stop_if_built(session, built=built)


Rows = DataFrame | Iterable[Mapping[str, Any] | tuple[Any, ...]]
Lay = Callable[[Tables, type[Table], Rows], None]


@pytest.fixture(scope="session")
def lay() -> Lay:
    """Give what lays rows where a job finds them: Parquet, and the log of the two commits of a first `Tables.write`.

    A write by Spark costs one to two seconds of CPU, this some milliseconds. For what a test starts from; never where
    writing is what it is about.
    """
    return _lay


def _lay(tables: Tables, table: type[Table], rows: Rows) -> None:
    schema = to_arrow_schema(table.schema())
    folder = Path(tables.storage.tables or "") / table.name()
    (folder / "_delta_log").mkdir(parents=True)  # once only: Spark remembers the log that it has read
    parts: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for row in rows.toArrow().to_pylist() if isinstance(rows, DataFrame) else rows:
        named = row if isinstance(row, Mapping) else dict(zip(table.columns(), row, strict=True))
        parts.setdefault(tuple(named.get(name) for name in table.partitions()), []).append(named)
    stored = pa.schema([field for field in schema if field.name not in table.partitions()])
    added = []
    for number, (values, part) in enumerate(parts.items()):
        file = folder / f"part-{number}.parquet"
        held = [{name: row.get(name) for name in stored.names} for row in part]
        parquet.write_table(pa.Table.from_pylist(held, schema=stored), file)
        texts = [None if value is None else str(value) for value in values]
        at = {"path": file.name, "partitionValues": dict(zip(table.partitions(), texts, strict=True))}
        added.append({"add": {**at, "size": file.stat().st_size, "modificationTime": 0, "dataChange": True}})
    about = {"schemaString": table.schema().json(), "partitionColumns": list(table.partitions()), "configuration": {}}
    made = {"id": str(uuid.uuid4()), "format": {"provider": "parquet", "options": {}}, "createdTime": 0, **about}
    made_of = [{"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}}, {"metaData": made}]
    for version, (operation, actions) in enumerate((("CREATE TABLE", made_of), ("WRITE", added))):
        said = {"commitInfo": {"timestamp": int(time.time() * 1000), "operation": operation, "operationParameters": {}}}
        text = "".join(f"{json.dumps(action)}\n" for action in (said, *actions))
        (folder / "_delta_log" / f"{version:020}.json").write_text(text, encoding="utf-8")
