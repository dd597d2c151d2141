"""A decision on a version: which version is judged in its place, whom it is compared with, and the rows that say so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pandas as pd
from pydantic import Field
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from icspark.config import JobConfig
from icspark.dna.bootstrap import Resampling
from icspark.dna.champion import champion, parent_row
from icspark.dna.comparison import Difference, compared
from icspark.dna.evaluation import significant
from icspark.dna.extract import MEGABYTE
from icspark.dna.fitted import FittedModel
from icspark.dna.gates import (
    Decision,
    Gate,
    GateLimits,
    calibration_gates,
    champion_gates,
    data_version_gate,
    decision,
    leak_gate,
    refit_gates,
)
from icspark.dna.judging import TEST, bounds, gathered, rows_of_window
from icspark.dna.threads import single_thread
from icspark.tables.dna import DnaEvaluation, DnaLeakAudit, DnaModel, DnaPromotion

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Candidate:
    """Rows of dna_model: the version that asks, the one that is judged for it (its parent for a refit), the champion.

    `rival` is the version that it is compared with; champion and rival are None where there is no champion.
    """

    version: Row
    judged: Row
    champion: Row | None
    rival: Row | None

    @property
    def is_champion(self) -> bool:
        """Return whether the version that asks is the champion already."""
        return (
            self.champion is not None and self.champion[DnaModel.model_version] == self.version[DnaModel.model_version]
        )

    @property
    def number(self) -> int:
        """Return the version that asks."""
        return int(self.version[DnaModel.model_version])

    @property
    def source(self) -> tuple[Any, int]:
        """Return the source and version of the features that the judged version was made of."""
        return self.judged[DnaModel.feature_source], int(self.judged[DnaModel.feature_version])

    @property
    def is_refit(self) -> bool:
        """Return whether another version is judged in its place."""
        return self.version[DnaModel.parent_version] is not None


def candidate(models: DataFrame, promotions: DataFrame | None, version: dict[str, Any], *, window: str) -> Candidate:
    """Return who stands for a version, and whom it is compared with.

    A champion that was refitted on the very window has seen its outcomes: then its parent is the rival.
    """
    name = str(version[DnaModel.model_name])
    judged = parent_row(models, version)
    current = champion(promotions, models, model_name=name)
    rival: Row | None = current
    if current is not None and current[DnaModel.parent_version] is not None:
        has_seen = current[DnaModel.train_to_date] > bounds(judged, window)[0]
        rival = parent_row(models, current) if has_seen else current
    return Candidate(version, judged, current, rival)


class Comparison(JobConfig):
    """On which window two models are compared, how people are drawn anew, and how much memory the rows may take."""

    window: str = Field(TEST, description="window of dna_evaluation on which it is judged")
    resampling: Resampling = Field(default_factory=Resampling)
    extract_ceiling_megabytes: int = Field(2000, ge=1, description="memory that the rows of a window may take")


def against_rival(
    candidate: Candidate, features: DataFrame, load: Callable[[Row], FittedModel], how: Comparison
) -> dict[str, Difference] | None:
    """Return how far the judged version is above its rival on the same rows, gathered once; None without a rival."""
    if candidate.rival is None:
        return None
    first, second = load(candidate.judged), load(candidate.rival)
    names = tuple(dict.fromkeys((*first.features, *second.features)))
    ceiling = how.extract_ceiling_megabytes * MEGABYTE
    extract = gathered(rows_of_window(features, candidate.judged, how.window), names, ceiling)
    chances = first.predict(extract.features), second.predict(extract.features)
    with single_thread():
        return compared(extract.is_dna, chances, extract.person, how.resampling)


@dataclass(frozen=True)
class Evidence:
    """What the gates look at, and when: dna_evaluation of the judged version and window, leak audit, comparison."""

    evaluation: pd.DataFrame
    audit: pd.DataFrame | None
    differences: Mapping[str, Difference] | None
    decided: datetime


def evaluation_of(evaluations: DataFrame, judged: Row, window: str) -> pd.DataFrame:
    """Return the rows of dna_evaluation of a version and window: as many as groups and measures."""
    mine = (
        (F.col(DnaEvaluation.model_name) == judged[DnaModel.model_name])
        & (F.col(DnaEvaluation.model_version) == judged[DnaModel.model_version])
        & (F.col(DnaEvaluation.window) == window)
    )
    return evaluations.where(mine).orderBy(*DnaEvaluation.key()).toPandas()


def audit_of(audits: DataFrame | None, version: Row) -> pd.DataFrame | None:
    """Return the leak audit of a version's features: a row per cut time and column."""
    if audits is None:
        return None
    same = F.col(DnaLeakAudit.feature_version) == version[DnaModel.feature_version]
    return audits.where(same).orderBy(*DnaLeakAudit.key()).toPandas()


def all_gates(candidate: Candidate, evidence: Evidence, limits: GateLimits) -> list[Gate]:
    """Return every gate of a decision, in the order in which the table and the page show them."""
    of_version = evidence.evaluation[
        evidence.evaluation[DnaEvaluation.feature_version] == candidate.judged[DnaModel.feature_version]
    ]
    gates = [
        data_version_gate(evidence.evaluation, candidate.judged),
        leak_gate(evidence.audit, candidate.version, limits),
        *calibration_gates(of_version, limits),
        *champion_gates(evidence.differences, limits),
    ]
    if candidate.is_refit:
        gates += refit_gates(candidate.version, candidate.judged, evidence.decided, limits)
    return gates


class Override(JobConfig):
    """That somebody answers for a version that a gate refuses."""

    version: int = Field(ge=1, description="the one version that may pass")
    by: str = Field(min_length=1, description="who answers for it; kept in the table and the registry")
    reason: str = Field(min_length=1, description="why; kept likewise")


@dataclass(frozen=True)
class Decided:
    """A decision: its gates, what follows, and who overruled a refusal, if somebody did."""

    candidate: Candidate
    gates: Sequence[Gate]
    time: datetime
    outcome: Decision
    override: Override | None

    @property
    def is_promoted(self) -> bool:
        """Return whether the version is champion from now on."""
        return self.outcome != "refused"

    @property
    def refused_count(self) -> int:
        """Return how many gates refused."""
        return sum(gate.is_passed is False for gate in self.gates)

    @property
    def tags(self) -> dict[str, str]:
        """Return what stays with the version in the registry."""
        told = {"decision": self.outcome, "decided": f"{self.time:%Y-%m-%d %H:%M:%S} UTC"}
        kept = {"override_by": self.override.by, "override_reason": self.override.reason} if self.override else {}
        return {f"icspark.{key}": value for key, value in {**told, **kept}.items()}

    def rows(self) -> list[tuple[Any, ...]]:
        """Return the rows of dna_promotion."""
        version, before = self.candidate.version, self.candidate.champion
        head = (version[DnaModel.model_name], version[DnaModel.model_version], self.time)
        champion_before = None if before is None else before[DnaModel.model_version]
        by, reason = (self.override.by, self.override.reason) if self.override else (None, None)
        return [
            (
                *(*head, gate.gate, gate.group, champion_before),
                *(None if number is None else significant(number) for number in (gate.value, gate.lower, gate.upper)),
                *(gate.limit, gate.is_passed, self.outcome, by, reason),
            )
            for gate in self.gates
        ]


def decide(candidate: Candidate, evidence: Evidence, limits: GateLimits, *, override: Override | None) -> Decided:
    """Return the decision on a version. An override counts for the version that it names, and only if it was needed."""
    gates = all_gates(candidate, evidence, limits)
    mine = override if override and override.version == candidate.version[DnaModel.model_version] else None
    outcome = decision(gates, is_overruled=mine is not None)
    return Decided(candidate, gates, evidence.decided, outcome, mine if outcome == "overridden" else None)


def frame(spark: SparkSession, decided: Decided) -> DataFrame:
    """Return the rows of a decision as dna_promotion."""
    return spark.createDataFrame(decided.rows(), DnaPromotion.schema()).coalesce(1)


def is_said_already(decided: Decided, promotions: DataFrame | None) -> bool:
    """Return whether this refusal is the newest decision on the version, gate by gate: it need not be kept twice."""
    if promotions is None or decided.is_promoted:
        return False
    mine = promotions.where(F.col(DnaPromotion.model_name) == decided.candidate.version[DnaModel.model_name]).where(
        F.col(DnaPromotion.model_version) == decided.candidate.number
    )
    newest = mine.agg(F.max(DnaPromotion.decided_datetime)).first()
    if newest is None or newest[0] is None:
        return False
    rows = mine.where(F.col(DnaPromotion.decided_datetime) == F.lit(newest[0])).collect()  # one a gate and group
    return {_without_time(row) for row in rows} == {_without_time(row) for row in decided.rows()}


def _without_time(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return (*row[:2], *row[3:])


def started(run: Mapping[str, str]) -> datetime:
    """Return when a run started, in UTC: the time of a decision."""
    return datetime.strptime(run["started_at"], "%Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC)
