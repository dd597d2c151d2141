"""The proof that features know nothing of later: another future is put into the inputs, and no earlier row may move.

For a cut T all that was known only after it is changed or taken away in the inputs: outcomes become others, bookings,
events, diagnoses and deaths vanish, addresses begun after T too, what ends after T is open-ended, and extra features
known from T on become others, or nobody's. Features are made again by the very same function; a row whose point is at
or before T must stay as it was, in every column but the outcome itself, the region's rates that shrink its history
included.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from icspark.dna.features import Inputs
from icspark.dna.points import local_day
from icspark.errors import QualityError
from icspark.tables.activity import PersonArea
from icspark.tables.dna import DnaFeature, DnaLeakAudit, ExtraFeature
from icspark.tables.morbidity import ConditionCase
from icspark.tables.records import Admission, Appointment, EmergencyAttendance, Person, Residence

OUTCOME = (DnaFeature.is_dna, DnaFeature.is_after_death)
"""What a row is held against, no feature: it is known later, and that it changes is the point."""

CLOCK_OF_CUTS = (time(10, 15), time(0), time(12, 30), time(15, 5))
"""Local times of the day of cuts, in turn: within a clinic day, and at its midnight."""

_PARTS = 10_000
_LATER, _COMPARED = "_later_", "_compared"


@dataclass(frozen=True)
class Cut:
    """A moment, and the zone in which it belongs to a day."""

    moment: datetime
    zone: str

    @property
    def day(self) -> date:
        """Return the first local day of which nothing is known yet: the midnight that ends it is not before the cut."""
        local = self.moment.astimezone(ZoneInfo(self.zone))
        return local.date() - timedelta(days=local.time() == time(0))

    def is_past(self, happened: Column) -> Column:
        """Return whether what happened on a local date was known before the cut; null stays null."""
        return happened < F.lit(self.day)

    def has_begun(self, start: Column) -> Column:
        """Return whether a local date had begun before the cut; null stays null."""
        return start <= F.lit(self.day)


@dataclass(frozen=True)
class Audit:
    """What is audited: the cuts, the share of whole persons that are compared, and the version of dna_feature."""

    cuts: Sequence[Cut]
    feature_version: int
    share: float = 1.0


def cut_times(first: datetime, last: datetime, *, count: int, zone: str) -> list[datetime]:
    """Return so many moments from `first` to `last`, evenly spread over days, most within a clinic day (Mon to Fri)."""
    step = (last - first) / (count + 1)
    cuts = []
    for number in range(count):
        day = (first + (number + 1) * step).astimezone(ZoneInfo(zone)).date()
        weekday = day - timedelta(days=max(0, day.weekday() - 4))
        clock = CLOCK_OF_CUTS[number % len(CLOCK_OF_CUTS)]
        cuts.append(datetime.combine(weekday, clock, ZoneInfo(zone)).astimezone(UTC))
    return cuts


def span_of_points(features: DataFrame) -> tuple[datetime, datetime]:
    """Return the first and the last prediction point of an appointment that has an outcome, in UTC.

    Raises QualityError where there is none.
    """
    point = F.unix_micros(DnaFeature.prediction_datetime)
    held = features.where(F.col(DnaFeature.is_dna).isNotNull())
    first, last = held.agg(F.min(point), F.max(point)).take(1)[0]
    if first is None:
        raise QualityError(
            "no appointment has an outcome, so no cut can be audited",
            where=DnaFeature.name(),
            mend="give records that hold outcomes, then run dna_features again",
        )
    begin = datetime(1970, 1, 1, tzinfo=UTC)
    return begin + timedelta(microseconds=first), begin + timedelta(microseconds=last)


def with_another_future(inputs: Inputs, cut: Cut) -> Inputs:
    """Return the inputs as they would be had all gone another way after the cut. What has no date stays as it is."""
    arrived = local_day(EmergencyAttendance.arrival_datetime, cut.zone)
    cases, extra = inputs.cases, inputs.extra
    return replace(
        inputs,
        appointments=_other_appointments(inputs.appointments, cut),
        people=_other_people(inputs.people, cut),
        areas=_other_intervals(inputs.areas, cut),
        residences=_other_intervals(inputs.residences, cut),
        admissions=inputs.admissions.where(cut.is_past(F.col(Admission.admission_date))),
        emergency_attendances=inputs.emergency_attendances.where(cut.is_past(arrived)),
        cases=None if cases is None else cases.where(cut.is_past(F.col(ConditionCase.first_date))),
        extra=None if extra is None else _other_extra_features(extra, cut),
    )


def _other_appointments(appointments: DataFrame, cut: Cut) -> DataFrame:
    """Leave out what was booked after the cut; a later outcome becomes another or none, and tells of no death.

    An appointment whose booking is not known stays.
    """
    booked, code = F.col(Appointment.appointment_booked_datetime), Appointment.attended_or_did_not_attend_code
    is_known = cut.is_past(local_day(Appointment.appointment_datetime, cut.zone))
    is_none = F.pmod(F.xxhash64(Appointment.appointment_id), F.lit(2)) == 0
    another = F.when(is_none, "0").when(F.col(code).isin("3", "7", "2", "4"), "5").otherwise("3")
    there = appointments.where(F.coalesce(booked <= F.lit(cut.moment), F.lit(True)))
    return there.withColumns(
        {
            code: F.when(is_known, F.col(code)).otherwise(another),
            Appointment.is_after_death: F.col(Appointment.is_after_death) & is_known,
        }
    )


def _other_people(people: DataFrame, cut: Cut) -> DataFrame:
    death, birth = F.col(Person.death_date), F.col(Person.birth_month)
    return people.withColumns(
        {Person.death_date: F.when(cut.is_past(death), death), Person.birth_month: F.when(cut.has_begun(birth), birth)}
    )


def _other_intervals(intervals: DataFrame, cut: Cut) -> DataFrame:
    end = F.col(Residence.to_date)
    begun = intervals.where(cut.has_begun(F.col(PersonArea.from_date)))
    return begun.withColumn(Residence.to_date, F.when(cut.has_begun(end), end))


def _other_extra_features(extra: DataFrame, cut: Cut) -> DataFrame:
    """Give what is known from the cut on another value, and half of it to nobody; the names of features stay."""
    person, value = F.col(ExtraFeature.person_id), F.col(ExtraFeature.value)
    is_later = F.col(ExtraFeature.known_from_datetime) >= F.lit(cut.moment)
    is_nobodys = is_later & (F.pmod(F.xxhash64(*ExtraFeature.key()), F.lit(2)) == 0)
    another = F.coalesce(value + 1, F.lit(0.0))
    return extra.withColumns(
        {
            ExtraFeature.value: F.when(is_later, another).otherwise(value),
            ExtraFeature.person_id: F.when(~is_nobodys, person),
        }
    )


def sampled(share: float) -> Column:
    """Return whether a person is in the sample: whole persons, by a hash of the pseudonym, to a ten-thousandth."""
    return F.pmod(F.xxhash64(Appointment.person_id), F.lit(_PARTS)) < round(share * _PARTS)


def changes(features: DataFrame, remade: DataFrame, cut: Cut) -> DataFrame:
    """Return one row: how many rows with a point at or before the cut are compared, and in how many each column moved.

    A row that is no longer there has moved in every column that is never null. Null equals null.
    """
    names = [name for name in features.columns if name not in OUTCOME]
    later = remade.select(*[F.col(name).alias(f"{_LATER}{name}") for name in names])
    same_row = F.col(DnaFeature.appointment_id) == F.col(f"{_LATER}{DnaFeature.appointment_id}")
    before = features.where(F.col(DnaFeature.prediction_datetime) <= F.lit(cut.moment))
    moved = [F.count_if(~F.col(name).eqNullSafe(F.col(f"{_LATER}{name}"))).alias(name) for name in names]
    return before.join(later, on=same_row, how="left").agg(F.count(F.lit(1)).alias(_COMPARED), *moved)


def audited(features: DataFrame, inputs: Inputs, build: Callable[[Inputs], DataFrame], audit: Audit) -> DataFrame:
    """Return the table dna_leak_audit: each cut and column of `features`, as `build` remakes it from another future.

    The filter of the sample is put on what `build` returns, and Spark moves it to where persons are read; the region's
    rates are still made from everybody. Each cut is a job of its own, of which one row comes back: in one plan they
    would be compiled all at once, into more code than Spark and Java keep.
    """
    is_in_sample = sampled(audit.share)
    compared, found = features.where(is_in_sample), []
    for cut in audit.cuts:
        remade = build(with_another_future(inputs, cut)).where(is_in_sample)
        numbers = changes(compared, remade, cut).take(1)[0].asDict()
        rows = numbers.pop(_COMPARED)
        found += [(cut.moment, name, audit.feature_version, rows, moved, moved > 0) for name, moved in numbers.items()]
    return features.sparkSession.createDataFrame(found, DnaLeakAudit.schema())
