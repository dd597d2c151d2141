"""What a frame must be to become a table, checked while it is written, and errors that tell no row's values."""

from __future__ import annotations

import re

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T

from icspark.errors import ConflictError, IcsparkError, QualityError, SetupError
from icspark.tables.table import Table

REPEATED_KEY, NULL_VALUE = "ICSPARK_REPEATED_KEY", "ICSPARK_NULL_VALUE"
_NOT_WRITABLE = "Permission denied|AccessDenied|Mkdirs failed|Read-only file system|DELTA_CANNOT_CREATE_LOG_PATH"


def differences(table: type[Table], schema: T.StructType) -> str:
    """Return every difference between a frame's schema and its table class in one sentence; empty if none."""
    found = {field.name: field.dataType.simpleString() for field in schema.fields}
    wanted = {name: spec.data_type.simpleString() for name, spec in table.columns().items()}
    parts = {
        "missing": [name for name in wanted if name not in found],
        "unexpected": [name for name in found if name not in wanted],
        "wrong type": [
            f"{n} is {found[n]}, expected {wanted[n]}" for n in wanted if n in found and found[n] != wanted[n]
        ],
    }
    return "; ".join(f"{label}: {', '.join(names)}" for label, names in parts.items() if names)


def guarded(frame: DataFrame, table: type[Table], *, keys_are_unique: bool = False) -> DataFrame:
    """Return the frame in the class's column order, raising on a null in a required column and on a repeated key."""
    columns = []
    for name, spec in table.columns().items():
        stop = F.raise_error(F.lit(f"{NULL_VALUE} {name}")).cast(spec.data_type)
        columns.append(F.col(name) if spec.nullable else F.coalesce(F.col(name), stop).alias(name))
    rows = frame.select(*columns)
    if keys_are_unique or not table.key():
        return rows
    repeat = (
        Window.partitionBy(*table.key()).orderBy(*table.key()).rowsBetween(Window.unboundedPreceding, Window.currentRow)
    )
    alone = F.when(F.col("_repeat") > 1, F.raise_error(F.lit(REPEATED_KEY)).cast("boolean")).otherwise(F.lit(True))
    return rows.withColumn("_repeat", F.row_number().over(repeat)).filter(alone).drop("_repeat")


def translated(error: Exception, table: type[Table], frame: DataFrame | None = None) -> IcsparkError:
    """Return what went wrong in a write in our words, without the cause's text, which can hold a row's values."""
    text = str(error)
    if isinstance(error, IcsparkError):
        return error
    if frame is not None and (REPEATED_KEY in text or NULL_VALUE in text or "NOT_NULL_CONSTRAINT" in text):
        return _broken_rows(table, frame)
    if re.search(r"DELTA_CONCURRENT|Concurrent\w+Exception|ProtocolChangedException|DELTA_TABLE_ALREADY_EXISTS", text):
        return ConflictError(
            "another run wrote this table at the same time", where=table.name(), mend="run the job again"
        )
    if "No space left" in text:
        return SetupError("no space left on the disk", where=table.name(), mend="free space, then run the job again")
    if re.search(_NOT_WRITABLE, text):
        return SetupError(
            "the table's folder cannot be written",
            where=table.name(),
            mend="give write permission, or change storage.tables",
        )
    return spark_problem(error, table.name())


def spark_problem(error: Exception, where: str) -> IcsparkError:
    """Return an IcsparkError that names the class or Spark condition of an error, never its text."""
    condition = re.search(r"\[([A-Z][A-Z0-9_.]{4,})\]", str(error))
    name = condition.group(1) if condition else type(error).__name__
    return IcsparkError(f"the computation failed ({name})", where=where, mend="see it whole with --traceback")


def _broken_rows(table: type[Table], frame: DataFrame) -> QualityError:
    required = [name for name, spec in table.columns().items() if not spec.nullable]
    nulls = frame.agg(*[F.count_if(F.col(name).isNull()).alias(name) for name in required]).first()
    repeated = (
        frame.groupBy(*table.key()).count().filter("count > 1").agg(F.sum("count")).first() if table.key() else None
    )
    parts = [f"{nulls[name]} null(s) in {name}" for name in required if nulls is not None and nulls[name]]
    if repeated is not None and repeated[0]:
        parts.append(f"{repeated[0]} rows share a key ({', '.join(table.key())})")
    return QualityError(
        "rows break what the table promises: " + "; ".join(parts),
        where=table.name(),
        mend="mend the job; nothing was written",
    )
