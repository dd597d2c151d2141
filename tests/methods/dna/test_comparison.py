"""Two models on the same rows: the difference of scikit-learn's measures, and the gain of a paired bootstrap."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit
from sklearn import metrics

from icspark.dna.bootstrap import Resampling, limits, replicated
from icspark.dna.comparison import compared
from icspark.dna.ranking import Ranking


def two_models(seed: int = 1, rows: int = 3000):
    rng = np.random.default_rng(seed)
    odds = rng.normal(-2, 1, rows)
    outcome = rng.random(rows) < expit(odds)
    near = np.round(expit(odds + rng.normal(0, 0.2, rows)), 3)
    far = np.round(expit(odds + rng.normal(0, 1.0, rows)), 3)
    return outcome, near, far, rng.integers(0, rows // 3, rows)


def test_differences_are_those_of_scikit_learn() -> None:
    outcome, near, far, person = two_models()
    found = compared(outcome, (near, far), person, Resampling(replicates=5))
    rate = outcome.mean() * (1 - outcome.mean())
    expected = {
        "auroc": metrics.roc_auc_score(outcome, near) - metrics.roc_auc_score(outcome, far),
        "average_precision": metrics.average_precision_score(outcome, near)
        - metrics.average_precision_score(outcome, far),
        "scaled_brier": (metrics.brier_score_loss(outcome, far) - metrics.brier_score_loss(outcome, near)) / rate,
    }
    assert {name: d.value for name, d in found.items()} == pytest.approx(expected, abs=1e-9)


def test_a_model_equals_itself_in_every_replicate() -> None:
    outcome, near, _, person = two_models()
    for difference in compared(outcome, (near, near.copy()), person, Resampling(replicates=20)).values():
        assert (difference.value, difference.lower, difference.upper) == (0, 0, 0)


def test_pairing_narrows_the_interval_and_a_worse_model_is_below() -> None:
    outcome, near, far, person = two_models()
    paired = compared(outcome, (far, near), person, Resampling(replicates=200))["auroc"]
    assert paired.upper < 0
    nearer = np.clip(near + 0.001, 0, 1)  # the same ranking
    same = compared(outcome, (nearer, near), person, Resampling(replicates=200))["auroc"]
    alone = replicated(person, lambda w: np.array([Ranking.of(outcome, near).auroc(w)]), Resampling(replicates=200))
    lower, upper = limits(alone)
    assert same.upper - same.lower < (upper - lower)[0] / 10


def test_one_class_has_no_difference() -> None:
    difference = compared(
        np.ones(4, dtype=bool), (np.full(4, 0.2), np.full(4, 0.3)), np.arange(4), Resampling(replicates=3)
    )
    assert np.isnan(difference["auroc"].value)
