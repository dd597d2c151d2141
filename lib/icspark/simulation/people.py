"""The people of a simulated region, where they live, and where they are registered.

Every value of a person is a function of the seed and the person's number alone, so homes and registrations are drawn
again where they are needed rather than joined. Deaths, moves and illness do not depend on one another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import DataFrame, SparkSession

from icspark.simulation.batches import Columns, in_batches
from icspark.simulation.draws import Draws, Floats, Whole
from icspark.simulation.england_2019 import SEX_CODES
from icspark.simulation.frames import LIFE, SimulatedPerson, SimulatedRegistration, SimulatedResidence
from icspark.simulation.homes import Addresses, Homes, Place, homes_of
from icspark.simulation.lives import NEVER, Lives
from icspark.simulation.people_config import PeopleConfig
from icspark.simulation.period import Period
from icspark.simulation.registrations import Practices, first_registered, registrations_of
from icspark.tables.truth import TruthPerson

WHITE = {"A": 73.5, "B": 0.9, "C": 6.6}
OTHER_THAN_WHITE = {
    "D": 0.9, "E": 0.4, "F": 0.8, "G": 0.8, "H": 3.3, "J": 2.8, "K": 1.1, "L": 1.7, "M": 1.1, "N": 2.6, "P": 0.5,
    "R": 0.8, "S": 2.2,
}  # fmt: skip
"""Ethnic categories in per cent of England's residents, Census 2021 (ONS, TS021): fixed within each of the two."""

CATEGORIES = (*WHITE, *OTHER_THAN_WHITE)


@dataclass(frozen=True, eq=False)
class Population:
    """What makes people of numbers: picklable, and the same on every worker."""

    addresses: Addresses
    config: PeopleConfig
    period: Period
    effect_deviation: float = 0.0

    def lives_and_homes(self, columns: Columns) -> tuple[Lives, Homes]:
        """Return the people of a batch of rows, and their homes."""
        lives = Lives.of(columns, self.period)
        return lives, homes_of(lives, self.addresses, self.config, self.period)


def simulate_people(
    spark: SparkSession,
    place: Place,
    config: PeopleConfig,
    *,
    people: int,
    period: Period,
    effect_deviation: float = 0.0,
    partitions: int | None = None,
) -> DataFrame:
    """Return one row per person: SimulatedPerson, which is TruthPerson and what records lack of it.

    Numbers run from 0 to `people` - 1; among them are those who are born or die within the period. `registration_date`
    is the first registration in the region (null where none); the `is_..._known` flags say whether records have the
    postcode, the ethnic category and the need of an interpreter. `effect_deviation` is the standard deviation of the
    personal effect on the log odds of not attending; `partitions` is the session's own where it is None.
    """
    population = Population(Addresses.of(place), config, period, effect_deviation)
    numbers = spark.range(0, people, 1, partitions).withColumnRenamed("id", SimulatedPerson.person_number)
    return in_batches(
        numbers, lambda columns: _people(columns[SimulatedPerson.person_number], population), SimulatedPerson.schema()
    )


def simulate_residences(people: DataFrame, place: Place, config: PeopleConfig, *, period: Period) -> DataFrame:
    """Return one row per person and home: SimulatedResidence.

    All homes are here as they are; `extracts.recorded_residences` leaves out what records lack. `to_date` is null for
    the last home within the period, of the dead too.
    """
    population = Population(Addresses.of(place), config, period)
    chosen = people.select(*LIFE, SimulatedPerson.is_home_known)
    return in_batches(chosen, lambda columns: _residences(columns, population), SimulatedResidence.schema())


def simulate_registrations(people: DataFrame, place: Place, config: PeopleConfig, *, period: Period) -> DataFrame:
    """Return one row per person, practice and interval of registration: SimulatedRegistration.

    Two intervals of a person overlap where the registration is a duplicate, and not otherwise.
    """
    population = Population(Addresses.of(place), config, period)
    practices = Practices.of(place, population.addresses, config)
    return in_batches(
        people.select(*LIFE),
        lambda columns: _registrations(columns, population, practices),
        SimulatedRegistration.schema(),
    )


def _people(number: Whole, population: Population) -> Mapping[str, Any]:
    lives = Lives.drawn(number, population.config, population.period)
    homes = homes_of(lives, population.addresses, population.config, population.period)
    last = homes.address[homes.is_last]
    return {**_truth(lives, last, population), **_records(lives, last, population)}


def _truth(lives: Lives, last: Whole, population: Population) -> Mapping[str, Any]:
    addresses, truth = population.addresses, TruthPerson
    area = addresses.area[last]
    category = _ethnic_category(lives.draws, addresses.minority_share[area])
    effect = lives.draws.normal("non-attendance") * population.effect_deviation
    need = _interpreter_need(category, area, population)
    return {
        truth.person_number: lives.number,
        truth.sex_code: np.array(SEX_CODES, dtype=object)[lives.sex],
        truth.birth_date: dates(lives.birth),
        truth.death_date: dates(lives.death),
        truth.ethnic_category_code: np.array(CATEGORIES, dtype=object)[category],
        truth.is_interpreter_needed: lives.draws.happens("interpreter", need),
        truth.lsoa_2011_code: addresses.lsoa_2011[last],
        truth.lsoa_2021_code: addresses.lsoa_2021[last],
        truth.imd_2019_quintile: addresses.imd_quintile[area],
        truth.adult_skills_2019_quintile: addresses.adult_skills_quintile[area],
        truth.non_attendance_effect: effect,
    }


def _records(lives: Lives, last: Whole, population: Population) -> Mapping[str, Any]:
    config, person = population.config, SimulatedPerson
    quintile = population.addresses.imd_quintile[population.addresses.area[last]]
    unknown: dict[str, Floats | float] = {
        person.is_home_known: by_quintile(config.home_unknown_share, quintile),
        person.is_ethnicity_known: by_quintile(config.ethnicity_unknown_share, quintile),
        person.is_interpreter_need_known: config.interpreter_need_unknown_share,
    }
    return {
        person.home_postcode: population.addresses.postcode[last],
        person.registration_date: dates(first_registered(lives, config, population.period)),
        **{flag: ~lives.draws.happens(flag, share) for flag, share in unknown.items()},
    }


def by_quintile(least_to_most: tuple[float, float], quintile: Whole) -> Floats:
    """Return a share that goes in equal steps from the least (5) to the most deprived quintile (1)."""
    least, most = least_to_most
    return least + (most - least) * (5 - quintile) / 4


def dates(day: Whole) -> NDArray[Any]:
    """Return dates of day numbers; NaT for NEVER."""
    found = day.astype("datetime64[D]")
    found[day == NEVER] = np.datetime64("NaT")
    return found


def _ethnic_category(draws: Draws, minority_share: Floats) -> Whole:
    is_minority = draws.happens("ethnic minority", minority_share)
    white = draws.categorical("ethnic category", list(WHITE.values()))
    other = draws.categorical("ethnic category", list(OTHER_THAN_WHITE.values()))
    return np.where(is_minority, len(WHITE) + other, white)


def _interpreter_need(category: Whole, area: Whole, population: Population) -> Floats:
    """Return the chance of each: its category's, times the area's minority share over the region's (0.5 to 2)."""
    config, addresses = population.config, population.addresses
    usual = np.array([config.interpreter_need.get(code, config.interpreter_need_otherwise) for code in CATEGORIES])
    region = np.average(addresses.minority_share, weights=addresses.area_people)
    ratio = np.clip(addresses.minority_share / max(region, 1e-9), 0.5, 2.0)
    return np.minimum(usual[category] * ratio[area], 1.0)


def _residences(columns: Columns, population: Population) -> Mapping[str, Any]:
    lives, homes = population.lives_and_homes(columns)
    addresses, at = population.addresses, homes.address
    return {
        SimulatedResidence.person_number: lives.number[homes.person],
        SimulatedResidence.from_date: dates(homes.since),
        SimulatedResidence.to_date: dates(homes.until),
        SimulatedResidence.postcode: addresses.postcode[at],
        SimulatedResidence.easting: addresses.easting[at],
        SimulatedResidence.northing: addresses.northing[at],
        SimulatedResidence.lsoa_2011_code: addresses.lsoa_2011[at],
        SimulatedResidence.lsoa_2021_code: addresses.lsoa_2021[at],
        SimulatedResidence.is_home_known: columns[SimulatedPerson.is_home_known].astype(np.bool_)[homes.person],
    }


def _registrations(columns: Columns, population: Population, practices: Practices) -> Mapping[str, Any]:
    lives, homes = population.lives_and_homes(columns)
    found = registrations_of(
        lives, homes, practices, addresses=population.addresses, config=population.config, period=population.period
    )
    return {
        SimulatedRegistration.person_number: lives.number[found.person],
        SimulatedRegistration.practice_code: practices.code[found.practice],
        SimulatedRegistration.from_date: dates(found.since),
        SimulatedRegistration.to_date: dates(found.until),
    }
