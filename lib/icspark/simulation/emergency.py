"""Simulated attendances at an emergency department, with their chain of times in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from pyspark.sql import DataFrame

from icspark.simulation.batches import Columns, in_batches, with_nulls
from icspark.simulation.care_columns import Aligned, coded, identifiers, nth_of_person, record_schema, times
from icspark.simulation.care_config import CareConfig, EmergencyConfig
from icspark.simulation.care_people import Flags, People, Place, Whole
from icspark.simulation.care_rates import Rates, events
from icspark.simulation.care_sites import ACUTE, Sites
from icspark.simulation.clock_changes import MINUTES_PER_DAY, touches_a_change
from icspark.simulation.draws import Draws
from icspark.simulation.period import Period
from icspark.tables.records import EmergencyAttendanceColumns

TABLE = "emergency_attendance"
HOUR_WEIGHTS = (2, 2, 1, 1, 1, 2, 2, 3, 5, 6, 7, 7, 6, 6, 6, 6, 6, 7, 7, 6, 6, 5, 4, 3)
"""Arrivals by local hour: fewest before dawn, most in late morning and early evening."""

COMPLAINTS = ("abdominal_pain", "chest_pain", "breathlessness", "injury_of_limb", "head_injury", "fever", "collapse")
COMPLAINT_WEIGHTS = (0.2, 0.16, 0.14, 0.24, 0.1, 0.1, 0.06)
STATUSES = ("discharged", "admitted", "left_before_seen")
LEFT = 2
MEAN_INCIDENT_MINUTES = 180.0
LONGEST_STEP_MINUTES = 600
DAYS_EARLIER = 2
LAST_MINUTE = MINUTES_PER_DAY - 1

Chain = dict[str, Whole]


def simulate_emergency_attendances(
    histories: DataFrame, *, place: Place, config: CareConfig, period: Period
) -> DataFrame:
    """Return one row per attendance that begins in the period: person_number and the columns of an extract.

    Times are local without a zone, each of them one that clocks show just once. Null: `seen_datetime` of those who left
    before, and whatever is after the last date. `histories` is the frame of `care_people.histories`.
    """
    sites = Sites.of(place)

    def _of_batch(columns: Columns) -> Mapping[str, Any]:
        return _records(People.of(columns), sites, config, period=period)

    return in_batches(histories, _of_batch, record_schema(EmergencyAttendanceColumns))


def chain_of_times(draws: Draws, arrival: Whole, config: EmergencyConfig) -> tuple[Chain, Flags]:
    """Return (local minutes since 1970 by column, who left before being seen), each no earlier than the one before."""
    e = EmergencyAttendanceColumns
    has_left = draws.happens("left", config.left_before_seen)
    registered = arrival + _minutes(draws, "register", config.register_minutes)
    triaged = registered + _minutes(draws, "triage", config.triage_minutes)
    seen = triaged + _minutes(draws, "seen", config.seen_minutes)
    fit = np.where(has_left, seen, seen + _minutes(draws, "treatment", config.treatment_minutes))
    departure = np.where(has_left, fit, fit + _minutes(draws, "departure", config.departure_minutes))
    return {
        e.incident_datetime: arrival - 1 - _minutes(draws, "incident", MEAN_INCIDENT_MINUTES),
        e.arrival_datetime: arrival,
        e.registered_datetime: registered,
        e.triaged_datetime: triaged,
        e.seen_datetime: seen,
        e.fit_for_discharge_datetime: fit,
        e.departure_datetime: departure,
    }, has_left


@dataclass(frozen=True, eq=False)
class Attendances(Aligned):
    """Arrivals in order of person and time: day numbers, and minutes since local midnight."""

    person: Whole
    day: Whole
    minute: Whole
    draws: Draws

    @property
    def arrival(self) -> Whole:
        """Return local minutes since 1970."""
        return self.day * MINUTES_PER_DAY + self.minute


def attendances(people: People, sites: Sites, config: EmergencyConfig, *, period: Period) -> Attendances:
    """Return the arrivals of the period; what would touch the hour of a clock change comes some days earlier."""
    keys = Draws.of(period.seed, TABLE, people.number)
    rates = Rates(people, config.rate, sites.imd_quintile)
    person, day, draws = events(rates, keys, first_day=period.first_day, last_day=period.last_day)
    minute = 60 * draws.categorical("hour", HOUR_WEIGHTS) + draws.whole("minute", 60)
    found = Attendances(person, day, minute, draws).at(np.lexsort((draws.bits, minute, day, person)))
    chain, _ = chain_of_times(found.draws, found.arrival, config)
    is_doubtful = touches_a_change(chain["incident_datetime"], chain["departure_datetime"])
    moved = replace(found, day=found.day - DAYS_EARLIER * is_doubtful)
    return moved.at(people.is_there(moved.person, moved.day) & (moved.day >= period.first_day))


def _records(people: People, sites: Sites, config: CareConfig, *, period: Period) -> Mapping[str, Any]:
    e, found = EmergencyAttendanceColumns, attendances(people, sites, config.emergency, period=period)
    person, draws, number = found.person, found.draws, people.number[found.person]
    chain, has_left = chain_of_times(draws, found.arrival, config.emergency)
    chain[e.incident_datetime] = np.maximum(chain[e.incident_datetime], people.birth[person] * MINUTES_PER_DAY)
    is_later = {name: minute > period.last_day * MINUTES_PER_DAY + LAST_MINUTE for name, minute in chain.items()}
    is_later[e.seen_datetime] |= has_left
    site = sites.chosen(draws, people.homes.area_at(person, found.day), of_type=ACUTE, metres=config.site_metres)
    status = np.where(has_left, LEFT, draws.happens("admitted", config.emergency.admitted))
    return {
        "person_number": number,
        e.attendance_id: identifiers(TABLE, number, nth_of_person(person)),
        e.site_code: coded(sites.codes, site),
        **{name: with_nulls(times(0, minute), is_later[name]) for name, minute in chain.items()},
        e.chief_complaint: coded(COMPLAINTS, draws.categorical("complaint", COMPLAINT_WEIGHTS)),
        e.discharge_status: coded(STATUSES, np.where(is_later[e.departure_datetime], -1, status)),
    }


def _minutes(draws: Draws, purpose: str, mean: float) -> Whole:
    return np.minimum(draws.exponential(purpose, mean), LONGEST_STEP_MINUTES).astype(np.int64)
