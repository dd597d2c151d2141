"""The chance of not attending to one who cannot see the personal effect: integrated over its posterior.

With outcomes y_j of the same person known by a point in time, and g the normal density of the effect,

    P(y = 1) = integral of p(u) g(u) prod_j p_j(u)^y_j (1 - p_j(u))^(1 - y_j) du / the same without p(u)

by Gauss-Hermite quadrature at fixed nodes of the prior. A covariate that the extract lacks is a further sum: over the
quintile of an unknown home (of all appointments of the person alike), over the need of an interpreter.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from icspark.simulation.care_config import NonAttendanceConfig
from icspark.simulation.care_people import Flags, Floats, People, Whole
from icspark.simulation.non_attendance import Booked, LogOdds, history, runs

DAYS_BEFORE = (14, 7, 2)
"""Days before the appointment at which the chance is also given, beside the moment of booking."""

MINUTES = 1440
_DAYS = 1 << 22


@dataclass(frozen=True)
class Point:
    """A point of the integration: what it adds to the log odds of one who lacks something, and its prior weight."""

    weight: float
    effect: float
    home: float | None = None
    interpreter: float | None = None

    def added_to(self, odds: LogOdds) -> Floats:
        """Return the log odds at this point."""
        home = odds.home if self.home is None else self.home
        interpreter = odds.interpreter if self.interpreter is None else self.interpreter
        return odds.seen + home + interpreter + self.effect


def points(config: NonAttendanceConfig, *, is_home_known: bool = True, is_need_known: bool = True) -> list[Point]:
    """Return the points over the personal effect and over what is not known; their weights add up to 1."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(config.nodes)
    effects = [(float(w), config.effect_standard_deviation * float(x)) for x, w in zip(nodes, weights, strict=True)]
    shares = config.unknown_home_weights
    homes = [(1.0, None)] if is_home_known else list(zip(shares, config.imd_quintile_log_odds, strict=True))
    need = config.unknown_interpreter_share
    needs = [(1.0, None)] if is_need_known else [(need, config.interpreter_log_odds), (1 - need, 0.0)]
    total = sum(w for w, _ in effects) * sum(w for w, _ in homes)
    return [
        Point(of_effect * of_home * of_need / total, effect, home, interpreter)
        for of_effect, effect in effects
        for of_home, home in homes
        for of_need, interpreter in needs
    ]


def known_by(booked: Booked) -> dict[str, tuple[Whole, Flags]]:
    """Return, by name of the point in time, (day, is booked by then); on it, the outcomes of earlier days are known."""
    at_booking = (booked.booked_day, np.ones(booked.size, dtype=bool))
    before = {}
    for days in DAYS_BEFORE:
        ahead = (booked.day - days - booked.booked_day) * MINUTES + booked.minute - booked.booked_minute
        before[f"{days}_days_before"] = (booked.day - days, ahead >= 0)
    return {"at_booking": at_booking, **before}


def observable_chances(
    booked: Booked, odds: LogOdds, is_missed: Flags, *, days: Sequence[Whole], of: Sequence[Point]
) -> list[Floats]:
    """Return, for each array of `days`, the chance of every appointment given the outcomes of earlier days.

    `odds` have the history in `seen`. The entries of a person stand together.
    """
    known = _Outcomes.of(booked, is_missed)
    where = [known.last_before(booked.person, day) for day in days]
    above, below = [np.zeros(booked.size) for _ in days], [np.zeros(booked.size) for _ in days]
    for point in of:
        chance = booked.drift * scipy.special.expit(point.added_to(odds))
        likelihood = known.likelihood(chance)
        for index, place in enumerate(where):
            weight = point.weight * likelihood[place]
            above[index] += weight * chance
            below[index] += weight
    return [over / under for over, under in zip(above, below, strict=True)]


def groups(people: People, config: NonAttendanceConfig) -> Iterator[tuple[Flags, list[Point]]]:
    """Yield (people, points) of each kind of knowledge: which people it is, and what has to be integrated over."""
    for is_home_known in (True, False):
        for is_need_known in (True, False):
            those = (people.is_home_known == is_home_known) & (people.is_interpreter_need_known == is_need_known)
            if those.any():
                yield those, points(config, is_home_known=is_home_known, is_need_known=is_need_known)


def with_history(odds: LogOdds, previous: Whole, config: NonAttendanceConfig) -> LogOdds:
    """Return the log odds with the history, which every extract shows."""
    return LogOdds(odds.seen + history(previous, config), odds.home, odds.interpreter)


@dataclass(frozen=True, eq=False)
class _Outcomes:
    """The outcomes in order of person and day; position 0 of `likelihood` is that of no outcome at all."""

    order: Whole
    person: Whole
    key: Whole
    is_missed: Flags
    starts: Whole
    counts: Whole

    @classmethod
    def of(cls, booked: Booked, is_missed: Flags) -> _Outcomes:
        """Return the outcomes of the appointments that were held."""
        held = np.flatnonzero(booked.is_held)
        order = held[np.lexsort((booked.minute[held], booked.day[held], booked.person[held]))]
        person = booked.person[order]
        starts, counts = runs(person)
        return cls(order, person, person * _DAYS + booked.day[order], is_missed[order], starts, counts)

    def last_before(self, person: Whole, day: Whole) -> Whole:
        """Return the position in `likelihood` of the person's last outcome before a day; 0 where there is none."""
        place = np.searchsorted(self.key, person * _DAYS + day, side="left")
        owner = np.append(-1, self.person)[place]
        return np.where(owner == person, place, 0)

    def likelihood(self, chance: Floats) -> Floats:
        """Return the likelihood of each person's outcomes up to each, one after the other, and 1 at position 0."""
        own = np.where(self.is_missed, chance[self.order], 1 - chance[self.order])
        for nth in range(1, int(self.counts.max(initial=0))):
            now = self.starts[self.counts > nth] + nth
            own[now] *= own[now - 1]
        return np.append(1.0, own)
