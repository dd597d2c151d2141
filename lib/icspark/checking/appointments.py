"""Outcomes of appointments held against the true chance of each, and how many are cancelled or late."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np
import pandas as pd
import scipy
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from icspark.checking.comparisons import SHARE, Comparison, scaled
from icspark.checking.limits import Floats, normal_limits, sum_limits
from icspark.checking.people import NUMBER, QUINTILE, share_of
from icspark.checking.planted import QUINTILES, Planted
from icspark.tables.records import Appointment
from icspark.tables.truth import TruthAppointment

CODE, CHANCE = Appointment.attended_or_did_not_attend_code, TruthAppointment.non_attendance_probability
MISSED, SEEN = ("3", "7"), ("5", "6")
BINS = 20
"""Bins of the true chance per unit of its log odds."""

TENTHS = 10


def outcomes(
    appointments: DataFrame, truth: DataFrame, people: DataFrame, *, last: date, drift_days: int
) -> pd.DataFrame:
    """Return appointments held by the last date by code, quintile of the last home, drift and bin of the true chance.

    `appointments` are rows of the source with the local date `day`; `chance` is the sum of the true chances, null for
    those that have none (cancelled). At most some thousand rows.
    """
    held = appointments.where(~F.col(Appointment.is_after_death) & (F.col("day") <= F.lit(last)))
    known = held.join(truth.select(TruthAppointment.appointment_id, NUMBER, CHANCE), on="appointment_id", how="left")
    placed = known.join(people.select(NUMBER, QUINTILE), on=NUMBER, how="left")
    odds = F.ln(F.col(CHANCE) / (1 - F.col(CHANCE)))
    key = [
        F.col(CODE).alias("code"),
        F.col(QUINTILE).alias("quintile"),
        (F.col("day") > F.date_sub(F.lit(last), drift_days)).alias("is_drift"),
        F.round(odds * BINS).cast("int").alias("bin"),
    ]
    sums = [F.count(F.lit(1)).alias("n"), F.sum(CHANCE).alias("chance")]
    frame: pd.DataFrame = placed.groupBy(*key).agg(*sums).toPandas()
    return frame


def observable_totals(appointments: DataFrame, truth: DataFrame) -> dict[str, float]:
    """Return how outcomes differ from the chance that can be known at booking: totals, and its variance over people."""
    missed = F.col(CODE).isin(*MISSED).cast("double")
    known = F.col(TruthAppointment.observable_at_booking_probability)
    held = appointments.where(F.col(CODE).isin(*MISSED, *SEEN)).join(truth, on="appointment_id", how="inner")
    each = held.groupBy(NUMBER).agg(
        F.sum(missed - known).alias("gap"), F.sum(known).alias("known"), F.count(F.lit(1)).alias("n")
    )
    row = each.agg(
        *[F.sum(name).alias(name) for name in ("gap", "known", "n")], F.sum(F.col("gap") ** 2).alias("square")
    )
    return {str(name): float(value or 0) for name, value in row.toPandas().iloc[0].items()}


def compare_outcomes(found: pd.DataFrame, planted: Planted) -> Iterator[Comparison]:
    """Yield non-attendance whole, by quintile and by tenth of the true chance, its slope, the drift, other codes."""
    due = _due(found)
    whole = "appointments not attended (codes 3 and 7), of those held; planted: mean of the true chances"
    yield _non_attendance("", due, whole)
    for quintile in QUINTILES:
        yield _non_attendance(f"imd|{quintile}", due[due["quintile"] == quintile], f"{whole}, by quintile of the home")
    for tenth, rows in due.groupby(_tenth(due)):
        yield _non_attendance(f"tenth|{tenth}", rows, f"{whole}, by tenth of them")
    yield _slope(due)
    yield _drift(due[due["is_drift"]], planted.number("care.non_attendance.drift_ratio"))
    yield from _codes({str(code): float(n) for code, n in found.groupby("code")["n"].sum().items()}, planted)


def _due(found: pd.DataFrame) -> pd.DataFrame:
    held = found[found["code"].isin([*MISSED, *SEEN]) & found["bin"].notna()]
    key = ["quintile", "is_drift", "bin"]
    missed = held["n"].where(held["code"].isin(MISSED), 0)
    return held.assign(missed=missed).groupby(key, as_index=False)[["n", "chance", "missed"]].sum()


def _tenth(due: pd.DataFrame) -> pd.Series[int]:
    by_bin = due.groupby("bin")["n"].sum().sort_index()
    middle = (by_bin.cumsum() - by_bin / 2) / max(by_bin.sum(), 1)
    return due["bin"].map((np.floor(middle * TENTHS) + 1).astype(int))


def _chances(rows: pd.DataFrame) -> tuple[Floats, Floats]:
    number = rows["n"].to_numpy(dtype=np.float64)
    return number, rows["chance"].to_numpy(dtype=np.float64) / number


def _non_attendance(subject: str, rows: pd.DataFrame, meaning: str) -> Comparison:
    total = float(rows["n"].sum())
    if not total:
        return Comparison("non_attendances_share", subject, None, None, SHARE, meaning)
    planted, missed = float(rows["chance"].sum()) / total, float(rows["missed"].sum()) / total
    number, chances = _chances(rows)
    return Comparison(
        "non_attendances_share",
        subject,
        planted,
        missed,
        SHARE,
        meaning,
        lambda alpha: scaled(sum_limits(number, chances, alpha), total),
    )


def _slope(due: pd.DataFrame) -> Comparison:
    """Compare the slope of outcomes on the log odds of the true chance: one step from 1, by score and information."""
    meaning = "slope of outcomes on the log odds of the true chance, the intercept free; 1 where chances are true"
    number, chances = _chances(due)
    odds, weight = scipy.special.logit(chances), number * chances * (1 - chances)
    if not weight.sum():
        return Comparison("calibration_slope", "", 1.0, None, "slope", meaning)
    apart = odds - weight @ odds / weight.sum()
    information = float(weight @ apart**2)
    score = float((due["missed"].to_numpy(dtype=np.float64) - number * chances) @ apart)
    error = information**-0.5
    return Comparison(
        "calibration_slope", "", 1.0, 1 + score / information, "slope", meaning, lambda a: normal_limits(1.0, error, a)
    )


def _drift(rows: pd.DataFrame, ratio: float) -> Comparison:
    meaning = "not attended over what the chances before the drift expect, in the last days of the period"
    expected = float(rows["chance"].sum()) / ratio
    if not expected:
        return Comparison("drift_ratio", "", ratio, None, "ratio", meaning)
    number, chances = _chances(rows)
    found = float(rows["missed"].sum()) / expected
    return Comparison(
        "drift_ratio", "", ratio, found, "ratio", meaning, lambda a: scaled(sum_limits(number, chances, a), expected)
    )


def _codes(counts: dict[str, float], planted: Planted) -> Iterator[Comparison]:
    def of(*codes: str) -> float:
        return float(sum(counts.get(code, 0) for code in codes))

    every = of(*MISSED, *SEEN, "2", "4")
    shares = {
        "cancelled_by_patient": (
            of("2"),
            every,
            "appointments cancelled by the patient, of those before the last date",
        ),
        "cancelled_by_provider": (of("4"), every, "appointments cancelled by the provider, likewise"),
        "late_not_seen": (of("7"), of(*MISSED), "code 7 among the not attended"),
        "late_but_seen": (of("6"), of(*SEEN), "code 6 among the attended"),
    }
    for name, (events, trials, meaning) in shares.items():
        share = planted.number(f"care.appointments.{name}")
        yield share_of(f"{name}_share", "", share, counts=(events, trials), meaning=meaning)


def compare_observable(totals: dict[str, float]) -> Comparison:
    """Return outcomes against the chance that can be known at booking, with the variance between people."""
    number, known = totals["n"], totals["known"]
    meaning = "not attended, against the mean chance given what is observable at booking; by clusters of persons"
    if not number:
        return Comparison("observable_at_booking", "", None, None, SHARE, meaning)
    planted, error = known / number, totals["square"] ** 0.5 / number
    found = (known + totals["gap"]) / number
    limits = (lambda alpha: normal_limits(planted, error, alpha)) if error else None
    return Comparison("observable_at_booking", "", planted, found, SHARE, meaning, limits)
