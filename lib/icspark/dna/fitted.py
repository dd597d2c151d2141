"""A fitted model: features in, calibrated probability out; what identifies it is a hash of its fitted arrays."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from icspark.dna.calibration import Calibrator
from icspark.dna.feature_list import FeatureList

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

Floats = NDArray[np.float64]

ALSO_FITTED = ("_predictors", "_baseline_prediction", "nodes", "binned_left_cat_bitsets", "raw_left_cat_bitsets")
"""Attributes of scikit-learn's trees that are fitted, though their names do not end in an underscore."""

NOT_RESULT = ("train_score_", "validation_score_", "do_early_stopping_", "n_iter_", "feature_names_in_")
"""Attributes of a fit that no prediction depends on."""


@dataclass(frozen=True)
class FittedModel:
    """A pipeline (encoder, classifier), its calibrator, and the probability from which an appointment is flagged.

    `rounds` is the number of boosting rounds; 0 for a logistic regression.
    """

    kind: str
    feature_list: FeatureList
    pipeline: Pipeline
    calibrator: Calibrator
    threshold: float
    rounds: int

    @property
    def features(self) -> tuple[str, ...]:
        """Return the names of the features in the model's order."""
        return self.feature_list.names

    @property
    def hash(self) -> str:
        """Return the SHA-256 of the fitted arrays, the features and the threshold: the identity of the model."""
        digest = hashlib.sha256()
        for part in _parts(self):
            digest.update(part)
        return digest.hexdigest()

    def margin(self, features: pd.DataFrame) -> Floats:
        """Return the log odds before calibration. A category that training never met counts as an average one.

        Raises TableError where `features` lack one of the model's.
        """
        return np.asarray(self.pipeline.decision_function(self.feature_list.prepared(features)), np.float64)

    def predict(self, features: pd.DataFrame) -> Floats:
        """Return the calibrated probability of each row, held within [1e-6, 1 - 1e-6] and rounded to 1e-10."""
        return self.calibrator.probability(self.margin(features))

    def is_flagged(self, probability: Floats) -> NDArray[np.bool_]:
        """Return which probabilities are at or above the threshold."""
        return np.asarray(probability >= self.threshold)


def _parts(value: Any) -> Iterator[bytes]:
    """Yield the bytes of a fitted object in a fixed order, each with its kind, so that two objects never run together.

    A kind of object that is not known here is an error rather than left out.
    """
    from sklearn.base import BaseEstimator

    if isinstance(value, np.ndarray):
        yield from _array_parts(value)
    elif isinstance(value, BaseEstimator) or type(value).__name__ in ("TreePredictor", "BSpline"):
        yield from _object_parts(type(value).__name__, _fitted_state(value))
    elif is_dataclass(value):
        yield from _object_parts(type(value).__name__, {f.name: getattr(value, f.name) for f in fields(value)})
    elif isinstance(value, dict):
        yield from _object_parts("dict", {str(key): value[key] for key in value})
    elif isinstance(value, list | tuple):
        yield f"list {len(value)};".encode()
        for item in value:
            yield from _parts(item)
    elif value is None or isinstance(value, str | int | float | bool | np.generic | slice | type):
        yield f"{type(value).__name__} {value!r};".encode()
    else:
        raise TypeError(f"no rule to hash a {type(value).__name__}")


def _object_parts(name: str, state: dict[str, Any]) -> Iterator[bytes]:
    yield f"{name} {len(state)};".encode()
    for key in sorted(state):
        yield f"{key}:".encode()
        yield from _parts(state[key])


def _array_parts(array: NDArray[Any]) -> Iterator[bytes]:
    yield f"array {array.shape} {array.dtype};".encode()
    if array.dtype.names:  # a record's padding holds whatever was in memory
        for name in array.dtype.names:
            yield from _array_parts(np.ascontiguousarray(array[name]))
    elif array.dtype == object:
        yield from _parts(array.ravel().tolist())
    else:
        yield np.ascontiguousarray(array).tobytes()


def _fitted_state(value: Any) -> dict[str, Any]:
    from sklearn.pipeline import Pipeline

    if type(value).__name__ == "BSpline":
        return {"t": value.t, "c": value.c, "k": value.k}
    if isinstance(value, Pipeline):
        return dict(value.steps)
    state = (
        vars(value) if hasattr(value, "__dict__") else {n: getattr(value, n) for n in ALSO_FITTED if hasattr(value, n)}
    )
    names = [n for n in state if (n.endswith("_") and not n.startswith("__")) or n in ALSO_FITTED]
    return {name: state[name] for name in names if name not in NOT_RESULT}
