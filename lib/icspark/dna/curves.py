"""The curves of a model on a window, as points in a table: pictures are drawn from them, and nothing else is kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from icspark.dna.bootstrap import Resampling, limits, replicated
from icspark.dna.evaluation import Rows
from icspark.dna.measures import net_benefit, net_benefit_of_all, smooth_curve
from icspark.dna.ranking import Floats, Ranking, Whole

STEPS = 100
"""Steps of a curve over the ranking: each stands for a hundredth of the appointments, so for nobody alone."""

TENTHS = 10
BIN = 0.02
THRESHOLDS = tuple(round(0.01 * step, 2) for step in range(1, 51))
ROC, PRECISION_RECALL, GAIN, AT_CAPACITY = "roc", "precision_recall", "gain", "gain_at_capacity"
CALIBRATION, SMOOTH, HISTOGRAM = "calibration", "smooth_calibration", "histogram"
DECISION, DECISION_ALL, IMPORTANCE = "decision", "decision_all", "importance"


@dataclass(frozen=True)
class Point:
    """A point of a curve: a row of dna_curve without its model and window; NaN where there is none."""

    curve: str
    point: int
    x: float
    y: float
    lower: float = np.nan
    upper: float = np.nan
    count: int | None = None
    label: str | None = None


def curves(rows: Rows, resampling: Resampling) -> Iterator[Point]:
    """Yield the points of every curve of a window; nothing where it has one class only."""
    if not 0 < rows.outcome.sum() < len(rows.outcome):
        return
    yield from _ranked(rows)
    yield from _calibrated(rows, resampling)
    yield from _smooth(rows)
    yield from _histogram(rows)
    yield from _decisions(rows)


def _ranked(rows: Rows) -> Iterator[Point]:
    cases, everyone = Ranking.of(rows.outcome, rows.probability).curve()
    others = everyone - cases
    for nth, at in enumerate(_stops(rows.probability)):
        sensitivity, called = cases[at] / cases[-1], int(at)
        yield Point(ROC, nth, others[at] / others[-1], sensitivity, count=called)
        yield Point(GAIN, nth, at / len(rows.outcome), sensitivity, count=called)
        if at:
            yield Point(PRECISION_RECALL, nth, sensitivity, cases[at] / at, count=called)
    listed, found = int(rows.is_listed.sum()), int((rows.is_listed & rows.outcome).sum())
    yield Point(AT_CAPACITY, 0, listed / len(rows.outcome), found / cases[-1], count=listed)


def _stops(probability: Floats) -> Whole:
    """Return how many rows are taken at each step: about a hundredth more each time, ties never parted."""
    falling = np.sort(probability)[::-1]
    wanted = np.unique(np.round(np.linspace(0, len(falling), STEPS + 1)).astype(np.int64))[1:]
    ends = np.searchsorted(-falling, -falling[wanted - 1], side="right")
    return np.concatenate(([0], np.unique(ends)))


def _calibrated(rows: Rows, resampling: Resampling) -> Iterator[Point]:
    edges = np.unique(np.quantile(rows.probability, np.arange(1, TENTHS) / TENTHS))
    tenth = np.searchsorted(edges, rows.probability, side="left")
    size = len(edges) + 1

    def observed(weight: Floats) -> Floats:
        below = np.bincount(tenth, weight, minlength=size)
        return np.divide(
            np.bincount(tenth, weight * rows.outcome, minlength=size), below, where=below > 0, out=_nan(size)
        )

    lower, upper = limits(replicated(rows.person, observed, resampling))
    counts, share = np.bincount(tenth, minlength=size), observed(np.ones(len(tenth)))
    mean = np.bincount(tenth, rows.probability, minlength=size) / np.maximum(counts, 1)
    for nth in np.flatnonzero(counts):
        yield Point(CALIBRATION, int(nth), mean[nth], share[nth], lower[nth], upper[nth], int(counts[nth]))


def _smooth(rows: Rows) -> Iterator[Point]:
    at = np.unique(np.quantile(rows.probability, np.linspace(0.01, 0.99, TENTHS * 5)))
    for nth, (chance, observed) in enumerate(zip(at, smooth_curve(rows.outcome, rows.probability, at=at), strict=True)):
        if np.isfinite(observed):
            yield Point(SMOOTH, nth, chance, observed)


def _histogram(rows: Rows) -> Iterator[Point]:
    bins = np.minimum((rows.probability / BIN).astype(np.int64), round(1 / BIN) - 1)
    counts = np.bincount(bins, minlength=round(1 / BIN))
    for nth in np.flatnonzero(counts):
        yield Point(HISTOGRAM, int(nth), nth * BIN, counts[nth] / len(bins), count=int(counts[nth]))


def _decisions(rows: Rows) -> Iterator[Point]:
    for nth, threshold in enumerate(THRESHOLDS):
        benefit = net_benefit(rows.outcome, rows.probability, threshold=threshold)
        yield Point(DECISION, nth, threshold, benefit)
        yield Point(DECISION_ALL, nth, threshold, net_benefit_of_all(rows.outcome, threshold=threshold))


def _nan(size: int) -> Floats:
    return np.full(size, np.nan)
