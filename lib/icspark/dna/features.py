"""The table dna_feature: one row per appointment with what was known at its prediction point."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from icspark.dna.extra_features import with_extra_features
from icspark.dna.history import (
    ADMISSION,
    AREA,
    CONDITION,
    EMERGENCY,
    HOME,
    LAST,
    marks,
    outcomes,
    region_rates,
    states,
    with_history,
    with_shrunk_share,
)
from icspark.dna.home import with_deprivation, with_home_to_site
from icspark.dna.points import AS_OF_DAY, FeatureRules, is_dna, local_day, with_points
from icspark.tables.activity import PersonArea
from icspark.tables.codes import CANCELLED
from icspark.tables.dna import CAN_BE_MISSING, MISSING_SUFFIX, DnaFeature, ExtraFeature
from icspark.tables.morbidity import ConditionCase
from icspark.tables.records import Admission, Appointment, EmergencyAttendance, Person, Residence
from icspark.tables.reference import Deprivation2019, Postcode, Service
from icspark.tables.table import Table

SECONDS_PER_DAY = 86_400

NEEDED: dict[str, type[Table]] = {
    "appointments": Appointment,
    "people": Person,
    "areas": PersonArea,
    "residences": Residence,
    "admissions": Admission,
    "emergency_attendances": EmergencyAttendance,
    "services": Service,
    "deprivation": Deprivation2019,
}
"""Tables without which there are no features, by the names that Inputs gives them."""

USED_IF_PRESENT: dict[str, type[Table]] = {"postcodes": Postcode, "cases": ConditionCase, "extra": ExtraFeature}
"""Tables whose features are missing where the tables are."""


@dataclass(frozen=True)
class Inputs:
    """The tables that features are made from."""

    appointments: DataFrame
    people: DataFrame
    areas: DataFrame
    residences: DataFrame
    admissions: DataFrame
    emergency_attendances: DataFrame
    services: DataFrame
    deprivation: DataFrame
    postcodes: DataFrame | None = None
    cases: DataFrame | None = None
    extra: DataFrame | None = None


def build_dna_feature(inputs: Inputs, rules: FeatureRules) -> DataFrame:
    """Return the table dna_feature: one row per appointment that is not cancelled, as of its own prediction point."""
    points = with_points(inputs.appointments, rules)
    held = outcomes(inputs.appointments, rules)
    rates = region_rates(points, held, rules)
    return (
        points.where(~F.col(Appointment.attended_or_did_not_attend_code).isin(*CANCELLED))
        .transform(with_history, [held, *_other_events(inputs, rules)], rules)
        .transform(with_shrunk_share, rates, rules)
        .transform(with_last_outcome)
        .transform(with_appointment, rules)
        .transform(with_person, inputs.people)
        .transform(with_deprivation, inputs.deprivation)
        .transform(with_home_to_site, inputs.services, inputs.postcodes)
        .transform(with_missing_flags)
        .transform(with_extra_features, points, inputs.extra)
        .select(*DnaFeature.columns())
    )


def _other_events(inputs: Inputs, rules: FeatureRules) -> list[DataFrame]:
    arrived = local_day(EmergencyAttendance.arrival_datetime, rules.zone)
    events = [
        marks(_alive(inputs.admissions), F.col(Admission.admission_date), ADMISSION),
        marks(_alive(inputs.emergency_attendances), arrived, EMERGENCY),
        states(inputs.areas, AREA, [PersonArea.lsoa_2011_code]),
        states(inputs.residences, HOME, [Residence.easting, Residence.northing]),
    ]
    if inputs.cases is not None:
        events.append(marks(inputs.cases, F.col(ConditionCase.first_date), CONDITION))
    return events


def _alive(events: DataFrame) -> DataFrame:
    return events.where(~F.col(Admission.is_after_death))


def with_last_outcome(rows: DataFrame) -> DataFrame:
    """Add what the last outcome within the look-back was and how many days ago; null, and said so, without any."""
    return rows.withColumns(
        {
            "last_outcome_code": F.col(f"{LAST}.code"),
            "days_since_last_outcome": (F.unix_date(AS_OF_DAY) - F.col(f"{LAST}.day")).cast("double"),
            "is_without_history": F.col("past_outcomes_count") == 0,
        }
    )


def with_appointment(rows: DataFrame, rules: FeatureRules) -> DataFrame:
    """Add the label, the lead time, and the local date, weekday, hour and month of the appointment."""
    held, booked = F.col(Appointment.appointment_datetime), F.col(Appointment.appointment_booked_datetime)
    clock = F.from_utc_timestamp(held, rules.zone)
    seconds = F.unix_micros(held) - F.unix_micros(booked)
    first = F.col(Appointment.first_attendance_code)
    return rows.withColumns(
        {
            DnaFeature.is_dna: is_dna(rules),
            "lead_days": seconds / F.lit(1_000_000 * SECONDS_PER_DAY),
            DnaFeature.appointment_date: clock.cast("date"),
            "weekday": (F.weekday(clock) + 1).cast("string"),
            "hour": F.hour(clock).cast("string"),
            "month": F.month(clock).cast("string"),
            "is_first_attendance": F.when(first.isin("1", "3"), True).when(first.isin("2", "4"), False),
        }
    )


def with_person(rows: DataFrame, people: DataFrame) -> DataFrame:
    """Add age at the point and what is known of the person; null for one who is not in `people`. Grain: as before."""
    own = people.select(
        Person.person_id,
        Person.birth_month,
        Person.sex_code,
        Person.ethnic_category_code,
        F.col(Person.main_language_needs_interpreter).alias("is_interpreter_needed"),
    )
    joined = rows.join(own, on=Person.person_id, how="left")
    return joined.withColumn("age_years", _age(F.col(Person.birth_month), F.col(AS_OF_DAY)).cast("double"))


def _age(birth_month: Column, day: Column) -> Column:
    """Return whole years from a month of birth; null before it, when nobody knew that the person would be born."""
    months = (F.year(day) - F.year(birth_month)) * 12 + F.month(day) - F.month(birth_month)
    return F.when(months >= 0, F.floor(months / 12))


def with_missing_flags(rows: DataFrame) -> DataFrame:
    """Add, for each feature that can be missing, whether it is."""
    return rows.withColumns({f"{name}{MISSING_SUFFIX}": F.col(name).isNull() for name in CAN_BE_MISSING})
