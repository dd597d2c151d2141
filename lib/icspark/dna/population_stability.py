"""Population stability index: how far the values of a week lie from those of the same season, and when that is news.

PSI = sum (p - q) ln(p / q) over the bins. Without a shift n m / (n + m) PSI follows chi-square with bins - 1 degrees of
freedom (Yurdakul and Naranjo 2020, Journal of Risk Model Validation 14(4)), where every bin is expected often enough.
The usual limits of 0.1 and 0.25 know no sample size (so the same authors). Calendar features are exempt: a week has its
own by its nature.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy

from icspark.dna.expected_outcomes import Floats, Whole

CALENDAR = ("weekday", "hour", "month")
"""Features of the calendar: they are what a week is, and tell nothing of its patients."""

SHRUNK = ("past_non_attendance_share",)
"""Whoever has no history holds the region's own share, which moves a little each day: everybody without one would cross
an edge of the bins at once, and nothing has changed. The counts that the share is made of are watched instead."""

EXEMPT = (*CALENDAR, *SHRUNK)

QUANTILES = 10
RAREST_CATEGORY = 0.01
"""Share of the reference below which a category is one of the others."""

FEWEST_EXPECTED = 50
"""Appointments that each bin must be expected to hold; chi-square is wrong below it, far in its tail."""


@dataclass(frozen=True)
class Bins:
    """Where the values of a feature go: between edges, or by category; the last bin is for what is not known.

    Categorical features have their categories, and one bin more for any other.
    """

    edges: tuple[float, ...] = ()
    categories: tuple[str, ...] | None = None

    @classmethod
    def of(cls, values: pd.Series) -> Bins:
        """Return the bins of a sample: tenths of numbers (fewer where values repeat), categories of 1 % and more."""
        known = values.dropna()
        if pd.api.types.is_numeric_dtype(values.dtype):
            at = np.arange(1, QUANTILES) / QUANTILES
            return cls(tuple(np.unique(np.quantile(known, at, method="inverted_cdf")).tolist()) if len(known) else ())
        shares = known.astype(str).value_counts(normalize=True)
        return cls(categories=tuple(sorted(shares[shares >= RAREST_CATEGORY].index)))

    @property
    def number(self) -> int:
        """Return the number of bins."""
        return len(self.edges if self.categories is None else self.categories) + 2

    def place(self, values: pd.Series) -> Whole:
        """Return the bin of each value; a number on an edge lies below it."""
        unknown = values.isna().to_numpy()
        if self.categories is None:
            found = np.searchsorted(np.array(self.edges), values.to_numpy(dtype=np.float64), side="left")
        else:
            codes = pd.Categorical(values, categories=list(self.categories)).codes
            found = np.where(codes < 0, len(self.categories), codes)
        return np.where(unknown, self.number - 1, found).astype(np.int64)


@dataclass(frozen=True)
class Sample:
    """How many appointments lie in each bin, and how many independent ones would know as much."""

    counts: Whole
    effective: float

    @property
    def shares(self) -> Floats:
        """Return the share of each bin."""
        found: Floats = self.counts / self.counts.sum()
        return found


@dataclass(frozen=True)
class Stability:
    """An index, n m / (n + m) of its two samples, and the degrees of freedom of the chi-square of their product."""

    index: float
    scale: float
    freedom: int

    @property
    def p_value(self) -> float:
        """Return the chance of so large an index without a shift."""
        return float(scipy.stats.chi2.sf(self.scale * self.index, self.freedom))

    def limit(self, false_alarm: float) -> float:
        """Return the index above which it is an alarm."""
        return float(scipy.stats.chi2.isf(false_alarm, self.freedom)) / self.scale


def effective_size(per_person: Whole) -> float:
    """Return how many independent appointments know as much as those of persons with so many each: n^2 / sum k^2.

    Exact for a feature that is the same in all of a person's appointments, cautious for the others. Source: Kish 1965,
    Survey Sampling, 11.7.
    """
    total = float(per_person.sum())
    return total**2 / float(np.sum(per_person.astype(np.float64) ** 2))


def index(shares: Floats, reference: Floats) -> float:
    """Return the population stability index of shares that are all above 0."""
    return float(np.sum((shares - reference) * np.log(shares / reference)))


def stability(week: Sample, reference: Sample) -> Stability | None:
    """Return the index of a week against its reference; None where fewer than two bins are expected often enough.

    Bins that the week is not expected to fill are pooled, by the reference alone: the week's own counts choose nothing.
    """
    common = pooled(reference.shares * week.counts.sum())
    if common.max() < 1:
        return None
    shares = np.bincount(common, weights=week.counts) / week.counts.sum()
    expected = np.bincount(common, weights=reference.counts) / reference.counts.sum()
    # Half an appointment for an empty bin, whose logarithm would be infinite: expected 50 times, it is news by itself.
    found = index(np.maximum(shares, 0.5 / week.counts.sum()), expected)
    scale = week.effective * reference.effective / (week.effective + reference.effective)
    return Stability(found, scale, int(common.max()))


def pooled(expected: Floats) -> Whole:
    """Return the common bin of each bin: those that are expected too rarely go together, and to the rarest other one.

    Bins are numbered from 0; all are 0 where they cannot make two.
    """
    is_rare = expected < FEWEST_EXPECTED
    kept = np.flatnonzero(~is_rare)
    common = np.zeros(len(expected), dtype=np.int64)
    common[kept] = np.arange(len(kept))
    if is_rare.any() and len(kept):
        rarest = common[kept[np.argmin(expected[kept])]]
        common[is_rare] = len(kept) if expected[is_rare].sum() >= FEWEST_EXPECTED else rarest
    return common
