"""The identifiers that source systems give to simulated people, and the links between them: true, missing and false."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from icspark.simulation.batches import Columns, in_batches
from icspark.simulation.draws import Draws
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
_LEFT, _RIGHT = "left_number", "right_number"


def identifier(number: Column | str, id_system: Column | str, *, seed: int) -> Column:
    """Return the identifier of a person number in a system (a name, or a column of names).

    It is the system's first letter, a capital, and 16 hexadecimal digits. No two people share one: with the seed and
    the system given, xxHash64 of one whole number is one to one. Its order tells nothing of theirs.
    """
    system = F.lit(id_system) if isinstance(id_system, str) else id_system
    bits = F.xxhash64(F.lit(seed), F.lit("identifier"), system, F.col(number) if isinstance(number, str) else number)
    digits = F.lower(F.lpad(F.hex(bits), 16, "0"))
    return F.concat(F.upper(F.substring(system, 1, 1)), digits)


def simulate_identifiers(people: DataFrame, *, period: Period) -> DataFrame:
    """Return one row per identifier: id_system, source_id and the person_number that it belongs to (TruthIdentity)."""
    systems = F.explode(F.array(*[F.lit(system) for system in ID_SYSTEMS]))
    rows = people.select(TruthPerson.person_number, systems.alias(TruthIdentity.id_system))
    source_id = identifier(TruthPerson.person_number, F.col(TruthIdentity.id_system), seed=period.seed)
    return rows.withColumn(TruthIdentity.source_id, source_id).select(*TruthIdentity.columns())


def simulate_links(people: DataFrame, config: PeopleConfig, *, people_count: int, period: Period) -> DataFrame:
    """Return one row per link that records hold: SimulatedLink.

    Of each person's two links some are missing; a false link stands in the place of a true one and names the identifier
    of another person, drawn from all `people_count`.
    """
    rows = in_batches(
        people.select(*LIFE), lambda columns: _links(columns, config, people_count, period=period), _links_schema()
    )
    ends = {
        SimulatedLink.left_id: identifier(_LEFT, F.col(SimulatedLink.left_id_system), seed=period.seed),
        SimulatedLink.right_id: identifier(_RIGHT, F.col(SimulatedLink.right_id_system), seed=period.seed),
    }
    return rows.withColumns(ends).select(*SimulatedLink.columns())


def _links_schema() -> T.StructType:
    ends = (SimulatedLink.left_id, SimulatedLink.right_id)
    kept = [field for field in SimulatedLink.schema().fields if field.name not in ends]
    return T.StructType([*kept, T.StructField(_LEFT, T.LongType()), T.StructField(_RIGHT, T.LongType())])


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
        _LEFT: number,
        SimulatedLink.right_id_system: np.full(len(kept), id_system, dtype=object),
        _RIGHT: np.where(is_false, another, number),
        SimulatedLink.link_source: np.array(LINK_SOURCES, dtype=object)[draws.categorical("source", [0.9, 0.1])],
        SimulatedLink.link_date: dates(lives.begin[kept] + draws.whole("date", days)),
        SimulatedLink.is_true: ~is_false,
    }
