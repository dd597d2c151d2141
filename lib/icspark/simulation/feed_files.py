"""Files as publishers write them, the same bytes each time: CSV, Nomis exports, GeoJSON and workbooks."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import shapely

_EPOCH = (1980, 1, 1, 0, 0, 0)
_CHANGED = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*")


def write_rows(path: Path, rows: Iterable[Sequence[Any]], *, quoted: bool = False) -> None:
    """Write rows as a CSV file; None is empty. `quoted`: every field in quotes."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL).writerows(rows)


def write_frame(path: Path, frame: pd.DataFrame) -> None:
    """Write a frame with its header as a CSV file; nulls are empty."""
    frame.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")


def write_nomis(path: Path, counts: pd.DataFrame, *, title: str, population: str, year: int) -> None:
    """Write counts as Nomis exports them: a preamble, then a row per LSOA 2011 under the key `lsoa2011:CODE : NAME`.

    `counts` has lsoa_2011_code, lsoa_2011_name, and the columns of the table under their titles.
    """
    preamble = [
        [f"{title} (simulated)"],
        ["Simulated region: no real person or place"],
        ["Population :", population],
        ["Units      :", "Persons"],
        ["Date       :", str(year)],
        ["Rural Urban:", "Total"],
        [],
    ]
    titles = [name for name in counts.columns if not name.startswith("lsoa_2011_")]
    keys = [f"lsoa2011:{row.lsoa_2011_code} : {row.lsoa_2011_name}" for row in counts.itertuples()]
    body = [[key, *values] for key, values in zip(keys, counts[titles].to_numpy().tolist(), strict=True)]
    write_rows(path, [*preamble, ["Area", *titles], [], *body])


def write_geojson(path: Path, areas: pd.DataFrame, *, columns: Mapping[str, str]) -> None:
    """Write the polygons of areas as GeoJSON in EPSG:27700, whole metres; `columns` maps our column to the property."""
    properties = areas[list(columns)].rename(columns=dict(columns)).to_dict("records")
    shapes = [json.loads(text) for text in shapely.to_geojson(areas["polygon"].to_numpy())]
    features = [
        {"type": "Feature", "properties": told, "geometry": shape}
        for told, shape in zip(properties, shapes, strict=True)
    ]
    system = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::27700"}}
    document = {"type": "FeatureCollection", "name": f"simulated_{path.stem}", "crs": system, "features": features}
    path.write_text(json.dumps(document, separators=(",", ":")) + "\n", encoding="utf-8")


def write_workbook(path: Path, sheets: Mapping[str, Iterable[Sequence[Any]]]) -> None:
    """Write a workbook of some sheets, each its rows of cells. The time of writing is left out of it."""
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    buffer = io.BytesIO()
    book.save(buffer)
    with zipfile.ZipFile(buffer) as made, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as kept:
        for name in made.namelist():
            content = _CHANGED.sub(rb"\g<1>1980-01-01T00:00:00Z", made.read(name))
            kept.writestr(zipfile.ZipInfo(name, _EPOCH), content, zipfile.ZIP_DEFLATED)
