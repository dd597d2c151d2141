"""How well probabilities order the outcomes: the area under the ROC curve and average precision, with weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Ranking:
    """Rows in falling order of probability, sorted once: any number of weightings can then be asked.

    `order` holds the rows; `cases` the places in that order of the rows with the outcome. For each case, `starts` and
    `ends` bound the places of the rows tied with it, `case_starts` and `case_ends` the cases among them.
    """

    order: Whole
    cases: Whole
    starts: Whole
    ends: Whole
    case_starts: Whole
    case_ends: Whole

    @classmethod
    def of(cls, outcome: ArrayLike, probability: ArrayLike) -> Ranking:
        """Return the ranking of outcomes (true: it happened) by probability."""
        happened, chance = np.asarray(outcome, dtype=bool), np.asarray(probability, dtype=np.float64)
        order = np.argsort(-chance, kind="stable")
        cases = np.flatnonzero(happened[order])
        rising = -chance[order]
        starts = np.searchsorted(rising, rising[cases], side="left")
        ends = np.searchsorted(rising, rising[cases], side="right")
        return cls(order, cases, starts, ends, np.searchsorted(cases, starts), np.searchsorted(cases, ends))

    def curve(self, weight: ArrayLike | None = None) -> tuple[Floats, Floats]:
        """Return the weight of cases and of all rows among the first 0, 1, ... n rows of the order."""
        own = self._ordered(weight)
        of_cases = np.zeros(len(own))
        of_cases[self.cases] = own[self.cases]
        return _running(of_cases), _running(own)

    def auroc(self, weight: ArrayLike | None = None) -> float:
        """Return the chance that a random case has a higher probability than a random other row, ties counting half.

        NaN where the weight of one class is 0. Source: Hanley and McNeil 1982, Radiology 143:29.
        """
        return self.both(self._ordered(weight))[0]

    def average_precision(self, weight: ArrayLike | None = None) -> float:
        """Return the sum over falling thresholds of the gain in sensitivity times precision; NaN without both classes.

        Source: Manning, Raghavan and Schütze 2008, Introduction to Information Retrieval, 8.4, without interpolation.
        """
        return self.both(self._ordered(weight))[1]

    def both(self, own: Floats) -> tuple[float, float]:
        """Return (auroc, average precision) for weights that are in the order of the ranking already."""
        of_cases = own[self.cases]
        total, found = _running(own), _running(of_cases)
        all_cases, others = found[-1], total[-1] - found[-1]
        if all_cases <= 0 or others <= 0:
            return np.nan, np.nan
        found_after, total_after = found[self.case_ends], total[self.ends]
        above = total[self.starts] - found[self.case_starts] + total_after - found_after
        # Rows of weight 0 at the top have no precision, and no weight with which to count.
        precision = np.divide(found_after, total_after, out=np.zeros(len(of_cases)), where=total_after > 0)
        area = 1 - float(of_cases @ above) / (2 * all_cases * others)
        return area, float(of_cases @ precision) / float(all_cases)

    def _ordered(self, weight: ArrayLike | None) -> Floats:
        return np.ones(len(self.order)) if weight is None else np.asarray(weight, dtype=np.float64)[self.order]


def _running(values: Floats) -> Floats:
    return np.concatenate(([0.0], np.cumsum(values)))
