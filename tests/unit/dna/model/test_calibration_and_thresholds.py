"""Calibration on the log odds, thresholds by rule: against statsmodels, and against every cut there is."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from sklearn.metrics import f1_score

from icspark.dna.calibration import fitted_calibrator
from icspark.dna.thresholds import threshold
from icspark.errors import QualityError

NO_LIST = {"listed": 0}


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_sigmoid_is_an_unpenalised_logistic_regression_on_the_log_odds(seed: int) -> None:
    random = np.random.default_rng(seed)
    margin = random.normal(-1.5, 1.2, 800)
    outcome = random.random(800) < expit(0.4 + 0.7 * margin)
    expected = sm.Logit(outcome.astype(float), sm.add_constant(margin)).fit(disp=0, tol=1e-12).params
    assert fitted_calibrator("sigmoid", margin, outcome).values == pytest.approx(expected, abs=1e-6)


def test_isotonic_never_falls_and_says_neither_0_nor_1() -> None:
    margin = np.array([-3.0, -2.0, -2.0, 0.0, 1.0, 2.0])
    outcome = np.array([False, False, True, False, True, True])
    made = fitted_calibrator("isotonic", margin, outcome)
    found = made.probability(np.array([-9.0, -3.0, -2.0, -1.0, 0.0, 2.0, 9.0]))
    assert (np.diff(found) >= 0).all()
    assert found[[0, 2, 5]] == pytest.approx([1e-6, 1 / 3, 1 - 1e-6])


def test_without_a_calibrator_the_log_odds_stand() -> None:
    made = fitted_calibrator("none", np.zeros(0), np.zeros(0, bool))
    assert made.probability(np.array([0.0, np.log(3)])) == pytest.approx([0.5, 0.75], abs=1e-10)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), levels=st.integers(2, 12))
def test_the_threshold_is_the_best_of_all_cuts(seed: int, levels: int) -> None:
    random = np.random.default_rng(seed)
    probability = random.integers(1, levels + 1, 40) / (levels + 1)
    outcome = random.random(40) < probability
    outcome[:2] = [True, False]
    cuts = np.unique(probability)
    best = max(f1_score(outcome, probability >= cut) for cut in cuts)
    chosen = threshold("f1", outcome, probability, **NO_LIST)
    assert f1_score(outcome, probability >= chosen) == pytest.approx(best)
    assert not any(f1_score(outcome, probability >= cut) == best for cut in cuts[cuts > chosen])

    def imbalance(cut: float) -> float:
        flagged = probability >= cut
        return abs(flagged[outcome].mean() - (1 - flagged[~outcome].mean()))

    balanced = threshold("roc_balance", outcome, probability, **NO_LIST)
    assert imbalance(balanced) == pytest.approx(min(map(imbalance, cuts)))


def test_capacity_flags_as_many_as_the_lists_hold_and_ties_with_the_last() -> None:
    probability = np.array([0.9, 0.5, 0.5, 0.2, 0.1])
    outcome = np.array([True, False, True, False, False])
    assert [threshold("capacity", outcome, probability, listed=number) for number in (1, 2, 3, 4)] == [
        0.9,
        0.5,
        0.5,
        0.2,
    ]


@pytest.mark.parametrize("outcome", [np.ones(3, bool), np.zeros(3, bool)])
def test_one_class_only_has_no_threshold(outcome: np.ndarray) -> None:
    with pytest.raises(QualityError, match="one class only"):
        threshold("f1", outcome, np.array([0.1, 0.2, 0.3]), **NO_LIST)
