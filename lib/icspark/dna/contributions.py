"""What each feature adds to a model's log odds before calibration: Shapley values, exact for every kind of model.

Together with the base they make the margin. Trees of scikit-learn are explained along their paths (Lundberg et al.
2020, Nature Machine Intelligence 2:56); the two other kinds against the mean over a sample of appointments, exactly.
Explainers of calibrated models, or of trees that split categories by themselves, are refused or wrong without a word:
the margin is explained, over encoded columns.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from math import factorial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from icspark.dna.expected_outcomes import Floats, Whole
from icspark.dna.fitted import FittedModel
from icspark.tables.dna import MISSING_SUFFIX

if TYPE_CHECKING:
    from icspark.dna.catboost_trees import CatBoostTrees


@dataclass(frozen=True)
class Explainer:
    """A model, and a sample of appointments (encoded) that "more" and "less" are told against."""

    model: FittedModel
    sample: Floats

    @classmethod
    def of(cls, model: FittedModel, sample: pd.DataFrame) -> Explainer:
        """Return the explainer of a model; `sample` has its features, and at least one row."""
        return cls(model, _encoded(model, sample))

    @property
    def sources(self) -> tuple[str, ...]:
        """Return the features that contributions are summed by: an indicator belongs to what it indicates."""
        return tuple(dict.fromkeys(source_of(name) for name in self.model.features))

    def contributions(self, features: pd.DataFrame) -> tuple[Floats, float]:
        """Return what each source adds to the margin of each row (columns as `sources`), and the base."""
        matrix = _encoded(self.model, features)
        by_column, base = _of_columns(self.model.pipeline[-1], matrix, self.sample)
        columns = encoded_columns(self.model)
        membership = np.array([[source_of(name) == source for source in self.sources] for name in columns], dtype=float)
        return by_column @ membership, base


def source_of(feature: str) -> str:
    """Return the feature that a column stands for: of an indicator of a missing value, the one that is missing."""
    return feature.removesuffix(MISSING_SUFFIX)


def encoded_columns(model: FittedModel) -> list[str]:
    """Return the feature of each column that the model's classifier sees, in their order."""
    encoder = model.pipeline[0]
    if model.kind != "logistic_regression":
        return [name for _, _, names in encoder.transformers_ for name in names]
    return [name for _, part, names in encoder.transformers_ for name in _columns_of(part, list(names))]


def _columns_of(part: Any, names: list[str]) -> list[str]:
    from sklearn.preprocessing import OneHotEncoder, SplineTransformer

    last = part[-1] if hasattr(part, "steps") else part
    if isinstance(last, SplineTransformer):
        return list(np.repeat(names, last.n_features_out_ // len(names)))
    if isinstance(last, OneHotEncoder):
        rare = [0 if one is None else len(one) - 1 for one in last.infrequent_categories_]
        widths = [len(known) - fewer for known, fewer in zip(last.categories_, rare, strict=True)]
        return list(np.repeat(names, widths))
    return names


def _encoded(model: FittedModel, features: pd.DataFrame) -> Floats:
    matrix = model.pipeline[0].transform(model.feature_list.prepared(features))
    return np.asarray(matrix.toarray() if hasattr(matrix, "toarray") else matrix, dtype=np.float64)


def _of_columns(classifier: Any, matrix: Floats, sample: Floats) -> tuple[Floats, float]:
    from icspark.dna.catboost_trees import CatBoostTrees

    if hasattr(classifier, "coef_"):
        weights, middle = classifier.coef_[0], sample.mean(axis=0)
        return (matrix - middle) * weights, float(classifier.intercept_[0] + middle @ weights)
    if isinstance(classifier, CatBoostTrees):
        return _of_oblivious_trees(classifier, matrix, sample)
    # It takes seconds to import, and only the tasks that explain need it.
    shap = importlib.import_module("shap")
    explainer = shap.TreeExplainer(classifier, feature_perturbation="tree_path_dependent")
    values = np.asarray(explainer.shap_values(matrix, check_additivity=False), dtype=np.float64)
    return values, float(np.ravel(explainer.expected_value)[0])


def _of_oblivious_trees(trees: CatBoostTrees, matrix: Floats, sample: Floats) -> tuple[Floats, float]:
    """Return Shapley values of trees that ask one question a level: each tree is a table over its patterns of answers.

    Source: Lundberg et al. 2020, the interventional value, with the patterns of the sample as its background.
    """
    found, base = np.zeros(matrix.shape), float(trees.bias_[0])
    for features, borders, leaves in zip(trees.features_, trees.borders_, trees.leaves_, strict=True):
        own, others = _patterns(matrix, features, borders), _patterns(sample, features, borders)
        share = np.bincount(others, minlength=len(leaves)) / len(others)
        asked = np.unique(features)
        table, without = _table(features, asked, leaves, share)
        found[:, asked] += table[:, own].T
        base += without
    return found, base


def _patterns(matrix: Floats, features: Whole, borders: NDArray[np.float32]) -> Whole:
    answers = matrix[:, features].astype(np.float32) > borders
    return answers @ (1 << np.arange(len(features)))


def _table(features: Whole, asked: Whole, leaves: Floats, share: Floats) -> tuple[Floats, float]:
    """Return the Shapley value of each asked feature for each pattern of answers, and the mean of the tree."""
    bits, every = 1 << np.arange(len(features)), np.arange(len(leaves))
    masks = [int(bits[features == feature].sum()) for feature in asked]
    number = len(asked)

    def value(subset: int) -> Floats:
        mask = sum(one for at, one in enumerate(masks) if subset >> at & 1)
        mixed = (every[:, np.newaxis] & mask) | (every & ~mask)
        return np.asarray(leaves[mixed] @ share)

    values = [value(subset) for subset in range(1 << number)]
    found = np.zeros((number, len(leaves)))
    for subset, before in enumerate(values):
        size = subset.bit_count()
        for at in range(number):
            if not subset >> at & 1:
                weight = factorial(size) * factorial(number - size - 1) / factorial(number)
                found[at] += weight * (values[subset | 1 << at] - before)
    return found, float(values[0][0])
