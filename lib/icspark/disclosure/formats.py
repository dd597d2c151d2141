"""How released rows become one file: CSV, Parquet and GeoParquet, in bounded memory and always with the same bytes."""

from __future__ import annotations

import gzip
import json
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from pyspark.sql import DataFrame
from pyspark.sql import types as T
from pyspark.sql.pandas.types import to_arrow_schema

from icspark.disclosure.gate import MARKER
from icspark.errors import TableError

ROWS = 50_000
"""Rows of one row group, and the most that stand in the driver's memory at once (twice)."""

FORMULA = frozenset("=+-@\uff1d\uff0b\uff0d\uff20")
GEOMETRY = "geometry_wkb"


def batches(frame: DataFrame) -> Iterator[pa.RecordBatch]:
    """Yield the rows in the frame's order, 50,000 a batch whatever its partitions are.

    Executors hand over Arrow streams, one partition at a time, so that the driver never holds the whole.
    """
    schema = to_arrow_schema(frame.schema)
    streams = frame.mapInArrow(_serialised, T.StructType([T.StructField("stream", T.BinaryType())])).toLocalIterator()
    waiting = schema.empty_table()
    for row in streams:
        with pa.ipc.open_stream(bytes(row["stream"])) as reader:
            waiting = pa.concat_tables([waiting, reader.read_all().cast(schema)])
        while waiting.num_rows >= ROWS:
            yield waiting.slice(0, ROWS).combine_chunks().to_batches()[0]
            waiting = waiting.slice(ROWS)
    if waiting.num_rows:
        yield waiting.combine_chunks().to_batches()[0]


def _serialised(parts: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for part in parts:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, part.schema) as writer:
            writer.write_batch(part)
        yield pa.RecordBatch.from_arrays([pa.array([sink.getvalue().to_pybytes()], pa.binary())], ["stream"])


def write_csv(frame: DataFrame, target: Path, *, compressed: bool = False) -> dict[str, int]:
    """Write UTF-8 with a header and line feeds; return the number of rows and of withheld cells.

    Null is an empty cell, an empty text is "", a withheld cell is *. Text that a spreadsheet could take for a formula
    (it begins with = + - @, also full-width, or a control or format character) gets an apostrophe before it; numbers
    stay numbers. Texts with a separator, quote or line break are quoted as in RFC 4180.
    """
    names = [name for name in frame.columns if name != MARKER]
    rows = cells = 0
    with target.open("wb") as raw:
        # No name and no time in the header, or two files of the same rows would differ.
        out = gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) if compressed else raw
        out.write((",".join(names) + "\n").encode())
        for batch in batches(frame):
            lines, withheld = _lines(batch, names)
            out.write("".join(lines).encode())
            rows, cells = rows + batch.num_rows, cells + withheld
        if out is not raw:
            out.close()
    return {"rows": rows, "withheld_cells": cells}


def _lines(batch: pa.RecordBatch, names: list[str]) -> tuple[list[str], int]:
    texts = {name: [_text(value) for value in batch.column(name).to_pylist()] for name in names}
    markers = batch.column(MARKER).to_pylist() if MARKER in batch.schema.names else ()
    cells = [(row, name) for row, marker in enumerate(markers) if marker for name in marker.split(",")]
    for row, name in cells:
        texts[name][row] = "*"
    return [",".join(line) + "\n" for line in zip(*texts.values(), strict=True)], len(cells)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return _quoted(harmless(value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)))


def harmless(text: str) -> str:
    """Return the text with an apostrophe before it if a spreadsheet could take it for a formula."""
    first = text[:1]
    return f"'{text}" if first and (first in FORMULA or unicodedata.category(first) in ("Cc", "Cf")) else text


def _quoted(text: str) -> str:
    if text and not any(mark in text for mark in ',";\n\r\t'):
        return text
    return '"' + text.replace('"', '""') + '"'


def write_parquet(frame: DataFrame, target: Path, *, metadata: dict[str, str]) -> dict[str, int]:
    """Write one Parquet file with key-value metadata; return the number of rows and of withheld cells."""
    return _write(frame, target, metadata, lambda batch: batch)


def write_geoparquet(frame: DataFrame, target: Path, *, epsg: int, metadata: dict[str, str]) -> dict[str, int]:
    """Write one GeoParquet 1.1 file of a frame whose `geometry_wkb` is in the given EPSG system.

    Geometries become ISO well-known binary in the column `geometry`; a null geometry stays null and is counted. Raise
    a TableError where every geometry is missing.
    """
    shapes = _Shapes()
    renamed = frame.withColumnRenamed(GEOMETRY, "geometry")
    found = _write(renamed, target, metadata, shapes.take, lambda: shapes.metadata(epsg))
    if found["rows"] and shapes.missing == found["rows"]:
        raise TableError("no row has a geometry", expected="boundaries of the table's areas", mend="ingest them")
    return found | {"rows_without_geometry": shapes.missing}


class _Shapes:
    """What GeoParquet's header says of the geometries, gathered as they pass."""

    def __init__(self) -> None:
        self.kinds: set[str] = set()
        self.box = np.array([np.inf, np.inf, -np.inf, -np.inf])
        self.missing = 0

    def take(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return the batch with its geometries as ISO well-known binary, after noting their kinds and box."""
        place = batch.schema.get_field_index("geometry")
        shapes = shapely.from_wkb(np.array(batch.column(place).to_pylist(), dtype=object))
        known = shapes[~shapely.is_missing(shapes)]
        self.missing += len(shapes) - len(known)
        self.kinds |= {shape.geom_type + (" Z" if shape.has_z else "") for shape in known}
        if len(filled := known[~shapely.is_empty(known)]):
            box = shapely.total_bounds(filled)
            self.box = np.concatenate([np.minimum(self.box[:2], box[:2]), np.maximum(self.box[2:], box[2:])])
        written = pa.array(shapely.to_wkb(shapes, flavor="iso", include_srid=False), pa.binary())
        return batch.set_column(place, pa.field("geometry", pa.binary()), written)

    def metadata(self, epsg: int) -> dict[str, str]:
        """Return the `geo` entry of the file's metadata: version, encoding, kinds, coordinate system and box."""
        import pyproj

        system = pyproj.CRS.from_epsg(epsg).to_json_dict()
        column = {"encoding": "WKB", "geometry_types": sorted(self.kinds), "crs": system}
        if np.isfinite(self.box).all():
            column["bbox"] = self.box.tolist()
        return {"geo": json.dumps({"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}})}


def _write(
    frame: DataFrame,
    target: Path,
    metadata: dict[str, str],
    change: Callable[[pa.RecordBatch], pa.RecordBatch],
    /,
    *last: Callable[[], dict[str, str]],
) -> dict[str, int]:
    schema = to_arrow_schema(frame.schema)
    rows = cells = 0
    with pq.ParquetWriter(target, schema) as writer:
        for batch in batches(frame):
            writer.write_batch(change(batch).cast(schema))
            rows += batch.num_rows
            markers = batch.column(MARKER).to_pylist() if MARKER in schema.names else ()
            cells += sum(marker.count(",") + 1 for marker in markers if marker)
        for more in (lambda: metadata, *last):
            writer.add_key_value_metadata(more())
    return {"rows": rows, "withheld_cells": cells}
