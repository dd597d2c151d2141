"""Simulated measurements: the first of a person and measure carries the planted gradient, later ones a change without.

    first  = mean in the least deprived quintile of Adult Skills + gradient x (5 - quintile) / 4 + a normal number
    later  = first + mean change + a normal number

The quintile is that of the home on the day of the first measurement. Normal numbers are cut at 3 standard deviations on
either side, which leaves means as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from pyspark.sql import DataFrame

from icspark.simulation.batches import Columns, in_batches
from icspark.simulation.care_columns import Aligned, coded, dates, record_schema, together
from icspark.simulation.care_config import CareConfig, ObservationConfig
from icspark.simulation.care_people import NEVER, Flags, Floats, People, Place, Whole, conditions_of
from icspark.simulation.care_sites import Sites
from icspark.simulation.draws import Draws
from icspark.simulation.period import Period
from icspark.tables.records import ObservationColumns

TABLE = "observation"
MEASURES = ("hba1c_ifcc", "bmi", "diastolic_bp", "egfr", "urine_microalbumin")
ADULT_YEARS = 18
FEWEST_DAYS = 28
CUT = 3.0


@dataclass(frozen=True)
class Measure:
    """A measure as it is drawn: `share` of the visits of a person with diabetes have it."""

    name: str
    unit: str
    decimals: int
    share: float
    mean: float
    standard_deviation: float
    change: float
    change_deviation: float
    gradient: float = 0.0


def measures(config: ObservationConfig) -> tuple[Measure, ...]:
    """Return the measures, the planted ones with their strengths."""
    c = config
    hba1c = (c.hba1c_least_deprived, c.hba1c_standard_deviation, c.hba1c_change, 6.0, c.hba1c_gradient)
    bmi = (c.bmi_least_deprived, c.bmi_standard_deviation, c.bmi_change, 1.0, c.bmi_gradient)
    return (
        Measure(MEASURES[0], "mmol/mol", 0, 0.95, *hba1c),
        Measure(MEASURES[1], "kg/m2", 1, 0.8, *bmi),
        Measure(MEASURES[2], "mmHg", 0, 0.9, 78.0, 8.0, -1.0, 6.0),
        Measure(MEASURES[3], "mL/min/1.73m2", 0, 0.7, 76.0, 15.0, -1.5, 5.0),
        Measure(MEASURES[4], "mg/L", 1, 0.5, 18.0, 5.0, 0.5, 0.8),
    )


def simulate_observations(histories: DataFrame, *, place: Place, config: CareConfig, period: Period) -> DataFrame:
    """Return one row per measurement in the period: person_number and the columns of an extract.

    People with diabetes are measured at visits from its onset on; a share of other adults have a BMI or blood pressure
    now and then. `histories` is the frame of `care_people.histories`.
    """
    sites = Sites.of(place)

    def _of_batch(columns: Columns) -> Mapping[str, Any]:
        return _records(People.of(columns), sites, config, period=period)

    return in_batches(histories, _of_batch, record_schema(ObservationColumns))


def diabetes_since(people: People, config: CareConfig) -> Whole:
    """Return the day on which each person's diabetes began; NEVER where it did not."""
    names = conditions_of(config)
    onsets = people.onsets.only(np.isin(names, config.observations.diabetes_conditions))
    since = np.full(people.size, NEVER)
    np.minimum.at(since, onsets.person, onsets.day)
    return since


@dataclass(frozen=True, eq=False)
class Measured(Aligned):
    """Measurements in order of person, measure and day; `measure` is a position in `measures`."""

    person: Whole
    measure: Whole
    day: Whole
    draws: Draws


def measured(people: People, config: CareConfig, period: Period) -> Measured:
    """Return when people are measured."""
    since = diabetes_since(people, config)
    keys = Draws.of(period.seed, TABLE, people.number)
    parts = [_at_visits(people, since, keys, config=config, period=period)]
    others = (("bmi", config.observations.bmi_share), ("diastolic_bp", config.observations.pressure_share))
    for name, share in others:
        parts.append(_now_and_then(people, since > period.last_day, keys, measure=(name, share), period=period))
    found = together(parts)
    is_adult = people.age(found.person, found.day) >= ADULT_YEARS
    kept = found.at(is_adult & people.is_there(found.person, found.day))
    return kept.at(np.lexsort((kept.draws.bits, kept.day, kept.measure, kept.person)))


@dataclass(frozen=True, eq=False)
class Visits(Aligned):
    """Visits of people, `nth` from 0."""

    person: Whole
    nth: Whole
    day: Whole
    draws: Draws


def visits(first: Whole, keys: Draws, *, last_day: int, interval_days: float) -> Visits:
    """Return the visits of people up to the last day: the first on a given day, each other 28 days later or more.

    `first` holds one day a person (NEVER: no visit), `keys` one key a person; `interval_days` is the mean interval.
    """
    person, day = np.arange(len(first)), first
    found: list[Visits] = []
    while not found or len(person):
        within = day <= last_day
        person, day = person[within], day[within]
        nth = np.full(len(person), len(found))
        found.append(Visits(person, nth, day, keys.at(person).also(nth)))
        gap = found[-1].draws.exponential("gap", max(interval_days - FEWEST_DAYS, 1.0))
        day = day + FEWEST_DAYS + np.floor(gap).astype(np.int64)
    return together(found)


def _at_visits(people: People, since: Whole, keys: Draws, *, config: CareConfig, period: Period) -> Measured:
    interval = config.observations.interval_days
    start = np.maximum(np.maximum(since, period.first_day), people.since)
    wait = np.floor(keys.exponential("first visit", interval / 2)).astype(np.int64)
    made = visits(start + wait, keys, last_day=period.last_day, interval_days=interval)
    parts = []
    for index, measure in enumerate(measures(config.observations)):
        draws = made.draws.also(np.full(len(made.day), index))
        each = Measured(made.person, np.full(len(made.day), index), made.day, draws)
        parts.append(each.at(draws.happens("measured", measure.share)))
    return together(parts)


def _now_and_then(
    people: People, is_asked: Flags, keys: Draws, *, measure: tuple[str, float], period: Period
) -> Measured:
    name, share = measure
    index = MEASURES.index(name)
    own = keys.also(np.full(people.size, 100 + index))
    counts = np.where(is_asked & own.happens("now and then", share), 1 + own.poisson("more", 0.6), 0)
    person, _, draws = own.each(counts)
    day = period.first_day + draws.whole("day", period.days)
    return Measured(person, np.full(len(person), index), day, draws)


def values(found: Measured, people: People, skills: Whole, config: ObservationConfig) -> Floats:
    """Return the value of each measurement, rounded as its measure is; `skills` holds the quintile of each area."""
    listed = measures(config)
    mean, deviation, change, change_deviation, gradient = (
        np.array([getattr(one, part) for one in listed])[found.measure]
        for part in ("mean", "standard_deviation", "change", "change_deviation", "gradient")
    )
    group = found.person * len(listed) + found.measure
    first = np.searchsorted(group, group, side="left")
    quintile = skills[people.homes.area_at(found.person, found.day[first])]
    start = mean + gradient * (5 - quintile) / 4 + deviation * _cut(found.draws.normal("first"))[first]
    later = start + change + change_deviation * _cut(found.draws.normal("later"))
    scale = 10.0 ** np.array([one.decimals for one in listed])[found.measure]
    rounded: Floats = np.round(np.where(first == np.arange(len(first)), start, later) * scale) / scale
    return rounded


def _cut(normal: Floats) -> Floats:
    return np.clip(normal, -CUT, CUT)


def _records(people: People, sites: Sites, config: CareConfig, *, period: Period) -> Mapping[str, Any]:
    found = measured(people, config, period)
    listed, o = measures(config.observations), ObservationColumns
    value = values(found, people, sites.adult_skills_quintile, config.observations)
    key = np.stack([found.person, found.measure, found.day, value])
    repeats = np.append(False, (key[:, 1:] == key[:, :-1]).all(axis=0))[: len(value)]
    kept = ~repeats
    return {
        "person_number": people.number[found.person[kept]],
        o.measure: coded(MEASURES, found.measure[kept]),
        o.observation_date: dates(found.day[kept]),
        o.value: value[kept],
        o.unit: coded([one.unit for one in listed], found.measure[kept]),
    }
