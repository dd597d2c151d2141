"""The list per site and day: ties, unknown sites, both kinds of capacity."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from icspark.dna.capacity import Capacity, top_per_site_day
from icspark.errors import ConfigurationError

SITE = np.array(["S1", "S1", "S1", None, None, "S2"], dtype=object)
DAY = np.array(["2025-01-06"] * 6, dtype="datetime64[D]")
CHANCE = np.array([0.2, 0.2, 0.3, 0.1, 0.4, 0.05])
IDS = np.array(["b", "a", "c", "d", "e", "f"], dtype=object)


def test_each_site_and_day_has_its_own_list_and_ties_go_by_appointment_id() -> None:
    assert top_per_site_day(SITE, DAY, CHANCE, IDS, per_day=2).tolist() == [0, 2, 1, 2, 1, 1]


def test_days_of_a_site_are_apart() -> None:
    days = np.array(["2025-01-06", "2025-01-07"] * 3, dtype="datetime64[D]")
    assert top_per_site_day(["S"] * 6, days, CHANCE, IDS, per_day=1).tolist() == [0, 1, 0, 0, 1, 0]


def test_a_percentage_is_rounded_half_up_within_site_and_day() -> None:
    assert top_per_site_day(SITE, DAY, CHANCE, IDS, percent=50).tolist() == [0, 2, 1, 0, 1, 1]
    assert top_per_site_day(SITE, DAY, CHANCE, IDS, percent=10).tolist() == [0] * 6


def test_probabilities_that_differ_beyond_ten_places_are_tied() -> None:
    assert top_per_site_day(["S"] * 2, DAY[:2], [0.3 + 4e-12, 0.3], ["b", "a"], per_day=1).tolist() == [0, 1]


def test_the_order_of_rows_does_not_matter() -> None:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "site": rng.choice(["A", "B", None], 300),
            "day": rng.choice(pd.date_range("2025-01-01", periods=5).to_numpy(), 300),
            "p": rng.integers(0, 20, 300) / 20,
            "id": [f"x{n:04d}" for n in range(300)],
        }
    )
    mixed = frame.sample(frac=1, random_state=1)
    ranks = [
        pd.Series(top_per_site_day(f["site"], f["day"], f["p"], f["id"], per_day=4), index=f["id"]).sort_index()
        for f in (frame, mixed)
    ]
    assert ranks[0].equals(ranks[1])
    clinics = frame.fillna("?").sort_values(["p", "id"], ascending=[False, True]).groupby(["site", "day"])
    assert set(clinics.head(4)["id"]) == set(ranks[0][ranks[0] > 0].index)


def test_no_rows_make_an_empty_list() -> None:
    assert top_per_site_day([], np.array([], dtype="datetime64[D]"), [], [], per_day=3).tolist() == []


def test_capacity_is_one_of_two_things() -> None:
    with pytest.raises(ConfigurationError, match="exactly one"):
        top_per_site_day(SITE, DAY, CHANCE, IDS)
    with pytest.raises(ValidationError, match="either per_day or percent"):
        Capacity(per_day=3, percent=10)
    assert Capacity(per_day=2).ranks(SITE, DAY, CHANCE, IDS).tolist() == [0, 2, 1, 2, 1, 1]
