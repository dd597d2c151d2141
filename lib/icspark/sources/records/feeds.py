"""The feeds of an extract, one a kind of record: the table, the rules, and the date that a row belongs to.

Where a date that a row can do without stands in the wrong order, the row stays without that date (an appointment was
held, although its referral is dated after it). Where leaving it out would say something else (no end, still in
hospital), or where nobody can tell which of several is wrong, the row is rejected.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from pyspark.sql import functions as F

from icspark.quality.checks import Rule
from icspark.sources.parents import is_no_code
from icspark.sources.records import rules
from icspark.sources.records.rules import PERSON_RULES, before, not_in, out_of_range, unreadable
from icspark.tables import codes
from icspark.tables.records import (
    IdentityLink,
    SourceAdmission,
    SourceAppointment,
    SourceClinicEvent,
    SourceDiagnosis,
    SourceEmergencyAttendance,
    SourceObservation,
    SourcePerson,
    SourceRegistrationPeriod,
    SourceResidence,
)
from icspark.tables.table import Table


@dataclass(frozen=True)
class Feed:
    """One kind of record: the name of its source, its table and rules, the column that dates a row, and its persons."""

    name: str
    table: type[Table]
    rules: tuple[Rule, ...]
    dated: str | None = None
    persons: tuple[tuple[str, str], ...] = ((SourcePerson.id_system, SourcePerson.source_id),)


RULES_PERSON = (
    not_in("SEX_UNKNOWN", SourcePerson.sex_code, codes.SEX, sentence="A sex is 1, 2, 0 or 9."),
    not_in(
        "ETHNIC_CATEGORY_UNKNOWN",
        SourcePerson.ethnic_category_code,
        codes.ETHNIC_CATEGORY,
        sentence="An ethnic category is one of the 16+1 codes, or 99.",
    ),
    out_of_range(SourcePerson.birth_month),
    out_of_range(SourcePerson.death_date),
    before(
        "DEATH_BEFORE_BIRTH",
        "Nobody dies before the month of birth.",
        SourcePerson.death_date,
        earlier=SourcePerson.birth_month,
    ),
)

_INTERVAL = Rule(
    "ENDS_BEFORE_START",
    "An interval ends after the day on which it starts.",
    lambda: F.col(SourceResidence.to_date) <= F.col(SourceResidence.from_date),
)
_DATES_OF_INTERVAL = (
    unreadable(SourceResidence.to_date),
    out_of_range(SourceResidence.from_date, row=True),
    out_of_range(SourceResidence.to_date, planned=True, row=True),
    _INTERVAL,
)

RULES_RESIDENCE = (
    *PERSON_RULES,
    *_DATES_OF_INTERVAL,
    Rule(
        "POSTCODE_FORM",
        "A postcode has the form of a British one (ZZ99, which places nobody, has it).",
        rules.is_no_postcode(SourceResidence.postcode),
        SourceResidence.postcode,
    ),
    *[
        Rule("LSOA_UNKNOWN", "A supplied LSOA is one of its vintage.", partial(F.col, mark), column)
        for column, mark in rules.LSOA_UNKNOWN.items()
    ],
)

RULES_REGISTRATION_PERIOD = (
    *PERSON_RULES,
    *_DATES_OF_INTERVAL,
    Rule(
        "PRACTICE_CODE_FORM",
        "A practice's code is capitals and digits, with a digit, 3 to 8 of them.",
        is_no_code(SourceRegistrationPeriod.practice_code),
        SourceRegistrationPeriod.practice_code,
        whole_row=True,
    ),
)

RULES_APPOINTMENT = (
    *PERSON_RULES,
    not_in(
        "ATTENDANCE_UNKNOWN",
        SourceAppointment.attended_or_did_not_attend_code,
        codes.ATTENDANCE,
        sentence="Whether a patient attended is 5, 6, 7, 3, 2, 4 or 0.",
        row=True,
    ),
    not_in(
        "FIRST_ATTENDANCE_UNKNOWN",
        SourceAppointment.first_attendance_code,
        codes.FIRST_ATTENDANCE,
        sentence="A first attendance code is 1 to 5.",
    ),
    not_in(
        "CONSULTATION_MEDIUM_UNKNOWN",
        SourceAppointment.consultation_medium_code,
        codes.CONSULTATION_MEDIUM,
        sentence="A consultation medium is a code of the NHS Data Dictionary.",
    ),
    not_in(
        "PRIORITY_UNKNOWN",
        SourceAppointment.priority_type_code,
        codes.PRIORITY_TYPE,
        sentence="A priority is 1, 2 or 3.",
    ),
    Rule(
        "TREATMENT_FUNCTION_FORM",
        "A treatment function code is three digits.",
        lambda: ~F.col(SourceAppointment.treatment_function_code).rlike("^[0-9]{3}$"),
        SourceAppointment.treatment_function_code,
    ),
    out_of_range(SourceAppointment.appointment_datetime, planned=True, row=True),
    out_of_range(SourceAppointment.appointment_booked_datetime),
    out_of_range(SourceAppointment.referral_date),
    before(
        "BOOKED_AFTER_APPOINTMENT",
        "An appointment is booked before it is held; the time of booking is left out.",
        SourceAppointment.appointment_datetime,
        earlier=SourceAppointment.appointment_booked_datetime,
        cell=SourceAppointment.appointment_booked_datetime,
    ),
    before(
        "REFERRED_AFTER_APPOINTMENT",
        "A referral is received by the day of the appointment; its date is left out.",
        rules.ON,
        earlier=SourceAppointment.referral_date,
        cell=SourceAppointment.referral_date,
    ),
)

RULES_ADMISSION = (
    *PERSON_RULES,
    unreadable(SourceAdmission.discharge_date),
    out_of_range(SourceAdmission.admission_date, row=True),
    out_of_range(SourceAdmission.discharge_date, row=True),
    before(
        "DISCHARGED_BEFORE_ADMISSION",
        "Nobody is discharged before the day of admission.",
        SourceAdmission.discharge_date,
        earlier=SourceAdmission.admission_date,
    ),
    not_in(
        "ADMISSION_METHOD_UNKNOWN",
        SourceAdmission.admission_method_code,
        codes.ADMISSION_METHOD,
        sentence="A method of admission is a code of the NHS Data Dictionary.",
    ),
    Rule(
        "ICD_10_FORM",
        "A diagnosis has the form of an ICD-10 code.",
        rules.is_no_icd_10(SourceAdmission.primary_diagnosis_code),
        SourceAdmission.primary_diagnosis_code,
    ),
)

ATTENDANCE_TIMES = (
    SourceEmergencyAttendance.incident_datetime,
    SourceEmergencyAttendance.arrival_datetime,
    SourceEmergencyAttendance.registered_datetime,
    SourceEmergencyAttendance.triaged_datetime,
    SourceEmergencyAttendance.seen_datetime,
    SourceEmergencyAttendance.fit_for_discharge_datetime,
    SourceEmergencyAttendance.departure_datetime,
)
"""The times of an attendance in the order in which they come."""

RULES_EMERGENCY_ATTENDANCE = (
    *PERSON_RULES,
    *[out_of_range(name, row=name == SourceEmergencyAttendance.arrival_datetime) for name in ATTENDANCE_TIMES],
    rules.out_of_order(ATTENDANCE_TIMES),
)

RULES_DIAGNOSIS = (
    *PERSON_RULES,
    Rule(
        "CODE_SYSTEM_UNKNOWN",
        "A code system is icd10, snomed, ctv3, or one that the source names.",
        rules.is_unknown_system(SourceDiagnosis.code_system),
        SourceDiagnosis.code_system,
        whole_row=True,
    ),
    not_in(
        "DIAGNOSIS_SOURCE_UNKNOWN",
        SourceDiagnosis.source,
        codes.DIAGNOSIS_SOURCES,
        sentence="A diagnosis is of primary, outpatient, inpatient or emergency care.",
        row=True,
    ),
    Rule(
        "ICD_10_FORM",
        "A diagnosis in ICD-10 has the form of its codes.",
        lambda: (F.col(SourceDiagnosis.code_system) == "icd10") & rules.is_no_icd_10(SourceDiagnosis.code)(),
        SourceDiagnosis.code,
        whole_row=True,
    ),
    out_of_range(SourceDiagnosis.diagnosis_date, row=True),
)

RULES_OBSERVATION = (*PERSON_RULES, out_of_range(SourceObservation.observation_date, row=True))

RULES_CLINIC_EVENT = (
    *PERSON_RULES,
    out_of_range(SourceClinicEvent.event_date, row=True),
    out_of_range(SourceClinicEvent.referral_date),
    before(
        "REFERRED_AFTER_EVENT",
        "A referral is received by the day of its event; its date is left out.",
        SourceClinicEvent.event_date,
        earlier=SourceClinicEvent.referral_date,
        cell=SourceClinicEvent.referral_date,
    ),
)

RULES_IDENTITY_LINK = (
    *PERSON_RULES[:2],
    Rule(
        "LINKED_WITH_ITSELF",
        "A link is between two identifiers.",
        lambda: (
            (F.col(IdentityLink.left_id_system) == F.col(IdentityLink.right_id_system))
            & (F.col(IdentityLink.left_id) == F.col(IdentityLink.right_id))
        ),
    ),
    out_of_range(IdentityLink.link_date),
)

PERSON = Feed("person", SourcePerson, RULES_PERSON)

FEEDS = (
    Feed("residence", SourceResidence, RULES_RESIDENCE, SourceResidence.from_date),
    Feed(
        "registration_period",
        SourceRegistrationPeriod,
        RULES_REGISTRATION_PERIOD,
        SourceRegistrationPeriod.from_date,
    ),
    Feed("appointment", SourceAppointment, RULES_APPOINTMENT, SourceAppointment.appointment_datetime),
    Feed("admission", SourceAdmission, RULES_ADMISSION, SourceAdmission.admission_date),
    Feed(
        "emergency_attendance",
        SourceEmergencyAttendance,
        RULES_EMERGENCY_ATTENDANCE,
        SourceEmergencyAttendance.arrival_datetime,
    ),
    Feed("diagnosis", SourceDiagnosis, RULES_DIAGNOSIS, SourceDiagnosis.diagnosis_date),
    Feed("observation", SourceObservation, RULES_OBSERVATION, SourceObservation.observation_date),
    Feed("clinic_event", SourceClinicEvent, RULES_CLINIC_EVENT, SourceClinicEvent.event_date),
    Feed(
        "identity_link",
        IdentityLink,
        RULES_IDENTITY_LINK,
        persons=(
            (IdentityLink.left_id_system, IdentityLink.left_id),
            (IdentityLink.right_id_system, IdentityLink.right_id),
        ),
    ),
)
"""The feeds of records in the order in which they are read; persons come before them, in a job of their own."""
