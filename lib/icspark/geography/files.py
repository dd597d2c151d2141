"""Files of geometry, read whole on the driver: GeoJSON, GeoPackage, Shapefile and GeoParquet."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shapely
from numpy.typing import NDArray
from pyarrow import ArrowException, parquet

from icspark.errors import InputError

LONGITUDE_LATITUDE = 4326
_AGAIN = "fetch it again"


@dataclass(frozen=True)
class Layer:
    """One layer of a file: its columns by name, a geometry a row (None where none is), its EPSG code if it says."""

    columns: Mapping[str, Sequence[Any]]
    geometries: NDArray[Any]
    epsg: int | None


def read_layer(path: Path, *, name: str | None = None) -> Layer:
    """Return the only layer of a file, or the one called `name`, as it stands; heights are left out.

    A suffix .gz is unpacked; a zipped Shapefile is read in place. GeoParquet is read by its `geo` metadata. Longitude
    and latitude without a system of their own are EPSG:4326. Raises InputError for a file that is absent, truncated, of
    no known format, without rows, or of several layers where none is named.
    """
    if not path.is_file():
        raise InputError("the file is absent", where=str(path), mend="correct `path` of the source")
    layer = _parquet(path) if path.suffix == ".parquet" else _other(path, name)
    if not len(layer.geometries):
        raise InputError("the file has no areas", where=str(path), mend=_AGAIN)
    return layer


def _other(path: Path, name: str | None) -> Layer:
    import pyogrio.raw  # type: ignore[import-untyped]
    from pyogrio.errors import DataLayerError, DataSourceError  # type: ignore[import-untyped]

    content: Path | bytes = _unpacked(path) if path.suffix == ".gz" else path
    if path.name.lower().endswith(("json", "json.gz")):
        _require_json(path, content)
    try:
        meta, _, shapes, values = pyogrio.raw.read(content, layer=_layer_name(path, content, name), force_2d=True)
    except (DataSourceError, DataLayerError) as error:
        expected = "GeoJSON, GeoPackage, Shapefile or GeoParquet"
        raise InputError("the file cannot be read as areas", where=str(path), expected=expected, mend=_AGAIN) from error
    if shapes is None:
        raise InputError("the file has no geometry", where=str(path), mend="take the publisher's digital boundaries")
    columns = {str(field): list(column) for field, column in zip(meta["fields"], values, strict=True)}
    return Layer(columns, shapely.from_wkb(shapes), epsg_of(meta["crs"]))


def _layer_name(path: Path, content: Path | bytes, name: str | None) -> str | None:
    import pyogrio

    # A GeoJSON has one layer, named after its file where it has no name: another file each time it is in memory.
    layers = [str(row[0]) for row in pyogrio.list_layers(content)]
    if name in layers or (name is None and len(layers) == 1):
        return name
    what = f"the file has no layer {name}" if name else f"the file has {len(layers)} layers"
    raise InputError(what, where=str(path), expected=", ".join(layers), mend="name one in `options: {layer: ...}`")


def _unpacked(path: Path) -> bytes:
    try:
        return gzip.decompress(path.read_bytes())
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise InputError("the file is truncated or damaged", where=str(path), mend=_AGAIN) from None


def _require_json(path: Path, content: Path | bytes) -> None:
    # GDAL reads what it can of a JSON that is cut short, and says nothing.
    try:
        json.loads(content if isinstance(content, bytes) else content.read_bytes())
    except ValueError:
        what = "the file is empty" if not content or not path.stat().st_size else "the file is truncated or is no JSON"
        raise InputError(what, where=str(path), mend=_AGAIN) from None


def _parquet(path: Path) -> Layer:
    try:
        table = parquet.read_table(path)
    except (ArrowException, OSError):
        raise InputError("the file is truncated or is no Parquet file", where=str(path), mend=_AGAIN) from None
    try:
        geo = json.loads((table.schema.metadata or {})[b"geo"])
        primary = geo["primary_column"]
        column = geo["columns"][primary]
    except (KeyError, ValueError):
        raise InputError("the Parquet file has no `geo` metadata", where=str(path), expected="GeoParquet") from None
    if column["encoding"] != "WKB":
        raise InputError(f"the geometry is encoded as {column['encoding']}", where=str(path), expected="WKB")
    shapes = shapely.force_2d(shapely.from_wkb(table[primary].to_numpy()))
    names = [name for name in table.column_names if name not in geo["columns"]]
    epsg = epsg_of(json.dumps(column["crs"]) if column["crs"] else None) if "crs" in column else LONGITUDE_LATITUDE
    return Layer({name: table[name].to_pylist() for name in names}, shapes, epsg)


def epsg_of(crs: str | None) -> int | None:
    """Return the EPSG code of a system of coordinates (code, well-known text or PROJJSON); None where there is none.

    OGC:CRS84, which is EPSG:4326 with longitude first, is 4326: all coordinates here are east first.
    """
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    if not crs:
        return None
    try:
        system = CRS.from_user_input(crs)
    except CRSError:
        return None
    if system.to_authority() == ("OGC", "CRS84"):
        return LONGITUDE_LATITUDE
    code = system.to_epsg() or system.to_epsg(min_confidence=25)
    return None if code is None else int(code)
