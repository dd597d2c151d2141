"""Coordinates from one system to another, by one stated operation that is the same on every machine.

Between the British National Grid (EPSG:27700) and longitude and latitude (EPSG:4326 or 4258) that is Ordnance Survey's
seven-parameter shift (EPSG operation 1314): on Ordnance Survey's 40 published test points it is 1.94 m off on average
and 4.94 m at most. The exact transformation (OSTN15) needs a grid file that not every machine has, and a result may not
depend on the machine. docs/decisions/reprojection.md has the figures.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from numpy.typing import ArrayLike, NDArray
from pyspark.sql import DataFrame
from pyspark.sql import types as T

from icspark.errors import InputError
from icspark.tables.reference import Boundary

if TYPE_CHECKING:
    from pyproj import Transformer

BRITISH_GRID, WEB_MERCATOR = 27700, 3857
GEOGRAPHIC = (4326, 4258)
"""WGS 84 and ETRS89, taken as one: British data are published in ETRS89 under either name."""

_TO_DEGREES = "step proj=unitconvert xy_in=rad xy_out=deg"
_SHIFT = (
    "step proj=helmert x=446.448 y=-125.157 z=542.06 rx=0.15 ry=0.247 rz=0.842 s=-20.489 convention=position_vector"
)
_GRID = "proj=tmerc lat_0=49 lon_0=-2 k=0.9996012717 x_0=400000 y_0=-100000 ellps=airy"
_DEGREES_FROM = {
    BRITISH_GRID: f"proj=pipeline step inv {_GRID} step proj=push v_3 step proj=cart ellps=airy {_SHIFT} "
    f"step inv proj=cart ellps=WGS84 step proj=pop v_3 {_TO_DEGREES}",
    WEB_MERCATOR: f"proj=pipeline step inv proj=webmerc ellps=WGS84 {_TO_DEGREES}",
}

SYSTEMS = (*_DEGREES_FROM, *GEOGRAPHIC)
"""EPSG codes of the systems between which coordinates can be taken."""

Pair = tuple[NDArray[np.float64], NDArray[np.float64]]


def transform(x: ArrayLike, y: ArrayLike, *, source: int, target: int) -> Pair:
    """Return coordinates (x east or longitude, y north or latitude) in another system, as arrays of one length.

    Degrees or metres as the systems have them. NaN stays NaN; what lies outside a system's reach is infinite. Raises
    InputError for a system that is not one of `SYSTEMS`. Method: EPSG operation 1314 and IOGP Guidance Note 7-2.
    """
    for epsg in (source, target):
        _require_known(epsg)
    east, north = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if source == target or {source, target} <= set(GEOGRAPHIC):
        return east, north
    if source not in GEOGRAPHIC:
        east, north = _degrees_from(source).transform(east, north)
    if target not in GEOGRAPHIC:
        east, north = _degrees_from(target).transform(east, north, direction="INVERSE")
    return east, north


def reproject_boundaries(boundaries: DataFrame, *, epsg: int) -> DataFrame:
    """Return boundaries (rows of the table Boundary) with polygon and box in the system `epsg`.

    Vertices are moved and joined by straight lines again. Rows already in that system are unchanged, byte for byte.
    Raises InputError for an unknown target; a row of an unknown system fails when it is computed.
    """
    _require_known(epsg)
    return boundaries.select(*Boundary.columns()).mapInPandas(_Reprojection(epsg), Boundary.schema())


def reproject_points(points: DataFrame, *, x: str, y: str, source: int, target: int) -> DataFrame:
    """Return points with the columns `x` and `y`, in the system `source`, made doubles in the system `target`.

    One row stays one row. Where either coordinate is null, or the point lies outside the target's reach, both are null.
    Raises InputError for an unknown system.
    """
    for epsg in (source, target):
        _require_known(epsg)

    fields = [
        T.StructField(field.name, T.DoubleType()) if field.name in (x, y) else field for field in points.schema.fields
    ]
    return points.mapInArrow(_Movement(x, y, source, target), T.StructType(fields))


@dataclass(frozen=True)
class _Movement:
    """What a worker does with a batch of points; a class, so that it is sent to workers by its name."""

    x: str
    y: str
    source: int
    target: int

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterable[pa.RecordBatch]:
        for batch in batches:
            old = [batch.column(name).cast(pa.float64()).to_numpy(zero_copy_only=False) for name in (self.x, self.y)]
            east, north = transform(old[0], old[1], source=self.source, target=self.target)
            is_lost = ~(np.isfinite(east) & np.isfinite(north))
            new = {self.x: pa.array(east, mask=is_lost), self.y: pa.array(north, mask=is_lost)}
            columns = [new.get(name, batch.column(name)) for name in batch.schema.names]
            yield pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


@dataclass(frozen=True)
class _Reprojection:
    """What a worker does with a batch of boundaries; a class, so that it is sent to workers by its name."""

    epsg: int

    def __call__(self, batches: Iterable[pd.DataFrame]) -> Iterable[pd.DataFrame]:
        for batch in batches:
            yield pd.concat(
                [self._of_one_system(rows.copy(), int(str(epsg))) for epsg, rows in batch.groupby("epsg_code")]
            )

    def _of_one_system(self, rows: pd.DataFrame, source: int) -> pd.DataFrame:
        if source == self.epsg or rows.empty:
            return rows
        moved = moved_geometries(
            shapely.from_wkb(rows[Boundary.geometry_wkb].to_numpy()), source=source, target=self.epsg
        )
        rows[Boundary.epsg_code] = self.epsg
        rows[Boundary.geometry_wkb] = shapely.to_wkb(moved)
        rows[[Boundary.x_min, Boundary.y_min, Boundary.x_max, Boundary.y_max]] = shapely.bounds(moved)
        return rows


def moved_geometries(geometries: NDArray[Any], *, source: int, target: int) -> NDArray[Any]:
    """Return shapely geometries with every vertex in the system `target`."""

    def _moved(vertices: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(transform(vertices[:, 0], vertices[:, 1], source=source, target=target))

    return cast("NDArray[Any]", shapely.transform(geometries, _moved))


@cache
def _degrees_from(epsg: int) -> Transformer:
    from pyproj import Transformer

    return Transformer.from_pipeline(_DEGREES_FROM[epsg])


def _require_known(epsg: int) -> None:
    if epsg not in SYSTEMS:
        raise InputError(
            f"coordinates of EPSG:{epsg} cannot be reprojected here",
            expected=", ".join(f"EPSG:{known}" for known in SYSTEMS),
            mend="save the file in one of these systems",
        )
