"""The area under the ROC curve and its error against scikit-learn, DeLong's formula written out, and drawn samples."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from icspark.dna.discrimination import discrimination


def outcomes(size, seed):
    random = np.random.default_rng(seed)
    probability = np.round(random.beta(1, 6, size), 2)
    return (random.random(size) < probability).astype(float), probability


@pytest.mark.parametrize("size", [12, 80, 700])
def test_the_area_is_scikit_learns_and_its_error_delongs(size):
    outcome, probability = outcomes(size, size)
    found = discrimination(outcome, probability, np.arange(size))
    assert found.value == pytest.approx(roc_auc_score(outcome, probability), abs=1e-12)
    positive, negative = probability[outcome == 1], probability[outcome == 0]
    kernel = (positive[:, None] > negative).astype(float) + 0.5 * (positive[:, None] == negative)
    assert found.of_outcomes == pytest.approx(kernel.mean(axis=1).var(ddof=1))
    assert found.of_others == pytest.approx(kernel.mean(axis=0).var(ddof=1))
    m, n = len(positive), len(negative)
    plain = np.sqrt(kernel.mean(axis=1).var() / m + kernel.mean(axis=0).var() / n)
    assert found.error == pytest.approx(plain)
    delong = kernel.mean(axis=1).var(ddof=1) / m + kernel.mean(axis=0).var(ddof=1) / n
    assert found.error_with(m, n) == pytest.approx(np.sqrt(delong))


def test_a_person_counted_twice_has_the_error_of_once():
    outcome, probability = outcomes(300, 3)
    once = discrimination(outcome, probability, np.arange(300))
    twice = discrimination(np.tile(outcome, 2), np.tile(probability, 2), np.tile(np.arange(300), 2))
    assert twice.value == pytest.approx(once.value)
    assert twice.error == pytest.approx(once.error)
