"""Contributions add up to the margin for every kind of model, and are Shapley's by their definition."""

from itertools import combinations
from math import factorial

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from icspark.dna.calibration import fitted_calibrator
from icspark.dna.catboost_trees import CatBoostTrees
from icspark.dna.contributions import Explainer, encoded_columns
from icspark.dna.feature_list import FeatureList
from icspark.dna.fitted import FittedModel
from icspark.dna.pipelines import DEFAULTS, assembled, classifier, encoder
from icspark.dna.reasons import REASONS, UNSPOKEN, _worded, reasons, words_of

FEATURES = FeatureList(
    ("lead_days", "age_years", "past_non_attendance_share", "is_first_attendance", "lead_days_is_missing"),
    ("weekday", "site_code", "sex_code"),
)
UNCALIBRATED = fitted_calibrator("none", np.zeros(0), np.zeros(0, dtype=bool))


def appointments(size, seed):
    """Return features with missing values, rare categories and ties, and outcomes that depend on them."""
    random = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "lead_days": random.gamma(1.5, 20, size),
            "age_years": random.integers(0, 95, size).astype(float),
            "past_non_attendance_share": np.round(random.beta(2, 12, size), 2),
            "is_first_attendance": (random.random(size) < 0.4).astype(float),
            "weekday": random.integers(1, 8, size).astype(str),
            "site_code": random.choice(["A", "B", "C", "rare"], size, p=[0.5, 0.3, 0.195, 0.005]),
            "sex_code": random.choice(["1", "2"], size),
        }
    )
    frame.loc[random.random(size) < 0.1, "lead_days"] = np.nan
    frame["lead_days_is_missing"] = frame["lead_days"].isna().astype(float)
    frame["site_code"] = frame["site_code"].astype(object).where(random.random(size) > 0.05, None)
    odds = -2 + 0.02 * frame["lead_days"].fillna(40) + 4 * frame["past_non_attendance_share"]
    odds += 0.5 * (frame["site_code"] == "B") + 0.4 * (frame["sex_code"] == "1") - 0.01 * frame["age_years"]
    return frame, random.random(size) < 1 / (1 + np.exp(-odds))


def fitted(kind):
    features, outcome = appointments(2_000, 1)
    transform = encoder(kind, FEATURES, seed=1)
    matrix = transform.fit_transform(FEATURES.prepared(features), outcome)
    model = classifier(kind, DEFAULTS[kind], rounds=30, constraints=[0] * len(FEATURES.names), seed=1)
    model.fit(matrix, outcome)
    return FittedModel(kind, FEATURES, assembled(transform, model), UNCALIBRATED, 0.1, 30)


@pytest.fixture(scope="module", params=["logistic_regression", "gradient_boosting"])
def explainer(request):
    model = fitted(request.param)
    return Explainer.of(model, appointments(300, 2)[0])


def test_contributions_and_base_are_the_margin(explainer):
    features, _ = appointments(400, 3)
    features.loc[0, "weekday"] = "8"  # never met in training
    told, base = explainer.contributions(features)
    assert told.shape == (400, len(explainer.sources))
    np.testing.assert_allclose(told.sum(axis=1) + base, explainer.model.margin(features), rtol=0, atol=1e-6)
    assert "lead_days_is_missing" not in explainer.sources


def test_every_encoded_column_belongs_to_the_feature_that_moves_it(explainer):
    model = explainer.model
    plain = FEATURES.prepared(appointments(60, 4)[0])
    columns = encoded_columns(model)
    for name in FEATURES.names:
        moved = plain.copy()
        moved[name] = "B" if name in FEATURES.categories else 3.5
        before, after = (np.asarray(_dense(model.pipeline[0].transform(frame))) for frame in (plain, moved))
        is_same = (before == after) | (np.isnan(before) & np.isnan(after))
        changed = {columns[at] for at in np.flatnonzero(~is_same.all(axis=0))}
        assert changed == {name}


def _dense(matrix):
    return matrix.toarray() if hasattr(matrix, "toarray") else matrix


def test_a_linear_contribution_is_the_weight_times_the_distance_from_the_mean():
    model = fitted("logistic_regression")
    sample, _ = appointments(300, 2)
    told, base = Explainer.of(model, sample).contributions(sample)
    np.testing.assert_allclose(told.mean(axis=0), 0, atol=1e-12)
    assert base == pytest.approx(model.margin(sample).mean())


def test_trees_are_explained_as_shapleys_definition_over_their_paths_has_it():
    random = np.random.default_rng(5)
    matrix = np.round(random.normal(size=(400, 3)), 1)
    matrix[random.random((400, 3)) < 0.1] = np.nan
    outcome = random.random(400) < 1 / (1 + np.exp(-np.nansum(matrix, axis=1)))
    trees = HistGradientBoostingClassifier(max_iter=3, max_leaf_nodes=6, random_state=1).fit(matrix, outcome)
    names = FeatureList(("a", "b", "c"), ())
    frame = pd.DataFrame(matrix, columns=list(names.names))
    transform = encoder("gradient_boosting", names, seed=1).fit(frame, outcome)
    model = FittedModel("gradient_boosting", names, assembled(transform, trees), UNCALIBRATED, 0.5, 3)
    told, base = Explainer.of(model, frame.head(1)).contributions(frame.head(20))
    nodes = [predictor[0].nodes for predictor in trees._predictors]
    for row in range(20):
        values = {
            s: sum(expected(n, 0, matrix[row], s) for n in nodes) for k in range(4) for s in combinations(range(3), k)
        }
        assert base == pytest.approx(values[()] + trees._baseline_prediction.item())
        np.testing.assert_allclose(told[row], shapley(values, 3), atol=1e-9)


def expected(nodes, at, row, known):
    """Return the mean of a tree below a node, where the features in `known` are those of the row."""
    node = nodes[at]
    if node["is_leaf"]:
        return node["value"]
    left, right = nodes[node["left"]], nodes[node["right"]]
    feature = node["feature_idx"]
    if feature in known:
        value = row[feature]
        goes_left = node["missing_go_to_left"] if np.isnan(value) else value <= node["num_threshold"]
        return expected(nodes, node["left"] if goes_left else node["right"], row, known)
    both = left["count"] * expected(nodes, node["left"], row, known)
    both += right["count"] * expected(nodes, node["right"], row, known)
    return both / (left["count"] + right["count"])


def shapley(values, number):
    found = np.zeros(number)
    for feature in range(number):
        rest = [other for other in range(number) if other != feature]
        for size in range(number):
            weight = factorial(size) * factorial(number - size - 1) / factorial(number)
            for subset in combinations(rest, size):
                found[feature] += weight * (values[tuple(sorted((*subset, feature)))] - values[subset])
    return found


def test_oblivious_trees_are_explained_against_every_appointment_of_the_sample():
    random = np.random.default_rng(6)
    trees = CatBoostTrees(rounds=2, settings={}, constraints=(), seed=1)
    trees.features_, trees.borders_ = np.array([[0, 1, 0], [2, 2, 1]]), random.normal(size=(2, 3)).astype(np.float32)
    trees.leaves_, trees.bias_ = random.normal(size=(2, 8)), np.array([-1.5])
    matrix, sample = random.normal(size=(6, 3)), random.normal(size=(9, 3))
    names = FeatureList(("a", "b", "c"), ())
    frame = pd.DataFrame(matrix, columns=list(names.names))
    transform = encoder("catboost", names, seed=1).fit(frame, [True, False] * 3)
    model = FittedModel("catboost", names, assembled(transform, trees), UNCALIBRATED, 0.5, 2)
    told, base = Explainer.of(model, pd.DataFrame(sample, columns=list("abc"))).contributions(frame)
    np.testing.assert_allclose(told.sum(axis=1) + base, model.margin(frame), rtol=0, atol=1e-9)
    for row in range(6):
        values = {}
        for subset in (s for k in range(4) for s in combinations(range(3), k)):
            mixed = sample.copy()
            mixed[:, list(subset)] = matrix[row, list(subset)]
            values[subset] = trees.decision_function(mixed).mean()
        np.testing.assert_allclose(told[row], shapley(values, 3), atol=1e-9)
    assert base == pytest.approx(trees.decision_function(sample).mean())


def test_protected_characteristics_move_the_score_and_are_never_a_reason(explainer):
    features, _ = appointments(200, 7)
    told, _ = explainer.contributions(features)
    assert np.abs(told[:, explainer.sources.index("sex_code")]).max() > 0
    said = {text.split(":")[0] for row in reasons(explainer, features) for text in row}
    assert said <= {words_of(name) for name in explainer.sources if name not in UNSPOKEN}
    assert not said & {words_of(name) for name in UNSPOKEN}


def test_the_three_that_moved_it_most_are_told_with_their_direction_and_ties_go_by_words():
    sources = ("lead_days", "hour", "weekday", "site_code", "month", "sex_code")
    contributions = np.array([[0.5, 0.2, 0.2, -0.4, 0.1, 9.0], [0.1, -0.3, 0.3, 0.0, 0.1, 0.0]])
    assert _worded(contributions, sources, frozenset(UNSPOKEN)) == [
        [
            "time between booking and appointment: raises the risk",
            "day and time of the appointment: raises the risk",
            "site of the clinic: lowers the risk",
        ],
        ["time between booking and appointment: raises the risk", "time of year: raises the risk"],
    ]
    assert REASONS == 3


def test_a_feature_of_a_users_own_table_is_said_by_its_name():
    assert words_of("days_since_letter") == "days since letter"
