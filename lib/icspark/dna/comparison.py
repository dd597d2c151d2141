"""Two models on the same appointments: differences of their measures, with limits from the same people drawn anew."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from icspark.dna.bootstrap import Resampling, limits, replicated
from icspark.dna.ranking import Flags, Floats, Ranking, Whole

COMPARED = ("auroc", "average_precision", "scaled_brier")
"""Measures in which two models are compared; higher is better in each."""


@dataclass(frozen=True)
class Difference:
    """The measure of one model less that of the other, with 95 % limits; NaN where it is not defined."""

    value: float
    lower: float
    upper: float


def compared(
    outcome: Flags, probabilities: tuple[Floats, Floats], person: Whole, resampling: Resampling
) -> dict[str, Difference]:
    """Return how far the first model is above the second in each of COMPARED, both scored on the same rows.

    Every replicate weighs the people once for both models: a person is drawn with both scores of all appointments.
    Source: Davison and Hinkley 1997, Bootstrap Methods and their Application, 3.8, for the draw of whole clusters.
    """
    first, second = (_Both.of(outcome, chance) for chance in probabilities)
    drawn = replicated(person, lambda weight: first.measures(weight) - second.measures(weight), resampling)
    ones = np.ones(len(outcome))
    value, (lower, upper) = first.measures(ones) - second.measures(ones), limits(drawn)
    return {name: Difference(*map(float, three)) for name, *three in zip(COMPARED, value, lower, upper, strict=True)}


@dataclass(frozen=True, eq=False)
class _Both:
    """One model's ranking and squared errors, the rows as they come."""

    outcome: Floats
    ranking: Ranking
    squares: Floats

    @classmethod
    def of(cls, outcome: Flags, chance: Floats) -> _Both:
        """Return a model's probabilities prepared."""
        happened = outcome.astype(np.float64)
        return cls(happened, Ranking.of(outcome, chance), (happened - chance) ** 2)

    def measures(self, weight: Floats) -> Floats:
        """Return COMPARED for weights of the rows."""
        rate = float(weight @ self.outcome) / float(weight.sum())
        spread = rate * (1 - rate)
        scaled = 1 - float(weight @ self.squares) / float(weight.sum()) / spread if spread > 0 else np.nan
        return np.array([*self.ranking.both(weight[self.ranking.order]), scaled])
