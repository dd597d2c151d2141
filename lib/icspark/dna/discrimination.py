"""The area under the ROC curve with the spread of its parts, so that a week can be held against a test window."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy

from icspark.dna.expected_outcomes import Floats, Whole


@dataclass(frozen=True)
class Discrimination:
    """An area under the ROC curve; its standard error by clusters of persons, and the variance of its placements.

    `of_outcomes` is the variance of the placements of those not attended among those attended, `of_others` the other.
    """

    value: float
    error: float
    of_outcomes: float
    of_others: float

    def error_with(self, outcomes: int, others: int) -> float:
        """Return the standard error of the area in a sample of so many, had it the same placements."""
        return float(np.sqrt(self.of_outcomes / outcomes + self.of_others / others))


def discrimination(outcome: Floats, probability: Floats, person: Whole) -> Discrimination:
    """Return the area under the ROC curve of outcomes (0 or 1), ties half, with its error.

    The placement of an outcome is the share of the others that are below it, and the other way round; the area is
    their mean. Source: DeLong et al. 1988, Biometrics 44:837; by clusters: Obuchowski 1997, Biometrics 53:567.
    """
    is_outcome = outcome == 1
    ranks = scipy.stats.rankdata(probability)
    positive, negative = int(is_outcome.sum()), int((~is_outcome).sum())
    within = np.empty(len(ranks))
    within[is_outcome] = scipy.stats.rankdata(probability[is_outcome])
    within[~is_outcome] = scipy.stats.rankdata(probability[~is_outcome])
    placed = np.where(is_outcome, (ranks - within) / negative, 1 - (ranks - within) / positive)
    area = float(placed[is_outcome].mean())
    influence = (placed - area) / np.where(is_outcome, positive, negative)
    of_person = np.bincount(person, weights=influence)
    return Discrimination(
        area,
        float(np.sqrt(np.sum(of_person**2))),
        float(placed[is_outcome].var(ddof=1)),
        float(placed[~is_outcome].var(ddof=1)),
    )
