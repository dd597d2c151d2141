"""A fitted model: what it says of rows, what identifies it, and its file."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from icspark.dna import model_file
from icspark.dna.calibration import Calibrator
from icspark.dna.extract import Extract
from icspark.dna.fitted import FittedModel
from icspark.dna.pipelines import DEFAULTS
from icspark.dna.search import fitted_pipeline
from icspark.dna.training import Rules, recipe
from icspark.errors import TableError

KINDS = ("logistic_regression", "gradient_boosting", "catboost")
LINE = Calibrator("sigmoid", np.zeros(0), np.array([0.1, 0.9]))


def fitted(kind: Any, extract: Extract) -> FittedModel:
    if kind == "catboost":
        pytest.importorskip("catboost", reason="the extra is not installed")
    made_by = recipe(kind, extract.feature_list, Rules())
    pipeline = fitted_pipeline(extract, made_by, DEFAULTS[kind], rounds=15)
    return FittedModel(kind, extract.feature_list, pipeline, LINE, 0.3, 15)


@pytest.fixture(scope="module", params=KINDS)
def model(request: pytest.FixtureRequest, extract: Extract) -> FittedModel:
    return fitted(request.param, extract)


@pytest.fixture(scope="module")
def extract(planted: Any) -> Extract:
    return planted(2_000, seed=3)[0]


def test_the_same_rows_give_the_same_arrays_whatever_the_number_of_threads(
    model: FittedModel, extract: Extract
) -> None:
    with threadpool_limits(limits=2):
        again = fitted(model.kind, extract)
    assert again.hash == model.hash
    assert np.array_equal(again.predict(extract.features), model.predict(extract.features))


def test_sums_of_many_rows_do_not_hang_on_the_number_of_threads_either(planted: Any) -> None:
    many = planted(30_000, seed=3)[0]
    hashes = set()
    for threads in (1, 2):
        with threadpool_limits(limits=threads):
            hashes.add(fitted("logistic_regression", many).hash)
    assert len(hashes) == 1


def test_another_outcome_another_feature_order_or_another_threshold_is_another_model(
    model: FittedModel, extract: Extract
) -> None:
    other = extract.is_dna.copy()
    other[:40] = ~other[:40]
    changed = fitted(model.kind, replace(extract, is_dna=other))
    assert len({model.hash, changed.hash, replace(model, threshold=0.31).hash}) == 3


def test_one_leaf_is_part_of_the_identity(extract: Extract) -> None:
    model = fitted("gradient_boosting", extract)
    before = model.hash
    model.pipeline[-1]._predictors[3][0].nodes["value"][-1] += 1e-12
    assert model.hash != before


def test_a_category_never_met_and_missing_values_are_scored(model: FittedModel, extract: Extract) -> None:
    row = extract.features.head(3).copy()
    row["site_code"], row["weekday"] = ["S99", None, np.nan], ["9", "1", None]
    row.loc[2, ["lead_days", "age_years", "is_first_attendance"]] = np.nan
    assert np.isfinite(model.predict(row)).all()
    assert model.margin(row.iloc[[1]]) == model.margin(row.iloc[[1]].assign(site_code=np.nan))


@pytest.mark.parametrize("kind", KINDS[:2])
def test_a_feature_of_which_training_knows_nothing_says_nothing_ever_after(kind: str, extract: Extract) -> None:
    blank = extract.features.assign(lead_days=np.nan, site_code=None)
    model = fitted(kind, replace(extract, features=blank))
    known = blank.head(2).assign(lead_days=[1.0, 90.0])
    assert np.ptp(model.margin(known) - model.margin(blank.head(2))) == pytest.approx(0, abs=1e-12)


def test_probabilities_are_calibrated_held_and_rounded(model: FittedModel, extract: Extract) -> None:
    sure = replace(model, calibrator=Calibrator("sigmoid", np.zeros(0), np.array([0.0, 1000.0])))
    assert set(sure.predict(extract.features)) >= {1e-6}
    assert sure.predict(extract.features).max() <= 1 - 1e-6
    margin = model.margin(extract.features)
    assert np.allclose(model.predict(extract.features), 1 / (1 + np.exp(-(0.1 + 0.9 * margin))), atol=5e-11)
    assert (np.round(model.predict(extract.features), 10) == model.predict(extract.features)).all()


def test_order_of_columns_and_further_columns_do_not_matter_but_an_absent_one_is_named(
    model: FittedModel, extract: Extract
) -> None:
    turned = extract.features[extract.features.columns[::-1]].assign(more=1.0)
    assert np.array_equal(model.predict(turned), model.predict(extract.features))
    with pytest.raises(TableError, match=re.escape("age_years: the model was made of other features")):
        model.predict(extract.features.drop(columns="age_years"))


def test_a_file_gives_the_model_back_and_its_bytes_are_held_to_their_hash(
    model: FittedModel, extract: Extract, tmp_path: Path
) -> None:
    path = tmp_path / "model.skops"
    written = model_file.save(model, path)
    again = model_file.load(path, expected_hash=written)
    assert again.hash == model.hash
    assert np.array_equal(again.predict(extract.features), model.predict(extract.features))
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(TableError, match="not the one that was recorded"):
        model_file.load(path, expected_hash=written)


def test_a_file_of_types_that_are_not_ours_is_not_opened(tmp_path: Path) -> None:
    skops_io = pytest.importorskip("skops.io")
    path = tmp_path / "model.skops"
    skops_io.dump({"path": Path("somewhere")}, path)
    with pytest.raises(TableError, match="types that are not trusted"):
        model_file.load(path, expected_hash=model_file.file_hash(path))


def test_trees_of_the_extra_are_scored_as_the_library_scores_them(extract: Extract) -> None:
    catboost = pytest.importorskip("catboost", reason="the extra is not installed")
    model = fitted("catboost", extract)
    matrix = model.pipeline[0].transform(extract.feature_list.prepared(extract.features))
    ours = model.pipeline[-1].fit(matrix, extract.is_dna)
    again = catboost.CatBoostClassifier(**ours._parameters()).fit(matrix, extract.is_dna.astype(int))
    assert np.isnan(matrix).any()
    assert np.allclose(
        ours.decision_function(matrix), again.predict(matrix, prediction_type="RawFormulaVal"), atol=1e-12
    )
