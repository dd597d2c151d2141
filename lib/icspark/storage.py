"""Delta tables at their place: which versions there are, reading one, writing one in a single commit."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, DataFrameReader, DataFrameWriter, Observation, SparkSession
from pyspark.sql import functions as F

from icspark.config import Storage
from icspark.errors import TableError
from icspark.guard import differences, guarded, translated
from icspark.tables.table import Table

Replacing = tuple[str, ...] | Mapping[str, str]
"""Partition columns whose values in the frame are replaced; or columns with the value that is, whatever the frame."""


@dataclass(frozen=True)
class Commit:
    """One commit of a Delta table; `is_data` is false for the bare creation of an empty table."""

    version: int
    is_data: bool
    written: str


@dataclass(frozen=True)
class Tables:
    """The tables of one environment, each at its place."""

    spark: SparkSession
    storage: Storage

    def location(self, table: type[Table]) -> str:
        """Return the table's name in SQL: a path of the folder, or catalogue and schema."""
        if self._is_in_catalogue:
            return ".".join(filter(None, (self.storage.catalog, self.storage.schema_name, table.name())))
        return f"delta.`{self._path(table)}`"

    def version(self, table: type[Table]) -> int | None:
        """Return the newest version that a job has written; None where none has."""
        newest = self.newest(table)
        return newest.version if newest else None

    def newest(self, table: type[Table]) -> Commit | None:
        """Return the newest commit that holds data; None where the table is absent or has only been created.

        Raises TableError where the table's log is cut short or may not be read.
        """
        if self._is_local:
            names = (p for p in self._log(table).glob("*.json") if re.fullmatch(r"\d{20}", p.stem))
            commits = (_local_commit(path) for path in sorted(names, reverse=True))
        else:
            commits = (_commit(row) for row in self._history(table))
        try:
            return next((commit for commit in commits if commit.is_data), None)
        except (OSError, ValueError) as error:
            raise TableError(
                "the table's log cannot be read",
                where=str(self._log(table)),
                found=str(error.strerror) if isinstance(error, OSError) else "a file that is cut short",
                mend="give read permission, or bring the folder of the table back from a copy",
            ) from error

    def _history(self, table: type[Table]) -> list[Any]:
        try:
            shown = self.spark.sql(f"DESCRIBE HISTORY {self.location(table)} LIMIT 5")
            return shown.select("version", "operation", "timestamp").collect()
        except PySparkException as error:
            if any(
                text in str(error)
                for text in ("NOT_FOUND", "MISSING_DELTA_TABLE", "NOT_A_DELTA_TABLE", "doesn't exist")
            ):
                return []
            raise

    def read(self, table: type[Table], *, version: int | None = None) -> DataFrame:
        """Return the table at its newest written version (or a stated one), its schema checked against its class."""
        found = version if version is not None else self.version(table)
        if found is None:
            raise TableError(
                "no job has written this table yet",
                where=table.name(),
                mend=f"run the job that writes {table.name()} (`icspark tables`)",
            )
        frame = self._load(table, self.spark.read.option("versionAsOf", found))
        problems = differences(table, frame.schema)
        if problems:
            raise TableError(
                f"version {found} was written by another schema: {problems}",
                where=table.name(),
                mend="run the job that writes it again",
            )
        return frame.select(*table.columns())

    def write(
        self,
        table: type[Table],
        frame: DataFrame,
        *,
        replacing: Replacing = (),
        run_id: str,
        properties: dict[str, str],
        keys_are_unique: bool = False,
    ) -> int:
        """Write a frame in one commit and return its number of rows, counted on the same pass.

        Keys are checked for repeats and required columns for nulls while the rows are written, so a row that breaks
        them fails the write before Delta commits. `replacing` names partition columns: only their values that the
        frame brings are replaced; or it gives the values too: then exactly these are, by nothing if the frame brings
        nothing. A changed schema is replaced with its rows, in the same commit. `keys_are_unique`:
        repeated keys have just been taken out, so the check of the key is not made again.
        """
        problems = differences(table, frame.schema)
        if problems:
            raise TableError(
                f"the frame does not fit the table: {problems}",
                where=table.name(),
                mend="mend the job, or the table class",
            )
        if set(replacing) - set(table.partitions()) or (table.key() and set(replacing) - set(table.key())):
            raise TableError(
                "`replacing` names columns that are not both key and partition",
                where=table.name(),
                found=", ".join(replacing),
            )
        counted = Observation()
        rows = guarded(frame, table, keys_are_unique=keys_are_unique).observe(counted, F.count(F.lit(1)).alias("rows"))
        try:
            self._create(table, properties)
            if replacing:
                self._require_partitions(table)
            writer = rows.write.format("delta").mode("overwrite").option("userMetadata", run_id)
            if isinstance(replacing, Mapping):
                writer = writer.option("replaceWhere", " AND ".join(_equal(*pair) for pair in replacing.items()))
            elif replacing:
                writer = writer.option("partitionOverwriteMode", "dynamic")
            elif self._is_changed(table):
                writer = writer.option("overwriteSchema", "true").partitionBy(*table.partitions())
            self._save(table, writer)
        except Exception as error:
            raise translated(error, table, frame) from error
        return int(counted.get["rows"])

    def append(self, table: type[Table], rows: list[tuple[Any, ...]], *, run_id: str) -> None:
        """Add rows to a table that only grows: the run record."""
        frame = self.spark.createDataFrame(rows, table.schema())
        try:
            self._create(table, {})
            self._save(table, frame.coalesce(1).write.format("delta").mode("append").option("userMetadata", run_id))
        except Exception as error:
            raise translated(error, table) from error

    def make_empty(self, table: type[Table], *, properties: dict[str, str]) -> None:
        """Make a table without rows, in place of whatever stands there: a version like any other."""
        self.spark.sql(f"CREATE OR REPLACE TABLE {self._definition(table, properties)}")

    def _create(self, table: type[Table], properties: dict[str, str]) -> None:
        if self._is_local and self._log(table).exists():
            return
        self.spark.sql(f"CREATE TABLE IF NOT EXISTS {self._definition(table, properties)}")

    def _require_partitions(self, table: type[Table]) -> None:
        """Raise TableError where a table is parted by other columns: replacing one part would replace all rows."""
        found = self.spark.sql(f"DESCRIBE DETAIL {self.location(table)}").select("partitionColumns").collect()[0][0]
        if list(found) != list(table.partitions()):
            raise TableError(
                "the table there is parted by other columns, and all of its rows would be replaced",
                where=table.name(),
                expected=", ".join(table.partitions()),
                found=", ".join(found) or "no parts",
                mend="move the folder of the table away, or drop the table, and run the job again",
            )

    def _definition(self, table: type[Table], properties: dict[str, str]) -> str:
        columns = ", ".join(
            f"`{name}` {spec.data_type.simpleString()}{'' if spec.nullable else ' NOT NULL'}"
            f" COMMENT {_quoted(spec.description)}"
            for name, spec in table.columns().items()
        )
        partitions = f" PARTITIONED BY ({', '.join(table.partitions())})" if table.partitions() else ""
        said = {"icspark.schema_hash": table.schema_hash(), **properties}
        listed = ", ".join(f"{_quoted(key)} = {_quoted(value)}" for key, value in said.items())
        return (
            f"{self.location(table)} ({columns}) USING DELTA{partitions}"
            f" COMMENT {_quoted(table.description())} TBLPROPERTIES ({listed})"
        )

    def _is_changed(self, table: type[Table]) -> bool:
        return bool(differences(table, self._load(table, self.spark.read).schema))

    def _load(self, table: type[Table], reader: DataFrameReader) -> DataFrame:
        if self._is_in_catalogue:
            return reader.table(self.location(table))
        return reader.format("delta").load(self._path(table))

    def _save(self, table: type[Table], writer: DataFrameWriter) -> None:
        writer.saveAsTable(self.location(table)) if self._is_in_catalogue else writer.save(self._path(table))

    @property
    def _is_in_catalogue(self) -> bool:
        return bool(self.storage.catalog or self.storage.schema_name)

    @property
    def _is_local(self) -> bool:
        return not self._is_in_catalogue and "://" not in (self.storage.tables or "")

    def _log(self, table: type[Table]) -> Path:
        return Path(self._path(table)) / "_delta_log"

    def _path(self, table: type[Table]) -> str:
        return f"{(self.storage.tables or '').rstrip('/')}/{table.name()}"


def _local_commit(path: Path) -> Commit:
    with path.open(encoding="utf-8") as stream:
        first: dict[str, Any] = next(
            (entry["commitInfo"] for entry in map(json.loads, stream) if "commitInfo" in entry), {}
        )
    return Commit(int(path.stem), _is_data(str(first.get("operation"))), str(first.get("timestamp", "")))


def _commit(row: Any) -> Commit:
    return Commit(int(row["version"]), _is_data(row["operation"]), str(row["timestamp"]))


def _is_data(operation: str) -> bool:
    made = {"CREATE TABLE AS SELECT", "CREATE OR REPLACE TABLE"}
    return operation in {"WRITE", "MERGE", "RESTORE", "DELETE", "UPDATE", "OPTIMIZE", *made}


def _equal(name: str, value: str) -> str:
    return f"`{name}` = {_quoted(value)}"


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
