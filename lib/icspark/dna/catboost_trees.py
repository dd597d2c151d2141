"""CatBoost as an optional extra: trained by the library, kept and scored as plain arrays.

Its own file format holds the time of training and needs the library to be read; arrays have neither trouble.
"""

from __future__ import annotations

import importlib
import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, Self

import numpy as np
import scipy
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin

from icspark.errors import SetupError

Floats = NDArray[np.float64]
NEVER = np.float32(np.inf)
"""A border that no value is above: fills the splits of a shallower tree."""


def catboost() -> ModuleType:
    """Return the library; SetupError where the extra is not installed."""
    try:
        return importlib.import_module("catboost")
    except ImportError:
        raise SetupError(
            "CatBoost is not installed",
            where="kinds: catboost",
            mend="install the extra (`pip install 'icspark[catboost]'`), or train gradient_boosting",
        ) from None


class CatBoostTrees(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Oblivious trees of CatBoost on numbers: of each tree the splits, and the log odds that each leaf adds."""

    def __init__(
        self, *, rounds: int, settings: Mapping[str, float], constraints: Sequence[int], seed: int, patience: int = 20
    ) -> None:
        self.rounds, self.settings, self.constraints, self.seed = rounds, settings, constraints, seed
        self.patience = patience

    def fit(
        self,
        matrix: Floats,
        outcome: NDArray[np.bool_],
        X_val: Floats | None = None,  # noqa: N803 - as scikit-learn's own trees call it
        y_val: NDArray[np.bool_] | None = None,
    ) -> Self:
        """Fit on one thread; with a validation set, boosting stops by its loss, kept in `validation_score_`."""
        model = catboost().CatBoostClassifier(**self._parameters())
        watched = {} if X_val is None else {"eval_set": (X_val, y_val), "early_stopping_rounds": self.patience}
        model.fit(matrix, np.asarray(outcome, int), **watched)
        if watched:
            losses = model.get_evals_result()["validation"]["Logloss"]
            self.validation_score_ = np.r_[-np.inf, -np.asarray(losses)]
        self.classes_ = np.array([False, True])
        self._keep(_trees(model))
        return self

    def decision_function(self, matrix: Floats) -> Floats:
        """Return the log odds: the bias and one leaf of every tree. A missing value is below every border."""
        values = np.asarray(matrix, np.float32)  # as the library compares
        bits = 1 << np.arange(self.features_.shape[1])
        total = np.full(len(values), self.bias_[0])
        for features, borders, leaves in zip(self.features_, self.borders_, self.leaves_, strict=True):
            total += leaves[(values[:, features] > borders) @ bits]
        return total

    def predict_proba(self, matrix: Floats) -> Floats:
        """Return the probability of either class."""
        risk = scipy.special.expit(self.decision_function(matrix))
        return np.column_stack([1 - risk, risk])

    def _parameters(self) -> dict[str, Any]:
        return {
            "iterations": self.rounds,
            "learning_rate": self.settings["learning_rate"],
            "depth": int(self.settings["depth"]),
            "l2_leaf_reg": self.settings["l2_regularization"],
            "monotone_constraints": list(self.constraints),
            "use_best_model": False,
            "random_seed": self.seed,
            "thread_count": 1,
            "allow_writing_files": False,
            "verbose": False,
        }

    def _keep(self, model: Mapping[str, Any]) -> None:
        trees = model["oblivious_trees"]
        depth = max(len(tree["splits"]) for tree in trees)
        self.features_ = np.zeros((len(trees), depth), np.int64)
        self.borders_ = np.full((len(trees), depth), NEVER)
        self.leaves_ = np.zeros((len(trees), 2**depth))
        for at, tree in enumerate(trees):
            for place, split in enumerate(tree["splits"]):
                self.features_[at, place], self.borders_[at, place] = split["float_feature_index"], split["border"]
            self.leaves_[at, : len(tree["leaf_values"])] = tree["leaf_values"]
        scale, bias = model["scale_and_bias"]
        self.leaves_ *= scale
        self.bias_ = np.asarray(bias, float)


def _trees(model: Any) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trees.json"
        model.save_model(str(path), format="json")
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found
