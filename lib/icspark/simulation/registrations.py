"""Where people are registered: practices by distance and capacity, followed with a delay when they move."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from icspark.simulation.draws import Draws, Floats, Whole
from icspark.simulation.homes import Addresses, Homes, Place
from icspark.simulation.lives import NEVER, Lives
from icspark.simulation.people_config import PeopleConfig
from icspark.simulation.period import DAYS_PER_YEAR, Period

BALANCING_ROUNDS = 100
BABY_DAYS = 20.0
"""Mean days from a birth to the first registration."""


@dataclass(frozen=True, eq=False)
class Practices:
    """Practice codes, and for each area the cumulative chance of each practice (one area after the other)."""

    code: NDArray[Any]
    cumulative: Floats

    @classmethod
    def of(cls, place: Place, addresses: Addresses, config: PeopleConfig) -> Practices:
        """Return the practices of a place with the chance that a resident of an area is registered there.

        The chance is exp(-distance / scale) from the middle of the area times a pull of the practice; the pulls are
        balanced so that expected lists are in proportion to `list_weight` (iterative proportional fitting).
        """
        rows = place.practices.sort_values("practice_code")
        away = _distances(addresses, rows[["easting", "northing"]].to_numpy(dtype=np.float64))
        # From the nearest practice on, so that the chance does not vanish where all are far.
        nearness = np.exp(-(away - away.min(axis=1, keepdims=True)) / config.practice_distance_metres)
        chance = _balanced(nearness, addresses.area_people, rows["list_weight"].to_numpy(dtype=np.float64))
        return cls(rows["practice_code"].to_numpy(dtype=object), np.cumsum(chance.ravel()))

    def drawn(self, draws: Draws, area: Whole) -> Whole:
        """Return the index of a practice for a resident of each area."""
        count = len(self.code)
        return draws.within("practice", self.cumulative, area * count, (area + 1) * count) - area * count


@dataclass(frozen=True, eq=False)
class Registrations:
    """The registrations of a batch of people, one entry a registration, in order of person and time."""

    person: Whole
    practice: Whole
    since: Whole
    until: Whole


def first_registered(lives: Lives, config: PeopleConfig, period: Period) -> Whole:
    """Return the day of each person's first registration; NEVER where none comes before death or the last date."""
    years = lives.draws.exponential("years registered", config.registration_years)
    before = period.first_day - np.floor(years * DAYS_PER_YEAR).astype(np.int64)
    baby = lives.birth + np.floor(lives.draws.exponential("days to the first registration", BABY_DAYS)).astype(np.int64)
    day = np.where(before > lives.birth, before, baby)
    return np.where(day < lives.end, day, NEVER)


def registrations_of(
    lives: Lives, homes: Homes, practices: Practices, *, addresses: Addresses, config: PeopleConfig, period: Period
) -> Registrations:
    """Return where each person of a batch is registered: at one practice at a time, but for duplicates.

    A move leads to another registration after a delay, where the practice drawn for the new area is another one and
    the person has not moved again or died by then. A death ends a registration on its day.
    """
    events = lives.draws.at(homes.person).also(homes.nth)
    drawn = practices.drawn(events, addresses.area[homes.address])
    delay = np.floor(events.exponential("days to registration", config.registration_delay_days)).astype(np.int64)
    day = np.where(homes.nth == 0, first_registered(lives, config, period)[homes.person], homes.since + 1 + delay)
    current, since = np.full(len(lives.number), -1), np.full(len(lives.number), -NEVER)
    happens = np.zeros(len(day), dtype=np.bool_)
    for step in range(int(homes.nth.max(initial=-1)) + 1):
        now = np.flatnonzero(homes.nth == step)
        who = homes.person[now]
        if step == 0:
            happens[now] = day[now] < NEVER
        else:
            in_time = day[now] < np.minimum(homes.until[now], lives.end[who])
            happens[now] = in_time & (current[who] >= 0) & (drawn[now] != current[who]) & (day[now] > since[who])
        moved = now[happens[now]]
        current[homes.person[moved]], since[homes.person[moved]] = drawn[moved], day[moved]
    person, practice, day = homes.person[happens], drawn[happens], day[happens]
    is_last = np.append(person[1:] != person[:-1], True)[: len(person)]
    until = np.where(is_last, lives.death[person], np.append(day[1:], NEVER)[: len(day)])
    found = Registrations(person, practice, day, until)
    return _with_duplicates(found, lives, config, practices_count=len(practices.code))


def _with_duplicates(
    found: Registrations, lives: Lives, config: PeopleConfig, *, practices_count: int
) -> Registrations:
    """Return the registrations with a second one, at the same time as the last, for some people."""
    last = np.flatnonzero(np.append(found.person[1:] != found.person[:-1], True)[: len(found.person)])
    person = found.person[last]
    draws = lives.draws.at(person)
    days = lives.end[person] - found.since[last] - 1
    is_twice = draws.happens("duplicate registration", config.duplicate_registration_share) & (days > 0)
    last, person, draws, days = last[is_twice], person[is_twice], draws.at(is_twice), days[is_twice]
    step = 1 + draws.whole("duplicate practice", practices_count - 1)
    both = Registrations(
        np.append(found.person, person),
        np.append(found.practice, (found.practice[last] + step) % practices_count),
        np.append(found.since, found.since[last] + 1 + draws.whole("duplicate day", days)),
        np.append(found.until, found.until[last]),
    )
    order = np.lexsort((both.since, both.person))
    return Registrations(both.person[order], both.practice[order], both.since[order], both.until[order])


def _distances(addresses: Addresses, practices: Floats) -> Floats:
    size = np.bincount(addresses.area)
    east = np.bincount(addresses.area, addresses.easting) / size
    north = np.bincount(addresses.area, addresses.northing) / size
    found: Floats = np.hypot(east[:, None] - practices[:, 0], north[:, None] - practices[:, 1])
    return found


def _balanced(nearness: Floats, people: Floats, list_weight: Floats) -> Floats:
    wanted = people.sum() * list_weight / list_weight.sum()
    pull = np.ones(len(list_weight))
    for _ in range(BALANCING_ROUNDS):
        chance = nearness * pull
        chance /= chance.sum(axis=1, keepdims=True)
        pull *= wanted / (people @ chance)
    chance = nearness * pull
    found: Floats = chance / chance.sum(axis=1, keepdims=True)
    return found
