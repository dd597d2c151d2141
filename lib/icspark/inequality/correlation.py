"""Correlation of outcomes with deprivation: every coefficient of a level from one ranked matrix."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from icspark.inequality.analyses import Analysis
from icspark.inequality.compact import significant
from icspark.inequality.partial import (
    Tested,
    pairwise_correlations,
    partial_correlations,
    statistics_of,
)
from icspark.inequality.ranks import Floats, Integers, in_order, spearman_matrix
from icspark.statistics.multiplicity import benjamini_hochberg

STATISTICS = ("coefficient", "lower_95", "upper_95", "p_value", "q_value", "clustered_lower_95", "clustered_upper_95")


@dataclass(frozen=True)
class Resampling:
    """How often whole clusters are drawn again, from which seed; under `fewest_clusters` they are not."""

    replicates: int = 200
    seed: int = 1
    fewest_clusters: int = 20


@dataclass(frozen=True)
class Cases:
    """Complete cases: their columns, the rank correlations of these, and the same of each resample of clusters."""

    complete: pd.DataFrame
    matrix: Floats
    resampled: tuple[Floats, ...] = ()
    clusters: int | None = None

    def coefficients(self, matrix: Floats, analysis: Analysis) -> Floats:
        """Return a row per outcome and a column per factor, from one of the matrices."""
        names = list(self.complete.columns)
        places = [names.index(name) for name in analysis.columns]
        y, x = len(analysis.outcomes), len(analysis.factors)
        outcomes, factors, controls = places[:y], places[y : y + x], places[y + x :]
        if not analysis.is_partial:
            return pairwise_correlations(matrix, outcomes, factors)
        return partial_correlations(matrix, outcomes, factors, controls)


def analyse(
    values: pd.DataFrame,
    analyses: Sequence[Analysis],
    *,
    clusters: pd.Series[str] | None = None,
    resampling: Resampling | None = None,
) -> list[dict[str, Any]]:
    """Return one record per analysis, outcome and factor, with the columns of Correlation, over its complete cases.

    `values` has a row per area or practice, NaN where unknown; `clusters` names the cluster of each. An outcome that
    nothing is known of does not take part: it has no complete cases. Statistics are None, with the reason, where there
    are too few cases (n <= k + 3, k held constant), a column is constant, or the columns determine one another.
    Analyses with the same complete cases share their ranks and their resamples.
    """
    known = [a.with_outcomes(tuple(o for o in a.outcomes if values[o].notna().any())) for a in analyses]
    complete = [values[list(a.columns)].notna().all(axis=1).to_numpy() for a in known]
    shared: dict[bytes, Cases] = {}
    for cases in {mask.tobytes(): mask for mask in complete}.values():
        together = [a for a, mask in zip(known, complete, strict=True) if (mask == cases).all()]
        names = list(dict.fromkeys(name for a in together for name in a.columns))
        shared[cases.tobytes()] = ranked(values.loc[cases, names], clusters, resampling)
    found = zip(analyses, known, complete, strict=True)
    return [record for a, used, mask in found for record in _records(a, used, shared[mask.tobytes()])]


def ranked(complete: pd.DataFrame, clusters: pd.Series[str] | None, resampling: Resampling | None) -> Cases:
    """Return complete cases with their rank correlations, and those of each resample of whole clusters.

    A resample draws as many clusters as there are, with replacement, and ranks its rows anew; a row without a cluster
    is a cluster of its own. Source: Cameron and Miller 2015, J Hum Resour 50:317, section VI.
    """
    columns = [in_order(complete[name].to_numpy(np.float64)) for name in complete]
    if complete.empty:
        return Cases(complete, np.full((len(columns), len(columns)), np.nan))
    matrix = spearman_matrix(columns)
    if clusters is None or resampling is None or not resampling.replicates:
        return Cases(complete, matrix)
    names = clusters.reindex(complete.index)
    number, kinds = pd.factorize(names.where(names.notna(), complete.index.to_series()), sort=True)
    if len(kinds) < resampling.fewest_clusters:
        return Cases(complete, matrix)
    drawn = np.random.default_rng(resampling.seed).integers(0, len(kinds), size=(resampling.replicates, len(kinds)))
    weights: Iterator[Integers] = (np.bincount(once, minlength=len(kinds))[number] for once in drawn)
    return Cases(complete, matrix, tuple(spearman_matrix(columns, weight) for weight in weights), len(kinds))


def clustered_limits(cases: Cases, analysis: Analysis) -> tuple[Floats, Floats]:
    """Return the 2.5th and 97.5th percentile of each coefficient over the resamples; NaN where some has none."""
    found = np.stack([cases.coefficients(matrix, analysis) for matrix in cases.resampled])
    usable = np.isfinite(found).all(axis=0)
    lower, upper = np.percentile(np.where(usable, found, 0.0), [2.5, 97.5], axis=0)
    return np.where(usable, lower, np.nan), np.where(usable, upper, np.nan)


def _records(analysis: Analysis, known: Analysis, cases: Cases) -> list[dict[str, Any]]:
    n, held = len(cases.complete), len(analysis.held_constant(analysis.factors[0]))
    found = _found(known, cases, held) if known.outcomes and n > held + 3 else {}
    missing = dict.fromkeys((*STATISTICS, "clusters_count", "replicates_count")) | {"reason": "too_few"}
    return [
        {
            "level": analysis.level,
            "analysis": analysis.name,
            "outcome": outcome,
            "factor": factor,
            "controls": ", ".join(analysis.held_constant(factor)) or None,
            "n_count": n if outcome in known.outcomes else 0,
            **found.get((outcome, factor), missing),
        }
        for outcome in analysis.outcomes
        for factor in analysis.factors
    ]


def _found(analysis: Analysis, cases: Cases, held: int) -> dict[tuple[str, str], dict[str, Any]]:
    statistics = statistics_of(cases.coefficients(cases.matrix, analysis), len(cases.complete), held)
    numbers = _numbers(statistics, clustered_limits(cases, analysis) if cases.resampled else None)
    reasons = _reasons(cases.complete, analysis, statistics.coefficient)
    drawn = {"clusters_count": cases.clusters, "replicates_count": len(cases.resampled) or None}
    return {
        (outcome, factor): {name: significant(array[y, x]) for name, array in zip(STATISTICS, numbers, strict=True)}
        | (drawn if reasons[y, x] is None else dict.fromkeys(drawn))
        | {"reason": reasons[y, x]}
        for y, outcome in enumerate(analysis.outcomes)
        for x, factor in enumerate(analysis.factors)
    }


def _numbers(statistics: Tested, limits: tuple[Floats, Floats] | None) -> tuple[Floats, ...]:
    unknown = np.full(statistics.coefficient.shape, np.nan)
    q_values = benjamini_hochberg(statistics.p_value)
    return (*statistics, q_values, *(limits or (unknown, unknown)))


def _reasons(complete: pd.DataFrame, analysis: Analysis, found: Floats) -> NDArray[np.object_]:
    constant = (complete[list(analysis.columns)].nunique() <= 1).to_numpy()
    y, x = found.shape
    involved = constant[:y, np.newaxis] | constant[np.newaxis, y : y + x]
    if analysis.is_partial:
        involved = involved | constant[y:].any()
    reasons = np.full(found.shape, None, dtype=object)
    reasons[np.isnan(found)] = "collinear"
    reasons[np.isnan(found) & involved] = "constant"
    return reasons
