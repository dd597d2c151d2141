"""Every measure of one set of rows at once, with all that weights do not change prepared: made for resampling."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from icspark.dna.measures import NET_BENEFIT_AT, are_distinct, weighted_quantile
from icspark.dna.ranking import Floats, Ranking, Whole
from icspark.dna.recalibration import Regression, expit, knots, line, log_odds, spline

_AT = tuple(f"{threshold:g}" for threshold in NET_BENEFIT_AT)
MEASURES = (
    "non_attendance_share",
    "mean_probability",
    "observed_over_expected",
    "brier",
    "scaled_brier",
    "listed_share",
    "sensitivity_at_capacity",
    "precision_at_capacity",
    *[f"net_benefit_{at}" for at in _AT],
    *[f"net_benefit_of_all_{at}" for at in _AT],
    "auroc",
    "average_precision",
    "calibration_in_the_large",
    "calibration_slope",
    "e90",
    "eci",
)
"""Names of the measures, in the order in which they are returned."""


@dataclass(frozen=True, eq=False)
class Scored:
    """Outcomes and probabilities of some rows, in the order of their ranking.

    `sums` are the columns whose weighted sums make the plain measures; `regressions` those of calibration in the
    large, the calibration line and the smooth curve.
    """

    ranking: Ranking
    probability: Floats
    sums: Floats
    regressions: tuple[Regression, Regression, Regression]

    @classmethod
    def of(cls, outcome: ArrayLike, probability: ArrayLike, is_listed: ArrayLike) -> Scored:
        """Return rows prepared; `is_listed` says which are on the list of those to call."""
        ranking = Ranking.of(outcome, probability)
        happened, chance, listed = (
            np.asarray(values, dtype=np.float64)[ranking.order] for values in (outcome, probability, is_listed)
        )
        return cls(ranking, chance, _columns(happened, chance, listed), _regressions(happened, log_odds(chance)))

    @property
    def order(self) -> Whole:
        """Return the rows in falling order of probability: the order in which `weighted` takes weights."""
        return self.ranking.order

    def measures(self) -> Floats:
        """Return all MEASURES with every weight 1; NaN where one is not defined."""
        return self.weighted(np.ones(len(self.probability)), exact=True)

    def weighted(self, weight: Floats, *, exact: bool = False, with_curve: bool = True) -> Floats:
        """Return all MEASURES for weights in the order of `order`; NaN where one is not defined.

        Without the curve, E90 and ECI are NaN: it takes half of the time.
        """
        large, slope = (regression.fit(weight, exact=exact)[-1] for regression in self.regressions[:2])
        curve = self._distances(weight, exact=exact) if with_curve else (np.nan, np.nan)
        return np.array([*_plain(weight @ self.sums), *self.ranking.both(weight), large, slope, *curve])

    def _distances(self, weight: Floats, *, exact: bool) -> tuple[float, float]:
        """Return E90 and ECI."""
        curve = self.regressions[-1]
        bends = curve.fit(weight, exact=exact)
        if not np.isfinite(bends).all():
            return np.nan, np.nan
        distance = expit(curve.design @ bends) - self.probability
        e90 = weighted_quantile(np.abs(distance), weight, 0.9)
        return e90, 100 * float(weight @ distance**2) / float(weight.sum())


def _regressions(happened: Floats, odds: Floats) -> tuple[Regression, Regression, Regression]:
    is_spread = len(odds) > 0 and float(np.ptp(odds)) > 1e-9
    at = knots(odds) if len(odds) else np.zeros(1)
    curve = spline(odds, at) if are_distinct(at) else np.zeros((len(odds), 5))
    identity = np.array([0.0, 1.0, 0.0, 0.0, 0.0])
    return (
        Regression(np.ones((len(odds), 1)), happened, np.zeros(1), odds).prepared(),
        Regression(line(odds), happened, identity[:2] if is_spread else np.full(2, np.nan)).prepared(),
        Regression(curve, happened, identity if are_distinct(at) else np.full(5, np.nan)).prepared(),
    )


def _columns(happened: Floats, chance: Floats, listed: Floats) -> Floats:
    acted = [(chance >= threshold).astype(np.float64) for threshold in NET_BENEFIT_AT]
    plain = [np.ones(len(chance)), happened, chance, (happened - chance) ** 2, listed, listed * happened]
    return np.column_stack([*plain, *acted, *[those * happened for those in acted]])


def _plain(sums: Floats) -> Floats:
    """Return the measures up to net benefit from the weighted sums of `_columns`."""
    rows, cases, expected, squares, listed, found = sums[:6]
    acted, right = np.split(sums[6:], 2)
    at = np.array(NET_BENEFIT_AT)
    odds = at / (1 - at)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate, score = cases / rows, squares / rows
        scaled = 1 - score / (rate * (1 - rate)) if 0 < cases < rows else np.nan
        head = [rate, expected / rows, cases / expected, score, scaled, listed / rows, found / cases, found / listed]
        benefit = (right - (acted - right) * odds) / rows
    return np.concatenate([head, benefit, rate - (1 - rate) * odds])
