"""The table of correlations: what each level's analyses find, from the summaries and the census."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from icspark.inequality.analyses import LSOA_ANALYSES, PRACTICE_ANALYSES, Analysis
from icspark.inequality.compact import compact
from icspark.inequality.correlation import Resampling, analyse
from icspark.tables.areas import AreaSummary, PracticeSummary
from icspark.tables.inequality import Correlation
from icspark.tables.reference import AreaLookup

CLUSTER = "_cluster"


def build_correlation(
    areas: DataFrame,
    practices: DataFrame,
    *,
    census: Sequence[DataFrame] = (),
    lookup: DataFrame | None = None,
    cluster_level: str = "ltla_2022",
    resampling: Resampling | None = None,
) -> DataFrame:
    """Return the table correlation from area_summary and practice_summary.

    `census` are tables with one row per LSOA 2011; an analysis whose factors none of them has is left out. `lookup`
    (area_lookup) places LSOAs in the clusters of `cluster_level`; without it there are no clustered limits. Practices
    are the active GP practices.
    """
    for table in census:
        areas = areas.join(table, on=AreaSummary.lsoa_2011_code, how="left")
    of_areas = _present(LSOA_ANALYSES, areas)
    clustered = (
        areas.join(_clusters(lookup, cluster_level), on=AreaSummary.lsoa_2011_code, how="left")
        if lookup is not None
        else areas
    )
    texts = [CLUSTER] if lookup is not None else []
    values = compact(clustered, AreaSummary.lsoa_2011_code, _columns(of_areas), texts=texts)
    active = practices.filter(PracticeSummary.is_active_gp_practice)
    of_practices = compact(active, PracticeSummary.practice_code, _columns(PRACTICE_ANALYSES))
    clusters = values[CLUSTER] if lookup is not None else None
    records = analyse(values, of_areas, clusters=clusters, resampling=resampling)
    records += analyse(of_practices, PRACTICE_ANALYSES)
    rows = [tuple(record[name] for name in Correlation.columns()) for record in records]
    return areas.sparkSession.createDataFrame(rows, Correlation.schema())


def _present(analyses: Iterable[Analysis], frame: DataFrame) -> tuple[Analysis, ...]:
    return tuple(analysis for analysis in analyses if set(analysis.columns) <= set(frame.columns))


def _columns(analyses: Iterable[Analysis]) -> list[str]:
    return list(dict.fromkeys(name for analysis in analyses for name in analysis.columns))


def _clusters(lookup: DataFrame, level: str) -> DataFrame:
    """Return the cluster of each LSOA 2011: the first by code where best fit gives it to more than one."""
    placed = lookup.filter((F.col(AreaLookup.from_level) == "lsoa_2011") & (F.col(AreaLookup.to_level) == level))
    code = F.col(AreaLookup.from_code).alias(AreaSummary.lsoa_2011_code)
    return placed.groupBy(code).agg(F.min(AreaLookup.to_code).alias(CLUSTER))
