"""Read files as text, whole: every row is kept with its raw text, and a file that cannot be read whole is an error.

Nothing is cast here but by `typed`, and nothing is dropped but a header, what stands above it, and blank lines. A field
with a line break inside quotes is torn into two rows of the wrong length, and both are rejected: none of the layouts
that this suite reads has one.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import BinaryIO, cast

from pyarrow import ArrowException, parquet
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from icspark.config import Source
from icspark.errors import ConfigurationError, InputError, nearest
from icspark.tables.table import Table

NULL_MARKERS = ("", "*", "..", ":", "-", "NULL", "NA")
HEADER_WITHIN_LINES = 200
BOOKKEEPING = ("_file", "_raw", "_problem")

_BLOCK = 1 << 20
_CODECS = {"utf-8": "utf-8-sig", "windows-1252": "cp1252"}
_BYTES_80_TO_9F = [byte for byte in range(0x80, 0xA0) if byte not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)]
_LATIN_1 = "".join(map(chr, _BYTES_80_TO_9F))
_WINDOWS_1252 = bytes(_BYTES_80_TO_9F).decode("cp1252")
_CSV = {"quote": '"', "escape": '"', "mode": "PERMISSIVE", "columnNameOfCorruptRecord": "_torn"}


@dataclass(frozen=True)
class _Layout:
    """What was found out about one text file: its encoding, its column names, and the lines before its first row."""

    encoding: str
    names: tuple[str, ...]
    preamble: tuple[str, ...]
    separator: str = ","


@dataclass(frozen=True)
class _Header:
    """What tells the line of the header from others, and what stands between its names."""

    required: Sequence[str]
    starts_with: str | None
    separator: str


def read_delimited(
    spark: SparkSession,
    source: Source,
    *,
    header: Sequence[str] | None = None,
    required: Sequence[str] = (),
    starts_with: str | None = None,
    separator: str = ",",
) -> DataFrame:
    """Return the rows of separated files as text: one row per line below the header, in any encoding of `source`.

    The header is the first line, of the first 200, that has all `required` columns (capitals do not matter) and starts
    with `starts_with`; its names are the columns' names, each file in its own order. Files without one take `header`.
    Besides: `_file` (name), `_raw` (line) and `_problem` (`FIELDS` where a line has too many or too few, else null).
    Raises InputError for a file that is absent, empty, truncated, in no known encoding, or without the columns.
    """
    files = [
        _delimited(spark, path, _layout(path, source.encoding, header, _Header(required, starts_with, separator)))
        for path in source.paths
    ]
    return _together(files)


def read_parquet(spark: SparkSession, source: Source, *, required: Sequence[str] = ()) -> DataFrame:
    """Return the rows of Parquet files with every column as text; `_raw` is the row as JSON, `_file` the file's name.

    A number that is no number is null. Raises InputError for a file that is absent, empty, truncated or without the
    `required` columns.
    """
    for path in source.paths:
        _examine_parquet(path, required)
    return _together([_parquet(spark, path) for path in source.paths])


def read_any(
    spark: SparkSession, source: Source, *, required: Sequence[str] = (), header: Sequence[str] | None = None
) -> DataFrame:
    """Return `read_parquet` of files that end in .parquet (or are folders), else `read_delimited`."""
    if all(path.suffix == ".parquet" or path.is_dir() for path in source.paths):
        return read_parquet(spark, source, required=required)
    return read_delimited(spark, source, required=required, header=header)


def chosen_columns(source: Source, table: type[Table], layout: Mapping[str, str]) -> dict[str, str]:
    """Return our column name -> the file's: those of the configuration if it names any, else the publisher's `layout`.

    Raises ConfigurationError for a name that is no column of `table` and none of the layout.
    """
    known = {*table.columns(), *layout}
    for name in source.columns:
        if name not in known:
            raise ConfigurationError(
                f"`columns` names {name!r}, which is no column of {table.name()}",
                expected=", ".join(known & set(table.columns())),
                mend=nearest(name, known),
            )
    return dict(source.columns or layout)


def typed(
    raw: DataFrame,
    table: type[Table],
    names: Mapping[str, str],
    *,
    null_markers: Sequence[str] = NULL_MARKERS,
    dates: str = "yyyyMMdd",
    also: Mapping[str, str] | None = None,
) -> DataFrame:
    """Return one column of the table's type for each of `names` (our name -> the file's), beside its `_text_<name>`.

    Text is trimmed and `null_markers` are null. What cannot be cast is null while `_text_<name>` is not: `check` tells
    it from what was missing. Whole numbers may be written 12, 12.0, 1.2E1 or 1,200; dates as `dates` or as ISO 8601. A
    column that the file lacks, or `""`, is null. The bookkeeping columns stay; of the other columns of the file, those
    that `also` names (a name of ours -> the file's) stay as text.
    """
    there = {name.casefold() for name in raw.columns}
    specs = table.columns()
    wanted = {f"_text_{ours}": theirs for ours, theirs in names.items()} | dict(also or {})
    nothing = F.lit(None).cast("string")
    texts = [
        (_unmarked(_named(theirs), null_markers) if theirs.casefold() in there else nothing).alias(name)
        for name, theirs in wanted.items()
    ]
    kept = [name for name in BOOKKEEPING if name in raw.columns]
    as_text = raw.select(*kept, *texts)
    return as_text.select("*", *[_cast(F.col(f"_text_{n}"), specs[n].data_type, dates).alias(n) for n in names])


def _unmarked(text: Column, markers: Sequence[str]) -> Column:
    trimmed = F.btrim(text, F.lit(" \t\u00a0\ufeff"))
    return F.when(~trimmed.isin([*{"", *markers}]), trimmed)


def _cast(text: Column, data_type: T.DataType, dates: str) -> Column:
    if isinstance(data_type, T.StringType):
        return text
    if isinstance(data_type, T.DateType):
        return _time(text, dates).cast("date")
    if isinstance(data_type, T.TimestampType):
        return _time(text, dates)
    if isinstance(data_type, T.NumericType):
        return _number(
            F.when(text.rlike(r"^-?\d{1,3}(,\d{3})+(\.\d+)?$"), F.translate(text, ",", "")).otherwise(text), data_type
        )
    return text.try_cast(data_type)


def _time(text: Column, pattern: str) -> Column:
    # Text that a pattern does not fit costs Spark an exception a row, so the pattern is tried only where it can fit.
    is_iso = text.rlike(r"^\d{4}-\d{2}-\d{2}([ T].*)?$")
    iso = F.when(is_iso, text.try_cast("timestamp"))
    fits = F.try_to_timestamp(text, F.lit(pattern))
    return F.coalesce(fits if "-" in pattern else F.when(~is_iso, fits), iso)


def _number(text: Column, data_type: T.DataType) -> Column:
    if isinstance(data_type, T.IntegralType):
        exact = text.try_cast("decimal(38,10)")
        return F.coalesce(text.try_cast(data_type), F.when(exact == F.floor(exact), exact.try_cast(data_type)))
    number = text.try_cast(data_type)
    return F.when(~F.isnan(number) & (F.abs(number) < F.lit(float("inf"))), number)


def _named(name: str) -> Column:
    return F.col("`" + name.replace("`", "``") + "`")


def _together(frames: Sequence[DataFrame]) -> DataFrame:
    return reduce(lambda a, b: a.unionByName(b, allowMissingColumns=True), frames)


# Text files


def _delimited(spark: SparkSession, path: Path, layout: _Layout) -> DataFrame:
    lines = _decoded(spark.read.text(str(path)), layout.encoding)
    if layout.preamble:
        lines = _below(lines, layout.preamble)
    schema = ", ".join([*(f"c{i} STRING" for i in range(len(layout.names))), "_torn STRING"])
    parsed = lines.filter(F.trim("_raw") != "").withColumn(
        "_row", F.from_csv("_raw", schema, {**_CSV, "sep": layout.separator})
    )
    fields = [F.col(f"_row.c{i}").alias(name) for i, name in enumerate(layout.names)]
    problem = F.when(F.col("_row._torn").isNotNull(), "FIELDS").alias("_problem")
    return parsed.select(*fields, F.lit(path.name).alias("_file"), "_raw", problem)


def _decoded(lines: DataFrame, encoding: str) -> DataFrame:
    if encoding == "utf-8":
        return lines.select(F.col("value").alias("_raw"))
    # Spark 4 decodes few character sets; Windows-1252 is ISO 8859-1 but for the 27 characters of 0x80 to 0x9F.
    latin = F.decode(F.col("value").cast("binary"), "ISO-8859-1")
    return lines.select(F.translate(latin, _LATIN_1, _WINDOWS_1252).alias("_raw"))


def _below(lines: DataFrame, preamble: tuple[str, ...]) -> DataFrame:
    # The first partition of one file begins with its first line. Both conditions must hold, so that a row is never
    # lost: were the order another, a header would turn up as a rejected row.
    numbered = lines.withColumn("_line", F.monotonically_increasing_id())
    is_above = (F.col("_line") < len(preamble)) & F.col("_raw").isin(list(preamble))
    return numbered.filter(~is_above).drop("_line")


def _layout(path: Path, encoding: str, header: Sequence[str] | None, wanted: _Header) -> _Layout:
    encoding = _encoding(path, encoding)
    head = _first_lines(path, encoding)
    if not any(line.strip() for line in head):
        raise InputError("the file is empty", where=str(path), mend="fetch it again")
    if header is not None:
        return _Layout(encoding, tuple(header), (), wanted.separator)
    at = _header_line(path, head, wanted)
    if len(head) < HEADER_WITHIN_LINES and not any(line.strip() for line in head[at + 1 :]):
        raise InputError("the file has a header and no rows", where=str(path), mend="fetch it again")
    names = _unique(_fields(head[at], wanted.separator))
    return _Layout(encoding, names, tuple(head[: at + 1]), wanted.separator)


def _encoding(path: Path, asked: str) -> str:
    for encoding in ["utf-8", "windows-1252"] if asked == "auto" else [asked]:
        try:
            _decode_all(path, _CODECS[encoding])
            return encoding
        except UnicodeDecodeError:
            continue
    raise InputError(
        "the file is not text of the expected encoding",
        where=str(path),
        expected="UTF-8 or Windows-1252" if asked == "auto" else asked,
        mend="set `encoding` of the source, or save the file as UTF-8",
    )


def _decode_all(path: Path, codec: str) -> None:
    decoder = codecs.getincrementaldecoder(codec)()
    for block in _blocks(path):
        decoder.decode(block)
    decoder.decode(b"", final=True)


def _blocks(path: Path) -> Iterator[bytes]:
    try:
        with _opened(path) as stream:
            while block := stream.read(_BLOCK):
                yield block
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise InputError("the file is truncated or damaged", where=str(path), mend="fetch it again") from None
    except OSError as error:
        raise _unreadable(path, error) from None


def _opened(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path, "rb")) if path.suffix == ".gz" else path.open("rb")


def _unreadable(path: Path, error: OSError) -> InputError:
    what = (
        "the file is absent" if isinstance(error, FileNotFoundError) else f"the file cannot be read ({error.strerror})"
    )
    return InputError(what, where=str(path), mend="correct `path` of the source")


def _first_lines(path: Path, encoding: str) -> list[str]:
    codec = _CODECS[encoding]
    with _opened(path) as stream, codecs.getreader(codec)(stream) as text:
        lines = (line.rstrip("\r\n") for line in text)
        return [line for line, _ in zip(lines, range(HEADER_WITHIN_LINES), strict=False)]


def _header_line(path: Path, head: Sequence[str], header: _Header) -> int:
    required, starts_with = header.required, header.starts_with
    wanted = {name.strip().casefold() for name in required}
    found = [{name.casefold() for name in _fields(line, header.separator)} for line in head]
    for at, (line, names) in enumerate(zip(head, found, strict=True)):
        if line.strip() and wanted <= names and line.lstrip('" ').startswith(starts_with or ""):
            return at
    closest = max((wanted & names for names in found), key=len)
    missing = [name for name in required if name.strip().casefold() not in closest]
    raise InputError(
        f"no line of the first {HEADER_WITHIN_LINES} is the expected header",
        where=str(path),
        expected=f"the columns {', '.join(required)}"
        + (f", in a line that starts with {starts_with!r}" if starts_with else ""),
        found=f"nearest line lacks {', '.join(missing)}" if missing else "",
        mend="check that this is the right file, or name its columns under `columns` of the source",
    )


def _fields(line: str, separator: str) -> list[str]:
    return [field.strip() for field in next(csv.reader([line], delimiter=separator), [])]


def _unique(names: Sequence[str]) -> tuple[str, ...]:
    seen: dict[str, int] = {}
    result = []
    for at, name in enumerate(names):
        base = name or f"_blank_{at}"
        seen[base.casefold()] = seen.get(base.casefold(), 0) + 1
        result.append(base if seen[base.casefold()] == 1 else f"{base}_{seen[base.casefold()]}")
    return tuple(result)


# Parquet


def _examine_parquet(path: Path, required: Sequence[str]) -> None:
    parts = sorted(path.rglob("*.parquet")) if path.is_dir() else [path]
    rows = 0
    for part in parts:
        try:
            with parquet.ParquetFile(part) as file:
                rows += file.metadata.num_rows
                names = {name.casefold() for name in file.schema_arrow.names}
        except OSError as error:
            raise _unreadable(part, error) from None
        except ArrowException:
            what = "the file is empty" if part.stat().st_size == 0 else "the file is truncated or is no Parquet file"
            raise InputError(what, where=str(part), mend="fetch it again") from None
        missing = [name for name in required if name.casefold() not in names]
        if missing:
            raise InputError(
                f"the file lacks {', '.join(missing)}", where=str(part), expected=f"the columns {', '.join(required)}"
            )
    if rows == 0:
        raise InputError("the file has no rows", where=str(path), mend="fetch it again")


def _parquet(spark: SparkSession, path: Path) -> DataFrame:
    # A setting of the session could make Spark skip the second half of a damaged file without a word.
    rows = spark.read.option("ignoreCorruptFiles", "false").option("ignoreMissingFiles", "false").parquet(str(path))
    texts = [_as_text(_named(field.name), field.dataType).alias(field.name) for field in rows.schema]
    raw = F.to_json(F.struct(*[_named(name) for name in rows.columns]))
    return rows.select(*texts, F.lit(path.name).alias("_file"), raw.alias("_raw"))


def _as_text(value: Column, data_type: T.DataType) -> Column:
    if isinstance(data_type, T.FractionalType) and not isinstance(data_type, T.DecimalType):
        return F.when(~F.isnan(value), value).cast("string")
    if isinstance(data_type, T.BinaryType):
        return F.base64(value)
    return value.cast("string")
