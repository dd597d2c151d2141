"""When events happen: candidates at a person's highest rate, thinned to the rate at each moment.

The rate is that of `ActivityRate`: it follows age, sex, the quintile of the home on the day, and the conditions of the
first date. A candidate's chance of being kept is its own rate over the highest (Lewis and Shedler 1979, Naval Research
Logistics 26, 403).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from icspark.simulation.care_config import ActivityRate
from icspark.simulation.care_people import Floats, People, Whole
from icspark.simulation.draws import Draws
from icspark.simulation.period import DAYS_PER_YEAR

OLDEST = 130


@dataclass(frozen=True, eq=False)
class Rates:
    """The yearly rate of an event for a batch of people; `quintile_of_area` holds 1 to 5 by position of the area."""

    people: People
    rate: ActivityRate
    quintile_of_area: Whole

    def at(self, person: Whole, day: Whole) -> Floats:
        """Return the rate per year of each person on a day: 0 before birth, after death, and outside the region."""
        age = np.clip(self.people.age(person, day), 0, OLDEST).astype(np.int64)
        quintile = self.quintile_of_area[self.people.homes.area_at(person, day)]
        by_quintile = np.array(self.rate.imd_quintile_rate_ratio)[quintile - 1]
        found: Floats = self._own()[person] * self._by_age()[age] * by_quintile * self.people.is_there(person, day)
        return found

    def highest(self, first_day: int, last_day: int) -> Floats:
        """Return a rate per year that no rate of each person from the first to the last day exceeds."""
        ratios = self._by_age()
        years = int((last_day - first_day) / DAYS_PER_YEAR) + 2
        ahead = np.max([np.append(ratios[k:], np.full(k, ratios[-1])) for k in range(years)], axis=0)
        age = np.clip((first_day - self.people.birth) / DAYS_PER_YEAR, 0, OLDEST).astype(np.int64)
        found: Floats = self._own() * ahead[age] * max(self.rate.imd_quintile_rate_ratio)
        return found

    def _own(self) -> Floats:
        more = self.rate.condition_rate_increase
        conditions = (1 + more * self.people.conditions_count) / (1 + more * self.people.conditions_mean)
        female = np.where(self.people.sex == 2, self.rate.female_rate_ratio, 1.0)
        return self.rate.per_person_year * female * conditions

    def _by_age(self) -> Floats:
        knots = self.rate.age_rate_ratio
        return np.interp(np.arange(OLDEST + 1), list(knots), list(knots.values()))


def events(rates: Rates, draws: Draws, *, first_day: int, last_day: int) -> tuple[Whole, Whole, Draws]:
    """Return (person, day, draws), one entry an event from the first to the last day, both included."""
    highest = rates.highest(first_day, last_day)
    days = last_day - first_day + 1
    person, _, drawn = draws.each(draws.poisson("candidates", highest * days / DAYS_PER_YEAR))
    day = first_day + drawn.whole("day", days)
    is_kept = drawn.uniform("thinned") * highest[person] < rates.at(person, day)
    return person[is_kept], day[is_kept], drawn.at(is_kept)
