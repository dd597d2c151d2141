"""How outcomes go with deprivation, over areas and over practices: the rank correlations of a whole analysis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame

from icspark.inequality.compact import compact
from icspark.inequality.ranks import (
    Floats,
    Statistics,
    WeightedRanks,
    benjamini_hochberg,
    partial_correlations,
    rank_correlations,
    statistics_of,
)
from icspark.tables.areas import OUTCOMES, AreaSummary, PracticeSummary
from icspark.tables.codes import DOMAINS, SEVEN_DOMAINS
from icspark.tables.inequality import Correlation
from icspark.tables.reference import AreaLookup, EnglishProficiency, Qualification

DEMOGRAPHY = (AreaSummary.median_age_years, AreaSummary.ethnic_minority_share, AreaSummary.male_share)
FEWEST_CLUSTERS = 10
"""Local authorities below which a bootstrap of them says too little."""


def _scores(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"{name}_2019_score" for name in names)


_SIX = tuple(name for name in SEVEN_DOMAINS if name != "education")


@dataclass(frozen=True)
class Analysis:
    """A set of factors that hold each other constant, with what else is held constant; `partial` false: nothing is."""

    level: str
    name: str
    factors: tuple[str, ...]
    controls: tuple[str, ...] = ()
    partial: bool = True

    def controls_of(self, factor: str) -> tuple[str, ...]:
        """Return the columns held constant for a factor."""
        return (*(other for other in self.factors if other != factor), *self.controls) if self.partial else ()


ANALYSES = (
    Analysis("lsoa", "domains", _scores(SEVEN_DOMAINS), DEMOGRAPHY),
    Analysis("lsoa", "education_sub_domains", _scores((*_SIX, "children_young_people", "adult_skills")), DEMOGRAPHY),
    Analysis(
        "lsoa",
        "adult_skills_parts",
        (
            *_scores((*_SIX, "children_young_people")),
            EnglishProficiency.low_english_proficiency_share,
            Qualification.low_qualification_share,
        ),
        DEMOGRAPHY,
    ),
    Analysis("practice", "unadjusted", _scores(tuple(DOMAINS)), partial=False),
)
"""The seven domains; Education by its sub-domains; Adult Skills by its two parts; practices without controls."""


@dataclass(frozen=True)
class Resampling:
    """How many bootstrap resamples of whole clusters are drawn, from which seed."""

    replicates: int
    seed: int


def correlations(
    areas: DataFrame,
    practices: DataFrame,
    *,
    census: Sequence[DataFrame],
    lookup: DataFrame | None,
    resampling: Resampling,
) -> DataFrame:
    """Return the table `correlation` from area_summary, practice_summary, and census tables by LSOA 2011.

    `lookup` (area_lookup) places areas in local authorities, for the clustered limits; without it there are none.
    Everything is computed from complete cases of an analysis, on the driver (`compact`).
    """
    joined = areas
    for table in census:
        joined = joined.join(table, on=AreaSummary.lsoa_2011_code, how="left")
    if lookup is not None:
        joined = joined.join(_authorities(lookup), on=AreaSummary.lsoa_2011_code, how="left")
    known = set(joined.columns)
    numbers = sorted({name for a in ANALYSES if a.level == "lsoa" for name in (*a.factors, *a.controls)} & known)
    clusters = ["authority"] if "authority" in known else []
    frames = {
        "lsoa": compact(joined, [AreaSummary.lsoa_2011_code, *clusters], [*OUTCOMES, *numbers]),
        "practice": compact(
            practices.filter(PracticeSummary.is_active_gp_practice),
            [PracticeSummary.practice_code],
            [*OUTCOMES, *_scores(tuple(DOMAINS))],
        ),
    }
    rows = [
        tuple(row[name] for name in Correlation.columns())
        for analysis in ANALYSES
        if set(analysis.factors) <= set(frames[analysis.level].columns)
        for row in analyse(frames[analysis.level], analysis, outcomes=tuple(OUTCOMES), resampling=resampling)
    ]
    return areas.sparkSession.createDataFrame(rows, Correlation.schema())


def _authorities(lookup: DataFrame) -> DataFrame:
    placed = lookup.filter(
        (lookup[AreaLookup.from_level] == "lsoa_2011") & lookup[AreaLookup.to_level].startswith("ltla_")
    )
    return (
        placed.groupBy(placed[AreaLookup.from_code].alias(AreaSummary.lsoa_2011_code))
        .agg({AreaLookup.to_code: "min"})
        .withColumnRenamed(f"min({AreaLookup.to_code})", "authority")
    )


def analyse(
    frame: pd.DataFrame, analysis: Analysis, *, outcomes: Sequence[str], resampling: Resampling
) -> list[dict[str, Any]]:
    """Return one record for each outcome and factor of an analysis, over the rows that have every column of it.

    Columns that hold nothing at all are left out of the complete cases: their rows say `too_few`. A coefficient that
    cannot be had is null with its reason.
    """
    base = [*analysis.factors, *analysis.controls]
    empty = {name for name in (*outcomes, *base) if frame[name].notna().sum() == 0}
    used = [name for name in (*outcomes, *base) if name not in empty]
    complete = frame.dropna(subset=used)
    found = list(
        _outcomes(complete, analysis, [o for o in outcomes if o not in empty and not empty & set(base)], resampling)
    )
    by_outcome = dict(found)
    records = [
        _record(analysis, outcome, i, n=len(complete), found=by_outcome.get(outcome, "too_few"))
        for outcome in outcomes
        for i in range(len(analysis.factors))
    ]
    q_values = benjamini_hochberg(np.array([np.nan if r["p_value"] is None else r["p_value"] for r in records]))
    return [record | {"q_value": _number(q)} for record, q in zip(records, q_values, strict=True)]


@dataclass(frozen=True)
class _Found:
    """The statistics of one outcome with every factor, and its clustered limits if there are any."""

    statistics: Statistics
    clustered: Floats | None
    clusters: int
    replicates: int


def _outcomes(
    complete: pd.DataFrame, analysis: Analysis, outcomes: Sequence[str], resampling: Resampling
) -> Iterator[tuple[str, _Found | str]]:
    base = [*analysis.factors, *analysis.controls]
    n, k = len(complete), len(base) - 1 if analysis.partial else 0
    if n < k + 4 or not outcomes:
        return
    values = complete[[*outcomes, *base]].to_numpy(dtype=np.float64)
    constant = {name for name, spread in zip([*outcomes, *base], np.ptp(values, axis=0), strict=True) if spread == 0}
    with np.errstate(invalid="ignore", divide="ignore"):
        matrix = rank_correlations(values)
    replicates, clusters = _replicates(complete, values, resampling) if analysis.level == "lsoa" else ([], 0)
    for index, outcome in enumerate(outcomes):
        if outcome in constant or constant & set(base):
            yield outcome, "constant"
            continue
        coefficients = _coefficients(matrix, index, len(outcomes), analysis)
        if coefficients is None:
            yield outcome, "collinear"
            continue
        resampled = [_coefficients(replicate, index, len(outcomes), analysis) for replicate in replicates]
        drawn = np.array([row for row in resampled if row is not None and np.isfinite(row).all()])
        limits = np.quantile(drawn, [0.025, 0.975], axis=0) if len(drawn) else None
        yield outcome, _Found(statistics_of(coefficients, n=n, controls=k), limits, clusters, len(drawn))


def _coefficients(matrix: Floats, outcome: int, first: int, analysis: Analysis) -> Floats | None:
    base = np.arange(first, matrix.shape[0])
    factors = len(analysis.factors)
    if not analysis.partial:
        return np.asarray(matrix[outcome, base[:factors]], dtype=np.float64)
    chosen = np.concatenate([[outcome], base])
    within = matrix[np.ix_(chosen, chosen)]
    partial = partial_correlations(within, 0) if np.isfinite(within).all() else None
    return None if partial is None else partial[1 : factors + 1]


def _replicates(complete: pd.DataFrame, values: Floats, resampling: Resampling) -> tuple[list[Floats], int]:
    """Return the rank correlation matrices of resamples of whole local authorities, and the number of these."""
    if "authority" not in complete.columns or not resampling.replicates or complete["authority"].isna().any():
        return [], 0
    codes, clusters = pd.factorize(complete["authority"], sort=True)
    if len(clusters) < FEWEST_CLUSTERS:
        return [], 0
    ranks, draws = WeightedRanks(values), np.random.default_rng(resampling.seed)
    times = draws.multinomial(len(clusters), np.full(len(clusters), 1 / len(clusters)), size=resampling.replicates)
    return [ranks.correlations(drawn[codes].astype(np.float64)) for drawn in times], len(clusters)


def _record(analysis: Analysis, outcome: str, factor: int, *, n: int, found: _Found | str) -> dict[str, Any]:
    name = analysis.factors[factor]
    record: dict[str, Any] = dict.fromkeys(Correlation.columns())
    record |= {"level": analysis.level, "analysis": analysis.name, "outcome": outcome, "factor": name, "n_count": n}
    record["controls"] = ",".join(analysis.controls_of(name)) or None
    if isinstance(found, str):
        return record | {"reason": found}
    record |= {key: _number(column[factor]) for key, column in found.statistics._asdict().items()}
    if found.clustered is not None:
        low, high = found.clustered[:, factor]
        record |= {"clustered_lower_95": _number(low), "clustered_upper_95": _number(high)}
        record |= {"clusters_count": found.clusters, "replicates_count": found.replicates}
    return record


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(np.round(value, 12))
