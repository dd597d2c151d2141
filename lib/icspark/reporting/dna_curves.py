"""The points of dna_curve under the names that the pictures know, and which column of the table holds which."""

from __future__ import annotations

import pandas as pd

from icspark.tables.dna import DnaCurve

ROC, PRECISION_RECALL, GAIN, CALIBRATION = "roc", "precision_recall", "gain", "calibration"
HISTOGRAM, DECISION, IMPORTANCE = "histogram", "decision", "importance"

COLUMNS: dict[str, dict[str, str]] = {
    ROC: {DnaCurve.x: "false_positive_share", DnaCurve.y: "sensitivity"},
    PRECISION_RECALL: {DnaCurve.x: "sensitivity", DnaCurve.y: "precision"},
    CALIBRATION: {DnaCurve.x: "probability", DnaCurve.y: "observed"},
    HISTOGRAM: {
        DnaCurve.x: "from_probability",
        DnaCurve.y: "to_probability",
        DnaCurve.appointments_count: "appointments_count",
    },
    GAIN: {DnaCurve.x: "listed_share", DnaCurve.y: "sensitivity"},
    DECISION: {DnaCurve.x: "threshold", DnaCurve.y: "model", DnaCurve.y_all: "all"},
    IMPORTANCE: {
        DnaCurve.label: "feature",
        DnaCurve.y: "fall",
        DnaCurve.lower_95: "lower_95",
        DnaCurve.upper_95: "upper_95",
    },
}
"""Curve -> column of dna_curve -> column that its picture is drawn from."""


def points_of(rows: pd.DataFrame, curve: str) -> pd.DataFrame:
    """Return the points of a curve as its picture wants them, from rows of dna_curve of one version and window."""
    own = rows[rows[DnaCurve.curve] == curve].sort_values(DnaCurve.point)
    named = COLUMNS[curve]
    return own[list(named)].rename(columns=named).reset_index(drop=True)
