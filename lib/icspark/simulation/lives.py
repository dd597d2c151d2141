"""Who is born when, of which sex, and who dies: one row a person number, before any place or illness."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from icspark.simulation import england_2019
from icspark.simulation.batches import Columns
from icspark.simulation.draws import Draws, Floats, Whole
from icspark.simulation.people_config import PeopleConfig
from icspark.simulation.period import DAYS_PER_YEAR, Period
from icspark.simulation.planted import Row

NEVER = 1_000_000
"""A day number beyond all: of deaths and endings that do not happen within the period."""

TABLE = "person"


@dataclass(frozen=True, eq=False)
class Lives:
    """A batch of people as arrays, one entry a person; days are numbers since 1 January 1970.

    `begin` is the first day within the period on which the person lives, `end` the day after the last one.
    """

    draws: Draws
    number: Whole
    sex: Whole
    birth: Whole
    death: Whole
    begin: Whole
    end: Whole

    @classmethod
    def drawn(cls, number: Whole, config: PeopleConfig, period: Period) -> Lives:
        """Return the people with these numbers: age and sex as England's on the first date, and births since."""
        draws = Draws.of(period.seed, TABLE, number)
        sex, age = _sex_and_age(draws, period)
        birth = period.first_day - np.floor(age * DAYS_PER_YEAR).astype(np.int64)
        death = _deaths(draws, sex, np.maximum(birth, period.first_day), birth=birth, config=config)
        return cls._of(draws, number, sex, birth, death=np.where(death > period.last_day, NEVER, death), period=period)

    @classmethod
    def of(cls, columns: Columns, period: Period) -> Lives:
        """Return the people of a batch of rows that `simulate_people` made."""
        number = columns["person_number"].astype(np.int64)
        sex = (columns["sex_code"] == england_2019.SEX_CODES[england_2019.FEMALE]).astype(np.int64)
        death = columns["death_date"].astype("datetime64[D]")
        days = np.where(np.isnat(death), NEVER, death.astype(np.int64))
        birth = columns["birth_date"].astype("datetime64[D]").astype(np.int64)
        return cls._of(Draws.of(period.seed, TABLE, number), number, sex, birth, death=days, period=period)

    @classmethod
    def _of(cls, draws: Draws, number: Whole, sex: Whole, birth: Whole, *, death: Whole, period: Period) -> Lives:
        begin = np.maximum(birth, period.first_day)
        return cls(draws, number, sex, birth, death, begin, np.minimum(death, period.last_day + 1))


def expected_residents(period: Period, config: PeopleConfig) -> Floats:
    """Return the expected share of simulated people alive on the last date by sex (rows) and completed age (columns).

    The shares add up to less than 1 by those who have died. Integrated over 20 ages within each year of age.
    """
    years = (period.last_day - period.first_day) / DAYS_PER_YEAR
    weights = _weights(period)
    hazard = england_2019.cumulative_hazard(config.death_rate_multiplier)
    found = np.zeros((2, england_2019.OLDEST + int(years) + 2))
    for step in (np.arange(20) + 0.5) / 20:
        first = np.append(np.arange(england_2019.OLDEST) + step, -step * years)
        last = first + years
        for sex in (england_2019.MALE, england_2019.FEMALE):
            ages = np.arange(hazard.shape[1])
            lost = np.interp(last, ages, hazard[sex]) - np.interp(np.maximum(first, 0), ages, hazard[sex])
            np.add.at(found[sex], last.astype(np.int64), weights[sex] * np.exp(-lost) / 20)
    return found


def planted_deaths(config: PeopleConfig) -> Iterator[Row]:
    """Yield the hazard of death at each completed age, as rows of the table Truth; the subject is sex code|age."""
    meaning = "deaths per person-year at a completed age"
    hazard = england_2019.yearly_hazard() * config.death_rate_multiplier
    for sex, code in enumerate(england_2019.SEX_CODES):
        for age, rate in enumerate(hazard[sex].tolist()):
            yield "people_model.death_hazard", f"{code}|{age}", rate, None, meaning


def _weights(period: Period) -> Floats:
    """Return the share of people by sex and age on the first date; the last column are those born after it."""
    residents = england_2019.residents()
    born = residents[:, :1] * period.days / DAYS_PER_YEAR
    weights = np.hstack([residents, born])
    found: Floats = weights / weights.sum()
    return found


def _sex_and_age(draws: Draws, period: Period) -> tuple[Whole, Floats]:
    weights = _weights(period)
    cell = draws.categorical("sex and age", weights.ravel())
    sex, year = np.divmod(cell, weights.shape[1])
    within = draws.uniform("day of birth")
    to_be_born = -within * (period.days - 1) / DAYS_PER_YEAR
    return sex, np.where(year == england_2019.OLDEST, to_be_born, year + within)


def _deaths(draws: Draws, sex: Whole, begin: Whole, *, birth: Whole, config: PeopleConfig) -> Whole:
    """Return the day of death of each: the hazard from `begin` on reaches an exponential number."""
    hazard = england_2019.cumulative_hazard(config.death_rate_multiplier)
    ages = np.arange(hazard.shape[1])
    start = (begin - birth) / DAYS_PER_YEAR
    aim = draws.exponential("death")
    death = np.full(len(birth), NEVER)
    for each in (england_2019.MALE, england_2019.FEMALE):
        of_sex = sex == each
        reached = np.interp(start[of_sex], ages, hazard[each]) + aim[of_sex]
        age = np.interp(reached, hazard[each], ages, right=NEVER / DAYS_PER_YEAR)
        death[of_sex] = birth[of_sex] + np.floor(age * DAYS_PER_YEAR).astype(np.int64)
    found: Whole = np.maximum(death, begin)
    return found
