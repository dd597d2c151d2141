"""Prevalence by median age within quintiles of deprivation: does it rise with age faster where people are poorer?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import scipy
from pyspark.sql import DataFrame

from icspark.inequality.compact import compact, significant
from icspark.inequality.ranks import Floats
from icspark.statistics.multiplicity import benjamini_hochberg
from icspark.tables.areas import AreaSummary
from icspark.tables.inequality import AgeByDeprivation, AgeByDeprivationSlope

QUINTILES = (1, 2, 3, 4, 5)
FEWEST_AREAS = 10
"""Areas below which the mean of a cell is greyed."""

ALONE = 1e-12
"""What is left of 1 - leverage where one area alone decides a slope."""

AGE = AreaSummary.median_age_years


class Line(NamedTuple):
    """A straight line by least squares, with its HC3 variance of the slope and the residuals' sum of squares."""

    intercept: float
    slope: float
    slope_variance: float
    residual_squares: float


class Interaction(NamedTuple):
    """One line a quintile, the joint F of equal slopes with its p value, and the share of variance explained."""

    lines: tuple[Line, ...]
    f: float
    p_value: float
    r_squared: float
    freedom: int


def line(x: Floats, y: Floats) -> Line:
    """Return the least-squares line of y on x with the HC3 variance of its slope.

    HC3 (MacKinnon and White 1985, J. Econometrics 29, 305): each residual over 1 - its leverage. The variance is NaN
    where one point alone decides the slope.
    """
    middle = float(x.mean())
    apart = x - middle
    spread = float(apart @ apart)
    slope = float(apart @ y) / spread
    intercept = float(y.mean()) - slope * middle
    residuals = y - intercept - slope * x
    leverage = 1 / len(x) + apart**2 / spread
    free = 1 - leverage
    jackknifed = apart * residuals / np.where(free > ALONE, free, np.nan)
    return Line(intercept, slope, float(jackknifed @ jackknifed) / spread**2, float(residuals @ residuals))


def interaction(age: Floats, prevalence: Floats, quintile: Floats) -> Interaction:
    """Return the fit of prevalence on age x quintile (categorical), with the Wald F that all slopes are one.

    The full interaction is one line a quintile, and the design is block-diagonal, so are the HC3 covariances. F has
    quintiles - 1 and n - 2 x quintiles degrees of freedom.
    """
    lines = tuple(line(age[quintile == q], prevalence[quintile == q]) for q in QUINTILES)
    slopes = np.array([one.slope for one in lines])
    variances = np.array([one.slope_variance for one in lines])
    contrast = np.hstack([-np.ones((len(slopes) - 1, 1)), np.eye(len(slopes) - 1)])
    apart = contrast @ slopes
    f = float(apart @ np.linalg.solve(contrast @ np.diag(variances) @ contrast.T, apart)) / len(apart)
    freedom = len(age) - 2 * len(lines)
    total = float(((prevalence - prevalence.mean()) ** 2).sum())
    explained = 1 - sum(one.residual_squares for one in lines) / total
    return Interaction(lines, f, float(scipy.stats.f.sf(f, len(apart), freedom)), explained, freedom)


def age_by_deprivation(
    areas: DataFrame, *, outcomes: Sequence[str], domain: str, band_years: int
) -> tuple[DataFrame, DataFrame]:
    """Return the tables `age_by_deprivation` and `age_by_deprivation_slope` of area_summary.

    `domain` names the score whose national quintile is taken; bands of median age are `band_years` wide.
    """
    quintile = f"{domain}_2019_quintile"
    frame = compact(areas, AreaSummary.lsoa_2011_code, [*outcomes, AGE, quintile])
    known = frame.rename(columns={quintile: "quintile"}).dropna(subset=[AGE, "quintile"])
    cells: list[dict[str, Any]] = []
    slopes: list[dict[str, Any]] = []
    for outcome in outcomes:
        rows = known.dropna(subset=[outcome])
        fit, reason = _fit(rows, outcome)
        said = {"outcome": outcome, "domain": domain}
        slopes += [row | said for row in _slopes(rows, fit, reason)]
        cells += [row | said for row in _cells(known, rows, outcome, fit=fit, band_years=band_years)]
    per_outcome = [row["interaction_p_value"] for row in slopes[:: len(QUINTILES)]]
    q_values = benjamini_hochberg(np.array([np.nan if p is None else p for p in per_outcome]))
    for index, row in enumerate(slopes):
        row["interaction_q_value"] = significant(q_values[index // len(QUINTILES)])
    return _table(areas, AgeByDeprivation, cells), _table(areas, AgeByDeprivationSlope, slopes)


def _fit(rows: pd.DataFrame, outcome: str) -> tuple[Interaction | None, str | None]:
    if len(rows) < 4 * len(QUINTILES):
        return None, "too_few"
    if rows[outcome].nunique() == 1:
        return None, "constant"
    distinct = rows.groupby("quintile")[AGE].nunique().reindex(QUINTILES, fill_value=0)
    sizes = rows["quintile"].value_counts().reindex(QUINTILES, fill_value=0)
    if (distinct < 2).any() or (sizes < 4).any():
        return None, "empty_quintile"
    fit = interaction(*(rows[name].to_numpy(dtype=np.float64) for name in (AGE, outcome, "quintile")))
    return (fit, None) if np.isfinite(fit.f) else (None, "too_few")


def _slopes(rows: pd.DataFrame, fit: Interaction | None, reason: str | None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for index, quintile in enumerate(QUINTILES):
        row: dict[str, Any] = dict.fromkeys(AgeByDeprivationSlope.columns())
        row |= {"quintile": quintile, "areas_count": int((rows["quintile"] == quintile).sum()), "n_count": len(rows)}
        if fit is None:
            found.append(row | {"reason": reason})
            continue
        one, error = fit.lines[index], float(np.sqrt(fit.lines[index].slope_variance))
        margin = float(scipy.stats.t.ppf(0.975, fit.freedom)) * error
        numbers = {
            "intercept": one.intercept,
            "slope_per_year": one.slope,
            "slope_standard_error": error,
            "slope_lower_95": one.slope - margin,
            "slope_upper_95": one.slope + margin,
            "interaction_f": fit.f,
            "interaction_p_value": fit.p_value,
            "r_squared": fit.r_squared,
        }
        found.append(row | {name: significant(value) for name, value in numbers.items()})
    return found


def _cells(
    known: pd.DataFrame, rows: pd.DataFrame, outcome: str, *, fit: Interaction | None, band_years: int
) -> list[dict[str, Any]]:
    if known.empty:
        return []
    low = int(known[AGE].min() // band_years) * band_years
    found: list[dict[str, Any]] = []
    for start in range(low, int(known[AGE].max()) + 1, band_years):
        band = rows[(rows[AGE] >= start) & (rows[AGE] < start + band_years)]
        for index, quintile in enumerate(QUINTILES):
            cell = band[band["quintile"] == quintile]
            row: dict[str, Any] = dict.fromkeys(AgeByDeprivation.columns())
            row |= {"median_age_from_years": start, "median_age_to_years": start + band_years, "quintile": quintile}
            row |= {"areas_count": len(cell), "is_sparse": len(cell) < FEWEST_AREAS}
            if len(cell):
                row["mean_prevalence"] = significant(float(cell[outcome].mean()))
                if fit is not None:
                    fitted = fit.lines[index].intercept + fit.lines[index].slope * float(cell[AGE].mean())
                    row["fitted_prevalence"] = significant(fitted)
            found.append(row)
    return found


def _table(
    areas: DataFrame, table: type[AgeByDeprivation | AgeByDeprivationSlope], rows: list[dict[str, Any]]
) -> DataFrame:
    listed = [tuple(row[name] for name in table.columns()) for row in rows]
    return areas.sparkSession.createDataFrame(listed, table.schema())
