"""Where people live: the addresses of a place, and each person's homes one after another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from icspark.simulation.draws import Draws, Floats, Whole
from icspark.simulation.lives import NEVER, Lives
from icspark.simulation.people_config import PeopleConfig
from icspark.simulation.period import DAYS_PER_YEAR, Period


class Place(Protocol):
    """What people need of a simulated place: pandas frames of its areas, postcodes and practices."""

    @property
    def areas_2011(self) -> pd.DataFrame:
        """Return one row per LSOA 2011."""

    @property
    def postcodes(self) -> pd.DataFrame:
        """Return one row per postcode."""

    @property
    def practices(self) -> pd.DataFrame:
        """Return one row per practice."""


@dataclass(frozen=True, eq=False)
class Addresses:
    """Postcodes as arrays, those of one LSOA 2011 side by side; areas are numbered in order of their code.

    `cumulative` is the cumulative weight of the postcodes: households, scaled to the expected people of their area.
    """

    postcode: NDArray[Any]
    easting: Whole
    northing: Whole
    lsoa_2011: NDArray[Any]
    lsoa_2021: NDArray[Any]
    cumulative: Floats
    area: Whole
    area_first: Whole
    area_last: Whole
    imd_quintile: Whole
    adult_skills_quintile: Whole
    minority_share: Floats

    @classmethod
    def of(cls, place: Place) -> Addresses:
        """Return the addresses of a place."""
        areas = place.areas_2011.sort_values("lsoa_2011_code").reset_index(drop=True)
        rows = place.postcodes.sort_values(["lsoa_2011_code", "postcode"])
        codes = areas["lsoa_2011_code"].to_numpy(dtype=object)
        area = np.searchsorted(codes, rows["lsoa_2011_code"].to_numpy(dtype=object))
        households = rows["households_count"].to_numpy(dtype=np.float64)
        people = areas["expected_people"].to_numpy(dtype=np.float64)
        weight = households * (people / np.bincount(area, households, len(codes)))[area]
        everywhere = np.arange(len(codes))
        return cls(
            postcode=rows["postcode"].to_numpy(dtype=object),
            easting=rows["easting"].to_numpy(dtype=np.int64),
            northing=rows["northing"].to_numpy(dtype=np.int64),
            lsoa_2011=rows["lsoa_2011_code"].to_numpy(dtype=object),
            lsoa_2021=rows["lsoa_2021_code"].to_numpy(dtype=object),
            cumulative=np.cumsum(weight),
            area=area,
            area_first=np.searchsorted(area, everywhere),
            area_last=np.searchsorted(area, everywhere, side="right"),
            imd_quintile=areas["imd_2019_quintile"].to_numpy(dtype=np.int64),
            adult_skills_quintile=areas["adult_skills_2019_quintile"].to_numpy(dtype=np.int64),
            minority_share=areas["ethnic_minority_share"].to_numpy(dtype=np.float64),
        )

    @property
    def area_people(self) -> Floats:
        """Return the weight of each area."""
        edges = np.append(0.0, self.cumulative)
        found: Floats = edges[self.area_last] - edges[self.area_first]
        return found

    def drawn(self, draws: Draws) -> Whole:
        """Return an address each, anywhere in the region."""
        nowhere = np.zeros(draws.size, dtype=np.int64)
        return draws.within("address", self.cumulative, nowhere, nowhere + len(self.cumulative))

    def moved(self, draws: Draws, current: Whole, within_area_share: float) -> Whole:
        """Return another address each: within the area of the current one, or anywhere in the region."""
        area = self.area[current]
        first, last = self.area_first[area], self.area_last[area]
        stays = draws.happens("stays in the area", within_area_share)
        found = draws.within(
            "address", self.cumulative, np.where(stays, first, 0), np.where(stays, last, len(self.cumulative))
        )
        beside = first + (found + 1 - first) % (last - first)
        return np.where(found == current, beside, found)


@dataclass(frozen=True, eq=False)
class Homes:
    """The homes of a batch of people, one entry a home, in order of person and time; `nth` counts from 0."""

    person: Whole
    nth: Whole
    since: Whole
    until: Whole
    address: Whole

    @property
    def is_last(self) -> NDArray[np.bool_]:
        """Return whether it is the person's last home within the period."""
        return np.append(self.person[1:] != self.person[:-1], True)


def homes_of(lives: Lives, addresses: Addresses, config: PeopleConfig, period: Period) -> Homes:
    """Return where each person of a batch lives, from before the first date (or birth) on.

    Moves are a Poisson process; the destination is drawn by the same weights as the first home, so the expected people
    of an area do not change. A home ends with the next one, never with a death.
    """
    first = addresses.drawn(lives.draws)
    row, day, events = _moves(lives, config)
    rank = _rank(row)
    address, current = np.zeros(len(row), dtype=np.int64), first.copy()
    for step in range(int(rank.max(initial=-1)) + 1):
        now = np.flatnonzero(rank == step)
        current[row[now]] = addresses.moved(events.at(now), current[row[now]], config.move_within_area_share)
        address[now] = current[row[now]]
    person = np.append(np.arange(len(first)), row)
    since = np.append(_since_before(lives, config, period), day)
    order = np.lexsort((since, person))
    person, since = person[order], since[order]
    is_last = np.append(person[1:] != person[:-1], True)
    until = np.where(is_last, NEVER, np.append(since[1:], NEVER))
    return Homes(
        person, np.append(np.full(len(first), 0), rank + 1)[order], since, until, np.append(first, address)[order]
    )


def _moves(lives: Lives, config: PeopleConfig) -> tuple[Whole, Whole, Draws]:
    """Return (row, day, draws) of each move, by row and day; two moves of a person on one day count as one."""
    days = np.maximum(lives.end - lives.begin - 1, 0)
    counts = lives.draws.poisson("moves", config.moves_per_year * days / DAYS_PER_YEAR)
    row, _, events = lives.draws.each(counts)
    day = lives.begin[row] + 1 + events.whole("day of move", np.maximum(days[row], 1))
    order = np.lexsort((day, row))
    row, day, events = row[order], day[order], events.at(order)
    is_new = np.append(True, (row[1:] != row[:-1]) | (day[1:] != day[:-1]))[: len(row)]
    return row[is_new], day[is_new], events.at(is_new)


def _rank(row: Whole) -> Whole:
    """Return the place of each entry among those of its row, from 0; `row` is sorted."""
    found: Whole = np.arange(len(row)) - np.searchsorted(row, row)
    return found


def _since_before(lives: Lives, config: PeopleConfig, period: Period) -> Whole:
    if config.moves_per_year == 0:
        return lives.birth
    years = lives.draws.exponential("years at the first home", 1 / config.moves_per_year)
    before = period.first_day - np.floor(years * DAYS_PER_YEAR).astype(np.int64)
    found: Whole = np.maximum(lives.birth, before)
    return found
