"""The probability from which an appointment is flagged, chosen on the validation window."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from icspark.errors import QualityError

Rule = Literal["f1", "roc_balance", "capacity"]
Floats = NDArray[np.float64]


def threshold(rule: Rule, outcome: NDArray[np.bool_], probability: Floats, *, listed: int) -> float:
    """Return the threshold by a rule; flagged are probabilities at or above it, so ties are flagged together.

    f1: the highest that gives the largest F1. roc_balance: the highest where sensitivity is nearest specificity.
    capacity: that of the row at place `listed` (the number that the lists of the window hold) from the top. Raises
    QualityError where there is one class only.
    """
    if outcome.all() or not outcome.any():
        raise QualityError(
            "the window holds one class only",
            where="is_dna",
            found="all not attended" if outcome.all() else "all attended",
            mend="choose windows with both, or check the attendance codes",
        )
    cuts, hits, flagged = _by_cut(outcome, probability)
    if rule == "capacity":
        return float(np.sort(probability)[::-1][min(max(listed, 1), len(probability)) - 1])
    positives, negatives = int(outcome.sum()), int((~outcome).sum())
    if rule == "f1":
        return float(cuts[np.argmax(2 * hits / (positives + flagged))])
    sensitivity, specificity = hits / positives, 1 - (flagged - hits) / negatives
    return float(cuts[np.argmin(np.abs(sensitivity - specificity))])


def _by_cut(outcome: NDArray[np.bool_], probability: Floats) -> tuple[Floats, Floats, Floats]:
    """Return each distinct probability, highest first, with the true and all rows at or above it."""
    order = np.argsort(-probability, kind="stable")
    sorted_probability = probability[order]
    last = np.flatnonzero(np.r_[sorted_probability[1:] != sorted_probability[:-1], True])
    hits = np.cumsum(outcome[order], dtype=np.float64)
    return sorted_probability[last], hits[last], (last + 1).astype(np.float64)
