"""A small hand-made place and a period, for people to live in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
import pytest

from icspark.simulation.period import Period


@dataclass(frozen=True)
class HandMadePlace:
    """The frames of a place that people need."""

    areas_2011: pd.DataFrame
    postcodes: pd.DataFrame
    practices: pd.DataFrame


@pytest.fixture(scope="session")
def place() -> HandMadePlace:
    """Return ten areas in a row, two a quintile, 2 km wide, with 20 postcodes each, and four practices."""
    areas = pd.DataFrame(
        {
            "lsoa_2011_code": [f"E019000{n:02d}" for n in range(10)],
            "expected_people": [1000.0, 1500.0] * 5,
            "imd_2019_quintile": [5, 5, 4, 4, 3, 3, 2, 2, 1, 1],
            "adult_skills_2019_quintile": [1, 2, 3, 4, 5, 1, 2, 3, 4, 5],
            "ethnic_minority_share": np.linspace(0.02, 0.4, 10),
        }
    )
    number = np.arange(200)
    postcodes = pd.DataFrame(
        {
            "postcode": [f"QZ{n // 20 + 1} {n % 20 // 10}A{'ABDEFGHJLN'[n % 10]}" for n in number],
            "easting": 600_000 + 2_000 * (number // 20) + 97 * (number % 20),
            "northing": 240_000 + 53 * (number * 7 % 20),
            "lsoa_2011_code": areas["lsoa_2011_code"].to_numpy()[number // 20],
            "lsoa_2021_code": [f"E019100{n:02d}" for n in number // 20],
            "households_count": 5 + number % 11,
        }
    )
    practices = pd.DataFrame(
        {
            "practice_code": [f"Z9000{n}" for n in range(1, 5)],
            "easting": [601_000, 606_000, 611_000, 619_000],
            "northing": [240_500] * 4,
            "list_weight": [1.0, 0.5, 1.5, 1.0],
        }
    )
    return HandMadePlace(areas.sample(frac=1, random_state=1), postcodes.sample(frac=1, random_state=2), practices)


@pytest.fixture(scope="session")
def period() -> Period:
    """Return three years."""
    return Period(date(2021, 4, 1), date(2024, 3, 31), seed=11)
