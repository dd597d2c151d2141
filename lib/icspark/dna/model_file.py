"""A model as a file that holds no code: skops, with the types that may be in it named here and nowhere else."""

from __future__ import annotations

import hashlib
import importlib
from pathlib import Path
from types import ModuleType

from icspark.dna.fitted import FittedModel
from icspark.errors import TableError

TRUSTED = (
    "icspark.dna.calibration.Calibrator",
    "icspark.dna.catboost_trees.CatBoostTrees",
    "icspark.dna.empty_columns.EmptyColumns",
    "icspark.dna.feature_list.FeatureList",
    "icspark.dna.fitted.FittedModel",
    "numpy.dtype",
    "scipy._lib.array_api_compat.numpy._aliases.asarray",
    "scipy.interpolate._bsplines.BSpline",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.model_selection._split.StratifiedKFold",
)
"""Types beyond those that skops itself trusts. Never read from a model."""


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def save(model: FittedModel, path: Path) -> str:
    """Write a model and return the SHA-256 of its file, which differs between two dumps of one model."""
    _skops().dump(model, path)
    return file_hash(path)


def load(path: Path, *, expected_hash: str) -> FittedModel:
    """Return the model of a file, opened only once its SHA-256 is seen to be the recorded one.

    Raises TableError for another file, or one that holds types that are not in TRUSTED.
    """
    if file_hash(path) != expected_hash:
        raise TableError(
            "the model's file is not the one that was recorded",
            where=path.name,
            expected=f"SHA-256 {expected_hash[:12]}...",
            mend="the store was changed by other hands: train again, or restore the file",
        )
    untrusted = set(_skops().get_untrusted_types(file=path)) - set(TRUSTED)
    if untrusted:
        raise TableError(
            "the model's file holds types that are not trusted",
            where=path.name,
            found=", ".join(sorted(untrusted)),
            mend="load only models that dna_train has written with this version of icspark",
        )
    model = _skops().load(path, trusted=list(TRUSTED))
    if not isinstance(model, FittedModel):
        raise TableError("the file holds no model of dna_train", where=path.name, found=type(model).__name__)
    return model


def _skops() -> ModuleType:
    return importlib.import_module("skops.io")  # here, since it would cost every command a second
