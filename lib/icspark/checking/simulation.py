"""All comparisons of a simulated region with its truth, from the tables that its records became."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from icspark.checking.appointments import compare_observable, compare_outcomes, observable_totals, outcomes
from icspark.checking.bad_rows import bad_row_totals, compare_bad_rows, rejected_rows
from icspark.checking.care import (
    compare_deaths,
    compare_measurements,
    compare_rates,
    events_by_quintile,
    homes,
    measurements,
    person_time,
)
from icspark.checking.comparisons import Comparison
from icspark.checking.conditions import Graph, compare_conditions, condition_classes
from icspark.checking.links import PRIMARY, compare_kept, compare_links, linked_totals, records_kept
from icspark.checking.people import NUMBER, compare_people, days_of_moves, people_by_quintile
from icspark.checking.planted import Planted
from icspark.tables import records
from icspark.tables.morbidity import ConditionCode
from icspark.tables.records import IdentityLink, PersonIdentity
from icspark.tables.reference import Deprivation2019, Postcode
from icspark.tables.table import Table
from icspark.tables.truth import Truth, TruthAppointment, TruthBadRow, TruthIdentity, TruthPerson

RECORDS: dict[str, type[Table]] = {
    "person": records.SourcePerson,
    "residence": records.SourceResidence,
    "registration_period": records.SourceRegistrationPeriod,
    "appointment": records.SourceAppointment,
    "admission": records.SourceAdmission,
    "emergency_attendance": records.SourceEmergencyAttendance,
    "diagnosis": records.SourceDiagnosis,
    "observation": records.SourceObservation,
    "clinic_event": records.SourceClinicEvent,
    "identity_link": IdentityLink,
}
"""Kind of record -> the table that its accepted rows became."""

TABLES: tuple[type[Table], ...] = (
    Truth,
    TruthPerson,
    TruthIdentity,
    TruthAppointment,
    TruthBadRow,
    *RECORDS.values(),
    *(table.rejected() for table in RECORDS.values()),
    PersonIdentity,
    ConditionCode,
    Postcode,
    Deprivation2019,
)
"""All that the comparisons are made from: one delivery of a simulated region."""

ZONE = "Europe/London"
ELECTIVE, FIRST = ("11", "12", "13"), ("1", "3")
SYSTEM, IDENTIFIER = PersonIdentity.id_system, PersonIdentity.source_id

Frames = Mapping[type[Table], DataFrame]


@dataclass(frozen=True, eq=False)
class Found:
    """The tables of a region, with what was planted in it."""

    frames: Frames
    planted: Planted

    @property
    def people(self) -> DataFrame:
        """Return the true people."""
        return self.frames[TruthPerson]

    @property
    def first(self) -> date:
        """Return the first date of the records."""
        return self.planted.day("first_date")

    @property
    def last(self) -> date:
        """Return the last date of the records."""
        return self.planted.day("last_date")

    def of(self, kind: str) -> DataFrame:
        """Return the accepted rows of a kind of record with the true person_number, of whom no link tells."""
        return self.frames[RECORDS[kind]].join(self.frames[TruthIdentity], on=[SYSTEM, IDENTIFIER], how="inner")


def compare_region(frames: Frames) -> Iterator[Comparison]:
    """Yield every comparison of what was planted with what the records hold; `frames` has all of TABLES."""
    found = Found(frames, Planted.of(frames[Truth]))
    yield from _people(found)
    yield from _links(found)
    yield from _conditions(found)
    yield from _care(found)
    yield from _appointments(found)
    rejected = {kind: (table, frames[table.rejected()]) for kind, table in RECORDS.items()}
    yield from compare_bad_rows(bad_row_totals(frames[TruthBadRow], rejected_rows(rejected)))


def _people(found: Found) -> Iterator[Comparison]:
    counted = people_by_quintile(
        found.people,
        found.of("person").where(F.col(SYSTEM) == PRIMARY),
        found.of("residence"),
        registrations=found.of("registration_period"),
        days=days_of_moves(F.lit(found.first), F.lit(found.last)),
    )
    yield from compare_people(counted, found.planted)


def _links(found: Found) -> Iterator[Comparison]:
    identities = found.frames[PersonIdentity]
    totals = linked_totals(found.frames[IdentityLink], identities, found.frames[TruthIdentity])
    yield from compare_links(totals, found.planted)
    kinds = ("appointment", "admission", "emergency_attendance", "clinic_event")
    kept = records_kept(identities, [(kind, found.frames[RECORDS[kind]]) for kind in kinds])
    yield from compare_kept(kept, found.planted)


def _conditions(found: Found) -> Iterator[Comparison]:
    graph = Graph.of(found.planted)
    classes = condition_classes(
        found.of("diagnosis"), found.people, found.frames[ConditionCode], graph=graph, last_day=F.lit(found.last)
    )
    yield from compare_conditions(classes, graph, found.planted)


def _care(found: Found) -> Iterator[Comparison]:
    frames = found.frames
    lived = homes(
        found.of("residence"), found.people, postcodes=frames[Postcode], deprivation=frames[Deprivation2019]
    ).persist()
    time = person_time(lived, first=found.first, last=found.last)
    yield compare_deaths(_deaths(found), time, found.planted)
    yield from compare_rates(events_by_quintile(_events(found), lived), time, found.planted)
    yield from compare_measurements(measurements(found.of("observation"), lived), found.planted)
    lived.unpersist()


def _deaths(found: Found) -> float:
    died = F.col(records.SourcePerson.death_date).between(F.lit(found.first), F.lit(found.last))
    return float(found.of("person").where((F.col(SYSTEM) == PRIMARY) & died).count())


def _events(found: Found) -> DataFrame:
    a, e = records.Admission, records.EmergencyAttendance
    is_first = F.col(records.Appointment.first_attendance_code).isin(*FIRST)
    how = F.when(F.col(a.admission_method_code).isin(*ELECTIVE), "elective_admissions")
    parts = (
        _kind(found.of("admission"), F.col(a.admission_date), how.otherwise("emergency_admissions")),
        _kind(found.of("emergency_attendance"), _local_day(e.arrival_datetime), F.lit("emergency_attendances")),
        _kind(_dated(found.of("appointment")).where(is_first), F.col("day"), F.lit("first_attendances")),
    )
    return reduce(DataFrame.unionByName, parts).where(F.col("day") <= F.lit(found.last))


def _kind(frame: DataFrame, day: Column, kind: Column) -> DataFrame:
    return frame.select(NUMBER, day.alias("day"), kind.alias("kind"))


def _appointments(found: Found) -> Iterator[Comparison]:
    truth, planted = found.frames[TruthAppointment], found.planted
    dated = _dated(found.frames[RECORDS["appointment"]])
    days = int(planted.number("care.non_attendance.drift_days"))
    yield from compare_outcomes(outcomes(dated, truth, found.people, last=found.last, drift_days=days), planted)
    yield compare_observable(observable_totals(dated, truth))


def _dated(appointments: DataFrame) -> DataFrame:
    return appointments.withColumn("day", _local_day(records.Appointment.appointment_datetime))


def _local_day(time: str) -> Column:
    return F.to_date(F.from_utc_timestamp(F.col(time), ZONE))
