"""The few rows that a page holds, taken from tables: the areas of the region, their practices, the statistics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from icspark.disclosure.gate import check_released
from icspark.tables.activity import ActivityGradient, AreaActivity
from icspark.tables.areas import AreaSummary, PracticeSummary
from icspark.tables.checks import SimulationCheck
from icspark.tables.inequality import AgeByDeprivation, AgeByDeprivationSlope, Correlation
from icspark.tables.reference import Boundary, Postcode
from icspark.tables.table import Table

AREA_TYPE = "lsoa_2011"
EASTING, NORTHING, NO_PLACE = "easting", "northing", "no_place_reason"
Frames = Mapping[type[Table], DataFrame]


@dataclass(frozen=True)
class Limits:
    """How much a page holds: at most so many areas and practices; practices with at least so many local patients."""

    areas: int = 5000
    practices: int = 2000
    local_patients: int = 50


@dataclass(frozen=True)
class PageTables:
    """What a page is made of, on the driver; `counts` says how much there was, so that a page can say what it lacks.

    `practices` has the columns of practice_summary with easting and northing (EPSG:27700, or longitude and latitude
    where the directory has only those) and the reason where there is no place.
    """

    areas: pd.DataFrame
    practices: pd.DataFrame
    boundaries: pd.DataFrame
    correlation: pd.DataFrame
    ages: pd.DataFrame
    slopes: pd.DataFrame
    counts: Mapping[str, int]
    activity: pd.DataFrame = field(default_factory=lambda: _empty(AreaActivity))
    gradient: pd.DataFrame = field(default_factory=lambda: _empty(ActivityGradient))
    checks: pd.DataFrame = field(default_factory=lambda: _empty(SimulationCheck))


def gather(frames: Frames, limits: Limits) -> PageTables:
    """Return the rows of a page. Only aggregates of areas and practices reach the driver, at most `limits` of them.

    Areas are those of the region and any others that have a boundary; all of them where no region is given. Boundary,
    Postcode, AreaActivity, ActivityGradient and SimulationCheck may be absent. Raise a DisclosureError for a frame of
    an aggregate that has not been through `release`.
    """
    for table, frame in frames.items():
        check_released(table, frame)
    areas, boundaries, area_counts = _areas(frames, limits)
    practices, practice_counts = _practices(frames, limits)
    return PageTables(
        areas=areas,
        practices=practices,
        boundaries=boundaries,
        correlation=_ordered(frames[Correlation], Correlation),
        ages=_ordered(frames[AgeByDeprivation], AgeByDeprivation),
        slopes=_ordered(frames[AgeByDeprivationSlope], AgeByDeprivationSlope),
        counts={**area_counts, **practice_counts},
        activity=_activity(frames, areas),
        gradient=_ordered(frames[ActivityGradient], ActivityGradient)
        if ActivityGradient in frames
        else _empty(ActivityGradient),
        checks=_ordered(frames[SimulationCheck], SimulationCheck)
        if SimulationCheck in frames
        else _empty(SimulationCheck),
    )


def _areas(frames: Frames, limits: Limits) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, int]]:
    summary = frames[AreaSummary]
    drawn = boundaries_of(frames[Boundary]) if Boundary in frames else None
    codes = drawn.select(F.col(Boundary.area_code).alias(AreaSummary.lsoa_2011_code)) if drawn is not None else None
    has_region = not summary.filter(F.col(AreaSummary.in_region)).isEmpty()
    wanted = summary.filter(F.col(AreaSummary.in_region)) if has_region else summary
    if has_region and codes is not None:
        others = summary.filter(~F.coalesce(F.col(AreaSummary.in_region), F.lit(False)))
        wanted = wanted.unionByName(
            others.join(codes, AreaSummary.lsoa_2011_code, "left_semi").select(*summary.columns)
        )
    rows = _few(wanted, AreaSummary, limits.areas)
    counts = {"areas": summary.count(), "areas_too_many": wanted.count() if rows is None else 0}
    kept = _empty(AreaSummary) if rows is None else rows
    if drawn is None:
        return kept, _empty(Boundary), counts
    of_kept = F.col(Boundary.area_code).isin(kept[AreaSummary.lsoa_2011_code].tolist())
    return kept, drawn.filter(of_kept).orderBy(Boundary.area_code).toPandas(), counts


def _activity(frames: Frames, areas: pd.DataFrame) -> pd.DataFrame:
    """Return the newest year of the activity of the page's areas; empty where there is none, or of another level."""
    if AreaActivity not in frames:
        return _empty(AreaActivity)
    shown = F.col(AreaActivity.lsoa_2011_code).isin(areas[AreaSummary.lsoa_2011_code].tolist())
    rows = frames[AreaActivity].where(shown)
    newest = rows.agg(F.max(AreaActivity.year)).take(1)[0][0]
    return rows.where(F.col(AreaActivity.year) == newest).orderBy(AreaActivity.lsoa_2011_code).toPandas()


def boundaries_of(boundaries: DataFrame, area_type: str = AREA_TYPE) -> DataFrame:
    """Return the boundaries of one type and vintage of area."""
    return boundaries.filter(F.col(Boundary.area_type) == area_type)


def _practices(frames: Frames, limits: Limits) -> tuple[pd.DataFrame, dict[str, int]]:
    summary = frames[PracticeSummary]
    patients, share = F.col(PracticeSummary.registered_patients_count), F.col(PracticeSummary.region_share)
    local = F.when(share.isNull(), patients).otherwise(F.round(patients * share))
    wanted = summary.filter(local >= limits.local_patients)
    largest = wanted.orderBy(local.desc(), PracticeSummary.practice_code).limit(limits.practices)
    rows = with_place(largest, frames.get(Postcode)).orderBy(PracticeSummary.practice_code).toPandas()
    counts = summary.agg(
        F.count_if((local > 0) & (local < limits.local_patients)).alias("practices_few"),
        F.count_if(F.col(PracticeSummary.summary_reason) == "partial").alias("practices_partial"),
        F.count_if(local >= limits.local_patients).alias("practices"),
    ).first()
    return rows, {k: int(v) for k, v in counts.asDict().items()} if counts else {}


def with_place(practices: DataFrame, postcodes: DataFrame | None) -> DataFrame:
    """Return practices with the coordinates of their postcode, or the reason why there are none.

    One row stays one row. Reasons: no_postcode, no_directory, postcode_not_in_directory, no_coordinates.
    """
    if postcodes is None:
        nowhere = F.lit(None).cast("double")
        return practices.withColumns({EASTING: nowhere, NORTHING: nowhere, NO_PLACE: F.lit("no_directory")})
    found = postcodes.select(
        F.col(Postcode.postcode).alias("_postcode"),
        F.col(Postcode.easting).cast("double").alias(EASTING),
        F.col(Postcode.northing).cast("double").alias(NORTHING),
    )
    reason = (
        F.when(F.col(PracticeSummary.postcode).isNull(), "no_postcode")
        .when(F.col("_postcode").isNull(), "postcode_not_in_directory")
        .when(F.col(EASTING).isNull() | F.col(NORTHING).isNull(), "no_coordinates")
    )
    joined = practices.join(found, practices[PracticeSummary.postcode] == F.col("_postcode"), how="left")
    return joined.withColumn(NO_PLACE, reason).drop("_postcode")


def _few(frame: DataFrame, table: type[Table], most: int) -> pd.DataFrame | None:
    """Return the rows in the order of the key; None where there are more than `most`."""
    rows = frame.orderBy(*table.key()).limit(most + 1).toPandas()
    return None if len(rows) > most else rows


def _ordered(frame: DataFrame, table: type[Table]) -> pd.DataFrame:
    """Return a table of statistics: its size depends on the columns that are compared, not on people."""
    return frame.orderBy(*table.key()).toPandas()


def _empty(table: type[Table]) -> pd.DataFrame:
    return pd.DataFrame(columns=list(table.columns()))
