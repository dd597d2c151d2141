"""The points of the pictures: those of scikit-learn on a grid, and none of too few patients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import precision_recall_curve, roc_auc_score, roc_curve

from icspark.dna import curves
from icspark.dna.account import pictures
from icspark.dna.calibration import Calibrator
from icspark.dna.extract import Extract
from icspark.dna.fitted import FittedModel
from icspark.dna.pipelines import DEFAULTS
from icspark.dna.search import fitted_pipeline
from icspark.dna.training import Rules, recipe

NOTHING = Calibrator("none", np.zeros(0), np.zeros(0))


@pytest.fixture(scope="module")
def extract(planted: Any) -> Extract:
    return planted(1_500, seed=9)[0]


@pytest.fixture(scope="module")
def probability(planted: Any) -> np.ndarray:
    return np.round(planted(1_500, seed=9)[1], 2)  # ties


def test_roc_and_precision_recall_pass_through_the_points_of_scikit_learn(
    extract: Extract, probability: np.ndarray
) -> None:
    found = curves.roc(extract.is_dna, probability)
    false, true, _ = roc_curve(extract.is_dna, probability, drop_intermediate=False)
    assert found["sensitivity"].to_numpy() == pytest.approx(np.interp(curves.GRID, false, true))
    pairs = curves.precision_recall(extract.is_dna, probability)
    precision, recall, _ = precision_recall_curve(extract.is_dna, probability)
    for sensitivity, share in pairs.to_numpy()[::9]:
        least = recall[recall >= sensitivity - 1e-12].min()
        assert share == pytest.approx(precision[recall == least].max())


def test_bars_of_fewer_than_eight_are_absent_and_others_rounded_to_five() -> None:
    found = curves.histogram(np.array([0.01] * 7 + [0.03] * 8 + [0.06] * 13))
    assert found["appointments_count"].iloc[:4].tolist() == pytest.approx([np.nan, 10, 15, 0], nan_ok=True)
    assert found["to_probability"].iloc[0] == pytest.approx(0.025)


def test_a_tenth_with_fewer_than_eight_of_either_class_is_no_point() -> None:
    probability = np.repeat([0.1, 0.5], 100)
    outcome = np.zeros(200, bool)
    outcome[:7], outcome[100:140] = True, True
    assert curves.calibration(outcome, probability).to_numpy().tolist() == [pytest.approx([0.5, 0.4])]
    outcome[7] = True
    assert len(curves.calibration(outcome, probability)) == 2


def test_calling_nobody_finds_nobody_and_calling_all_finds_all(extract: Extract, probability: np.ndarray) -> None:
    found = curves.gain(extract, probability)
    assert found.iloc[0].tolist() == [0, 0]
    assert found.iloc[-1].tolist() == [1, 1]
    assert (found.diff().dropna().to_numpy() >= 0).all()


def test_a_feature_that_only_chance_ties_to_the_outcome_has_no_importance(extract: Extract) -> None:
    made_by = recipe("gradient_boosting", extract.feature_list, Rules())
    pipeline = fitted_pipeline(extract, made_by, DEFAULTS["gradient_boosting"], rounds=60)
    model = FittedModel("gradient_boosting", extract.feature_list, pipeline, NOTHING, 0.2, 60)
    found = curves.importance(extract, model, seed=1).set_index("feature")
    assert found.equals(curves.importance(extract, model, seed=1).set_index("feature"))
    assert found["fall"].idxmin() == "weekday"
    assert abs(found.loc["weekday", "fall"]) < 0.01 < found.loc["lead_days", "lower_95"]
    assert (found["lower_95"] <= found["fall"]).all()
    assert (found["fall"] <= found["upper_95"]).all()
    whole = roc_auc_score(extract.is_dna, model.margin(extract.features))
    average = [
        roc_auc_score(extract.is_dna, model.margin(extract.features.assign(age_years=_shuffled(extract, seed))))
        for seed in range(30)
    ]
    assert found.loc["age_years", "fall"] == pytest.approx(whole - np.mean(average), abs=0.01)


def _shuffled(extract: Extract, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).permutation(extract.features["age_years"].to_numpy())


def test_pictures_are_png_and_the_same_points_give_the_same_bytes(extract: Extract, probability: np.ndarray) -> None:
    turned = extract.rows(np.arange(len(extract))[::-1].copy())
    drawn = pictures(curves.curves(extract, probability), title="t", note="n")
    assert drawn == pictures(curves.curves(turned, probability[::-1]), title="t", note="n")
    assert all(content.startswith(b"\x89PNG") for content in drawn.values())
