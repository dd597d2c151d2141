"""Simulated outpatient appointments as an extract holds them, and the true chance that each is not attended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy
from pyspark.sql import DataFrame

from icspark.simulation import non_attendance, non_attendance_truth
from icspark.simulation.batches import Columns, in_batches
from icspark.simulation.booking import TABLE, Schedule, schedule
from icspark.simulation.care_columns import coded, dates, identifiers, record_schema, times
from icspark.simulation.care_config import CareConfig
from icspark.simulation.care_people import Flags, Floats, People, Place, Whole
from icspark.simulation.care_sites import Sites
from icspark.simulation.non_attendance import Booked, LogOdds
from icspark.simulation.period import Period
from icspark.tables.records import AppointmentColumns
from icspark.tables.truth import TruthAppointment

NOT_YET, CANCELLED_BY_PATIENT, DID_NOT_ATTEND, CANCELLED_BY_PROVIDER, ATTENDED, LATE_SEEN, LATE_NOT_SEEN = range(7)
OUTCOME_CODES = ("0", "2", "3", "4", "5", "6", "7")
FIRST_ATTENDANCE_CODES = ("1", "2", "3", "4")
FACE_TO_FACE, TELEPHONE = "01", "02"
DECIMALS = 12
"""Places to which the true chances are rounded, so that no last bit depends on the machine."""


def simulate_appointments(histories: DataFrame, *, place: Place, config: CareConfig, period: Period) -> DataFrame:
    """Return one row per appointment: person_number and the columns of an extract, times local without a zone.

    Held from the first date on and booked by the last; those after it have code 0. A share of the appointments after a
    death stays recorded. `histories` is the frame of `care_people.histories`.
    """
    sites = Sites.of(place)

    def _of_batch(columns: Columns) -> Mapping[str, Any]:
        return _records(Outpatients.of(People.of(columns), sites, config, period=period), sites, config)

    return in_batches(histories, _of_batch, record_schema(AppointmentColumns))


def truth_appointment(histories: DataFrame, *, place: Place, config: CareConfig, period: Period) -> DataFrame:
    """Return the rows of `truth_appointment`: one per appointment of the living, held or yet to come."""
    sites = Sites.of(place)

    def _of_batch(columns: Columns) -> Mapping[str, Any]:
        return _truths(Outpatients.of(People.of(columns), sites, config, period=period), config)

    return in_batches(histories, _of_batch, TruthAppointment.schema())


@dataclass(frozen=True, eq=False)
class Outpatients:
    """A batch of people with their appointments and outcomes; `outcome` is a position in OUTCOME_CODES."""

    people: People
    made: Schedule
    booked: Booked
    odds: LogOdds
    is_missed: Flags
    previous: Whole
    outcome: Whole

    @classmethod
    def of(cls, people: People, sites: Sites, config: CareConfig, *, period: Period) -> Outpatients:
        """Return the people with their appointments, booked and then held or not, one after the other."""
        made = schedule(people, sites, config, period=period)
        cancelled = _cancelled(made, config, period)
        booked = _booked(people, made, sites, cancelled=cancelled, config=config, period=period)
        by_site = non_attendance.site_log_odds(config.non_attendance, sites=len(sites.codes), seed=period.seed)
        odds = non_attendance.log_odds(booked, people, config.non_attendance, site=by_site)
        is_missed, previous = non_attendance.outcomes(
            booked, odds.total + people.effect[made.person], made.draws, config=config.non_attendance
        )
        outcome = np.where(booked.is_held, _held(made, is_missed, config), cancelled)
        outcome = np.where(made.is_after_death & (made.day <= period.last_day), DID_NOT_ATTEND, outcome)
        return cls(people, made, booked, odds, is_missed, previous, outcome)


def _cancelled(made: Schedule, config: CareConfig, period: Period) -> Whole:
    drawn, by_patient = made.draws.uniform("cancelled"), config.appointments.cancelled_by_patient
    by_any = by_patient + config.appointments.cancelled_by_provider
    found = np.select([drawn < by_patient, drawn < by_any], [CANCELLED_BY_PATIENT, CANCELLED_BY_PROVIDER], NOT_YET)
    return np.where((made.day <= period.last_day) & ~made.is_after_death, found, NOT_YET)


def _held(made: Schedule, is_missed: Flags, config: CareConfig) -> Whole:
    is_late_missed = made.draws.happens("late, not seen", config.appointments.late_not_seen)
    is_late_seen = made.draws.happens("late but seen", config.appointments.late_but_seen)
    missed = np.where(is_late_missed, LATE_NOT_SEEN, DID_NOT_ATTEND)
    return np.where(is_missed, missed, np.where(is_late_seen, LATE_SEEN, ATTENDED))


def _booked(
    people: People, made: Schedule, sites: Sites, *, cancelled: Whole, config: CareConfig, period: Period
) -> Booked:
    is_due = (cancelled == NOT_YET) & ~made.is_after_death
    return Booked(
        person=made.person,
        booked_day=made.booked_day,
        booked_minute=made.booked_minute,
        day=made.day,
        minute=made.minute,
        medium=_medium(config)[made.medium],
        site=made.site,
        is_first=made.is_first,
        quintile=sites.imd_quintile[people.homes.area_at(made.person, made.booked_day)],
        is_held=is_due & (made.day <= period.last_day),
        is_due=is_due,
        drift=non_attendance.drift(made.day, config.non_attendance, period),
    )


def _medium(config: CareConfig) -> Whole:
    """Return 0 face to face, 1 telephone, 2 any other, by position of the code in the configuration."""
    kinds = {FACE_TO_FACE: 0, TELEPHONE: 1}
    return np.array([kinds.get(code, 2) for code in config.appointments.medium_weights])


def _records(patients: Outpatients, sites: Sites, config: CareConfig) -> Mapping[str, Any]:
    made, names = patients.made, config.appointments
    media = np.array(list(names.medium_weights))
    is_remote = media[made.medium] != FACE_TO_FACE
    number = patients.people.number[made.person]
    return {
        "person_number": number,
        AppointmentColumns.appointment_id: identifiers(TABLE, number, made.number),
        AppointmentColumns.provider_code: coded(sites.providers, made.site),
        AppointmentColumns.site_code: coded(sites.codes, made.site),
        AppointmentColumns.treatment_function_code: coded(list(names.treatment_function_weights), made.function),
        AppointmentColumns.appointment_booked_datetime: times(made.booked_day, made.booked_minute),
        AppointmentColumns.appointment_datetime: times(made.day, made.minute),
        AppointmentColumns.first_attendance_code: coded(FIRST_ATTENDANCE_CODES, 2 * is_remote + ~made.is_first),
        AppointmentColumns.consultation_medium_code: coded(media.tolist(), made.medium),
        AppointmentColumns.priority_type_code: coded(list(names.priority_weights), made.priority),
        AppointmentColumns.referral_date: dates(made.referral_day),
        AppointmentColumns.attended_or_did_not_attend_code: coded(OUTCOME_CODES, patients.outcome),
    }


def _truths(patients: Outpatients, config: CareConfig) -> Mapping[str, Any]:
    due = patients.booked.is_due
    number = patients.people.number[patients.booked.person[due]]
    return {
        TruthAppointment.appointment_id: identifiers(TABLE, number, patients.made.number[due]),
        TruthAppointment.person_number: number,
        **{name: np.round(chance[due], DECIMALS) for name, chance in true_chances(patients, config).items()},
    }


def true_chances(patients: Outpatients, config: CareConfig) -> dict[str, Floats]:
    """Return the chances of every appointment by column of `truth_appointment`; NaN before it was booked.

    Only those of appointments that are due mean anything.
    """
    booked, model = patients.booked, config.non_attendance
    odds = non_attendance_truth.with_history(patients.odds, patients.previous, model)
    full = booked.drift * scipy.special.expit(odds.total + patients.people.effect[booked.person])
    asked = non_attendance_truth.known_by(booked)
    found = {name: np.full(booked.size, np.nan) for name in asked}
    for those, points in non_attendance_truth.groups(patients.people, model):
        rows = np.flatnonzero(those[booked.person])
        days = [day[rows] for day, _ in asked.values()]
        chances = non_attendance_truth.observable_chances(
            booked.at(rows), odds.at(rows), patients.is_missed[rows], days=days, of=points
        )
        for (name, (_, is_booked)), chance in zip(asked.items(), chances, strict=True):
            found[name][rows] = np.where(is_booked[rows], chance, np.nan)
    observable = {f"observable_{name}_probability": chance for name, chance in found.items()}
    return {TruthAppointment.non_attendance_probability: full, **observable}
