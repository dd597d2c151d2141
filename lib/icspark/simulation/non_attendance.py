"""The chance of not attending: the planted model, its outcomes in order of booking, and the chance to one who observes.

    P(not attended) = d expit(a + t + b h + u)

t: the terms of the appointment and the person; h: own non-attendances known at booking, within the look-back; u: the
personal effect, normal; d: the drift, 1 before it starts. All but u is known at booking, so later outcomes tell only
about u (and about a covariate that an extract lacks), through its posterior. docs/decisions has the page.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy

from icspark.simulation.care_columns import Aligned
from icspark.simulation.care_config import NonAttendanceConfig
from icspark.simulation.care_people import Flags, Floats, People, Whole
from icspark.simulation.draws import Draws
from icspark.simulation.period import Period

USUAL_LEAD_DAYS = 31
MIDDLE_AGE, AGE_UNIT = 50, 20


@dataclass(frozen=True, eq=False)
class Booked(Aligned):
    """Appointments of a batch of people in order of person and booking: what their chance depends on.

    Days are numbers since 1970, minutes since local midnight; `medium` counts from 0 (face to face, telephone, video);
    `quintile` is that of the home at booking. `is_held` has an outcome, `is_due` has one or is yet to come; `drift` is
    the factor of the chance.
    """

    person: Whole
    booked_day: Whole
    booked_minute: Whole
    day: Whole
    minute: Whole
    medium: Whole
    site: Whole
    is_first: Flags
    quintile: Whole
    is_held: Flags
    is_due: Flags
    drift: Floats

    @property
    def size(self) -> int:
        """Return the number of appointments."""
        return len(self.person)


@dataclass(frozen=True, eq=False)
class LogOdds(Aligned):
    """Log odds but for history and the personal effect; what an extract may lack stands apart."""

    seen: Floats
    home: Floats
    interpreter: Floats

    @property
    def total(self) -> Floats:
        """Return the sum of the terms."""
        return self.seen + self.home + self.interpreter


def site_log_odds(config: NonAttendanceConfig, *, sites: int, seed: int) -> Floats:
    """Return the log odds of each of so many sites, normal around 0, from the seed."""
    return config.site_standard_deviation * Draws.of(seed, "site", np.arange(sites)).normal("non_attendance")


def log_odds(booked: Booked, people: People, config: NonAttendanceConfig, *, site: Floats) -> LogOdds:
    """Return the terms of each appointment; `site` holds the log odds by position of the site."""
    lead = np.log((1.0 + booked.day - booked.booked_day) / USUAL_LEAD_DAYS)
    age = people.age(booked.person, booked.day)
    weekday = (booked.day + 3) % 7 + 1
    mediums = np.array([0.0, config.telephone_log_odds, config.video_log_odds])
    seen: Floats = (
        config.intercept
        + config.lead_time_log_odds * lead
        + config.lead_time_by_age_log_odds * lead * (age - MIDDLE_AGE) / AGE_UNIT
        + _between(config.age_log_odds, age)
        + _between(config.weekday_log_odds, weekday)
        + _between(config.hour_log_odds, booked.minute / 60)
        + mediums[booked.medium]
        + site[booked.site]
        + config.first_attendance_log_odds * booked.is_first
    )
    return LogOdds(
        seen,
        np.array(config.imd_quintile_log_odds, dtype=np.float64)[booked.quintile - 1],
        config.interpreter_log_odds * people.is_interpreter_needed[booked.person].astype(np.float64),
    )


def drift(day: Whole, config: NonAttendanceConfig, period: Period) -> Floats:
    """Return the factor of the chance on each day: the drift ratio in the last `drift_days` and after, else 1."""
    return np.where(day > period.last_day - config.drift_days, config.drift_ratio, 1.0)


def outcomes(booked: Booked, odds: Floats, draws: Draws, *, config: NonAttendanceConfig) -> tuple[Flags, Whole]:
    """Return (is not attended, own non-attendances known at booking), drawn in order of booking within each person.

    `odds` are the log odds with the personal effect but without history; `draws` has one key an appointment. An outcome
    is known from the day after its appointment. The loop runs over the n-th appointment of all people at once.
    """
    chance = draws.uniform("not attended")
    is_missed = np.zeros(booked.size, dtype=bool)
    previous = np.zeros(booked.size, dtype=np.int64)
    starts, counts = runs(booked.person)
    for nth in range(int(counts.max(initial=0))):
        first = starts[counts > nth]
        now = first + nth
        for other in (first + earlier for earlier in range(nth)):
            since = booked.booked_day[now] - booked.day[other]
            previous[now] += is_missed[other] & (since > 0) & (since <= config.look_back_days)
        probability = booked.drift[now] * scipy.special.expit(odds[now] + history(previous[now], config))
        is_missed[now] = booked.is_held[now] & (chance[now] < probability)
    return is_missed, previous


def history(previous: Whole, config: NonAttendanceConfig) -> Floats:
    """Return the log odds of so many own non-attendances known at booking."""
    return config.previous_non_attendance_log_odds * np.minimum(previous, config.most_previous).astype(np.float64)


def _between(knots: dict[int, float], at: Floats | Whole) -> Floats:
    found: Floats = np.interp(at, list(knots), list(knots.values())).astype(np.float64)
    return found


def runs(person: Whole) -> tuple[Whole, Whole]:
    """Return where each person's run of entries starts and how long it is; entries of a person stand together."""
    starts = np.flatnonzero(np.append(True, person[1:] != person[:-1])) if len(person) else np.zeros(0, dtype=np.int64)
    return starts, np.diff(np.append(starts, len(person)))
