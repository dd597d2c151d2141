"""Evaluate a version on its windows: gather, score, measure and draw, one window after the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pyspark.sql import DataFrame

from icspark.dna.account import metrics
from icspark.dna.curve_points import points
from icspark.dna.curves import curves, importance
from icspark.dna.evaluation import Rows, Terms, counted, evaluate
from icspark.dna.evaluation_table import Told, Values, evaluation_row
from icspark.dna.extract import Extract
from icspark.dna.fitted import FittedModel
from icspark.dna.judging import Gathering, judged, rows_of_window
from icspark.dna.threads import single_thread


@dataclass(frozen=True)
class Asked:
    """The windows, the version of the features, how their rows are gathered, and how they are judged."""

    windows: tuple[str, ...]
    feature_version: int
    gathering: Gathering
    terms: Terms
    with_importance: bool = True


@dataclass(frozen=True)
class Evaluated:
    """Rows of dna_evaluation and of dna_curve, and what the tracking store is told."""

    measures: list[Values] = field(default_factory=list)
    points: list[Values] = field(default_factory=list)
    metrics: dict[str, float] = field(default_factory=dict)


def evaluated(features: DataFrame, row: Mapping[str, Any], model: FittedModel, asked: Asked) -> Evaluated:
    """Return all that was measured of a version (its row of dna_model) on each window asked for."""
    found = Evaluated()
    for window in dict.fromkeys(asked.windows):
        extract, rows = judged(rows_of_window(features, row, window), model, asked.gathering)
        with single_thread():
            measured = list(evaluate(rows, asked.terms))
        told = Told.of(row, asked.feature_version, window)
        found.measures.extend(evaluation_row(told, one) for one in measured)
        found.points.extend((*told.key, *one) for one in _points(extract, rows, model, asked))
        found.metrics.update(metrics(window, measured))
    return found


def _points(extract: Extract, rows: Rows, model: FittedModel, asked: Asked) -> Iterator[Values]:
    """Yield the points of a window's curves; none where it has too few outcomes to tell of."""
    if counted(rows).why_withheld(asked.terms.enough) is None:
        mixed = importance(extract, model, seed=asked.terms.resampling.seed) if asked.with_importance else None
        yield from points(curves(extract, rows.probability), mixed)
