"""Records of people: as an extract delivers them (`source_...`), and as they are once people are linked.

Each pair shares its columns: a source table is keyed by the delivery and the identifiers of the extract, the linked
one by `person_id`. Names and code lists are those of the NHS Data Dictionary. Times are in UTC; the zone in which an
extract writes its local times is declared by the source.
"""

from __future__ import annotations

from pyspark.sql import types as T

from icspark.tables.table import Release, Table, column

STRING, LONG, DOUBLE, DATE = T.StringType(), T.LongType(), T.DoubleType(), T.DateType()
BOOLEAN, TIMESTAMP, STRINGS = T.BooleanType(), T.TimestampType(), T.ArrayType(T.StringType())


def _person_id(**options: bool) -> str:
    return column(STRING, "pseudonym of the person", **options)


def _delivery() -> str:
    return column(
        STRING, "delivery that the row came with; it replaces itself when it comes again", key=True, partition=True
    )


def _system(**options: bool) -> str:
    return column(STRING, "system that issued the identifier", **options)


def _source_id(**options: bool) -> str:
    return column(STRING, "identifier of the person in that system", **options)


def _after_death() -> str:
    return column(BOOLEAN, "dated after the person's recorded death: kept, never on a list", required=True)


class PersonColumns(Table, release=Release.PERSON):
    """What an extract says about a person."""

    sex_code = column(STRING, "1 male, 2 female, 0 not known, 9 not specified (person stated gender code)")
    birth_month = column(DATE, "first day of the month of birth")
    ethnic_category_code = column(STRING, "16+1 codes A to S, Z not stated, 99 not known")
    death_date = column(DATE, "date of death; null while alive or not known")
    main_language_needs_interpreter = column(BOOLEAN, "an interpreter is needed; null where not known")


class SourcePerson(PersonColumns, release=Release.PERSON):
    """One row per delivery, identifier system and identifier in it.

    Source: an ICS's linked extract. Null where the extract has no value, or a cell broke a rule.
    """

    delivery_id = _delivery()
    id_system = _system(key=True)
    source_id = _source_id(key=True)


class Person(PersonColumns, release=Release.PERSON):
    """One row per person registered or treated in the region.

    Source: derived from source_person over the identifiers of the person: each value is that of the newest delivery
    that knows it. Null where no identifier knows.
    """

    person_id = _person_id(key=True)


class ResidenceColumns(Table, release=Release.PERSON):
    """Where a person lived, as a half-open interval."""

    from_date = column(DATE, "first day there", key=True)
    to_date = column(DATE, "day from which the person no longer lived there; null = still")
    postcode = column(STRING, "postcode in the form with one space; ZZ99 places nobody")
    easting = column(LONG, "metres east, EPSG:27700")
    northing = column(LONG, "metres north, EPSG:27700")
    lsoa_2011_code = column(STRING, "LSOA 2011 that the extract supplies", vintage="lsoa_2011")
    lsoa_2021_code = column(STRING, "LSOA 2021 that the extract supplies", vintage="lsoa_2021")


class SourceResidence(ResidenceColumns, release=Release.PERSON):
    """One row per delivery, identifier and interval of residence.

    Source: an ICS's linked extract. Null in what the extract does not give; `to_date` null while still living there.
    """

    delivery_id = _delivery()
    id_system = _system(key=True)
    source_id = _source_id(key=True)


class Residence(ResidenceColumns, release=Release.PERSON):
    """One row per person and interval of residence; intervals of one person do not overlap.

    Source: derived from source_residence: each ends, at the latest, where the next one starts. `to_date` null while
    still living there.
    """

    person_id = _person_id(key=True)


class RegistrationPeriodColumns(Table, release=Release.PERSON):
    """Where a person was registered with a practice, as a half-open interval."""

    practice_code = column(STRING, "ODS code of the practice", key=True)
    from_date = column(DATE, "first day of the registration", key=True)
    to_date = column(DATE, "day from which it had ended; null = still registered")


class SourceRegistrationPeriod(RegistrationPeriodColumns, release=Release.PERSON):
    """One row per delivery, identifier, practice and interval of registration.

    Source: an ICS's linked extract. `to_date` null while still registered.
    """

    delivery_id = _delivery()
    id_system = _system(key=True)
    source_id = _source_id(key=True)


class RegistrationPeriod(RegistrationPeriodColumns, release=Release.PERSON):
    """One row per person, practice and interval of registration. Two practices at once are a duplicate registration.

    Source: derived from source_registration_period. `to_date` null while still registered.
    """

    person_id = _person_id(key=True)


class AppointmentColumns(Table, release=Release.PERSON):
    """An outpatient appointment."""

    appointment_id = column(STRING, "identifier of the appointment", key=True)
    provider_code = column(STRING, "ODS code of the provider")
    site_code = column(STRING, "ODS code of the site of treatment")
    treatment_function_code = column(STRING, "treatment function code")
    appointment_booked_datetime = column(TIMESTAMP, "when it was booked, UTC")
    appointment_datetime = column(TIMESTAMP, "when it is held, UTC", required=True)
    first_attendance_code = column(
        STRING,
        "1 first, 2 follow-up, face to face; 3 first, 4 follow-up, by telephone or video; 5 clock stop, no attendance",
    )
    consultation_medium_code = column(STRING, "consultation medium used")
    priority_type_code = column(STRING, "1 routine, 2 urgent, 3 two week wait")
    referral_date = column(DATE, "date on which the referral was received")
    attended_or_did_not_attend_code = column(
        STRING,
        "5 attended; 6 late but seen; 7 late, not seen; 3 did not attend; 2 cancelled by patient; 4 cancelled by "
        "provider; 0 not yet held",
        required=True,
    )
    is_after_death = _after_death()


class SourceAppointment(AppointmentColumns, release=Release.PERSON):
    """One row per delivery and appointment.

    Source: an ICS's linked extract (NHS Data Dictionary, CDS type 020). Null where the extract has no value.
    """

    delivery_id = _delivery()
    id_system = _system(required=True)
    source_id = _source_id(required=True)


class Appointment(AppointmentColumns, release=Release.PERSON):
    """One row per outpatient appointment.

    Source: derived from source_appointment, the newest delivery of each. Null where the extract has no value.
    """

    person_id = _person_id(required=True)


class AdmissionColumns(Table, release=Release.PERSON):
    """An inpatient spell."""

    spell_id = column(STRING, "identifier of the hospital provider spell", key=True)
    admission_date = column(DATE, "start of the spell", required=True)
    discharge_date = column(DATE, "end of the spell; null while in hospital")
    admission_method_code = column(STRING, "admission method; 21 to 25, 28 and 2A to 2D are emergencies")
    provider_code = column(STRING, "ODS code of the provider")
    primary_diagnosis_code = column(STRING, "primary diagnosis, ICD-10")
    secondary_diagnosis_codes = column(STRINGS, "secondary diagnoses, ICD-10, in order; null where none is given")
    is_after_death = _after_death()


class SourceAdmission(AdmissionColumns, release=Release.PERSON):
    """One row per delivery and inpatient spell.

    Source: an ICS's linked extract (admitted patient care). Null where the extract has no value.
    """

    delivery_id = _delivery()
    id_system = _system(required=True)
    source_id = _source_id(required=True)


class Admission(AdmissionColumns, release=Release.PERSON):
    """One row per inpatient spell.

    Source: derived from source_admission, the newest delivery of each. Null where the extract has no value.
    """

    person_id = _person_id(required=True)


class EmergencyAttendanceColumns(Table, release=Release.PERSON):
    """An attendance at an emergency department, with its chain of times."""

    attendance_id = column(STRING, "identifier of the attendance", key=True)
    site_code = column(STRING, "ODS code of the site of treatment")
    incident_datetime = column(TIMESTAMP, "when the incident happened, UTC")
    arrival_datetime = column(TIMESTAMP, "arrival, UTC", required=True)
    registered_datetime = column(TIMESTAMP, "registration at the desk, UTC")
    triaged_datetime = column(TIMESTAMP, "initial assessment, UTC")
    seen_datetime = column(TIMESTAMP, "seen for treatment, UTC")
    fit_for_discharge_datetime = column(TIMESTAMP, "clinically ready to proceed, UTC")
    departure_datetime = column(TIMESTAMP, "departure, UTC")
    chief_complaint = column(STRING, "chief complaint as coded by the source")
    discharge_status = column(STRING, "discharge status as coded by the source")
    is_after_death = _after_death()


class SourceEmergencyAttendance(EmergencyAttendanceColumns, release=Release.PERSON):
    """One row per delivery and attendance at an emergency department.

    Source: an ICS's linked extract (emergency care). Null where the extract has no value.
    """

    delivery_id = _delivery()
    id_system = _system(required=True)
    source_id = _source_id(required=True)


class EmergencyAttendance(EmergencyAttendanceColumns, release=Release.PERSON):
    """One row per attendance at an emergency department.

    Source: derived from source_emergency_attendance, the newest delivery of each. Null where the extract has no value.
    """

    person_id = _person_id(required=True)


class DiagnosisColumns(Table, release=Release.PERSON):
    """A coded diagnosis on a date."""

    code_system = column(STRING, "code system: icd10, snomed, ctv3, or one that the configuration names", key=True)
    code = column(STRING, "code, as given", key=True)
    diagnosis_date = column(DATE, "date that the record gives", key=True)
    source = column(STRING, "primary, outpatient, inpatient or emergency", key=True)
    is_after_death = _after_death()


class SourceDiagnosis(DiagnosisColumns, release=Release.PERSON):
    """One row per delivery, identifier, code, date and source of the record.

    Source: an ICS's linked extract.
    """

    delivery_id = _delivery()
    id_system = _system(key=True)
    source_id = _source_id(key=True)


class Diagnosis(DiagnosisColumns, release=Release.PERSON):
    """One row per person, code, date and source of the record.

    Source: derived from source_diagnosis.
    """

    person_id = _person_id(key=True)


class ObservationColumns(Table, release=Release.PERSON):
    """A measurement of a person."""

    measure = column(STRING, "bmi, hba1c_ifcc, egfr, diastolic_bp, urine_microalbumin, ...", key=True)
    observation_date = column(DATE, "date of the measurement", key=True)
    value = column(DOUBLE, "value in `unit`", key=True)
    unit = column(STRING, "unit as given: kg/m2, mmol/mol, ...")
    is_after_death = _after_death()


class SourceObservation(ObservationColumns, release=Release.PERSON):
    """One row per delivery, identifier, measure, date and value: two measurements of one day that differ are two rows.

    Source: an ICS's linked extract.
    """

    delivery_id = _delivery()
    id_system = _system(key=True)
    source_id = _source_id(key=True)


class Observation(ObservationColumns, release=Release.PERSON):
    """One row per person, measure, date and value.

    Source: derived from source_observation.
    """

    person_id = _person_id(key=True)


class ClinicEventColumns(Table, release=Release.PERSON):
    """An event at a specialist centre."""

    event = column(STRING, "event as coded by the centre", key=True)
    event_date = column(DATE, "date of the event", key=True)
    referral_date = column(DATE, "date of the referral that led to it")
    value = column(DOUBLE, "value, where the event has one")
    is_after_death = _after_death()


class SourceClinicEvent(ClinicEventColumns, release=Release.PERSON):
    """One row per delivery, identifier, event and date.

    Source: an ICS's linked extract. Null where the event has no such value.
    """

    delivery_id = _delivery()
    id_system = _system(key=True)
    source_id = _source_id(key=True)


class ClinicEvent(ClinicEventColumns, release=Release.PERSON):
    """One row per person, event and date.

    Source: derived from source_clinic_event. Null where the event has no such value.
    """

    person_id = _person_id(key=True)


class IdentityLink(Table, release=Release.PERSON):
    """One row per delivery and pair of identifiers that some system says belong to one person.

    Source: an ICS's linked extract. Null date where none is recorded.
    """

    delivery_id = _delivery()
    left_id_system = _system(key=True)
    left_id = _source_id(key=True)
    right_id_system = _system(key=True)
    right_id = _source_id(key=True)
    link_source = column(STRING, "what the link rests on, as coded by the source")
    link_date = column(DATE, "date of the link")


class PersonIdentity(Table, release=Release.PERSON):
    """One row per identifier in a source system.

    Source: connected components of identity_link. Every count of people goes through this table. Null `person_id`
    where the identifier is held apart: `held_apart_reason` says why.
    """

    id_system = _system(key=True)
    source_id = _source_id(key=True)
    person_id = _person_id()
    held_apart_reason = column(
        STRING, "conflicting_birth_month, conflicting_sex, too_many_identifiers; null where a person is known"
    )
