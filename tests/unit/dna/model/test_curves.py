"""The points of the pictures: those of scikit-learn on a grid, and none of too few patients."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import precision_recall_curve, roc_auc_score, roc_curve

from icspark.dna import curves
from icspark.dna.account import pictures
from icspark.dna.calibration import Calibrator
from icspark.dna.capacity import top_per_site_day
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
    rows = extract.is_dna, probability, extract.person
    false, true, _ = roc_curve(extract.is_dna, probability, drop_intermediate=False)
    found = curves.roc(*rows)
    assert found.iloc[[0, -1]].to_numpy().tolist() == [[0, 0], [1, 1]]
    points = set(zip(false.round(12), true.round(12), strict=True))
    assert {tuple(point) for point in found.round(12).to_numpy()} <= points and len(found) > 8
    precision, recall, _ = precision_recall_curve(extract.is_dna, probability)
    pairs = set(zip(recall.round(12), precision.round(12), strict=True))
    assert {tuple(point) for point in curves.precision_recall(*rows).round(12).to_numpy()} <= pairs


def test_from_each_point_to_the_next_are_eight_people_of_either_class(
    extract: Extract, probability: np.ndarray
) -> None:
    """Counts again, from the points alone, who lies between them."""
    rows = extract.is_dna, probability, extract.person
    order = np.argsort(-probability, kind="stable")
    shares = curves.roc(*rows) * [(~extract.is_dna).sum(), extract.is_dna.sum()]
    acted_from = curves.decision(*rows)["threshold"].to_numpy()[::-1]
    found = {
        "roc": shares.sum(axis=1).round().astype(int).to_numpy()[1:],
        "gain": (curves.gain(extract, probability)["listed_share"] * len(extract)).round().astype(int).to_numpy()[1:],
        "decision": sorted({*((probability >= at).sum() for at in acted_from), len(extract)}),
    }
    orders = dict.fromkeys(found, order) | {"gain": _by_list(extract, probability)}
    for name, ends in found.items():
        assert len(ends) > 4 and ends[-1] == len(extract), name
        for start, end in pairwise([0, *ends]):
            between = orders[name][start:end]
            for of in (extract.is_dna, ~extract.is_dna):
                assert len({*extract.person[between[of[between]]]}) >= 8, name


def _by_list(extract: Extract, probability: np.ndarray) -> np.ndarray:
    """Return the rows in the order in which growing lists take them in."""
    ids = (extract.site, extract.day, probability, extract.appointment_id)
    lists = [top_per_site_day(*ids, percent=percent) > 0 for percent in curves.CAPACITIES]
    return np.argsort([-sum(int(on[row]) for on in lists) for row in range(len(extract))], kind="stable")


def test_many_appointments_of_few_people_are_no_point() -> None:
    probability, outcome = np.repeat([0.3, 0.2, 0.1], 40), np.tile([True, False], 60)
    person = np.concatenate([np.arange(40) % 7, np.arange(80) + 7])
    assert curves.roc(outcome, probability, person)["sensitivity"].tolist() == pytest.approx([0, 2 / 3, 1])
    assert curves.precision_recall(outcome, probability, person)["sensitivity"].tolist() == pytest.approx([2 / 3, 1])
    assert curves.calibration(outcome, probability, person)["probability"].tolist() == pytest.approx([0.1, 0.25])
    few = np.zeros(120, np.int64)
    assert curves.roc(outcome, probability, few).to_numpy().tolist() == [[0, 0], [1, 1]]
    assert all(draw(outcome, probability, few).empty for draw in (curves.calibration, curves.decision))
    assert curves.precision_recall(outcome, probability, few).empty


def test_bars_of_fewer_than_eight_people_are_absent_and_others_rounded_to_five() -> None:
    probability = np.array([0.01] * 7 + [0.03] * 8 + [0.06] * 13 + [0.09] * 30)
    person = np.concatenate([np.arange(28), np.arange(30) % 7])
    found = curves.histogram(probability, person)["appointments_count"].iloc[:5]
    assert found.tolist() == pytest.approx([np.nan, 10, 15, np.nan, 0], nan_ok=True)
    assert curves.histogram(probability, person)["to_probability"].iloc[0] == pytest.approx(0.025)


def test_a_tenth_with_fewer_than_eight_people_of_either_class_joins_another() -> None:
    probability, person = np.repeat([0.1, 0.5], 100), np.arange(200)
    outcome = np.zeros(200, bool)
    outcome[:7], outcome[100:140] = True, True
    assert curves.calibration(outcome, probability, person).to_numpy() == pytest.approx(np.array([[0.3, 0.235]]))
    outcome[7] = True
    told = curves.calibration(outcome, probability, person).to_numpy()
    assert told == pytest.approx(np.array([[0.1, 0.08], [0.5, 0.4]]))


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
