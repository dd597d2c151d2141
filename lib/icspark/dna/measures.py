"""Measures of a model's probabilities against what happened: discrimination, calibration, and use at capacity.

Each takes outcomes (true: not attended), probabilities and optional weights of the rows, and returns NaN where it is
not defined; `why_undefined` says why.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from icspark.dna import recalibration
from icspark.dna.ranking import Floats, Ranking, Whole

NET_BENEFIT_AT = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3)
"""Probabilities from which one would act, at which net benefit is given."""


def auroc(outcome: ArrayLike, probability: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Return the area under the ROC curve: see `Ranking.auroc`."""
    return Ranking.of(outcome, probability).auroc(weight)


def average_precision(outcome: ArrayLike, probability: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Return the average precision: see `Ranking.average_precision`."""
    return Ranking.of(outcome, probability).average_precision(weight)


def brier(outcome: ArrayLike, probability: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Return the mean squared distance of probability and outcome. Source: Brier 1950, Monthly Weather Review 78:1."""
    happened, chance, own = _arrays(outcome, probability, weight)
    return _mean((happened - chance) ** 2, own)


def scaled_brier(outcome: ArrayLike, probability: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Return 1 - Brier / that of the rows' own rate: 1 perfect, 0 no better than the rate. NaN without both classes.

    Source: Steyerberg et al. 2010, Epidemiology 21:128.
    """
    happened, chance, own = _arrays(outcome, probability, weight)
    rate = _mean(happened, own)
    return 1 - _mean((happened - chance) ** 2, own) / (rate * (1 - rate)) if 0 < rate < 1 else np.nan


def observed_over_expected(outcome: ArrayLike, probability: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Return the sum of outcomes over the sum of probabilities."""
    happened, chance, own = _arrays(outcome, probability, weight)
    expected = float(own @ chance)
    return float(own @ happened) / expected if expected > 0 else np.nan


def calibration_in_the_large(outcome: ArrayLike, probability: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Return the intercept of a logistic regression with the log odds as offset: 0 perfect, above 0 too low a risk.

    Source: Van Calster et al. 2016, J Clin Epidemiol 74:167.
    """
    happened, chance, own = _arrays(outcome, probability, weight)
    if not _has_both(happened, own):
        return np.nan
    ones, offset = np.ones((len(chance), 1)), recalibration.log_odds(chance)
    return float(recalibration.fitted(ones, happened, own, start=np.zeros(1), offset=offset)[0])


def calibration_line(
    outcome: ArrayLike, probability: ArrayLike, weight: ArrayLike | None = None
) -> tuple[float, float]:
    """Return intercept and slope of a logistic regression on the log odds: 0 and 1 perfect, slope below 1 too spread.

    NaN without both classes, with one probability only, and where a threshold parts the classes. Source: Cox 1958,
    Biometrika 45:562.
    """
    happened, chance, own = _arrays(outcome, probability, weight)
    if not (_has_both(happened, own) and _is_spread(chance, own)):
        return np.nan, np.nan
    design = recalibration.line(recalibration.log_odds(chance))
    intercept, slope = recalibration.fitted(design, happened, own, start=np.array([0.0, 1.0]))
    return float(intercept), float(slope)


def calibration_slope(outcome: ArrayLike, probability: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Return the slope of `calibration_line`."""
    return calibration_line(outcome, probability, weight)[1]


def smooth_curve(
    outcome: ArrayLike, probability: ArrayLike, weight: ArrayLike | None = None, *, at: ArrayLike | None = None
) -> Floats:
    """Return the observed chance at each probability (or at those of `at`) by a restricted cubic spline of five knots.

    The knots stand at quantiles of the rows whatever their weight. NaN where they coincide or where there is no fit.
    Source of the spline: Harrell 2015, Regression Modeling Strategies, 2.4.
    """
    happened, chance, own = _arrays(outcome, probability, weight)
    odds = recalibration.log_odds(chance)
    wanted = odds if at is None else recalibration.log_odds(at)
    knots = recalibration.knots(odds) if len(odds) else np.zeros(1)
    if not (_has_both(happened, own) and are_distinct(knots)):
        return np.full(len(wanted), np.nan)
    start = np.array([0.0, 1.0, 0.0, 0.0, 0.0])
    found = recalibration.fitted(recalibration.spline(odds, knots), happened, own, start=start)
    return recalibration.expit(recalibration.spline(wanted, knots) @ found)


def e90(outcome: ArrayLike, probability: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Return the distance of probability and smooth curve that nine tenths of the rows do not pass.

    Source: Austin and Steyerberg 2019, Stat Med 38:4051.
    """
    _, chance, own = _arrays(outcome, probability, weight)
    distance = np.abs(smooth_curve(outcome, probability, weight) - chance)
    return np.nan if np.isnan(distance).any() else weighted_quantile(distance, own, 0.9)


def eci(outcome: ArrayLike, probability: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Return the estimated calibration index: 100 times the mean squared distance of probability and smooth curve.

    Source: Van Hoorde et al. 2015, J Biomed Inform 54:283.
    """
    _, chance, own = _arrays(outcome, probability, weight)
    return 100 * _mean((smooth_curve(outcome, probability, weight) - chance) ** 2, own)


def sensitivity(outcome: ArrayLike, is_listed: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Return the share of the outcomes that is on the list: recall at capacity. NaN without an outcome."""
    happened, listed, own = _arrays(outcome, is_listed, weight)
    return _ratio(own @ (happened * listed), own @ happened)


def precision(outcome: ArrayLike, is_listed: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Return the share of the list that has the outcome. NaN with an empty list."""
    happened, listed, own = _arrays(outcome, is_listed, weight)
    return _ratio(own @ (happened * listed), own @ listed)


def net_benefit(
    outcome: ArrayLike, probability: ArrayLike, weight: ArrayLike | None = None, *, threshold: float
) -> float:
    """Return true positives less false positives weighed by threshold / (1 - threshold), per row, acting from it on.

    Acting on nobody is 0. Source: Vickers and Elkin 2006, Med Decis Making 26:565.
    """
    happened, chance, own = _arrays(outcome, probability, weight)
    acted = (chance >= threshold).astype(np.float64)
    return _ratio(own @ (acted * (happened - (1 - happened) * threshold / (1 - threshold))), own.sum())


def net_benefit_of_all(outcome: ArrayLike, weight: ArrayLike | None = None, *, threshold: float) -> float:
    """Return the net benefit of acting on everybody."""
    return net_benefit(outcome, np.ones(len(np.asarray(outcome))), weight, threshold=threshold)


def calibration_curve(
    outcome: ArrayLike, probability: ArrayLike, weight: ArrayLike | None = None, *, bins: int = 10
) -> Floats:
    """Return a row for each tenth (1/`bins`) of the rows by probability: mean probability, observed share, weight.

    Rows of one probability are never parted, so there can be fewer rows than bins.
    """
    happened, chance, own = _arrays(outcome, probability, weight)
    if not len(chance):
        return np.zeros((0, 3))
    place = tenths(chance, bins)
    weights, cases, expected = (np.bincount(place, values) for values in (own, own * happened, own * chance))
    known = weights > 0
    return np.column_stack([expected[known] / weights[known], cases[known] / weights[known], weights[known]])


def tenths(probability: Floats, parts: int = 10) -> Whole:
    """Return which tenth (part, of so many) each row lies in by its probability, from 0 for the lowest.

    Rows of one probability are never parted, so some parts may hold no row.
    """
    edges = np.unique(np.quantile(probability, np.arange(1, parts) / parts))
    return np.searchsorted(edges, probability, side="left")


def weighted_quantile(values: Floats, weight: Floats, share: float) -> float:
    """Return the smallest value that at least `share` of the weight does not pass; NaN where there is no weight."""
    if weight.sum() <= 0:
        return np.nan
    order = np.argsort(values, kind="stable")
    passed = np.cumsum(weight[order])
    return float(values[order[np.searchsorted(passed, share * passed[-1] * (1 - 1e-12))]])


def why_undefined(outcome: ArrayLike, probability: ArrayLike, weight: ArrayLike | None = None) -> str:
    """Return why a measure of these rows is not defined: one_class, one_probability, or not_defined for the rest.

    Named when the measure came out NaN. The rest are knots that coincide, classes that a threshold parts, and an empty
    list.
    """
    happened, chance, own = _arrays(outcome, probability, weight)
    if not _has_both(happened, own):
        return "one_class"
    return "not_defined" if _is_spread(chance, own) else "one_probability"


def are_distinct(knots: Floats) -> bool:
    """Return whether the knots of a spline rise."""
    return len(knots) > 1 and bool((np.diff(knots) > 1e-9).all())


def _arrays(outcome: ArrayLike, other: ArrayLike, weight: ArrayLike | None) -> tuple[Floats, Floats, Floats]:
    happened, chance = (np.asarray(values, dtype=np.float64) for values in (outcome, other))
    own = np.ones(len(happened)) if weight is None else np.asarray(weight, dtype=np.float64)
    return happened, chance, own


def _has_both(happened: Floats, own: Floats) -> bool:
    cases = float(own @ happened)
    return 0 < cases < float(own.sum())


def _is_spread(chance: Floats, own: Floats) -> bool:
    known = chance[own > 0]
    return len(known) > 0 and float(np.ptp(recalibration.log_odds(known))) > 1e-9


def _mean(values: Floats, own: Floats) -> float:
    return _ratio(own @ values, own.sum())


def _ratio(above: Any, below: Any) -> float:
    return float(above) / float(below) if below > 0 else np.nan
