"""The moments of the resampling distribution, by hand and against resampling itself."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from icspark.errors import QualityError
from icspark.inequality.over_representation import over_representation

REGISTRATIONS = pd.DataFrame(
    {
        "practice": ["A", "A", "A", "B", "B", "C"],
        "score": [10.0, 30.0, np.nan, 20.0, 20.0, 5.0],
        "patients": [30, 10, 99, 5, 5, 7],
    }
)


def test_by_hand() -> None:
    cohort = pd.DataFrame({"practice": ["A", "A", "B", "B", "A"], "score": [30.0, 10.0, 20.0, 20.0, None]})
    found = over_representation(cohort, REGISTRATIONS)
    # A: mean 15, variance (30 x 25 + 10 x 225) / 40 = 75; B: mean 20, variance 0; two people of each
    assert (found.people_count, found.observed_mean, found.expected_mean) == (4, 20.0, 17.5)
    assert found.expected_standard_deviation == pytest.approx(np.sqrt(150) / 4)
    assert found.z == pytest.approx(2.5 / (np.sqrt(150) / 4))


def test_without_spread_there_is_no_z() -> None:
    found = over_representation(pd.DataFrame({"practice": ["C"], "score": [5.0]}), REGISTRATIONS)
    assert (found.expected_standard_deviation, found.z, found.p_value) == (0.0, None, None)


@pytest.mark.parametrize("practice", ["D", None])
def test_a_cohort_without_registrations_is_an_error(practice: str | None) -> None:
    with pytest.raises(QualityError):
        over_representation(pd.DataFrame({"practice": [practice], "score": [1.0]}), REGISTRATIONS)


def test_ten_thousand_draws_agree() -> None:
    random, draws = np.random.default_rng(7), 10_000
    practices = [f"P{number}" for number in range(6)]
    registrations = pd.DataFrame(
        {
            "practice": np.repeat(practices, 8),
            "score": random.uniform(0, 60, size=48),
            "patients": random.integers(1, 400, size=48),
        }
    )
    cohort = pd.DataFrame({"practice": random.choice(practices, size=90), "score": random.uniform(0, 60, size=90)})
    total = np.zeros(draws)
    for practice, n in cohort["practice"].value_counts().items():
        rows = registrations[registrations["practice"] == practice]
        share = rows["patients"] / rows["patients"].sum()
        total += random.choice(rows["score"], size=(draws, n), p=share).sum(axis=1)
    drawn = total / len(cohort)
    found = over_representation(cohort, registrations)
    error = found.expected_standard_deviation
    assert abs(drawn.mean() - found.expected_mean) < 4 * error / np.sqrt(draws)
    assert abs(drawn.std() / error - 1) < 4 / np.sqrt(2 * draws)
