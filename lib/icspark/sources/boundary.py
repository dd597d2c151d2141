"""Outlines of areas of any type, from GeoJSON, GeoPackage, Shapefile or GeoParquet.

Record specification: Office for National Statistics, Open Geography portal, digital boundaries: a column of codes such
as `LSOA11CD`, `LSOA21CD`, `MSOA21CD` or `LAD22CD` beside `LSOA11NM` and so on, which also tells type and vintage. Seen
on real GeoJSON of LSOA 2011 and 2021; the other formats on files written from them. Read on the driver: the finest of
these layers has 36,000 polygons. A GeoJSON may be gzipped (`.geojson.gz`), a Shapefile zipped (`.zip`).

The system of coordinates is the file's own (GeoJSON: longitude and latitude unless it says otherwise), and is stored,
not changed. An outline that crosses or touches itself is mended (`structure` method: rings sorted into shells and
holes) and counted in the run record as `outlines_mended`; heights are left out.

Options, each also as `<option>:<file name>` for one file of several: `area_type` (such as lsoa_2011) where the header
does not tell; `epsg` where the file does not tell its system, or tells a wrong one; `layer` of a file that has several.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from icspark.config import Source
from icspark.errors import InputError, VintageError
from icspark.geography.files import Layer, read_layer
from icspark.geography.vintages import check_vintage, codes_of
from icspark.quality.checks import Checked, Rule, check
from icspark.sources.area_lookup import Level, levels_of
from icspark.sources.headers import configured, listed
from icspark.tables.reference import Boundary

REACH = {
    4326: (-180.0, -90.0, 180.0, 90.0),
    4258: (-180.0, -90.0, 180.0, 90.0),
    27700: (-100_000.0, -100_000.0, 800_000.0, 1_400_000.0),
}
"""West, south, east and north beyond which coordinates cannot be of the system; other systems are not looked at."""

POLYGONAL = (3, 6)
"""Shapely's numbers of polygon and multipolygon."""

RULES = (
    Rule("OUTLINE_EMPTY", "An area has an outline that encloses something.", lambda: F.col("_shape") == "empty"),
    Rule("OUTLINE_POLYGON", "An outline is a polygon or several.", lambda: F.col("_shape") == "not_polygon"),
    Rule(
        "OUTLINE_REACH",
        "Coordinates lie within the reach of their system: degrees are not metres.",
        lambda: F.col("_shape") == "beyond_reach",
    ),
    Rule(
        "AREA_CODE_VINTAGE",
        "A code is one of its type and vintage in area_lookup, where that has the type.",
        lambda: F.col("_is_unknown"),
    ),
)

_RAW_SCHEMA = T.StructType(
    [T.StructField(field.name, field.dataType) for field in Boundary.schema()]
    + [T.StructField(name, T.StringType()) for name in ("_shape", "_file", "_raw")]
)


@dataclass(frozen=True)
class Boundaries:
    """The checked rows, and numbers worth keeping in the run record."""

    checked: Checked
    notes: dict[str, int]


def read(spark: SparkSession, source: Source, *, lookup: DataFrame | None = None) -> Boundaries:
    """Return the areas of all files of the source, checked, with the number of mended outlines.

    `lookup` is area_lookup; without it codes are not held against their vintage, and a declared type that contradicts
    the header is refused. Raises InputError for a file that is absent, damaged, empty, of no known system or without a
    column of codes; VintageError where a larger share of the codes than the ceiling is none of their type.
    """
    frames, mended_count = [], 0
    for path in source.paths:
        layer = read_layer(path, name=option(source, "layer", path))
        area_type, names = _type_and_columns(source, path, layer, has_lookup=lookup is not None)
        outlines, is_mended = mended(layer.geometries)
        mended_count += int(is_mended.sum())
        rows = _rows(layer, names, outlines, epsg=_epsg(source, path, layer))
        frame = spark.createDataFrame(
            rows.assign(**{Boundary.area_type: area_type, "_file": path.name})[_RAW_SCHEMA.names], _RAW_SCHEMA
        )
        frames.append(_with_unknown(frame, area_type, lookup, most_unknown_share=source.rejected_ceiling))
    every = reduce(lambda left, right: left.unionByName(right), frames)
    return Boundaries(check(every, Boundary, RULES, ceiling=source.rejected_ceiling), {"outlines_mended": mended_count})


def option(source: Source, name: str, path: Path) -> str | None:
    """Return an option of the source for one file: `<name>:<file name>` where it is given, else `<name>`."""
    return source.options.get(f"{name}:{path.name}", source.options.get(name))


def mended(geometries: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return outlines with the invalid ones made valid, and which those were.

    What is left of lines and points is dropped; an outline that encloses nothing becomes empty. None stays None.
    """
    is_invalid = ~shapely.is_valid(geometries) & ~shapely.is_missing(geometries)
    valid = geometries.copy()
    valid[is_invalid] = shapely.make_valid(geometries[is_invalid], method="structure", keep_collapsed=False)
    return valid, is_invalid


def problems(outlines: NDArray[Any], *, epsg: int) -> NDArray[Any]:
    """Return why each outline cannot be an area: `empty`, `not_polygon`, `beyond_reach`; None where it can."""
    west, south, east, north = REACH.get(epsg, (-np.inf, -np.inf, np.inf, np.inf))
    boxes = shapely.bounds(outlines)
    is_within = (boxes[:, 0] >= west) & (boxes[:, 1] >= south) & (boxes[:, 2] <= east) & (boxes[:, 3] <= north)
    is_empty = shapely.is_missing(outlines) | shapely.is_empty(outlines)
    is_polygon = np.isin(shapely.get_type_id(outlines), POLYGONAL)
    return np.select([is_empty, ~is_polygon, ~is_within], ["empty", "not_polygon", "beyond_reach"], default=None)  # type: ignore[call-overload, no-any-return]


def _rows(layer: Layer, names: dict[str, str], outlines: NDArray[Any], *, epsg: int) -> pd.DataFrame:
    columns = list(layer.columns)
    raw = [
        json.dumps(dict(zip(columns, values, strict=True)), default=str)
        for values in zip(*layer.columns.values(), strict=True)
    ]
    boxes = shapely.bounds(outlines)
    text = {
        ours: _texts(layer.columns[names[ours]]) if ours in names else None
        for ours in (Boundary.area_code, Boundary.area_name)
    }
    return pd.DataFrame(
        {
            **text,
            Boundary.epsg_code: epsg,
            Boundary.geometry_wkb: shapely.to_wkb(outlines),
            **{
                edge: boxes[:, at]
                for at, edge in enumerate((Boundary.x_min, Boundary.y_min, Boundary.x_max, Boundary.y_max))
            },
            "_shape": problems(outlines, epsg=epsg),
            "_raw": raw,
        },
    )


def _texts(values: Iterable[Any]) -> list[str | None]:
    texts = (None if value is None else str(value).strip() for value in values)
    return [text or None for text in texts]


def _epsg(source: Source, path: Path, layer: Layer) -> int:
    stated = option(source, "epsg", path)
    if stated is not None and not stated.isdigit():
        raise InputError(
            "`epsg` is no number", where=str(path), found=stated, mend="give the EPSG code alone, such as 27700"
        )
    if stated is None and layer.epsg is None:
        raise InputError(
            "the file does not say in which system its coordinates are",
            where=str(path),
            mend="set `options: {epsg: ...}` of the source",
        )
    return int(stated) if stated is not None else int(layer.epsg or 0)


def _type_and_columns(source: Source, path: Path, layer: Layer, *, has_lookup: bool) -> tuple[str, dict[str, str]]:
    """Return the type of the areas, and the columns of code and name: configured, or the publisher's."""
    header = list(layer.columns)
    names = configured(header, source, Boundary, where="boundary") if source.columns else {}
    found = _own_level(path, header, names.get(Boundary.area_code))
    declared = option(source, "area_type", path) or source.vintage
    if found and Boundary.area_code not in names:
        names = {
            Boundary.area_code: found.column,
            **({Boundary.area_name: found.name_column} if found.name_column else {}),
        }
    if Boundary.area_code not in names or not (declared or found):
        raise InputError(
            "no column tells the codes and type of the areas",
            where=str(path),
            expected="a column such as LSOA21CD, or `columns: {area_code: ...}` with `options: {area_type: ...}`",
            found=listed(header),
        )
    if declared and found and declared != found.level and not has_lookup:
        raise VintageError(
            f"the areas are declared {declared} and their column is called {found.column}",
            where=str(path),
            mend="correct `area_type`, or ingest area_lookup first, so that the codes can be held against it",
        )
    return declared or (found.level if found else ""), names


def _own_level(path: Path, header: list[str], code_column: str | None) -> Level | None:
    """Return the level that a header's columns of codes are of: the configured column's, else the finest."""
    levels = [level for level in levels_of(header, {}) if code_column in (None, level.column)]
    if code_column is None and len(levels) > 1 and levels[0].order[0] == levels[1].order[0]:
        raise InputError(
            f"the file has codes of {levels[0].level} and of {levels[1].level}",
            where=str(path),
            mend="say which is meant by `columns: {area_code: ...}`",
        )
    return levels[0] if levels else None


def _with_unknown(rows: DataFrame, area_type: str, lookup: DataFrame | None, *, most_unknown_share: float) -> DataFrame:
    """Return the rows with `_is_unknown`: null where area_lookup is absent or does not have the type."""
    known = None if lookup is None else codes_of(lookup, area_type)
    if known is None or known.isEmpty():
        return rows.withColumn("_is_unknown", F.lit(None).cast("boolean"))
    given = rows.select(Boundary.area_code)
    check_vintage(
        given,
        Boundary.area_code,
        known,
        table=Boundary.name(),
        vintage=area_type,
        most_unknown_share=most_unknown_share,
    )
    marked = known.withColumn("_is_known", F.lit(True))
    return rows.join(marked, on=Boundary.area_code, how="left").withColumn(
        "_is_unknown", F.col("_is_known").isNull() & F.col(Boundary.area_code).isNotNull()
    )
