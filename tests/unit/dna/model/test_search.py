"""The search over folds in time: whole people, later folds, and rounds that stop by an explicit set."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import log_loss

from icspark.dna.extract import Extract
from icspark.dna.pipelines import DEFAULTS, MOST_ROUNDS, classifier, constraints
from icspark.dna.search import best, encoded_folds, fitted_pipeline, fold_edges, people_up_to, searched
from icspark.dna.training import Rules, recipe
from icspark.errors import ConfigurationError, QualityError


@pytest.fixture(scope="module")
def extract(planted: Any) -> Extract:
    return planted(3_000, seed=11)[0]


def test_a_sample_is_of_whole_people_and_at_most_so_large(extract: Extract) -> None:
    mask = people_up_to(extract.person, 1_000, seed=5)
    assert 990 <= mask.sum() <= 1_000
    assert not np.intersect1d(extract.person[mask], extract.person[~mask]).size
    assert not np.array_equal(mask, people_up_to(extract.person, 1_000, seed=6))
    assert people_up_to(extract.person, 3_000, seed=5).all()


def test_each_fold_is_judged_on_days_after_all_that_it_learnt_from(extract: Extract) -> None:
    edges = fold_edges(extract.day, 3)
    sizes = [((extract.day >= a) & (extract.day < b)).sum() for a, b in pairwise(edges)]
    assert (np.diff(edges) > np.timedelta64(0, "D")).all()
    assert edges[-1] > extract.day.max()
    assert max(sizes) - min(sizes) < 30
    folds = list(encoded_folds(extract, recipe("gradient_boosting", extract.feature_list, Rules()), 3))
    assert [len(fold.train_outcome) for fold in folds] == [int((extract.day < edge).sum()) for edge in edges[:-1]]
    assert [len(fold.test_outcome) for fold in folds] == sizes


def test_the_rounds_are_those_of_the_least_loss_on_the_last_fold(extract: Extract) -> None:
    made_by = recipe("gradient_boosting", extract.feature_list, Rules())
    trial = searched(extract, made_by, trials=1, folds=2)[0]
    last = list(encoded_folds(extract, made_by, 2))[-1]
    model = classifier(made_by.kind, trial.settings, rounds=60, constraints=made_by.constraints, seed=made_by.seed)
    staged = model.fit(last.train, last.train_outcome).staged_predict_proba(last.test)
    losses = [log_loss(last.test_outcome, each[:, 1]) for each in staged]
    assert trial.rounds == np.argmin(losses) + 1 < 60 < MOST_ROUNDS
    assert trial.losses[-1] == pytest.approx(min(losses), abs=1e-12)


def test_the_seed_decides_the_draws_and_the_first_trial_has_the_defaults(extract: Extract) -> None:
    made_by = recipe("logistic_regression", extract.feature_list, Rules())
    trials = searched(extract, made_by, trials=3, folds=2)
    assert trials == searched(extract, made_by, trials=3, folds=2)
    assert trials[0].settings == DEFAULTS["logistic_regression"]
    assert trials[1:] != searched(extract, replace(made_by, seed=1), trials=3, folds=2)[1:]
    assert best(trials).mean_loss == min(trial.mean_loss for trial in trials)


def test_a_monotonic_constraint_is_kept_and_one_on_no_number_is_named(extract: Extract) -> None:
    rules = Rules(monotonic={"age_years": 1})
    made_by = recipe("gradient_boosting", extract.feature_list, rules)
    pipeline = fitted_pipeline(extract, made_by, DEFAULTS["gradient_boosting"], rounds=30)
    grid = extract.feature_list.prepared(extract.features.iloc[np.zeros(95, int)].assign(age_years=np.arange(95.0)))
    assert (np.diff(pipeline.decision_function(grid)) >= 0).all()
    free = fitted_pipeline(extract, replace(made_by, constraints=(0,) * 6), DEFAULTS["gradient_boosting"], rounds=30)
    assert (np.diff(free.decision_function(grid)) < 0).any()
    with pytest.raises(ConfigurationError, match="Did you mean age_years"):
        constraints(extract.feature_list, {"age_year": 1})


def test_a_fold_of_one_class_is_told(extract: Extract) -> None:
    late = extract.day > np.datetime64("2024-01-01")
    with pytest.raises(QualityError, match="one class only"):
        searched(
            replace(extract, is_dna=extract.is_dna & late),
            recipe("logistic_regression", extract.feature_list, Rules()),
            trials=1,
            folds=3,
        )
