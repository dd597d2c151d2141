"""Practices, their practitioners and networks, and the hospitals of a simulated region. Every name says simulated."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.random import Generator

from icspark.simulation.nesting import halved
from icspark.simulation.place_config import PlaceConfig

FEWEST_PRACTICES, MOST_PRACTICES = 7, 9_999
PRACTICES_PER_NETWORK = 4

SITES = (
    ("Z9A", "Z9A01", "acute", "Simulated Northern General Hospital"),
    ("Z9B", "Z9B01", "acute", "Simulated Southern General Hospital"),
    ("Z9A", "Z9A02", "diabetes_centre", "Simulated Diabetes Centre"),
)
"""Provider, site, type and name of each site; no provider's code begins with Z9."""


def practices_of(postcodes: pd.DataFrame, people: int, config: PlaceConfig, draw: Generator) -> pd.DataFrame:
    """Return one row per practice, at a postcode in the middle of its part of the region.

    Columns: practice_code, practice_name, postcode, easting, northing, both LSOAs, pcn_code, pcn_name, open_date, and
    `list_weight`, by which it draws patients more or less than its distance says (mean 1).
    """
    number = max(FEWEST_PRACTICES, round(people / config.patients_per_practice))
    rows = _central(postcodes, number).drop(columns="households_count")
    weight = np.exp(draw.normal(0.0, 0.3, number))
    opened = pd.Timestamp("1974-04-01") + pd.to_timedelta(draw.integers(0, 40 * 365, number), unit="D")
    network = np.arange(number) // PRACTICES_PER_NETWORK
    return rows.assign(
        practice_code=[f"Z9{n + 1:04d}" for n in range(number)],
        practice_name=[f"SIMULATED PRACTICE {n + 1}" for n in range(number)],
        pcn_code=[f"U9{n + 1:04d}" for n in network],
        pcn_name=[f"Simulated Primary Care Network {n + 1}" for n in network],
        open_date=[day.date() for day in opened],
        list_weight=weight / weight.mean(),
    )[[
        "practice_code", "practice_name", "postcode", "easting", "northing", "lsoa_2011_code", "lsoa_2021_code",
        "pcn_code", "pcn_name", "open_date", "list_weight",
    ]]  # fmt: skip


def practitioners_of(practices: pd.DataFrame, people: int, config: PlaceConfig, draw: Generator) -> pd.DataFrame:
    """Return one row per practitioner: practitioner_code, practice_code, joined_date, left_date (None while there).

    Each post is held by one after another: stays are exponential with the configured turnover, a post is never empty.
    """
    first, last = pd.Timestamp(config.staff_first_date), pd.Timestamp(config.staff_last_date)
    share = practices["list_weight"] / practices["list_weight"].sum()
    posts = np.maximum(1, np.round(share * people / config.patients_per_practitioner)).astype(int)
    rows: list[tuple[str, pd.Timestamp, pd.Timestamp | None]] = []
    for practice, number in zip(practices["practice_code"], posts, strict=True):
        for _ in range(number):
            rows += _holders(practice, first, last, turnover=config.practitioner_turnover, draw=draw)
    table = pd.DataFrame(rows, columns=["practice_code", "joined", "left"])
    return pd.DataFrame(
        {
            "practitioner_code": [f"Z9{n + 1:06d}" for n in range(len(table))],
            "practice_code": table["practice_code"],
            "joined_date": [day.date() for day in table["joined"]],
            "left_date": [None if pd.isna(day) else day.date() for day in table["left"]],
        }
    )


def _holders(
    practice: str, first: pd.Timestamp, last: pd.Timestamp, *, turnover: float, draw: Generator
) -> list[tuple[str, pd.Timestamp, pd.Timestamp | None]]:
    rows: list[tuple[str, pd.Timestamp, pd.Timestamp | None]] = []
    begin = first + pd.Timedelta(days=int(draw.integers(0, 365)))
    while True:
        stay = draw.exponential(365.25 / turnover) if turnover else np.inf
        end = begin + pd.Timedelta(days=1 + int(stay)) if stay < 36_500 else None
        if end is None or end > last:
            return [*rows, (practice, begin, None)]
        rows.append((practice, begin, end))
        begin = end


def sites_of(postcodes: pd.DataFrame) -> pd.DataFrame:
    """Return one row per hospital site: provider_code, site_code, site_name, type, postcode, easting, northing.

    The acute sites stand in the middles of the two halves of the region, the diabetes centre near the first.
    """
    halves = _central(postcodes, 2)
    first = halves.iloc[0]
    distance = np.hypot(postcodes["easting"] - first["easting"], postcodes["northing"] - first["northing"])
    beside = postcodes.iloc[[int(np.argsort(distance, kind="stable")[1])]]
    at = pd.concat([halves, beside], ignore_index=True)[["postcode", "easting", "northing"]]
    named = pd.DataFrame(SITES, columns=["provider_code", "site_code", "type", "site_name"])
    return pd.concat([named, at], axis=1)


def _central(postcodes: pd.DataFrame, number: int) -> pd.DataFrame:
    """Return the postcode nearest to the middle of each of `number` parts of the region with alike many postcodes."""
    points = postcodes[["easting", "northing"]].to_numpy(dtype=float)
    part = halved(points, number)
    chosen = []
    for group in range(number):
        inside = np.flatnonzero(part == group)
        apart = np.hypot(*(points[inside] - points[inside].mean(axis=0)).T)
        chosen.append(int(inside[np.argmin(apart)]))
    return postcodes.iloc[chosen].reset_index(drop=True)
