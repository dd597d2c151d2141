"""Weeks of appointments on Spark: scored, put into bins and groups, and handed to the monitor week by week.

What comes back to the driver grows with weeks, groups and bins, not with people. Counts are whole numbers, and every
week orders its own rows, so that any split of them gives the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from icspark.dna.discrimination import Discrimination
from icspark.dna.expected_outcomes import Ratio
from icspark.dna.groups import group_columns
from icspark.dna.monitoring import (
    BLOCK_WEEKS,
    CONTACT,
    CONTACTED,
    NOT_CONTACTED,
    Budget,
    Finding,
    Group,
    Period,
    Yardstick,
    blockwise,
    weekly,
    yardsticks,
)
from icspark.dna.scoring import PROBABILITY
from icspark.tables.dna import Contact, DnaFeature, DnaScore

WEEK, SEASON, PERSON, OUTCOME = "week", "_season", "person_id", "is_dna"
GROUP = "_group_"
NOT_KNOWN = "not known"
POOLED_WEEKS = 4


@dataclass(frozen=True)
class Weeks:
    """Which weeks are watched (Mondays, the last left out), and from when rows have their whole history."""

    start: date
    end: date
    complete_from: date

    @classmethod
    def between(cls, test_to: date, as_of: date, *, complete_from: date) -> Weeks:
        """Return the whole weeks after a test window and before a day."""
        start = test_to + timedelta(days=-test_to.weekday() % 7)
        return cls(start, as_of - timedelta(days=as_of.weekday()), complete_from)

    @property
    def mondays(self) -> list[date]:
        """Return the first day of each watched week; none where the test window reaches to the end."""
        return [self.start + timedelta(weeks=at) for at in range(max((self.end - self.start).days // 7, 0))]

    def season_before(self, monday: date) -> str | None:
        """Return the quarter of a year, a year before a week; None where its rows do not have their whole history."""
        first = date(monday.year - 1, 3 * ((monday.month - 1) // 3) + 1, 1)
        return season_of(first) if first >= self.complete_from else None

    @property
    def seasons(self) -> list[str]:
        """Return every season that a watched week is held against."""
        return sorted({season for monday in self.mondays if (season := self.season_before(monday))})

    @property
    def past(self) -> date:
        """Return the first day that is needed beside the seasons: small weeks are pooled with those before them."""
        return self.start - timedelta(weeks=POOLED_WEEKS - 1)


def season_of(day: date) -> str:
    """Return the quarter of a year that a day lies in: 2025-1 for January to March 2025."""
    return f"{day.year}-{(day.month - 1) // 3 + 1}"


def with_groups(features: DataFrame, contact: DataFrame | None) -> DataFrame:
    """Return the rows of dna_feature of the living with their week, season and groups; contact where it is known."""
    day = F.col(DnaFeature.appointment_date)
    labels = {f"{GROUP}{name}": F.coalesce(label, F.lit(NOT_KNOWN)) for name, label in group_columns(features).items()}
    week = F.date_trunc("week", day).cast("date")
    season = F.concat_ws("-", F.year(WEEK).cast("string"), F.quarter(WEEK).cast("string"))
    living = features.where(~F.col(DnaFeature.is_after_death)).withColumn(WEEK, week)
    rows = living.withColumns({SEASON: season, **labels})
    return rows if contact is None else rows.transform(with_contact, contact)


def with_contact(rows: DataFrame, contact: DataFrame) -> DataFrame:
    """Return the rows with whether their patient was reached before the appointment. Grain: as before."""
    first = contact.groupBy(Contact.appointment_id).agg(F.min(Contact.contacted_datetime).alias("_contacted"))
    is_reached = F.col("_contacted") < F.col(DnaFeature.appointment_datetime)
    label = F.when(is_reached, CONTACTED[1]).otherwise(NOT_CONTACTED[1])
    joined = rows.join(first, on=DnaFeature.appointment_id, how="left")
    return joined.withColumn(f"{GROUP}{CONTACT}", label).drop("_contacted")


def with_score_of_the_time(rows: DataFrame, scores: DataFrame | None, *, model: tuple[str, int]) -> DataFrame:
    """Return the rows with the score that stood when they were held, where this version had scored them before.

    The last scoring before the appointment counts; elsewhere the score made now from the same features stays.
    """
    if scores is None:
        return rows
    name, version = model
    own = (F.col(DnaScore.model_name) == name) & (F.col(DnaScore.model_version) == version)
    before = F.col(DnaScore.scored_datetime) <= F.col(DnaScore.appointment_datetime)
    last = F.max_by(PROBABILITY, F.struct(DnaScore.scored_datetime, DnaScore.feature_version)).alias("_then")
    then = scores.where(own & before).groupBy(DnaScore.appointment_id).agg(last)
    joined = rows.join(then, on=DnaScore.appointment_id, how="left")
    return joined.withColumn(PROBABILITY, F.coalesce("_then", PROBABILITY)).drop("_then")


def known_yardsticks(test: DataFrame) -> dict[Group, Yardstick]:
    """Return what the champion showed on the scored rows of its test window, by group."""
    told = test.select(*_period_columns(test)).groupBy(F.lit(0)).applyInArrow(_yardstick_rows, YARDSTICK).toArrow()
    return {(row["group_by"], row["group"]): _yardstick(row) for row in told.to_pylist()}


YARDSTICK = (
    "group_by string, group string, observed long, expected double, error double, spread double, "
    "value double, area_error double, of_outcomes double, of_others double"
)


def _yardstick_rows(table: pa.Table) -> pa.Table:
    rows = [_told(at, known) for at, known in yardsticks(_period(table)).items()]
    return pa.Table.from_pylist(rows, schema=_arrow(YARDSTICK))


def _told(at: Group, known: Yardstick) -> dict[str, Any]:
    row: dict[str, Any] = {"group_by": at[0], "group": at[1]}
    if known.ratio and known.discrimination:
        area = dict(vars(known.discrimination))
        row |= {**vars(known.ratio), "area_error": area.pop("error"), **area}
    return row


def _yardstick(row: Mapping[str, Any]) -> Yardstick:
    if row["observed"] is None:
        return Yardstick(None, None)
    ratio = Ratio(row["observed"], row["expected"], row["error"], row["spread"])
    return Yardstick(ratio, Discrimination(row["value"], row["area_error"], row["of_outcomes"], row["of_others"]))


def outcome_findings(
    watched: DataFrame, known: Mapping[Group, Yardstick], shared: Budget, *, weeks: Weeks
) -> dict[date, list[Finding]]:
    """Return what the outcomes of each watched week say of the champion, and of each whole block at its last week."""
    rows = watched.select(WEEK, *_period_columns(watched))
    by_week = rows.groupBy(WEEK).applyInArrow(_judging(weekly, known, shared), FINDING)
    narrow = [name for name in rows.columns if not name.startswith(GROUP) or name == f"{GROUP}{CONTACT}"]
    blocks = rows.select(*narrow).withColumn(WEEK, _last_of_block(weeks)).where(F.col(WEEK) < F.lit(weeks.end))
    by_block = blocks.groupBy(WEEK).applyInArrow(_judging(blockwise, known, shared), FINDING)
    found: dict[date, list[Finding]] = {}
    for row in by_week.unionAll(by_block).toArrow().to_pylist():
        found.setdefault(row.pop(WEEK), []).append(Finding(**row))
    return found


FINDING = (
    "week date, measure string, group_by string, group string, feature string, value double, lower_95 double, "
    "upper_95 double, lower_limit double, upper_limit double, is_alarm boolean, false_alarm_probability double, "
    "reason string, people_count long, appointments_count long, non_attendances_count long"
)


def _last_of_block(weeks: Weeks) -> Column:
    """Return the last week of the block of a week; blocks follow one another from the first watched week on."""
    block = F.floor(F.date_diff(WEEK, F.lit(weeks.start)) / (7 * BLOCK_WEEKS)).cast("int")
    return F.date_add(F.lit(weeks.start), 7 * BLOCK_WEEKS * (block + 1) - 7)


Judge = Callable[[Period, Mapping[Group, Yardstick], Budget], list[Finding]]


def _judging(judge: Judge, known: Mapping[Group, Yardstick], shared: Budget) -> Callable[[pa.Table], pa.Table]:
    # A function rather than an object: Spark counts the arguments, and an object's own self would be one.
    def judged(table: pa.Table) -> pa.Table:
        week = table.column(WEEK)[0].as_py()
        found = judge(_period(table), known, shared)
        return pa.Table.from_pylist([{WEEK: week, **finding.row()} for finding in found], schema=_arrow(FINDING))

    return judged


def _period_columns(frame: DataFrame) -> list[Column]:
    labels = [F.col(name) for name in frame.columns if name.startswith(GROUP)]
    return [F.col(PERSON), F.col(OUTCOME).cast("double").alias(OUTCOME), F.col(PROBABILITY), *labels]


def _period(table: pa.Table) -> Period:
    labels = [name for name in table.column_names if name.startswith(GROUP)]
    person, _ = pd.factorize(table.column(PERSON).to_pandas(), sort=True)
    return Period(
        probability=np.asarray(table.column(PROBABILITY).to_pandas(), dtype=np.float64),
        outcome=np.asarray(table.column(OUTCOME).to_pandas(), dtype=np.float64),
        person=np.asarray(person, dtype=np.int64),
        groups={name.removeprefix(GROUP): np.asarray(table.column(name).to_pandas(), dtype=object) for name in labels},
    )


def _arrow(schema: str) -> pa.Schema:
    kinds = {"string": pa.string(), "long": pa.int64(), "double": pa.float64(), "date": pa.date32()}
    kinds["boolean"] = pa.bool_()
    return pa.schema([(name, kinds[kind]) for name, kind in (part.split() for part in schema.split(", "))])
