"""All measures at once equal those one by one, also for weights, ties, one class and one probability."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from icspark.dna import measures
from icspark.dna.measures import NET_BENEFIT_AT
from icspark.dna.scored import MEASURES, Scored

ONE_BY_ONE = {
    "observed_over_expected": measures.observed_over_expected,
    "brier": measures.brier,
    "scaled_brier": measures.scaled_brier,
    "auroc": measures.auroc,
    "average_precision": measures.average_precision,
    "calibration_in_the_large": measures.calibration_in_the_large,
    "calibration_slope": measures.calibration_slope,
    "e90": measures.e90,
    "eci": measures.eci,
}


def drawn(seed: int, rows: int = 2000):
    rng = np.random.default_rng(seed)
    chance = np.round(expit(rng.normal(-2, 1, rows)), 3)
    return rng.random(rows) < chance, chance, rng.random(rows) < 0.2, rng.poisson(1.0, rows).astype(float)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("is_weighted", [True, False])
def test_they_equal_the_measures_one_by_one(seed: int, is_weighted: bool) -> None:
    outcome, chance, listed, weight = drawn(seed)
    scored = Scored.of(outcome, chance, listed)
    weight = weight if is_weighted else np.ones(len(chance))
    found = dict(zip(MEASURES, scored.weighted(weight[scored.order]), strict=True))
    for name, measure in ONE_BY_ONE.items():
        assert found[name] == pytest.approx(measure(outcome, chance, weight), abs=1e-7), name
    assert found["sensitivity_at_capacity"] == pytest.approx(measures.sensitivity(outcome, listed, weight))
    assert found["precision_at_capacity"] == pytest.approx(measures.precision(outcome, listed, weight))
    assert found["listed_share"] == pytest.approx(np.average(listed, weights=weight))
    assert found["non_attendance_share"] == pytest.approx(np.average(outcome, weights=weight))
    assert found["mean_probability"] == pytest.approx(np.average(chance, weights=weight))
    for at in NET_BENEFIT_AT:
        one = measures.net_benefit(outcome, chance, weight, threshold=at)
        every = measures.net_benefit_of_all(outcome, weight, threshold=at)
        assert (found[f"net_benefit_{at:g}"], found[f"net_benefit_of_all_{at:g}"]) == pytest.approx((one, every))


def test_weight_one_is_exact() -> None:
    outcome, chance, listed, _ = drawn(7)
    scored = Scored.of(outcome, chance, listed)
    slope = scored.measures()[MEASURES.index("calibration_slope")]
    assert slope == pytest.approx(measures.calibration_slope(outcome, chance), abs=1e-12)


@pytest.mark.parametrize(
    ("outcome", "chance"),
    [([True] * 4, [0.1, 0.2, 0.3, 0.4]), ([False] * 4, [0.1, 0.2, 0.3, 0.4]), ([True, False] * 2, [0.2] * 4), ([], [])],
)
def test_what_is_not_defined_is_nan_and_the_rest_stands(outcome: list[bool], chance: list[float]) -> None:
    scored = Scored.of(outcome, chance, [False] * len(outcome))
    found = dict(zip(MEASURES, scored.measures(), strict=True))
    assert np.isnan([found["calibration_slope"], found["e90"], found["precision_at_capacity"]]).all()
    assert np.isfinite(found["brier"]) == bool(outcome)
    assert np.isnan(found["auroc"]) == (len(set(outcome)) < 2)


def test_a_weight_that_leaves_one_class_is_nan() -> None:
    scored = Scored.of([True, False, False], [0.3, 0.2, 0.1], [True, False, False])
    found = dict(zip(MEASURES, scored.weighted(np.array([0.0, 1.0, 2.0])), strict=True))
    assert np.isnan(found["auroc"]) and np.isnan(found["calibration_in_the_large"])
    assert found["brier"] == pytest.approx((0.04 + 2 * 0.01) / 3)
