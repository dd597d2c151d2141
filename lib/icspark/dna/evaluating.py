"""Evaluate a version on its windows: gather, score, measure and draw, one window after the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pyspark.sql import DataFrame

from icspark.dna.curves import curves
from icspark.dna.evaluation import Terms, evaluate
from icspark.dna.evaluation_table import Told, Values, curve_row, evaluation_row, metrics
from icspark.dna.fitted import FittedModel
from icspark.dna.judging import Gathering, judged, rows_of_window
from icspark.dna.threads import single_thread


@dataclass(frozen=True)
class Asked:
    """The windows, how their rows are gathered, and how they are judged."""

    windows: tuple[str, ...]
    gathering: Gathering
    terms: Terms


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
        rows = judged(rows_of_window(features, row, window), model, asked.gathering)
        told = Told.of(row, window)
        with single_thread():
            measured = list(evaluate(rows, asked.terms))
            points = list(curves(rows, asked.terms.resampling))
        found.measures.extend(evaluation_row(told, one) for one in measured)
        found.points.extend(curve_row(told, one) for one in points)
        found.metrics.update(metrics(told, measured))
    return found
