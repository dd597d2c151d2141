"""What is planted in an extract that an ingest must reject: for each kind of record, rows that no record can be.

Every bad row is one more row beside the true ones, so whatever is accepted is what happened. docs/decisions/
planted-bad-rows.md says what each kind is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pyspark.sql import Column
from pyspark.sql import functions as F

from icspark.tables.records import (
    AdmissionColumns,
    AppointmentColumns,
    ClinicEventColumns,
    DiagnosisColumns,
    EmergencyAttendanceColumns,
    IdentityLink,
    ObservationColumns,
    PersonColumns,
    RegistrationPeriodColumns,
    ResidenceColumns,
    SourcePerson,
)

UNKNOWN_CODE = "unknown_code"
IMPOSSIBLE_DATE = "impossible_date"
EVENT_BEFORE_BIRTH = "event_before_birth"
UNKNOWN_IDENTIFIER = "unknown_identifier"
EXACT_DUPLICATE = "exact_duplicate"
CONFLICT = "conflict"
REJECTED_PARENT = "rejected_parent"

BEFORE_ANYBODY, AFTER_EVERYTHING = "1901-01-01", "2190-01-01"
"""Before the birth of everybody who is simulated; beyond what any extract can plan."""

Change = Callable[[Column], Column]


@dataclass(frozen=True)
class Defect:
    """A kind of bad row: what is changed, by column; `pair` is what the second row of a conflict has besides.

    `among` says beside which true rows it can stand: those of which its own key is certainly free.
    """

    kind: str
    changes: Mapping[str, Change] = field(default_factory=dict)
    pair: Mapping[str, Change] | None = None
    among: Callable[[], Column] = lambda: F.lit(True)


def _to(value: str) -> Change:
    return lambda _: F.lit(value)


def _number(value: float) -> Change:
    return lambda _: F.lit(value)


def _date(value: str) -> Change:
    return lambda _: F.lit(value).cast("date")


def _time(value: str) -> Change:
    return lambda _: F.lit(f"{value} 10:00:00").cast("timestamp_ntz")


def _column(name: str, *, days: int) -> Change:
    return lambda _: F.date_add(F.col(name), days)


def _marked(mark: str) -> Change:
    return lambda column: F.concat(column, F.lit(mark))


def unknown_identifier(column: Column) -> Column:
    """Return the identifier with an X before it, which no system issues."""
    return F.concat(F.lit("X"), column)


def _common(own_id: str) -> tuple[Defect, ...]:
    return (
        Defect(UNKNOWN_IDENTIFIER, {SourcePerson.source_id: unknown_identifier, own_id: _marked("-u")}),
        Defect(EXACT_DUPLICATE),
    )


_NOBODY = Defect(UNKNOWN_IDENTIFIER, {SourcePerson.source_id: unknown_identifier})
_TWICE = Defect(EXACT_DUPLICATE)

_Apt, _Adm, _Att, _Dia = AppointmentColumns, AdmissionColumns, EmergencyAttendanceColumns, DiagnosisColumns
_Obs, _Evt, _Res, _Reg = ObservationColumns, ClinicEventColumns, ResidenceColumns, RegistrationPeriodColumns

DEFECTS: dict[str, tuple[Defect, ...]] = {
    "person": (_TWICE,),
    "residence": (
        _NOBODY,
        _TWICE,
        Defect(IMPOSSIBLE_DATE, {_Res.to_date: _column(_Res.from_date, days=0)}),
        Defect(EVENT_BEFORE_BIRTH, {_Res.from_date: _date(BEFORE_ANYBODY)}),
        Defect(
            CONFLICT,
            {_Res.from_date: _column(_Res.from_date, days=1), _Res.postcode: _to("QZ1 0AA")},
            {_Res.postcode: _to("QZ1 0AB")},
            among=lambda: F.col(_Res.to_date).isNull(),
        ),
    ),
    "registration_period": (
        _NOBODY,
        _TWICE,
        Defect(UNKNOWN_CODE, {_Reg.practice_code: _to("?")}),
        Defect(IMPOSSIBLE_DATE, {_Reg.to_date: _column(_Reg.from_date, days=-1)}),
        Defect(EVENT_BEFORE_BIRTH, {_Reg.from_date: _date(BEFORE_ANYBODY)}),
        Defect(
            CONFLICT,
            {_Reg.practice_code: _to("Z99999"), _Reg.to_date: _column(_Reg.from_date, days=1)},
            {_Reg.to_date: _column(_Reg.from_date, days=2)},
        ),
    ),
    "appointment": (
        *_common(_Apt.appointment_id),
        Defect(UNKNOWN_CODE, {_Apt.appointment_id: _marked("-k"), _Apt.attended_or_did_not_attend_code: _to("8")}),
        Defect(
            IMPOSSIBLE_DATE, {_Apt.appointment_id: _marked("-d"), _Apt.appointment_datetime: _time(AFTER_EVERYTHING)}
        ),
        Defect(
            EVENT_BEFORE_BIRTH, {_Apt.appointment_id: _marked("-b"), _Apt.appointment_datetime: _time(BEFORE_ANYBODY)}
        ),
        Defect(
            CONFLICT,
            {_Apt.appointment_id: _marked("-c"), _Apt.attended_or_did_not_attend_code: _to("5")},
            {_Apt.attended_or_did_not_attend_code: _to("3")},
        ),
    ),
    "admission": (
        *_common(_Adm.spell_id),
        Defect(
            IMPOSSIBLE_DATE,
            {_Adm.spell_id: _marked("-d"), _Adm.discharge_date: _column(_Adm.admission_date, days=-1)},
        ),
        Defect(EVENT_BEFORE_BIRTH, {_Adm.spell_id: _marked("-b"), _Adm.admission_date: _date(BEFORE_ANYBODY)}),
        Defect(
            CONFLICT,
            {_Adm.spell_id: _marked("-c"), _Adm.admission_method_code: _to("11")},
            {_Adm.admission_method_code: _to("21")},
        ),
    ),
    "emergency_attendance": (
        *_common(_Att.attendance_id),
        Defect(
            IMPOSSIBLE_DATE,
            {
                _Att.attendance_id: _marked("-d"),
                _Att.departure_datetime: lambda _: F.col(_Att.arrival_datetime) - F.expr("INTERVAL 1 HOUR"),
            },
        ),
        Defect(EVENT_BEFORE_BIRTH, {_Att.attendance_id: _marked("-b"), _Att.arrival_datetime: _time(BEFORE_ANYBODY)}),
        Defect(
            CONFLICT,
            {_Att.attendance_id: _marked("-c"), _Att.chief_complaint: _to("1")},
            {_Att.chief_complaint: _to("2")},
        ),
    ),
    "diagnosis": (
        _NOBODY,
        _TWICE,
        Defect(UNKNOWN_CODE, {_Dia.source: _to("ward")}),
        Defect(IMPOSSIBLE_DATE, {_Dia.diagnosis_date: _date(AFTER_EVERYTHING)}),
        Defect(EVENT_BEFORE_BIRTH, {_Dia.diagnosis_date: _date(BEFORE_ANYBODY)}),
    ),
    "observation": (
        _NOBODY,
        _TWICE,
        Defect(IMPOSSIBLE_DATE, {_Obs.observation_date: _date(AFTER_EVERYTHING)}),
        Defect(EVENT_BEFORE_BIRTH, {_Obs.observation_date: _date(BEFORE_ANYBODY)}),
        Defect(CONFLICT, {_Obs.value: lambda value: value + F.lit(1000.5)}, {_Obs.unit: _to("unit 2")}),
    ),
    "clinic_event": (
        _NOBODY,
        _TWICE,
        Defect(IMPOSSIBLE_DATE, {_Evt.event_date: _date(AFTER_EVERYTHING)}),
        Defect(EVENT_BEFORE_BIRTH, {_Evt.event_date: _date(BEFORE_ANYBODY)}),
        Defect(CONFLICT, {_Evt.event: _marked(" (again)"), _Evt.value: _number(1.0)}, {_Evt.value: _number(2.0)}),
    ),
    "identity_link": (
        Defect(UNKNOWN_IDENTIFIER, {IdentityLink.right_id: unknown_identifier}),
        _TWICE,
        Defect(
            CONFLICT,
            {
                IdentityLink.left_id_system: lambda _: F.col(IdentityLink.right_id_system),
                IdentityLink.left_id: lambda _: F.col(IdentityLink.right_id),
                IdentityLink.right_id_system: lambda _: F.col(IdentityLink.left_id_system),
                IdentityLink.right_id: lambda _: F.col(IdentityLink.left_id),
            },
            {IdentityLink.link_source: _to("unstated")},
        ),
    ),
}  # fmt: skip
"""The bad rows of each kind of record; those of persons that are bad parents stand in PARENT_DEFECTS."""

PARENT_DEFECTS = (
    Defect(
        IMPOSSIBLE_DATE,
        {
            PersonColumns.birth_month: _date("2001-02-01"),
            PersonColumns.death_date: _date("1999-02-01"),
        },
    ),
    Defect(CONFLICT, {PersonColumns.sex_code: _to("1")}, {PersonColumns.sex_code: _to("2")}),
)
"""Persons whose row is rejected: each has an identifier of its own, and copies of a true person's rows as children."""
