"""The identifiers that source systems give to simulated people, and the links between them: true, missing and false."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import DataFrame

from icspark.simulation.batches import Columns, in_batches
from icspark.simulation.draws import Draws, Whole
from icspark.simulation.frames import LIFE, SimulatedLink
from icspark.simulation.lives import Lives
from icspark.simulation.people import dates
from icspark.simulation.people_config import PeopleConfig
from icspark.simulation.period import Period
from icspark.tables.truth import TruthIdentity, TruthPerson

PRIMARY_CARE, HOSPITAL, DIABETES_CENTRE = "primary_care", "hospital", "diabetes_centre"
ID_SYSTEMS = (PRIMARY_CARE, HOSPITAL, DIABETES_CENTRE)
"""Every person has an identifier in each; links join that of primary care to each of the others."""

LINK_SOURCES = ("nhs_number", "demographics")

_FALSE, _MISSING = 0, 1


def identifiers(number: Whole, id_system: str, *, seed: int) -> NDArray[Any]:
    """Return the identifier of each person in a system: its first letter and 16 hexadecimal digits.

    No two people share one, since the mixing of a person number is one to one; its order tells nothing of theirs.
    """
    bits = Draws.of(seed, f"identifier.{id_system}", number).bits
    letter = id_system[0].upper()
    return np.array([f"{letter}{value:016x}" for value in bits.tolist()], dtype=object)


def simulate_identifiers(people: DataFrame, *, period: Period) -> DataFrame:
    """Return one row per identifier: id_system, source_id and the person_number that it belongs to (TruthIdentity)."""
    numbers = people.select(TruthPerson.person_number)
    return in_batches(numbers, lambda columns: _identities(columns, period.seed), TruthIdentity.schema())


def simulate_links(people: DataFrame, config: PeopleConfig, *, people_count: int, period: Period) -> DataFrame:
    """Return one row per link that records hold: SimulatedLink.

    Of each person's two links some are missing; a false link stands in the place of a true one and names the identifier
    of another person, drawn from all `people_count`.
    """
    return in_batches(
        people.select(*LIFE),
        lambda columns: _links(columns, config, people_count, period=period),
        SimulatedLink.schema(),
    )


def _identities(columns: Columns, seed: int) -> Mapping[str, Any]:
    number = columns[TruthPerson.person_number]
    return {
        TruthIdentity.id_system: np.repeat(np.array(ID_SYSTEMS, dtype=object), len(number)),
        TruthIdentity.source_id: np.concatenate([identifiers(number, system, seed=seed) for system in ID_SYSTEMS]),
        TruthIdentity.person_number: np.tile(number, len(ID_SYSTEMS)),
    }


def _links(columns: Columns, config: PeopleConfig, people_count: int, *, period: Period) -> Mapping[str, Any]:
    lives = Lives.of(columns, period)
    of_systems = [
        _links_to(lives, system, config, people_count=people_count, seed=period.seed) for system in ID_SYSTEMS[1:]
    ]
    return {name: np.concatenate([links[name] for links in of_systems]) for name in of_systems[0]}


def _links_to(
    lives: Lives, id_system: str, config: PeopleConfig, *, people_count: int, seed: int
) -> dict[str, NDArray[Any]]:
    draws = Draws.of(seed, f"link.{id_system}", lives.number)
    missing, false = config.missing_link_share, config.false_link_share
    state = draws.categorical("state", [false, missing, 1 - missing - false])
    kept = np.flatnonzero(state != _MISSING)
    number, draws, is_false = lives.number[kept], draws.at(kept), state[kept] == _FALSE
    another = (number + 1 + draws.whole("another person", max(people_count - 1, 1))) % people_count
    days = np.maximum(lives.end - lives.begin, 1)[kept]
    return {
        SimulatedLink.left_id_system: np.full(len(kept), PRIMARY_CARE, dtype=object),
        SimulatedLink.left_id: identifiers(number, PRIMARY_CARE, seed=seed),
        SimulatedLink.right_id_system: np.full(len(kept), id_system, dtype=object),
        SimulatedLink.right_id: identifiers(np.where(is_false, another, number), id_system, seed=seed),
        SimulatedLink.link_source: np.array(LINK_SOURCES, dtype=object)[draws.categorical("source", [0.9, 0.1])],
        SimulatedLink.link_date: dates(lives.begin[kept] + draws.whole("date", days)),
        SimulatedLink.is_true: ~is_false,
    }
