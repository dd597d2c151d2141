"""What had happened to a person before a prediction point: events and points of a person in one line of time.

Events stand on the day from which they are known, points on their as-of day, and range windows over the days count
what a point may know. Appointments of one person meet once, sorted, and are never joined to each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial, reduce

from pyspark.sql import Column, DataFrame, Window, WindowSpec
from pyspark.sql import functions as F

from icspark.dna.points import AS_OF_DAY, FeatureRules, is_dna, known_from_day, local_day
from icspark.tables.codes import HELD
from icspark.tables.records import Appointment

DAY = "_day"
"""Number of the local day (since 1970) from which an event is known, or as of which a point knows."""

MISSED, LAST = "_is_missed", "_last"
"""Of an outcome: 1 where not attended, else 0; and what orders it among others."""

AREA, HOME = "_area", "_home"
"""States: the area and the address at which a person lives."""

ADMISSION, EMERGENCY, CONDITION = "_admission", "_emergency", "_condition"
"""Events that are only counted: 1 each."""

REGION_RATE = "_region_rate"
YEAR_DAYS = 365
_POINT = "_point"
_PERSON, _CODE = Appointment.person_id, Appointment.attended_or_did_not_attend_code


def outcomes(appointments: DataFrame, rules: FeatureRules) -> DataFrame:
    """Return one event per appointment of known outcome: person, day, `_is_missed` and `_last`.

    Outcomes are ordered by time, then by identifier. An appointment after a death has no outcome.
    """
    happened = local_day(Appointment.appointment_datetime, rules.zone)
    last = F.struct(
        F.col(Appointment.appointment_datetime).alias("at"),
        F.col(Appointment.appointment_id).alias("id"),
        F.col(_CODE).alias("code"),
        F.unix_date(happened).alias("day"),
    )
    held = appointments.where(F.col(_CODE).isin(*HELD) & ~F.col(Appointment.is_after_death))
    return held.select(
        _PERSON, known_from_day(happened).alias(DAY), is_dna(rules).cast("int").alias(MISSED), last.alias(LAST)
    )


def marks(events: DataFrame, happened: Column, name: str) -> DataFrame:
    """Return one event per row of a table of persons: person, day, and 1 under `name`."""
    return events.select(_PERSON, known_from_day(happened).alias(DAY), F.lit(1).alias(name))


def states(intervals: DataFrame, name: str, columns: Sequence[str]) -> DataFrame:
    """Return one event per interval, on its first day; `name` holds its ends and `columns`.

    Intervals (`from_date`, `to_date`) are half-open, and those of a person do not overlap.
    """
    start, end = F.unix_date("from_date"), F.unix_date("to_date")
    state = F.struct(start.alias("start"), end.alias("end"), *columns)
    return intervals.select(_PERSON, start.alias(DAY), state.alias(name))


def with_history(points: DataFrame, events: Sequence[DataFrame], rules: FeatureRules) -> DataFrame:
    """Return the points with what the events tell as of their days. Grain: as `points`; one shuffle, by person.

    Added: the counts of dna_feature (null where there are no events of the kind at all), `_last`, the last outcome
    within the look-back, and `_area` and `_home`, the states that hold. Null where there is none.
    """
    rest = [name for name in points.columns if name != _PERSON]
    held = points.select(_PERSON, F.unix_date(AS_OF_DAY).alias(DAY), F.struct(*rest).alias(_POINT))
    line = reduce(partial(DataFrame.unionByName, allowMissingColumns=True), events, held)
    own = Window.partitionBy(_PERSON).orderBy(DAY)
    ever = own.rangeBetween(Window.unboundedPreceding, Window.currentRow)
    told = line.select(
        _PERSON,  # beside the rest, so that a filter of persons goes through the windows
        _POINT,
        DAY,
        *_counts(line, own.rangeBetween(1 - rules.look_back_days, 0), own.rangeBetween(1 - YEAR_DAYS, 0), ever),
        *[F.max(name).over(ever).alias(name) for name in (LAST, AREA, HOME)],
    )
    is_recent = F.col(DAY) - F.col(f"{LAST}.day") <= rules.look_back_days
    still = {LAST: is_recent, AREA: _holds(AREA), HOME: _holds(HOME)}
    return told.where(F.col(_POINT).isNotNull()).select(
        _PERSON,
        f"{_POINT}.*",
        *[name for name in told.columns if name.endswith("_count")],
        *[F.when(condition, F.col(name)).alias(name) for name, condition in still.items()],
    )


def _counts(line: DataFrame, look_back: WindowSpec, year: WindowSpec, ever: WindowSpec) -> list[Column]:
    wanted = {
        "past_outcomes_count": (F.count, MISSED, look_back),
        "past_non_attendances_count": (F.sum, MISSED, look_back),
        "past_year_outcomes_count": (F.count, MISSED, year),
        "past_year_non_attendances_count": (F.sum, MISSED, year),
        "past_year_admissions_count": (F.count, ADMISSION, year),
        "past_year_emergency_attendances_count": (F.count, EMERGENCY, year),
        "conditions_count": (F.count, CONDITION, ever),
    }
    return [
        (F.coalesce(count(event).over(window), F.lit(0)) if event in line.columns else F.lit(None))
        .cast("double")
        .alias(feature)
        for feature, (count, event, window) in wanted.items()
    ]


def _holds(state: str) -> Column:
    end = F.col(f"{state}.end")
    return end.isNull() | (end > F.col(DAY))


def region_rates(points: DataFrame, outcomes: DataFrame, rules: FeatureRules) -> DataFrame:
    """Return, for each day that is the as-of day of a point, `_region_rate`: the share not attended in the look-back.

    Of all outcomes of the region that are known by then, the person's own among them. Null where there are none. One
    row a day, so its window needs no partitions.
    """
    known = outcomes.select(DAY, F.lit(1).alias("known"), MISSED)
    asked = points.select(F.unix_date(AS_OF_DAY).alias(DAY), F.lit(0).alias("known"), F.lit(0).alias(MISSED))
    by_day = known.unionByName(asked).groupBy(DAY).agg(F.sum("known").alias("known"), F.sum(MISSED).alias(MISSED))
    look_back = Window.orderBy(DAY).rangeBetween(1 - rules.look_back_days, 0)
    rate = F.try_divide(F.sum(MISSED).over(look_back), F.sum("known").over(look_back))
    return by_day.select(DAY, rate.alias(REGION_RATE))


def with_shrunk_share(rows: DataFrame, rates: DataFrame, rules: FeatureRules) -> DataFrame:
    """Add the person's share not attended, as if so many appointments more had been missed at the region's rate.

    (non-attendances + m x rate) / (outcomes + m), m the prior number: the mean of a beta posterior. Null while the
    region knows no outcome.
    """
    joined = rows.withColumn(DAY, F.unix_date(AS_OF_DAY)).join(F.broadcast(rates), on=DAY, how="left")
    prior = F.lit(rules.prior_appointments)
    missed = F.col("past_non_attendances_count") + prior * F.col(REGION_RATE)
    share = F.try_divide(missed, F.col("past_outcomes_count") + prior)
    return joined.withColumn("past_non_attendance_share", share)
