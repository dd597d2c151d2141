"""The monitor of the champion, put together: weeks after its test window against that window and the season before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from icspark.dna.champion import parent_row
from icspark.dna.crowds import bins_of, tallies, watched_features
from icspark.dna.fitted import FittedModel
from icspark.dna.monitoring import Budget, Finding, budget, population
from icspark.dna.scoring import with_probability
from icspark.dna.weekly import (
    GROUP,
    OUTCOME,
    PERSON,
    SEASON,
    WEEK,
    Weeks,
    known_yardsticks,
    outcome_findings,
    with_groups,
    with_score_of_the_time,
)
from icspark.tables.dna import DnaFeature, DnaModel, DnaMonitor

Row = Mapping[str, Any]
VERSION = (DnaMonitor.model_name, DnaMonitor.model_version)
"""The columns of a version, whose rows are made together."""


@dataclass(frozen=True)
class Champion:
    """The model in use, and the one whose test window is the yardstick: its parent where it is a refit, else itself."""

    row: Row
    model: FittedModel
    tested_row: Row
    tested_model: FittedModel

    @classmethod
    def of(cls, row: Row, models: DataFrame, load: Callable[[Row], FittedModel]) -> Champion:
        """Return the champion of a row of dna_model; `load` gives the model of a row."""
        tested = parent_row(models, row)
        model = load(row)
        return cls(row, model, tested, model if tested is row else load(tested))

    @property
    def identity(self) -> tuple[str, int]:
        """Return name and version."""
        return str(self.row[DnaModel.model_name]), int(self.row[DnaModel.model_version])

    def weeks(self, as_of: datetime, zone: str) -> Weeks:
        """Return the whole local weeks after all that champion and yardstick have seen, up to a moment."""
        seen = [self.tested_row[DnaModel.test_to_date]]
        if self.row[DnaModel.parent_version] is not None:
            seen.append(self.row[DnaModel.train_to_date])
        today = as_of.astimezone(ZoneInfo(zone)).date()
        return Weeks.between(max(seen), today, complete_from=self.tested_row[DnaModel.train_from_date])


@dataclass(frozen=True)
class Watched:
    """What is watched: the features of appointments, scores made at the time, and contacts; the last two if any."""

    features: DataFrame
    scores: DataFrame | None
    contact: DataFrame | None


def findings(champion: Champion, watched: Watched, weeks: Weeks, *, per_year: float) -> list[dict[str, Any]]:
    """Return the rows of dna_monitor as dictionaries, in the order of week, measure, feature and group."""
    rows = with_groups(watched.features, watched.contact)
    test = with_probability(
        _narrow(rows.where(_is_tested(champion.tested_row)), champion.tested_model), champion.tested_model
    )
    known = known_yardsticks(test)
    scored = with_probability(_narrow(rows.where(_is_needed(weeks)), champion.model), champion.model)
    scored = with_score_of_the_time(scored, watched.scores, model=champion.identity).persist()
    try:
        names = watched_features(champion.model.features)
        shared = budget(per_year, known, len(names))
        is_watched = (F.col(WEEK) >= F.lit(weeks.start)) & (F.col(WEEK) < F.lit(weeks.end))
        found = outcome_findings(scored.where(is_watched), known, shared, weeks=weeks)
        for monday, more in _populations(scored, names, weeks, shared).items():
            found.setdefault(monday, []).extend(more)
    finally:
        scored.unpersist()
    return [_row(champion, week, one, shared) for week in sorted(found) for one in sorted(found[week], key=_order)]


def _narrow(rows: DataFrame, model: FittedModel) -> DataFrame:
    ids = [DnaFeature.appointment_id, DnaFeature.appointment_datetime, PERSON, OUTCOME, WEEK, SEASON]
    labels = [name for name in rows.columns if name.startswith(GROUP)]
    return rows.select(*ids, *labels, *[name for name in model.features if name not in ids])


def _is_tested(tested: Row) -> Any:
    day = F.col(DnaFeature.appointment_date)
    first, after = tested[DnaModel.validate_to_date], tested[DnaModel.test_to_date]
    return (day >= F.lit(first)) & (day < F.lit(after)) & F.col(OUTCOME).isNotNull()


def _is_needed(weeks: Weeks) -> Any:
    recent = (F.col(WEEK) >= F.lit(weeks.past)) & (F.col(WEEK) < F.lit(weeks.end))
    return recent | F.col(SEASON).isin(weeks.seasons)


def _populations(scored: DataFrame, names: tuple[str, ...], weeks: Weeks, shared: Budget) -> dict[date, list[Finding]]:
    if not weeks.mondays:
        return {}
    seasonal = scored.where(F.col(SEASON).isin(weeks.seasons)) if weeks.seasons else scored
    counted = tallies(scored, bins_of(seasonal, names), weeks)
    found = {}
    for monday in weeks.mondays:
        crowds = counted.of_week(monday)
        if crowds is not None:
            week, pooled = crowds
            season = counted.of_season(weeks.season_before(monday))
            found[monday] = population(week, season, shared, pooled=pooled)
    return found


def _order(one: Finding) -> tuple[str, str, str, str]:
    return one.measure, one.feature, one.group_by, one.group


def _row(champion: Champion, week: date, one: Finding, shared: Budget) -> dict[str, Any]:
    name, version = champion.identity
    said = {DnaMonitor.model_name: name, DnaMonitor.model_version: version, DnaMonitor.week_start_date: week}
    return {**said, **one.row(), DnaMonitor.shared_by_count: shared.shared_by}


def monitor_frame(spark: SparkSession, rows: list[dict[str, Any]]) -> DataFrame:
    """Return the rows as dna_monitor."""
    listed = [tuple(row[name] for name in DnaMonitor.columns()) for row in rows]
    return spark.createDataFrame(listed, DnaMonitor.schema()).coalesce(1)
