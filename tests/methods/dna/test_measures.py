"""Measures against scikit-learn and statsmodels, on random weighted data with ties, and by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit
from sklearn import metrics

from icspark.dna import measures, recalibration
from icspark.dna.ranking import Ranking


def drawn(seed: int, *, rows: int = 400, digits: int = 2, weighted: bool = True):
    """Return outcomes, probabilities with many ties, and whole weights with zeros among them."""
    rng = np.random.default_rng(seed)
    chance = np.clip(np.round(expit(rng.normal(-1.5, 1.0, rows)), digits), 0.0, 1.0)
    outcome = rng.random(rows) < expit(0.3 + 0.8 * logit(np.clip(chance, 0.01, 0.99)))
    outcome[:2] = (True, False)
    weight = rng.poisson(1.0, rows).astype(float) if weighted else np.ones(rows)
    weight[:2] = 1
    return outcome, chance, weight


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 3), st.booleans())
def test_discrimination_and_brier_equal_scikit_learn(seed: int, digits: int, weighted: bool) -> None:
    outcome, chance, weight = drawn(seed, digits=digits, weighted=weighted)
    expected = (
        metrics.roc_auc_score(outcome, chance, sample_weight=weight),
        metrics.average_precision_score(outcome, chance, sample_weight=weight),
        metrics.brier_score_loss(outcome, chance, sample_weight=weight),
    )
    found = [
        measure(outcome, chance, weight) for measure in (measures.auroc, measures.average_precision, measures.brier)
    ]
    assert found == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("seed", range(8))
def test_calibration_in_the_large_and_the_line_equal_statsmodels(seed: int) -> None:
    outcome, chance, weight = drawn(seed, rows=1500)
    odds = recalibration.log_odds(chance)
    family = sm.families.Binomial()
    large = sm.GLM(outcome.astype(float), np.ones(len(odds)), family=family, offset=odds, freq_weights=weight).fit()
    line = sm.GLM(outcome.astype(float), sm.add_constant(odds), family=family, freq_weights=weight).fit()
    assert measures.calibration_in_the_large(outcome, chance, weight) == pytest.approx(large.params[0], abs=1e-6)
    assert measures.calibration_line(outcome, chance, weight) == pytest.approx(tuple(line.params), abs=1e-6)


@pytest.mark.parametrize("seed", range(6))
def test_the_smooth_curve_its_e90_and_eci_equal_an_independent_spline(seed: int) -> None:
    outcome, chance, _ = drawn(seed, rows=3000, digits=6, weighted=False)
    odds = logit(np.clip(chance, 1e-6, 1 - 1e-6))
    fit = sm.GLM(outcome.astype(float), independent_spline(odds), family=sm.families.Binomial()).fit()
    distance = np.abs(fit.fittedvalues - chance)
    assert measures.smooth_curve(outcome, chance) == pytest.approx(fit.fittedvalues, abs=1e-6)
    assert measures.e90(outcome, chance) == pytest.approx(np.quantile(distance, 0.9, method="inverted_cdf"), abs=1e-6)
    assert measures.eci(outcome, chance) == pytest.approx(100 * np.mean(distance**2), abs=1e-6)


def independent_spline(odds: np.ndarray) -> np.ndarray:
    """Return a basis of the same space made another way: cubic pieces that are made linear outside by constraints.

    Truncated cubes at the five knots, with the two combinations that do not vanish in second and third derivative
    beyond the last knot taken out by the null space of those two constraints.
    """
    knots = np.quantile(odds, [0.05, 0.275, 0.5, 0.725, 0.95])
    cubes = np.clip(odds[:, None] - knots, 0, None) ** 3
    constraints = np.vstack([np.ones(5), knots])
    free = np.linalg.svd(constraints)[2][2:].T
    return np.column_stack([np.ones(len(odds)), odds, cubes @ free])


def test_weights_are_copies_of_rows() -> None:
    outcome, chance, weight = drawn(5, rows=900, digits=5)
    copies = np.repeat(np.arange(len(chance)), weight.astype(int))
    for measure in (
        measures.auroc,
        measures.average_precision,
        measures.brier,
        measures.scaled_brier,
        measures.observed_over_expected,
        measures.calibration_in_the_large,
        measures.calibration_slope,
    ):
        assert measure(outcome, chance, weight) == pytest.approx(measure(outcome[copies], chance[copies]), abs=1e-9)
    listed = chance > 0.3
    for measure in (measures.sensitivity, measures.precision):
        assert measure(outcome, listed, weight) == pytest.approx(measure(outcome[copies], listed[copies]), abs=1e-12)


def test_small_table_by_hand() -> None:
    outcome, chance = [True, False, True, False], [0.8, 0.4, 0.4, 0.2]
    assert measures.auroc(outcome, chance) == pytest.approx((2 + 1.5) / 4)
    assert measures.average_precision(outcome, chance) == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    assert measures.brier(outcome, chance) == pytest.approx((0.04 + 0.16 + 0.36 + 0.04) / 4)
    assert measures.scaled_brier(outcome, chance) == pytest.approx(1 - 0.15 / 0.25)
    assert measures.observed_over_expected(outcome, chance) == pytest.approx(2 / 1.8)
    assert measures.sensitivity(outcome, [1, 1, 0, 0]) == 0.5
    assert measures.precision(outcome, [1, 1, 0, 0]) == 0.5
    assert measures.net_benefit(outcome, chance, threshold=0.4) == pytest.approx(2 / 4 - 1 / 4 * 0.4 / 0.6)
    assert measures.net_benefit_of_all(outcome, threshold=0.2) == pytest.approx(0.5 - 0.5 * 0.25)


def test_tenths_hold_all_the_weight_and_never_part_a_probability() -> None:
    outcome, chance, weight = drawn(11, digits=1)
    found = measures.calibration_curve(outcome, chance, weight)
    assert found[:, 2].sum() == weight.sum()
    assert float(found[:, 1] @ found[:, 2]) == pytest.approx(float(weight @ outcome))
    assert len(found) <= len(np.unique(chance))
    assert measures.calibration_curve([], []).shape == (0, 3)


def test_tenths_equal_pandas_cut_at_quantiles() -> None:
    outcome, chance, _ = drawn(12, rows=1000, digits=8, weighted=False)
    frame = pd.DataFrame({"p": chance, "y": outcome.astype(float)})
    by_tenth = frame.groupby(pd.qcut(frame["p"], 10), observed=True).agg({"p": "mean", "y": "mean"})
    assert measures.calibration_curve(outcome, chance)[:, :2] == pytest.approx(by_tenth.to_numpy())


def test_one_class_has_no_discrimination_and_says_why() -> None:
    for outcome in ([True] * 3, [False] * 3):
        chance = [0.1, 0.2, 0.3]
        found = [
            measure(outcome, chance)
            for measure in (
                measures.auroc,
                measures.average_precision,
                measures.scaled_brier,
                measures.calibration_in_the_large,
                measures.calibration_slope,
                measures.e90,
                measures.eci,
            )
        ]
        assert np.isnan(found).all()
        assert measures.why_undefined(outcome, chance) == "one_class"
        assert np.isfinite(measures.brier(outcome, chance))


def test_one_probability_has_no_slope_and_says_why() -> None:
    outcome, chance = [True, False, False], [0.2] * 3
    assert measures.auroc(outcome, chance) == 0.5
    assert measures.calibration_in_the_large(outcome, chance) == pytest.approx(logit(1 / 3) - logit(0.2))
    assert np.isnan(measures.calibration_slope(outcome, chance))
    assert measures.why_undefined(outcome, chance) == "one_probability"


def test_classes_that_a_threshold_parts_have_no_slope() -> None:
    outcome, chance = [False] * 4 + [True] * 4, np.linspace(0.1, 0.9, 8)
    assert measures.auroc(outcome, chance) == 1.0
    assert np.isnan(measures.calibration_slope(outcome, chance))
    assert measures.why_undefined(outcome, chance) == "not_defined"


def test_weight_of_one_class_only_is_one_class() -> None:
    assert np.isnan(measures.auroc([True, False], [0.2, 0.1], [1, 0]))
    assert measures.why_undefined([True, False], [0.2, 0.1], [1, 0]) == "one_class"
    assert np.isnan(measures.sensitivity([False, False], [1, 0]))
    assert np.isnan(measures.precision([True, False], [0, 0]))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 4)), min_size=1, max_size=30), st.floats(0.01, 1))
def test_the_weighted_quantile_is_that_of_copies(pairs: list[tuple[float, int]], share: float) -> None:
    values, weight = np.array([v for v, _ in pairs]), np.array([float(w) for _, w in pairs])
    copies = np.repeat(values, weight.astype(int))
    found = measures.weighted_quantile(values, weight, share)
    if not len(copies):
        assert np.isnan(found)
    else:
        assert found == np.quantile(copies, share, method="inverted_cdf")


def test_a_far_start_still_converges() -> None:
    """Probabilities far from the outcomes: Newton's full step alone would run away."""
    rng = np.random.default_rng(0)
    odds = rng.normal(4, 3, 2000)
    outcome = rng.random(2000) < expit(-3 - 0.4 * odds)
    line = sm.GLM(outcome.astype(float), sm.add_constant(odds), family=sm.families.Binomial()).fit()
    assert measures.calibration_line(outcome, expit(odds)) == pytest.approx(tuple(line.params), abs=1e-5)


def test_the_curve_of_a_ranking_is_that_of_scikit_learn() -> None:
    outcome, chance, weight = drawn(21, rows=60, digits=8)
    cases, everyone = Ranking.of(outcome, chance).curve(weight)
    false, true, _ = metrics.roc_curve(outcome, chance, sample_weight=weight, drop_intermediate=False)
    ours = {(round(float(c), 9), round(float(e - c), 9)) for c, e in zip(cases, everyone, strict=True)}
    total = float(weight @ outcome), float(weight @ ~outcome)
    assert {(round(t * total[0], 9), round(f * total[1], 9)) for t, f in zip(true, false, strict=True)} <= ours
