"""The table of areas: people, deprivation, and disease attributed from practices."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from icspark.areas.bins import Bins, national_bin, with_bins
from icspark.areas.registrations import registrations_by_area
from icspark.areas.residents import residents_by_area
from icspark.tables.areas import OUTCOMES, AreaSummary, RegionArea, coverage_of
from icspark.tables.codes import DOMAINS
from icspark.tables.reference import Deprivation2019
from icspark.tables.table import Table

OF_REGISTRATIONS = (
    AreaSummary.registered_patients_count,
    AreaSummary.practices_serving_90_percent_count,
    *OUTCOMES,
    *map(coverage_of, OUTCOMES),
)
"""Columns that come from registrations: null where those are partial."""


def build_area_summary(
    deprivation: DataFrame,
    *,
    population: DataFrame,
    registrations: DataFrame,
    prevalence: DataFrame,
    facts: Sequence[DataFrame] = (),
    region: DataFrame | None = None,
    is_extract: bool = False,
    coverage_floor: float = 0.5,
    local_bins: Bins | None = None,
) -> DataFrame:
    """Return area_summary: one row per area of `deprivation`, columns as AreaSummary says.

    `facts` are frames with one row per LSOA 2011 and columns of AreaSummary, such as ethnic minorities and hectares.
    `region` lists the region's areas; without it `in_region` is null. Registrations of an extract (`is_extract`) are
    complete in its region only. Every frame beside `deprivation` has at most one row per area, and is small enough to
    be sent to every task (an area is about 1 kB).
    """
    people = residents_by_area(population)
    registered = registrations_by_area(registrations, prevalence, floor=coverage_floor)
    areas = with_in_region(with_national_bins(deprivation), region)
    for small in (people, registered, *facts):
        areas = areas.join(F.broadcast(small), on=Deprivation2019.lsoa_2011_code, how="left")
    if local_bins is not None:
        scores = {f"{domain}_2019_score": f"{domain}_2019_local_bin" for domain in DOMAINS}
        areas = with_bins(areas, scores, local_bins, among=F.coalesce(AreaSummary.in_region, F.lit(region is None)))
    return fitted(with_density(with_reason(areas, is_extract=is_extract)), AreaSummary)


def with_national_bins(deprivation: DataFrame) -> DataFrame:
    """Return code, name, scores, the national quintile of each by its rank, and the published decile of the index."""
    areas = F.col(Deprivation2019.ranked_areas_count)
    quintiles = {f"{d}_2019_quintile": national_bin(F.col(f"{d}_2019_rank"), areas, 5) for d in DOMAINS}
    return deprivation.select(
        Deprivation2019.lsoa_2011_code,
        Deprivation2019.lsoa_2011_name,
        AreaSummary.imd_2019_decile,
        *[f"{domain}_2019_score" for domain in DOMAINS],
        *[column.alias(name) for name, column in quintiles.items()],
    )


def with_in_region(areas: DataFrame, region: DataFrame | None) -> DataFrame:
    """Add `in_region`; null where no region is given."""
    if region is None:
        return areas.withColumn(AreaSummary.in_region, F.lit(None).cast("boolean"))
    members = region.select(RegionArea.lsoa_2011_code, F.lit(True).alias("_in"))
    joined = areas.join(F.broadcast(members), on=RegionArea.lsoa_2011_code, how="left")
    return joined.withColumn(AreaSummary.in_region, F.coalesce("_in", F.lit(False))).drop("_in")


def with_reason(areas: DataFrame, *, is_extract: bool) -> DataFrame:
    """Add `summary_reason` and make every figure of registrations null where there is one."""
    outside = ~F.coalesce(AreaSummary.in_region, F.lit(False)) if is_extract else F.lit(False)
    nobody = F.col(AreaSummary.registered_patients_count).isNull()
    reason = F.when(outside, "partial").when(nobody, "no_registrations")
    known = {name: F.when(F.col(AreaSummary.summary_reason).isNull(), F.col(name)) for name in OF_REGISTRATIONS}
    return areas.withColumn(AreaSummary.summary_reason, reason).withColumns(known)


def with_density(areas: DataFrame) -> DataFrame:
    """Add residents per hectare; null where residents or hectares are unknown, or there is no land."""
    if AreaSummary.area_hectares not in areas.columns:
        return areas
    density = F.try_divide(F.col(AreaSummary.population_count), F.col(AreaSummary.area_hectares))
    return areas.withColumn(AreaSummary.residents_per_hectare, density)


def fitted(frame: DataFrame, table: type[Table]) -> DataFrame:
    """Return the table's columns in its order and types; one that the frame lacks is null."""
    there = set(frame.columns)
    columns = table.columns().items()
    return frame.select(*[(F.col(n) if n in there else F.lit(None)).cast(s.data_type).alias(n) for n, s in columns])
