"""How far probabilities are from the observed chances: logistic regressions of the outcome on their log odds."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy
from numpy.typing import ArrayLike

from icspark.dna.ranking import Floats

LEAST_PROBABILITY = 1e-6
"""Probabilities are held between this and one less this before their log odds are taken."""

KNOTS_AT = (0.05, 0.275, 0.5, 0.725, 0.95)
"""Quantiles of the log odds at which the five knots stand. Source: Harrell 2015, table 2.3."""

_MOST_STEPS = 50
_FAR_MOVE = 1.0
_LEAST_MOVE = 1e-8
_ENDLESS = 1e3


def log_odds(probability: ArrayLike) -> Floats:
    """Return ln(p / (1 - p)) of probabilities clipped to [1e-6, 1 - 1e-6]."""
    clipped = np.clip(np.asarray(probability, dtype=np.float64), LEAST_PROBABILITY, 1 - LEAST_PROBABILITY)
    return np.asarray(scipy.special.logit(clipped), dtype=np.float64)


def expit(odds: Floats) -> Floats:
    """Return the probability 1 / (1 + exp(-x)) of log odds."""
    return np.asarray(scipy.special.expit(odds), dtype=np.float64)


def line(odds: Floats) -> Floats:
    """Return the design of a straight line: a column of ones and the log odds."""
    return np.column_stack([np.ones(len(odds)), odds])


def knots(odds: Floats) -> Floats:
    """Return the five knots of a restricted cubic spline over the log odds of these rows."""
    return np.asarray(np.quantile(odds, KNOTS_AT), dtype=np.float64)


def spline(odds: Floats, at: Floats) -> Floats:
    """Return the design of a restricted cubic spline: ones, the log odds, and one column a knot less two.

    With knots t1 to tk, column j is ((x - tj)+^3 - (x - t(k-1))+^3 (tk - tj)/(tk - t(k-1)) + (x - tk)+^3
    (t(k-1) - tj)/(tk - t(k-1))) / (tk - t1)^2: linear outside the outer knots. Knots must differ.
    Source: Harrell 2015, Regression Modeling Strategies, 2.4.
    """
    cubes = np.maximum(odds[:, np.newaxis] - at, 0.0) ** 3
    last, before = at[-1], at[-2]
    bends = [
        cubes[:, j]
        - cubes[:, -2] * (last - at[j]) / (last - before)
        + cubes[:, -1] * (before - at[j]) / (last - before)
        for j in range(len(at) - 2)
    ]
    return np.column_stack([np.ones(len(odds)), odds, *[bend / (last - at[0]) ** 2 for bend in bends]])


@dataclass(frozen=True, eq=False)
class Regression:
    """A logistic regression of outcomes on a design, to be fitted with any weights from a start that is near."""

    design: Floats
    outcome: Floats
    start: Floats
    offset: Floats | float = 0.0

    def prepared(self) -> Regression:
        """Return the same regression, started where it ends with every weight 1: NaN if it does not exist."""
        return replace(self, start=self.fit(np.ones(len(self.outcome))))

    def fit(self, weight: Floats, *, exact: bool = True) -> Floats:
        """Return the coefficients: see `fitted`; NaN too where the weight has one class or the start is unknown."""
        cases = float(weight @ self.outcome)
        if not (0 < cases < weight.sum() and np.isfinite(self.start).all()):
            return np.full(len(self.start), np.nan)
        return fitted(self.design, self.outcome, weight, start=self.start, offset=self.offset, exact=exact)


def fitted(
    design: Floats, outcome: Floats, weight: Floats, *, start: Floats, offset: Floats | float = 0.0, exact: bool = True
) -> Floats:
    """Return the coefficients of a weighted logistic regression by Newton's method from `start`; NaN where none exist.

    A step that moves log odds far is halved until the likelihood does not fall. `exact` goes on until no log odds move
    by 1e-8; otherwise 1e-4, after which the error is of that order squared. Source: McCullagh and Nelder 1989, 2.5.
    """
    found, odds = start.astype(np.float64), design @ start + offset
    enough = _LEAST_MOVE if exact else _LEAST_MOVE**0.5
    for _ in range(_MOST_STEPS):
        chance = scipy.special.expit(odds)
        spread = weight * chance * (1 - chance)
        try:
            information = (design * spread[:, np.newaxis]).T @ design
            step = np.linalg.solve(information, design.T @ (weight * (outcome - chance))).astype(np.float64)
        except np.linalg.LinAlgError:
            break
        move = design @ step
        if np.abs(move).max() > _FAR_MOVE:
            share = _share_kept(odds, move, outcome, weight)
            step, move = step * share, move * share
        found, odds = found + step, odds + move
        if not np.isfinite(found).all() or np.abs(found).max() > _ENDLESS:
            break
        if np.abs(move).max() < enough:
            return found
    return np.full(len(start), np.nan)


def _share_kept(odds: Floats, move: Floats, outcome: Floats, weight: Floats) -> float:
    before, share = _likelihood(odds, outcome, weight), 1.0
    while share > _LEAST_MOVE and _likelihood(odds + share * move, outcome, weight) < before:
        share /= 2
    return share


def _likelihood(odds: Floats, outcome: Floats, weight: Floats) -> float:
    return float(weight @ (outcome * odds - np.logaddexp(0.0, odds)))
