"""The rows that a model card shows of one version of a model, all through disclosure control."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from icspark.disclosure.gate import check_released
from icspark.reporting.dna_words import DECISIONS
from icspark.tables.checks import DnaCheck
from icspark.tables.dna import DnaCurve, DnaEvaluation, DnaLeakAudit, DnaModel, DnaMonitor, DnaPromotion
from icspark.tables.table import Table

Row = Mapping[str, Any]
Frames = Mapping[type[Table], DataFrame]
LATEST_WEEKS = 13


@dataclass(frozen=True)
class CardTables:
    """What is known of a version: its row of dna_model, that of the version judged for it (its parent for a refit).

    `evaluation` holds all windows of the judged version, `curves` the window shown, `decision` the newest decision on
    the version; frames are empty where there is nothing.
    """

    model: Row
    judged: Row
    window: str
    evaluation: pd.DataFrame
    curves: pd.DataFrame
    decision: pd.DataFrame
    monitor: pd.DataFrame = field(default_factory=pd.DataFrame)
    checks: pd.DataFrame = field(default_factory=pd.DataFrame)
    audit: pd.DataFrame = field(default_factory=pd.DataFrame)

    def of_window(self, window: str | None = None) -> pd.DataFrame:
        """Return the evaluation of a window, by default the one shown."""
        return self.evaluation[self.evaluation[DnaEvaluation.window] == (window or self.window)]

    def overall(self, measure: str) -> dict[str, Row]:
        """Return the row of a measure overall for each window."""
        rows = self.evaluation[
            (self.evaluation[DnaEvaluation.group_by] == "overall") & (self.evaluation[DnaEvaluation.measure] == measure)
        ]
        return {row[DnaEvaluation.window]: row for row in rows_of(rows)}

    def shown(self, measure: str) -> Row | None:
        """Return the row of a measure overall in the window shown; None where there is none."""
        return self.overall(measure).get(self.window)

    def verdict(self) -> str:
        """Return the decision in words."""
        if self.decision.empty:
            return "No decision has been asked for"
        outcome = str(self.decision[DnaPromotion.decision].iloc[0])
        passed = self.decision[DnaPromotion.is_passed]
        refused, unjudged = int(passed.eq(False).sum()), int(passed.isna().sum())
        said = f"{DECISIONS[outcome]}; {refused} of {len(passed) - unjudged} gates refused"
        return f"{said}, {unjudged} not assessed" if unjudged else said

    def updating(self) -> str:
        """Return what is known of a refit, in words."""
        parent = self.model[DnaModel.parent_version]
        if parent is None:
            return "None: this is the version that was evaluated"
        mean, largest = self.model[DnaModel.mean_probability_change], self.model[DnaModel.largest_probability_change]
        changes = "" if mean is None else f"; probabilities moved by {mean:.4f} on average, {largest:.3f} at most"
        return f"A refit of version {parent} on all data{changes}"


def rows_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a frame as plain values by column."""
    return [dict(zip(frame.columns, row, strict=True)) for row in frame.itertuples(index=False, name=None)]


def gather(frames: Frames, model: Row, judged: Row, *, window: str) -> CardTables:
    """Return the rows of a card. Only aggregates reach the driver: groups, measures, points, weeks.

    Tables beyond DnaEvaluation and DnaCurve may be absent. Raise a DisclosureError for an aggregate that has not been
    through `release`.
    """
    for table, frame in frames.items():
        check_released(table, frame)
    judging = _of(frames, DnaEvaluation, judged)
    return CardTables(
        model=model,
        judged=judged,
        window=window,
        evaluation=_ordered(judging, DnaEvaluation),
        curves=_ordered(_of(frames, DnaCurve, judged), DnaCurve, F.col(DnaCurve.window) == window),
        decision=_newest(_ordered(_of(frames, DnaPromotion, model), DnaPromotion), DnaPromotion.decided_datetime),
        monitor=_latest_weeks(_ordered(_of(frames, DnaMonitor, model), DnaMonitor)),
        checks=_ordered(frames.get(DnaCheck), DnaCheck),
        audit=_ordered(frames.get(DnaLeakAudit), DnaLeakAudit, _same(DnaLeakAudit.feature_version, model)),
    )


def _of(frames: Frames, table: type[Table], row: Row) -> DataFrame | None:
    if table not in frames:
        return None
    same = _same(DnaModel.model_name, row) & _same(DnaModel.model_version, row)
    frame = frames[table].where(same)
    return frame.where(_same(DnaModel.feature_version, row)) if DnaModel.feature_version in frame.columns else frame


def _same(column: str, row: Row) -> Any:
    return F.col(column) == F.lit(row[column])


def _ordered(frame: DataFrame | None, table: type[Table], condition: Any = None) -> pd.DataFrame:
    """Return rows in the order of the key: their number does not depend on people."""
    if frame is None:
        return pd.DataFrame(columns=list(table.columns()))
    rows: pd.DataFrame = frame.where(F.lit(True) if condition is None else condition).orderBy(*table.key()).toPandas()
    return rows


def _newest(rows: pd.DataFrame, time: str) -> pd.DataFrame:
    newest: pd.DataFrame = rows[rows[time] == rows[time].max()].reset_index(drop=True)
    return newest


def _latest_weeks(rows: pd.DataFrame) -> pd.DataFrame:
    weeks = sorted(rows[DnaMonitor.week_start_date].unique())[-LATEST_WEEKS:]
    return rows[rows[DnaMonitor.week_start_date].isin(weeks)].reset_index(drop=True)
