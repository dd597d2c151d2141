"""The prediction point of an appointment, and from when on something that happened counts as known.

One rule holds for everything: what happens on a local day is known from the midnight that ends it, and counts at a
point only if that midnight is before the point. So all that is known at a point is known on its as-of day, the last
local day that had begun before it, and every comparison is one of whole days. docs/decisions/non-attendance-features.md
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from icspark.tables.codes import CANCELLED, HELD
from icspark.tables.dna import DnaFeature
from icspark.tables.records import Appointment

AS_OF_DAY = "_as_of_day"
"""Last local day that had begun before the prediction point, as a date."""


@dataclass(frozen=True)
class FeatureRules:
    """When the prediction point is, what counts as not attended, and how far history goes back.

    `prior_appointments` is the number of appointments at the region's rate that a person's own history is mixed with.
    """

    point: Literal["at_booking", "days_before"] = "days_before"
    days_before: int = 7
    look_back_days: int = 730
    dna_codes: tuple[str, ...] = ("3",)
    prior_appointments: float = 10.0
    as_of: datetime | None = None
    zone: str = "Europe/London"


def local_day(instant: str, zone: str) -> Column:
    """Return the local date of an instant in UTC."""
    return F.from_utc_timestamp(F.col(instant), zone).cast("date")


def known_from_day(happened: Column) -> Column:
    """Return the number (days since 1970) of the first local day on which what happened on a date is known."""
    return F.unix_date(F.date_add(happened, 1))


def with_points(appointments: DataFrame, rules: FeatureRules) -> DataFrame:
    """Add `prediction_datetime`, `is_point_at_booking` and the as-of day. Grain: as before.

    The point is the booking, or so many local days before the appointment at the same time of the day; where it was
    booked later than that, its booking. Where the booking is not known, the days before hold in either case. A point
    after `as_of` is taken there: nothing later is in the records.
    """
    booked = F.col(Appointment.appointment_booked_datetime)
    latest = _days_before(rules)
    point = F.coalesce(booked, latest) if rules.point == "at_booking" else F.greatest(booked, latest)
    return appointments.withColumn(DnaFeature.prediction_datetime, point).withColumns(
        {
            DnaFeature.is_point_at_booking: F.coalesce(F.col(DnaFeature.prediction_datetime) == booked, F.lit(False)),
            AS_OF_DAY: as_of_day(DnaFeature.prediction_datetime, rules.zone),
        }
    )


def _days_before(rules: FeatureRules) -> Column:
    clock = F.from_utc_timestamp(F.col(Appointment.appointment_datetime), rules.zone)
    before = F.to_utc_timestamp(clock - F.make_dt_interval(F.lit(rules.days_before)), rules.zone)
    return before if rules.as_of is None else F.least(before, F.lit(rules.as_of))


def as_of_day(point: str, zone: str) -> Column:
    """Return the last local day that had begun before an instant: at the stroke of midnight, the day before."""
    clock = F.from_utc_timestamp(F.col(point), zone)
    is_midnight = clock == F.date_trunc("day", clock)
    return F.date_sub(clock.cast("date"), F.when(is_midnight, 1).otherwise(0))


def is_dna(rules: FeatureRules) -> Column:
    """Return whether an appointment was not attended; null where there is no outcome."""
    code = F.col(Appointment.attended_or_did_not_attend_code)
    return F.when(code.isin(*HELD), code.isin(*rules.dna_codes))


def tally(points: DataFrame, rules: FeatureRules) -> dict[str, int]:
    """Return how many appointments of a frame with points are cancelled, to come, after a death, and so on."""
    code, booked = F.col(Appointment.attended_or_did_not_attend_code), F.col(Appointment.appointment_booked_datetime)
    stays = ~code.isin(*CANCELLED)
    at_as_of = F.lit(False) if rules.as_of is None else F.col(DnaFeature.prediction_datetime) == F.lit(rules.as_of)
    counted = {
        "cancelled_by_patient": code == "2",
        "cancelled_by_provider": code == "4",
        "to_come": code == "0",
        "after_death": stays & F.col(Appointment.is_after_death),
        "booking_not_known": stays & booked.isNull(),
        "point_at_booking": stays & F.col(DnaFeature.is_point_at_booking),
        "point_at_as_of": stays & at_as_of,
    }
    numbers = points.agg(*[F.count_if(condition).alias(name) for name, condition in counted.items()]).first()
    return {} if numbers is None else numbers.asDict()
