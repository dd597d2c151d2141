"""The conditions of simulated people, and the coded diagnoses that records hold of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame

from icspark.simulation.batches import Columns, in_batches
from icspark.simulation.condition_catalogue import CATALOGUE, CODE_VERSION, ICD_10, SIMULATED, simulated_code
from icspark.simulation.condition_model import ConditionModel, condition_model
from icspark.simulation.conditions_config import ConditionsConfig
from icspark.simulation.draws import Draws, Whole
from icspark.simulation.frames import LIFE, SimulatedDiagnosis, SimulatedOnset, SimulatedPerson
from icspark.simulation.lives import NEVER, Lives
from icspark.simulation.onsets import Onsets, last_day, onsets_of
from icspark.simulation.people import dates
from icspark.simulation.period import DAYS_PER_YEAR, Period

SOURCES = ("primary", "inpatient", "outpatient")
UNDIVIDED = ("G20", "G35", "I10", "I64", "J46", "J47", "N40")
"""ICD-10 categories without subdivisions, which NHS records fill with an X."""

_NEEDED = (*LIFE, SimulatedPerson.imd_2019_quintile, SimulatedPerson.registration_date)


@dataclass(frozen=True, eq=False)
class Illness:
    """What makes conditions of people: picklable, and the same on every worker."""

    model: ConditionModel
    config: ConditionsConfig
    period: Period

    @classmethod
    def of(cls, config: ConditionsConfig, period: Period) -> Illness:
        """Return the calibrated model of a configuration; raises ConfigurationError as `condition_model` does."""
        return cls(condition_model(config), config, period)

    @cached_property
    def names(self) -> list[str]:
        """Return the names of the conditions in the model's order."""
        return list(self.model.nodes)

    def onsets(self, columns: Columns) -> tuple[Lives, Onsets]:
        """Return the people of a batch of rows that `simulate_people` made, and their conditions."""
        lives = Lives.of(columns, self.period)
        since = columns[SimulatedPerson.registration_date].astype("datetime64[D]")
        registered = np.where(np.isnat(since), NEVER, since.astype(np.int64))
        quintile = columns[SimulatedPerson.imd_2019_quintile].astype(np.int64)
        found = onsets_of(lives, quintile, registered, model=self.model, config=self.config, period=self.period)
        return lives, found


def simulate_onsets(people: DataFrame, illness: Illness) -> DataFrame:
    """Return one row per person and condition that began by the last date and by the person's death: SimulatedOnset."""
    chosen = people.select(*_NEEDED)
    return in_batches(chosen, lambda columns: _onset_rows(columns, illness), SimulatedOnset.schema())


def simulate_diagnoses(people: DataFrame, illness: Illness) -> DataFrame:
    """Return one row per person, code, date and source of a record: SimulatedDiagnosis.

    The first is on the onset's `recorded_date`, further ones follow at random within the period, until the death.
    Primary care records in the invented coding, hospitals in ICD-10. No row stands twice.
    """
    chosen = people.select(*_NEEDED)
    return in_batches(chosen, lambda columns: _diagnosis_rows(columns, illness), SimulatedDiagnosis.schema())


def condition_code_feed() -> pd.DataFrame:
    """Return the list of code prefixes: one row per condition, code_system and code, with the version, in order."""
    rows = [
        (condition.name, system, code, CODE_VERSION)
        for condition in CATALOGUE
        for system, codes in ((ICD_10, condition.icd_10), (SIMULATED, (simulated_code(condition.name),)))
        for code in codes
    ]
    return pd.DataFrame(sorted(rows), columns=["condition", "code_system", "code", "version"])


def _onset_rows(columns: Columns, illness: Illness) -> Mapping[str, Any]:
    lives, found = illness.onsets(columns)
    order = np.lexsort((found.condition, found.day, found.person))
    return {
        SimulatedOnset.person_number: lives.number[found.person[order]],
        SimulatedOnset.condition: np.array(illness.names, dtype=object)[found.condition[order]],
        SimulatedOnset.onset_date: dates(found.day[order]),
        SimulatedOnset.recorded_date: dates(found.recorded_day[order]),
        SimulatedOnset.is_backlog: found.is_backlog[order],
    }


def _diagnosis_rows(columns: Columns, illness: Illness) -> Mapping[str, Any]:
    lives, found = illness.onsets(columns)
    row, day, events = _dated_records(lives, found, illness)
    source = _source(events, illness.config)
    code = _code_number(found.condition[row], source, events, illness.names)
    person, day, source, code = _distinct(found.person[row], day, source, code)
    return {
        SimulatedDiagnosis.person_number: lives.number[person],
        SimulatedDiagnosis.code_system: np.where(source == 0, SIMULATED, ICD_10).astype(object),
        SimulatedDiagnosis.code: np.array(_CODES, dtype=object)[code],
        SimulatedDiagnosis.diagnosis_date: dates(day),
        SimulatedDiagnosis.source: np.array(SOURCES, dtype=object)[source],
        SimulatedDiagnosis.is_after_death: np.zeros(len(person), dtype=np.bool_),
    }


def _dated_records(lives: Lives, found: Onsets, illness: Illness) -> tuple[Whole, Whole, Draws]:
    """Return (onset, day, draws) of each record: the first of each onset, and the further ones within the period."""
    draws = Draws.of(illness.period.seed, "diagnosis", lives.number[found.person]).also(found.condition)
    since = np.maximum(found.recorded_day, illness.period.first_day)
    days = np.maximum(last_day(lives, illness.period)[found.person] - since, 0)
    repeats = draws.poisson("repeats", illness.config.repeats_per_year * days / DAYS_PER_YEAR)
    row, nth, events = draws.each(1 + repeats)
    later = since[row] + 1 + events.whole("day", np.maximum(days[row], 1))
    return row, np.where(nth == 0, found.recorded_day[row], later), events


def _distinct(person: Whole, day: Whole, source: Whole, code: Whole) -> tuple[Whole, Whole, Whole, Whole]:
    order = np.lexsort((code, source, day, person))
    rows = np.stack([person, day, source, code])[:, order]
    is_new = np.append(True, (rows[:, 1:] != rows[:, :-1]).any(axis=0))[: len(order)]
    person, day, source, code = rows[:, is_new]
    return person, day, source, code


def _source(draws: Draws, config: ConditionsConfig) -> Whole:
    primary = config.primary_care_share
    inpatient = (1 - primary) * config.inpatient_share
    return draws.categorical("source", [primary, inpatient, 1 - primary - inpatient])


def _whole_codes(prefix: str) -> list[str]:
    if prefix in UNDIVIDED:
        return [f"{prefix}X"]
    return [prefix] if len(prefix) > 3 else [f"{prefix}{digit}" for digit in "089"]


_CODES_OF = {
    condition.name: (
        [f"{simulated_code(condition.name)}{digit}" for digit in "012"],
        [code for prefix in condition.icd_10 for code in _whole_codes(prefix)],
    )
    for condition in CATALOGUE
}
_CODES = [code for both in _CODES_OF.values() for codes in both for code in codes]


def _code_number(condition: Whole, source: Whole, draws: Draws, names: list[str]) -> Whole:
    """Return the position in _CODES of a code of each condition: the invented coding for source 0, else ICD-10."""
    counts = np.array([[len(codes) for codes in _CODES_OF[name]] for name in names])
    sizes = np.array([[len(codes) for codes in both] for both in _CODES_OF.values()]).ravel()
    starts = dict(zip(_CODES_OF, (np.cumsum(sizes) - sizes).reshape(-1, 2), strict=True))
    first = np.array([starts[name] for name in names])
    coding = (source > 0).astype(np.int64)
    return first[condition, coding] + draws.whole("code", counts[condition, coding])
