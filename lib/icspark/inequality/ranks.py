"""Spearman's rank correlation of many columns at once, weighted by how often a row was drawn.

Twice an average rank is a whole number, and so are its sums of products: up to 200,000 rows they are exact in 64-bit
floats, and the matrix has the same bytes for any order of rows and any number of threads.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

MOST_ROWS = 200_000
"""The largest number of rows whose sums are exact: at most rows^3 / 3, under 2^53. England has 32,844 LSOAs."""


@dataclass(frozen=True)
class Sorted:
    """One column in rising order: the row of each place, and the first place of the next group of ties."""

    rows: Integers
    next_group: Integers
    group: Integers

    def doubled_ranks(self, weights: Integers) -> Floats:
        """Return twice the average rank of every row, as if each stood `weights` times in the table."""
        counted = np.concatenate(([0], np.cumsum(weights[self.rows])))
        ends = counted[self.next_group]
        starts = np.concatenate(([0], ends[:-1]))
        ranks = np.empty(len(self.rows), dtype=np.float64)
        ranks[self.rows] = (starts + ends + 1)[self.group]
        return ranks


def in_order(values: Floats) -> Sorted:
    """Sort one column; equal values are one group. Values are finite."""
    rows = np.argsort(values, kind="stable")
    new = np.concatenate(([True], np.diff(values[rows]) != 0)) if len(values) else np.zeros(0, dtype=bool)
    group = np.cumsum(new) - 1
    next_group = np.concatenate((np.flatnonzero(new)[1:], [len(values)])) if len(values) else np.zeros(0, dtype=int)
    return Sorted(rows.astype(np.int64), next_group.astype(np.int64), group.astype(np.int64))


def spearman_matrix(columns: list[Sorted], weights: Integers | None = None) -> Floats:
    """Return Spearman's correlation of every pair of columns (average ranks of ties); NaN for a constant column.

    `weights` says how often each row stands in the table: once without it, any number of times in a resample.
    """
    drawn = np.ones(len(columns[0].rows), dtype=np.int64) if weights is None else weights
    total = int(drawn.sum())
    kept = np.flatnonzero(drawn)
    centred = np.column_stack([column.doubled_ranks(drawn)[kept] for column in columns]) - (total + 1)
    products = (centred * drawn[kept, np.newaxis]).T @ centred
    spread = np.sqrt(np.diag(products))
    with np.errstate(divide="ignore", invalid="ignore"):
        matrix: Floats = products / np.outer(spread, spread)
    return matrix
