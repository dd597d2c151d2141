"""Appointments whose chance of not attending is known, as an extract: no Spark, no file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.special import expit
from threadpoolctl import threadpool_limits

from icspark.dna.extract import Extract
from icspark.dna.windows import Windows

Planted = Callable[..., tuple[Extract, NDArray[np.float64]]]
WINDOWS = Windows(date(2023, 4, 1), date(2024, 8, 1), date(2024, 12, 1), date(2025, 4, 1))
DAYS = (WINDOWS.test_to - WINDOWS.train_from).days


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Keep small predictions from waiting for one another's threads."""
    with threadpool_limits(limits=1):
        yield


@pytest.fixture(scope="session")
def windows() -> Windows:
    """Return three windows that share out two years."""
    return WINDOWS


@pytest.fixture(scope="session")
def planted() -> Planted:
    """Return a maker of extracts of two years, each with the planted probability of its rows."""
    return _planted


def _planted(rows: int, *, seed: int, interaction: float = 0.0) -> tuple[Extract, NDArray[np.float64]]:
    random = np.random.default_rng(seed)
    person = np.unique(np.sort(random.integers(0, max(rows // 4, 1), rows)), return_inverse=True)[1]
    features = _features(random, rows)
    lead, age, site = features["lead_days"], features["age_years"], features["site_code"]
    bent = 0.02 * np.minimum(lead, 60) + 0.0006 * (age - 50) ** 2
    both = interaction * np.where((lead > 30) == (age < 40), 1.0, -1.0)
    plain = 4 * features["past_non_attendance_share"] + 0.3 * features["is_first_attendance"] + 0.3 * (site == "S02")
    own = random.normal(0, 0.5, person.max() + 1)[person]
    probability = expit(-3.4 + bent + both + plain + own).to_numpy()
    seen = features.assign(lead_days=lead.where(random.random(rows) > 0.03))
    seen["site_code"] = site.where(random.random(rows) > 0.02, None)
    return (
        Extract(
            features=seen,
            is_dna=random.random(rows) < probability,
            person=person,
            appointment_id=np.array([f"A{number:08d}" for number in range(rows)]),
            day=np.datetime64(WINDOWS.train_from) + random.integers(0, DAYS, rows),
            site=seen["site_code"].to_numpy(object),
            groups={"sex_code": random.choice(["1", "2"], rows).astype(object)},
        ),
        probability,
    )


def _features(random: np.random.Generator, rows: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "lead_days": random.gamma(1.5, 20, rows),
            "age_years": random.integers(0, 95, rows).astype(float),
            "past_non_attendance_share": random.beta(2, 12, rows),
            "is_first_attendance": (random.random(rows) < 0.4).astype(float),
            "weekday": random.integers(1, 8, rows).astype(str).astype(object),
            "site_code": random.choice(["S01", "S02", "S03"], rows).astype(object),
        }
    )
