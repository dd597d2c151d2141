"""Released rows on a screen or in one file, with a page beside it that says what it is."""

from __future__ import annotations

import hashlib
import json
import os
import re
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from icspark.disclosure.config import DisclosureConfig
from icspark.disclosure.formats import GEOMETRY, write_csv, write_geoparquet, write_parquet
from icspark.disclosure.gate import MARKER, Permission, check_released
from icspark.errors import ConfigurationError, ConflictError, SetupError, TableError
from icspark.tables.reference import Boundary
from icspark.tables.table import Release, Table

SUFFIXES = (".parquet", ".geoparquet", ".csv", ".csv.gz")
MOST_SHOWN = 1000


@dataclass(frozen=True)
class Exported:
    """What was written: the file, the page beside it, and the numbers in it."""

    path: Path
    about: Path
    rows: int
    withheld_cells: int
    rows_without_geometry: int = 0


@dataclass(frozen=True)
class Terms:
    """Under which terms a table leaves: the disclosure settings, the permission if it needs one, and what made it."""

    config: DisclosureConfig
    permitted: Permission | None = None
    run: Mapping[str, Any] | None = None


def preview(
    frame: DataFrame, table: type[Table], n: int = 20, permitted: Permission | None = None
) -> list[dict[str, Any]]:
    """Return the first n released rows by key, at most 1,000; a withheld cell is *, a geometry its size in bytes."""
    check_released(table, frame, permitted)
    # Bounded by n, whatever the table's size.
    rows = _ordered(frame, table).limit(max(0, min(n, MOST_SHOWN))).take(MOST_SHOWN)
    return [_shown(row.asDict()) for row in rows]


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    withheld = (row.pop(MARKER, None) or "").split(",")
    sizes = {name: f"({len(value)} bytes)" for name, value in row.items() if isinstance(value, (bytes, bytearray))}
    return {name: "*" if name in withheld else sizes.get(name, value) for name, value in row.items()}


def export(
    frame: DataFrame,
    path: Path,
    table: type[Table],
    terms: Terms,
    *,
    boundaries: DataFrame | None = None,
    overwrite: bool = False,
) -> Exported:
    """Write a released frame to one file in the format of its suffix, and `<file>.about.json` beside it.

    Rows are ordered by the table's key, so that the same rows give the same bytes. The file appears whole or not at
    all; one that is there is replaced only with `overwrite`. For .geoparquet a table without geometry is joined to
    `boundaries` by its area code of their type and vintage. Raise a ConfigurationError for another suffix, a
    ConflictError for a file that is there, a SetupError where the folder cannot be written, a DisclosureError for a
    frame that has not been released.
    """
    check_released(table, frame, terms.permitted)
    suffix = _suffix(path)
    about = path.with_name(f"{path.name}.about.json")
    _check_place(path, overwrite)
    # The run stands in the page beside the file only: the same rows have to give the same bytes in every run.
    metadata = {"icspark": json.dumps(_about(table, frame, terms), sort_keys=True, default=str)}
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.touch(exist_ok=False)
        numbers = _written(frame, part, table, suffix=suffix, boundaries=boundaries, metadata=metadata)
        page = _about(table, frame, terms) | {"run": dict(terms.run or {}), "file": path.name, **numbers}
        page["sha256"] = _sha256(part)
        _publish(part, path, overwrite=overwrite)
        _publish(_text_beside(about, page), about, overwrite=True)
    except OSError as error:
        raise SetupError(
            f"the file cannot be written ({error.strerror})", where=str(path), mend="choose another place"
        ) from None
    finally:
        part.unlink(missing_ok=True)
    return Exported(path, about, **numbers)


def _suffix(path: Path) -> str:
    found = max((s for s in SUFFIXES if path.name.lower().endswith(s)), key=len, default="")
    if not found or path.name.lower() == found:
        raise ConfigurationError(
            "unknown format", where=str(path), expected=f"a name that ends in one of {', '.join(SUFFIXES)}"
        )
    return found


def _check_place(path: Path, overwrite: bool) -> None:
    if path.is_dir():
        raise ConflictError("a folder stands there", where=str(path), mend="give the name of a file")
    if path.exists() and not overwrite:
        raise ConflictError("the file is there already", where=str(path), mend="give another name, or say --overwrite")


def _written(
    frame: DataFrame,
    target: Path,
    table: type[Table],
    *,
    suffix: str,
    boundaries: DataFrame | None,
    metadata: dict[str, str],
) -> dict[str, int]:
    if suffix in (".csv", ".csv.gz"):
        return write_csv(_ordered(frame, table), target, compressed=suffix == ".csv.gz")
    if suffix == ".parquet":
        return write_parquet(_ordered(frame, table), target, metadata=metadata)
    placed, epsg = with_geometry(frame, table, boundaries)
    return write_geoparquet(_ordered(placed, table), target, epsg=epsg, metadata=metadata)


def _ordered(frame: DataFrame, table: type[Table]) -> DataFrame:
    return frame.orderBy(*(table.key() or frame.columns))


def with_geometry(frame: DataFrame, table: type[Table], boundaries: DataFrame | None) -> tuple[DataFrame, int]:
    """Return the frame with `geometry_wkb`, and the EPSG code of its coordinates.

    A table that has geometry keeps its own; another is joined to `boundaries` by its first key column that holds area
    codes of a type and vintage, with null where the area has none. Raise a TableError where there is nothing to join.
    """
    if GEOMETRY in table.columns():
        return frame, _epsg(frame, table)
    area = next((n for n, s in table.columns().items() if s.key and s.vintage and s.data_type == T.StringType()), None)
    if area is None:
        raise TableError(
            "neither geometry nor an area code in the key", where=table.name(), mend="export .parquet or .csv"
        )
    vintage = table.columns()[area].vintage
    if boundaries is None:
        raise TableError("a map needs boundaries", where=table.name(), expected=f"areas {vintage}", mend="ingest them")
    own = boundaries.where(F.col(Boundary.area_type) == F.lit(vintage))
    shapes = own.select(F.col(Boundary.area_code).alias(area), F.col(Boundary.geometry_wkb).alias(GEOMETRY))
    return frame.join(shapes, on=area, how="left").select(*frame.columns, GEOMETRY), _epsg(own, Boundary)


def _epsg(frame: DataFrame, table: type[Table]) -> int:
    found = frame.agg(F.min(Boundary.epsg_code).alias("least"), F.max(Boundary.epsg_code).alias("most")).first()
    if found is None or found["least"] is None:
        raise TableError("no boundaries of that type and vintage", where=table.name(), mend="ingest them")
    if found["least"] != found["most"]:
        raise TableError(
            "boundaries in several coordinate systems",
            where=table.name(),
            found=f"EPSG {found['least']}, {found['most']}",
        )
    return int(found["least"])


def _about(table: type[Table], frame: DataFrame, terms: Terms) -> dict[str, Any]:
    words = " ".join(table.description().split())
    said = re.search(r"Source:\s*(.+?)\.\s+Licence:\s*(.+?)(?:\.\s|\.?$)", words)
    specs = table.columns()
    return {
        "table": table.name(),
        "grain": table.grain(),
        "description": table.description(),
        "source": said[1] if said else None,
        "licence": said[2] if said else None,
        "columns": {name: specs[name].description for name in frame.columns if name in specs},
        "disclosure": _said_of_disclosure(table, terms),
    }


def _said_of_disclosure(table: type[Table], terms: Terms) -> dict[str, Any]:
    said: dict[str, Any] = {"release": table.release.value}
    if table.release is Release.AGGREGATE:
        config = terms.config
        said |= {"preset": config.preset, "withheld_from_1_to": config.threshold, "rounded_to": config.base}
        said["withheld"] = f"* in CSV; null in Parquet, where {MARKER} names the columns withheld in each row"
    if terms.permitted:
        said["permission"] = asdict(terms.permitted)
    return said


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _text_beside(path: Path, page: dict[str, Any]) -> Path:
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    part.write_text(json.dumps(page, indent=2, ensure_ascii=False, default=str) + "\n", encoding="utf-8")
    return part


def _publish(part: Path, path: Path, *, overwrite: bool) -> None:
    """Make the finished file visible at once; it is flushed first, or a crash could leave an empty one."""
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    _check_place(path, overwrite)
    part.replace(path)
