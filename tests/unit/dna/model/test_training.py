"""Training as a whole on appointments whose chances are known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm

from icspark.dna import measures
from icspark.dna.extract import Extract
from icspark.dna.training import UNSEEN, Rules, Trained, recipe, refitted, trained
from icspark.dna.windows import Windows
from icspark.errors import QualityError

FEW = Rules(trials=2, folds=2, calibrator="sigmoid", threshold_by="capacity", capacity={"percent": 20})


def made(kind: Any, extract: Extract, windows: Windows, rules: Rules = FEW) -> Trained:
    return trained(extract, windows, recipe(kind, extract.feature_list, rules), rules)


@pytest.fixture(scope="module")
def extract(planted: Any) -> Extract:
    return planted(6_000, seed=21)[0]


@pytest.fixture(scope="module")
def trees(extract: Extract, windows: Windows) -> Trained:
    return made("gradient_boosting", extract, windows)


def test_nothing_of_the_test_window_moves_the_model(trees: Trained, extract: Extract, windows: Windows) -> None:
    is_test = windows.mask(extract.day, "test")
    assert is_test.sum() > 500
    other = replace(extract, is_dna=np.where(is_test, ~extract.is_dna, extract.is_dna))
    assert made("gradient_boosting", other, windows).model.hash == trees.model.hash
    earlier = extract.is_dna.copy()
    earlier[np.flatnonzero(windows.mask(extract.day, "validate"))[:50]] ^= True
    assert made("gradient_boosting", replace(extract, is_dna=earlier), windows).model.hash != trees.model.hash


def test_validation_rows_come_true_as_often_as_they_say(trees: Trained) -> None:
    rows = trees.validated
    odds = np.log(rows.probability / (1 - rows.probability))
    line = sm.Logit(rows.outcome.astype(float), sm.add_constant(odds)).fit(disp=0, tol=1e-12).params
    assert line == pytest.approx([0, 1], abs=1e-5)


def test_the_threshold_flags_what_the_lists_hold(trees: Trained) -> None:
    rows = trees.validated
    flagged = int(trees.model.is_flagged(rows.probability).sum())
    assert flagged == pytest.approx(rows.is_listed.sum(), abs=2)


def test_people_without_an_appointment_in_training_are_a_group(
    trees: Trained, extract: Extract, windows: Windows
) -> None:
    before = set(extract.person[windows.mask(extract.day, "train")])
    expected = ["false" if one in before else "true" for one in trees.validated.person]
    assert trees.validated.groups[UNSEEN].tolist() == expected
    assert set(expected) == {"true", "false"}


def test_a_refit_keeps_calibrator_rounds_and_threshold_and_says_how_far_it_moved(
    trees: Trained, extract: Extract, windows: Windows
) -> None:
    child, change = refitted(extract, windows, trees)
    parent = trees.model
    assert (child.threshold, child.rounds, child.calibrator) == (parent.threshold, parent.rounds, parent.calibrator)
    validate = extract.rows(windows.mask(extract.day, "validate"))
    moved = np.abs(child.predict(validate.features) - parent.predict(validate.features))
    assert (change.mean, change.largest) == pytest.approx((moved.mean(), moved.max()))
    assert 0 < change.mean < change.largest < 0.3
    assert child.hash != parent.hash


@pytest.mark.parametrize("window", ["train", "validate"])
def test_a_window_of_one_class_is_named(window: str, extract: Extract, windows: Windows) -> None:
    nobody = extract.is_dna & ~windows.mask(extract.day, window)
    with pytest.raises(QualityError, match=f"the {window} window holds one class only"):
        made("logistic_regression", replace(extract, is_dna=nobody), windows)


def _auroc(model: Trained, test: Extract) -> float:
    return measures.auroc(test.is_dna, model.model.predict(test.features))


def test_both_kinds_come_near_the_planted_chances(planted: Any, windows: Windows) -> None:
    extract, _ = planted(15_000, seed=5)
    test, chances = planted(20_000, seed=6)
    found = [_auroc(made(kind, extract, windows), test) for kind in ("logistic_regression", "gradient_boosting")]
    best = measures.auroc(test.is_dna, chances)  # knows the personal effect, which no model can
    assert 0.65 < min(found) <= max(found) < best < 0.76
    assert abs(found[0] - found[1]) < 0.02


def test_trees_beat_a_logistic_regression_where_lead_time_and_age_act_together(planted: Any, windows: Windows) -> None:
    extract, _ = planted(15_000, seed=7, interaction=0.5)
    test, _ = planted(20_000, seed=8, interaction=0.5)
    logistic, trees = (_auroc(made(k, extract, windows), test) for k in ("logistic_regression", "gradient_boosting"))
    assert trees > logistic + 0.015
