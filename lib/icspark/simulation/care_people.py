"""The people to whom care happens: one row a person with all that care depends on, and the same as numpy arrays.

A person stays whole in one row (homes and onsets are lists), so that no edge of a batch tears a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from icspark.simulation.batches import Columns
from icspark.simulation.care_config import CareConfig
from icspark.simulation.period import DAYS_PER_YEAR, Period

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]

NEVER = 1_000_000
"""A day number beyond all: of what has not ended, and of deaths that have not happened."""

MOST_CONDITIONS = 8
"""Conditions beyond which care does not rise further."""

_DAYS = 1 << 22
"""More than the number of day numbers in use: makes one sortable whole number of a person's row and a day."""


class Place(Protocol):
    """What care needs of the simulated place: pandas frames of its areas, postcodes and sites."""

    @property
    def areas_2011(self) -> pd.DataFrame:
        """Return one row per LSOA 2011: its code and its quintiles of IMD and Adult Skills 2019."""

    @property
    def postcodes(self) -> pd.DataFrame:
        """Return one row per postcode: its LSOA 2011, easting and northing."""

    @property
    def sites(self) -> pd.DataFrame:
        """Return one row per hospital site: its code, provider, type, easting and northing."""


@dataclass(frozen=True)
class Lives:
    """The simulated people, where they lived, and when their conditions began: frames of one person_number each."""

    people: DataFrame
    residences: DataFrame
    onsets: DataFrame


def histories(lives: Lives, *, place: Place, config: CareConfig, period: Period) -> DataFrame:
    """Return one row per person with what care depends on: the frame that every `simulate_` function of care takes.

    Days are numbers since 1 January 1970. `homes` lists (from, to, area) in order of time, area being the position in
    `place.areas_2011`; `onsets` lists (onset, condition) likewise, condition being the position in `conditions_of`.
    `conditions_count` is at the first date, `conditions_mean` its mean over the person-days of the same five-year age
    band, sex and quintile. It is read once by every kind of record: worth persisting.
    """
    people = _with_unknowns(lives.people)
    joined = people.join(_homes(lives.residences, place), "person_number", "inner").join(
        _onsets(lives.onsets, config, period), "person_number", "left"
    )
    rows = joined.select(
        "person_number",
        F.col("sex_code").cast("int").alias("sex"),
        _day("birth_date").alias("birth_day"),
        F.coalesce(_day("death_date"), F.lit(NEVER)).alias("death_day"),
        F.col("is_interpreter_needed"),
        "non_attendance_effect",
        "is_home_known",
        "is_interpreter_need_known",
        "homes",
        F.coalesce("onsets", F.array().cast("array<struct<onset:int,condition:int>>")).alias("onsets"),
        F.coalesce("conditions_count", F.lit(0)).alias("conditions_count"),
    )
    return _with_conditions_mean(rows, place, period).select(
        *[name for name in rows.columns if name not in ("homes", "onsets")],
        "conditions_mean",
        *[F.col(f"homes.{part}").alias(f"home_{part}") for part in ("from", "to", "area")],
        *[F.col(f"onsets.{part}").alias(f"onset_{part}") for part in ("onset", "condition")],
    )


def conditions_of(config: CareConfig) -> list[str]:
    """Return the names of the conditions that care knows, in the order of their numbers."""
    return sorted({*config.admissions.icd_10_codes, *config.observations.diabetes_conditions})


def _with_unknowns(people: DataFrame) -> DataFrame:
    flags = ("is_home_known", "is_interpreter_need_known")
    return people.withColumns({name: F.lit(True) for name in flags if name not in people.columns})


def _homes(residences: DataFrame, place: Place) -> DataFrame:
    spark = residences.sparkSession
    codes = pd.DataFrame({"lsoa_2011_code": place.areas_2011["lsoa_2011_code"].to_numpy()})
    areas = spark.createDataFrame(codes.assign(area=np.arange(len(codes), dtype=np.int32)))
    homes = residences.join(F.broadcast(areas), "lsoa_2011_code", "inner").select(
        "person_number",
        F.struct(
            _day("from_date").alias("from"), F.coalesce(_day("to_date"), F.lit(NEVER)).alias("to"), F.col("area")
        ).alias("home"),
    )
    return homes.groupBy("person_number").agg(F.sort_array(F.collect_list("home")).alias("homes"))


def _onsets(onsets: DataFrame, config: CareConfig, period: Period) -> DataFrame:
    names = F.array(*[F.lit(name) for name in conditions_of(config)])
    onset = F.struct(
        _day("onset_date").alias("onset"),
        (F.array_position(names, F.col("condition")) - 1).cast("int").alias("condition"),
    )
    known = F.count_if(F.col("onset_date") < F.lit(period.first_date)).cast("int")
    return onsets.groupBy("person_number").agg(
        F.sort_array(F.collect_list(onset)).alias("onsets"),
        F.least(known, F.lit(MOST_CONDITIONS)).alias("conditions_count"),
    )


def _with_conditions_mean(rows: DataFrame, place: Place, period: Period) -> DataFrame:
    cells = rows.withColumn("cell", _cell(place, period))
    weighted, days = F.sum(F.col("conditions_count") * _days_there(period)), F.sum(_days_there(period))
    means = cells.groupBy("cell").agg(F.coalesce(F.try_divide(weighted, days), F.lit(0.0)).alias("conditions_mean"))
    return cells.join(F.broadcast(means), "cell", "inner").drop("cell")


def _days_there(period: Period) -> Column:
    until = F.least(F.element_at("homes", -1)["to"], F.col("death_day"), F.lit(period.last_day + 1))
    since = F.greatest(F.element_at("homes", 1)["from"], F.col("birth_day"), F.lit(period.first_day))
    return F.greatest(until - since, F.lit(0))


def _cell(place: Place, period: Period) -> Column:
    quintile = F.array(*[F.lit(int(q)) for q in place.areas_2011["imd_2019_quintile"]])
    earlier = F.filter("homes", lambda home: home["from"] <= period.first_day)
    home = F.coalesce(F.try_element_at(earlier, F.lit(-1)), F.element_at("homes", 1))
    age_band = F.floor((F.lit(period.first_day) - F.col("birth_day")) / (5 * DAYS_PER_YEAR))
    return F.struct(age_band.alias("age_band"), "sex", F.element_at(quintile, home["area"] + 1).alias("quintile"))


def _day(name: str) -> Column:
    return F.unix_date(F.col(name))


@dataclass(frozen=True, eq=False)
class Homes:
    """The homes of a batch of people, one after the other; each person has at least one, in order of time."""

    starts: Whole
    person: Whole
    since: Whole
    until: Whole
    area: Whole

    @cached_property
    def _order(self) -> Whole:
        return self.person * _DAYS + self.since + _DAYS // 2

    def area_at(self, person: Whole, day: Whole) -> Whole:
        """Return the area where each person lived on a day: the first home before it, the last after it."""
        place = np.searchsorted(self._order, person * _DAYS + day + _DAYS // 2, side="right") - 1
        return self.area[np.maximum(place, self.starts[person])]


@dataclass(frozen=True, eq=False)
class Onsets:
    """The onsets of a batch of people, one after the other, in order of time; condition -1 is one without a code."""

    starts: Whole
    person: Whole
    day: Whole
    condition: Whole

    @classmethod
    def of(cls, counts: Whole, day: Whole, condition: Whole) -> Onsets:
        """Return the onsets of people who have so many each."""
        return cls(_starts(counts), np.repeat(np.arange(len(counts)), counts), day, condition)

    def only(self, conditions: Flags) -> Onsets:
        """Return the onsets of some conditions, flagged by number; those without a number are left out."""
        kept = np.append(conditions, False)[self.condition]
        counts = np.bincount(self.person[kept], minlength=len(self.starts))
        return Onsets.of(counts, self.day[kept], self.condition[kept])

    def until(self, person: Whole, day: Whole) -> Whole:
        """Return how many onsets each person has had by a day, the day included."""
        order = self.person * _DAYS + self.day + _DAYS // 2
        return np.searchsorted(order, person * _DAYS + day + _DAYS // 2, side="right") - self.starts[person]


@dataclass(frozen=True, eq=False)
class People:
    """A batch of people as arrays, one entry a person; `since` and `until` are the days of living in the region."""

    number: Whole
    sex: Whole
    birth: Whole
    death: Whole
    since: Whole
    until: Whole
    is_interpreter_needed: Flags
    is_home_known: Flags
    is_interpreter_need_known: Flags
    effect: Floats
    conditions_count: Floats
    conditions_mean: Floats
    homes: Homes
    onsets: Onsets

    @classmethod
    def of(cls, columns: Columns) -> People:
        """Return the people of a batch of the frame `histories`."""
        homes = _homes_of(columns)
        counts = _lengths(columns["onset_onset"])
        onsets = Onsets.of(counts, _flat(columns["onset_onset"]), _flat(columns["onset_condition"]))
        first, last = homes.starts, np.append(homes.starts[1:], len(homes.area)) - 1
        birth = columns["birth_day"].astype(np.int64)
        return cls(
            number=columns["person_number"],
            sex=columns["sex"].astype(np.int64),
            birth=birth,
            death=columns["death_day"].astype(np.int64),
            since=np.maximum(homes.since[first], birth),
            until=homes.until[last],
            is_interpreter_needed=columns["is_interpreter_needed"].astype(bool),
            is_home_known=columns["is_home_known"].astype(bool),
            is_interpreter_need_known=columns["is_interpreter_need_known"].astype(bool),
            effect=columns["non_attendance_effect"],
            conditions_count=columns["conditions_count"].astype(np.float64),
            conditions_mean=columns["conditions_mean"],
            homes=homes,
            onsets=onsets,
        )

    @property
    def size(self) -> int:
        """Return the number of people."""
        return len(self.number)

    def age(self, person: Whole, day: Whole) -> Floats:
        """Return the age in years, with its fraction, on a day."""
        return (day - self.birth[person]) / DAYS_PER_YEAR

    def is_there(self, person: Whole, day: Whole) -> Flags:
        """Return whether each person lives, and in the region, on a day."""
        return (day >= self.since[person]) & (day < np.minimum(self.until, self.death)[person])


def _homes_of(columns: Columns) -> Homes:
    counts = _lengths(columns["home_from"])
    person = np.repeat(np.arange(len(counts)), counts)
    return Homes(_starts(counts), person, *[_flat(columns[f"home_{part}"]) for part in ("from", "to", "area")])


def _lengths(lists: NDArray[np.object_]) -> Whole:
    return np.fromiter(map(len, lists), dtype=np.int64, count=len(lists))


def _starts(counts: Whole) -> Whole:
    return np.cumsum(counts) - counts


def _flat(lists: NDArray[np.object_]) -> Whole:
    return np.concatenate(lists).astype(np.int64)
