"""The 2x2 tables of pairs of conditions within strata, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.integer[Any]]
Booleans = NDArray[np.bool_]


@dataclass(frozen=True)
class Cells:
    """Numbers of people by two conditions: arrays of a row per pair and a column per stratum.

    `a` have both, `b` the first only, `c` the second only, `d` neither.
    """

    a: Floats
    b: Floats
    c: Floats
    d: Floats

    @staticmethod
    def of_counts(both: Integers, first: Integers, second: Integers, people: Integers) -> Cells:
        """Return the tables of people with both conditions, with the first, with the second, and of all people."""
        a, first, second = both.astype(np.float64), first.astype(np.float64), second.astype(np.float64)
        return Cells(a, first - a, second - a, people.astype(np.float64) - first - second + a)

    @property
    def n(self) -> Floats:
        """The people of each table."""
        return self.a + self.b + self.c + self.d

    @property
    def has_contrast(self) -> Booleans:
        """Whether all four margins are above 0: other tables say nothing of the association."""
        a, b, c, d = self.a, self.b, self.c, self.d
        found: Booleans = (a + b > 0) & (c + d > 0) & (a + c > 0) & (b + d > 0)
        return found

    def swapped(self) -> Cells:
        """Return the tables with the second condition first."""
        return Cells(self.a, self.c, self.b, self.d)

    def without_empty_cells(self) -> Cells:
        """Return the tables with every stratum that has a cell of 0 emptied: what some tools leave out."""
        full = (self.a > 0) & (self.b > 0) & (self.c > 0) & (self.d > 0)
        return Cells(*(np.where(full, cell, 0.0) for cell in (self.a, self.b, self.c, self.d)))


def divided(numerator: Floats, denominator: Floats) -> Floats:
    """Return the quotient, NaN where both are 0 and infinite where only the denominator is: without a warning."""
    with np.errstate(divide="ignore", invalid="ignore"):
        quotient: Floats = np.divide(numerator, denominator)
    return quotient


def per_person(numerator: Floats, people: Floats) -> Floats:
    """Return the quotient with a number of people, 0 where there are none: an empty stratum adds nothing to a sum."""
    return np.divide(numerator, people, out=np.zeros_like(numerator), where=people > 0)
