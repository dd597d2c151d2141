"""What happened to each person while living somewhere: events joined to the stretch that holds their day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from icspark.tables.activity import MEANS, PersonActivity
from icspark.tables.codes import HELD
from icspark.tables.records import Admission, Appointment, EmergencyAttendance, Observation

EMERGENCY_METHODS = ("21", "22", "23", "24", "25", "28", "2A", "2B", "2C", "2D")
"""Admission methods of the NHS Data Dictionary that are emergencies."""

_KIND, _DAY, _VALUE = "_kind", "_day", "_value"


@dataclass(frozen=True)
class Counting:
    """What counts as not attended, and the zone in which a time belongs to a day."""

    non_attendance_codes: tuple[str, ...] = ("3", "7")
    zone: str = "Europe/London"


@dataclass(frozen=True)
class Records:
    """The tables of events of persons."""

    appointments: DataFrame
    admissions: DataFrame
    emergency_attendances: DataFrame
    observations: DataFrame


def build_person_activity(stretches: DataFrame, records: Records, *, counting: Counting) -> DataFrame:
    """Return the table person_activity: each stretch with the events of its days.

    Stretches of a person do not overlap, so an event meets at most one; the join gives a stretch a row for each of its
    events, which are then counted. Records dated after death count nowhere.
    """
    happened = events(records, counting)
    day = F.col(_DAY)
    meets = (
        (stretches[PersonActivity.person_id] == happened["_person"])
        & (day >= stretches[PersonActivity.from_date])
        & (day < stretches[PersonActivity.to_date])
    )
    joined = stretches.join(happened, on=meets, how="left")
    counted = joined.groupBy(*stretches.columns).agg(*_counts())
    return counted.select(*PersonActivity.columns())


def events(records: Records, counting: Counting) -> DataFrame:
    """Return one row per event: person, day, kind, and the value of a first measurement."""
    held = records.appointments.where(F.col(Appointment.attended_or_did_not_attend_code).isin(*HELD))
    missed = F.col(Appointment.attended_or_did_not_attend_code).isin(*counting.non_attendance_codes)
    emergency = F.coalesce(F.col(Admission.admission_method_code).isin(*EMERGENCY_METHODS), F.lit(False))
    parts = (
        _events(
            held,
            _local_day(Appointment.appointment_datetime, counting.zone),
            F.when(missed, "non_attendances").otherwise("appointments"),
        ),
        _events(
            records.admissions,
            F.col(Admission.admission_date),
            F.when(emergency, "emergency_admissions").otherwise("admissions"),
        ),
        _events(
            records.emergency_attendances,
            _local_day(EmergencyAttendance.arrival_datetime, counting.zone),
            F.lit("emergency_attendances"),
        ),
        first_measurements(records.observations),
    )
    together = parts[0]
    for part in parts[1:]:
        together = together.unionByName(part)
    return together


def first_measurements(observations: DataFrame) -> DataFrame:
    """Return the first measurement of each person and measure, as events.

    Of several values of the first day the lowest is taken.
    """
    alive = observations.where(~F.col(Observation.is_after_death) & F.col(Observation.value).isNotNull())
    wanted = alive.where(F.col(Observation.measure).isin([measure for measure, _ in MEANS.values()]))
    first = F.min(F.struct(Observation.observation_date, Observation.value))
    stems = F.create_map(*[F.lit(part) for stem, (measure, _) in MEANS.items() for part in (measure, stem)])
    return (
        wanted.groupBy(Observation.person_id, Observation.measure)
        .agg(first.alias("_first"))
        .select(
            F.col(Observation.person_id).alias("_person"),
            F.col("_first")[Observation.observation_date].alias(_DAY),
            stems[F.col(Observation.measure)].alias(_KIND),
            F.col("_first")[Observation.value].alias(_VALUE),
        )
    )


def _events(records: DataFrame, day: Column, kind: Column) -> DataFrame:
    return records.where(~F.col("is_after_death")).select(
        F.col("person_id").alias("_person"),
        day.alias(_DAY),
        kind.alias(_KIND),
        F.lit(None).cast("double").alias(_VALUE),
    )


def _local_day(time: str, zone: str) -> Column:
    return F.to_date(F.from_utc_timestamp(F.col(time), zone))


def _counts() -> list[Column]:
    """Count kinds of events; a kind that is part of another counts in both."""
    return [
        *[_count_of(stem, kinds) for stem, kinds in _KINDS.items()],
        *[F.max(F.when(F.col(_KIND) == stem, F.col(_VALUE))).alias(f"{stem}_value") for stem in MEANS],
    ]


_KINDS: dict[str, Sequence[str]] = {
    "appointments": ("appointments", "non_attendances"),
    "non_attendances": ("non_attendances",),
    "admissions": ("admissions", "emergency_admissions"),
    "emergency_admissions": ("emergency_admissions",),
    "emergency_attendances": ("emergency_attendances",),
}


def _count_of(stem: str, kinds: Sequence[str]) -> Column:
    return F.count_if(F.coalesce(F.col(_KIND).isin(*kinds), F.lit(False))).alias(f"{stem}_count")
