"""Simulated events at the diabetes centre: visits from a referral on, checks, a course, and the letters that follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from pyspark.sql import DataFrame

from icspark.simulation.batches import Columns, in_batches, with_nulls
from icspark.simulation.care_columns import Aligned, coded, dates, record_schema, together
from icspark.simulation.care_config import CareConfig, ClinicConfig
from icspark.simulation.care_people import NEVER, People, Whole
from icspark.simulation.draws import Draws
from icspark.simulation.observations import Visits, diabetes_since, visits
from icspark.simulation.period import Period
from icspark.tables.records import ClinicEventColumns

TABLE = "clinic_event"
EVENTS = ("first_visit", "follow_up_visit", "foot_check", "education_course", "letter_sent")
FIRST_VISIT, FOLLOW_UP_VISIT, FOOT_CHECK, EDUCATION_COURSE, LETTER_SENT = range(len(EVENTS))
DAYS_TO_LETTER = 7
DAYS_TO_COURSE = 30
MOST_SESSIONS = 6


def simulate_clinic_events(histories: DataFrame, *, config: CareConfig, period: Period) -> DataFrame:
    """Return one row per event in the period: person_number and the columns of an extract.

    `value` is the number of sessions of a course, null for other events. A letter follows each visit by a week, and
    goes out to those who have died in between. `histories` is the frame of `care_people.histories`.
    """

    def _of_batch(columns: Columns) -> Mapping[str, Any]:
        return _records(People.of(columns), config, period)

    return in_batches(histories, _of_batch, record_schema(ClinicEventColumns))


def referrals(people: People, since: Whole, config: ClinicConfig, *, period: Period) -> Whole:
    """Return the day of referral to the centre; NEVER where there is none."""
    draws = Draws.of(period.seed, TABLE, people.number)
    earliest = np.maximum(np.maximum(since, period.first_day), people.since)
    is_asked = (earliest <= period.last_day) & draws.happens("referred", config.referred_share)
    day = earliest + draws.whole("referral", np.maximum(period.last_day - earliest + 1, 1))
    latest = np.minimum(people.death, people.until)
    return np.where(is_asked & (day < latest), day, NEVER)


@dataclass(frozen=True, eq=False)
class _Events(Aligned):
    """Events of people; `value` is -1 where the event has none."""

    person: Whole
    event: Whole
    day: Whole
    value: Whole


def _events(made: Visits, people: People, config: ClinicConfig) -> _Events:
    none = np.full(len(made.day), -1)
    kinds = np.where(made.nth == 0, FIRST_VISIT, FOLLOW_UP_VISIT)
    held = _Events(made.person, kinds, made.day, none)
    checks = _Events(made.person, none * 0 + FOOT_CHECK, made.day, none)
    letters = _Events(made.person, none * 0 + LETTER_SENT, made.day + DAYS_TO_LETTER, none)
    starts = made.day + DAYS_TO_COURSE + made.draws.whole("course", 2 * DAYS_TO_COURSE)
    sessions = 1 + made.draws.whole("sessions", MOST_SESSIONS)
    courses = _Events(made.person, none * 0 + EDUCATION_COURSE, starts, sessions)
    is_taught = (made.nth == 0) & made.draws.happens("taught", config.education_share)
    return together(
        [
            held,
            checks.at(made.draws.happens("foot check", config.foot_check_share)),
            letters,
            courses.at(is_taught & people.is_there(made.person, starts)),
        ]
    )


def _records(people: People, config: CareConfig, period: Period) -> Mapping[str, Any]:
    keys = Draws.of(period.seed, TABLE, people.number)
    referral = referrals(people, diabetes_since(people, config), config.clinic, period=period)
    wait = 1 + np.floor(keys.exponential("wait", config.clinic.wait_days)).astype(np.int64)
    made = visits(referral + wait, keys, last_day=period.last_day, interval_days=config.clinic.visit_gap_days)
    found = _events(made.at(people.is_there(made.person, made.day)), people, config.clinic)
    found = found.at(found.day <= period.last_day)
    found = found.at(np.lexsort((found.event, found.day, found.person)))
    return {
        "person_number": people.number[found.person],
        ClinicEventColumns.event: coded(EVENTS, found.event),
        ClinicEventColumns.event_date: dates(found.day),
        ClinicEventColumns.referral_date: dates(referral[found.person]),
        ClinicEventColumns.value: with_nulls(found.value.astype(np.float64), found.value < 0),
    }
