"""A seeded random search for a model's settings over folds that follow one another in time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from icspark.dna.extract import Extract
from icspark.dna.feature_list import FeatureList
from icspark.dna.pipelines import (
    DEFAULTS,
    MOST_ROUNDS,
    Kind,
    Settings,
    assembled,
    classifier,
    drawn_settings,
    encoder,
)
from icspark.dna.threads import single_thread
from icspark.errors import QualityError

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator
    from sklearn.pipeline import Pipeline

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Recipe:
    """What a model is made by, whatever its settings: its kind, its features, constraints on them, and the seed."""

    kind: Kind
    features: FeatureList
    constraints: tuple[int, ...]
    seed: int


@dataclass(frozen=True)
class Trial:
    """One draw of settings: its log loss on each fold, and the best number of rounds on the last."""

    settings: Settings
    losses: tuple[float, ...]
    rounds: int

    @property
    def mean_loss(self) -> float:
        """Return the mean of the folds' losses, by which trials are compared."""
        return float(np.mean(self.losses))


@dataclass(frozen=True)
class Fold:
    """One fold, encoded: a model learns on what came before `test`."""

    train: Floats
    train_outcome: NDArray[np.bool_]
    test: Floats
    test_outcome: NDArray[np.bool_]


def people_up_to(person: NDArray[np.int64], most: int, *, seed: int) -> NDArray[np.bool_]:
    """Return a mask of whole people, in a seeded random order, for as long as their rows are at most `most`."""
    sizes = np.bincount(person)
    order = np.random.default_rng(seed).permutation(len(sizes))
    kept = np.zeros(len(sizes), bool)
    kept[order[np.cumsum(sizes[order]) <= most]] = True
    return np.asarray(kept[person])


def fold_edges(day: NDArray[np.datetime64], folds: int) -> NDArray[np.datetime64]:
    """Return the first days of `folds` test blocks and the day after the last; each block has about as many rows."""
    ordered = np.sort(day)
    places = [len(ordered) * part // (folds + 1) for part in range(1, folds + 1)]
    return np.append(ordered[places], ordered[-1] + np.timedelta64(1, "D"))


def encoded_folds(extract: Extract, recipe: Recipe, folds: int) -> Iterator[Fold]:
    """Yield the folds in the order of time; the encoder of each is fitted on its own training part.

    Raises QualityError where a part holds one class only.
    """
    edges, prepared = fold_edges(extract.day, folds), recipe.features.prepared(extract.features)
    for start, end in pairwise(edges):
        before, within = extract.day < start, (extract.day >= start) & (extract.day < end)
        outcomes = extract.is_dna[before], extract.is_dna[within]
        require_both(*outcomes)
        encode = encoder(recipe.kind, recipe.features, seed=recipe.seed)
        train = encode.fit_transform(prepared[before], outcomes[0])
        yield Fold(train, outcomes[0], encode.transform(prepared[within]), outcomes[1])


def require_both(*outcomes: NDArray[np.bool_]) -> None:
    """Raise QualityError where one of the parts has appointments of one class only, or none."""
    for outcome in outcomes:
        if not outcome.any() or outcome.all():
            raise QualityError(
                "a part of the training window holds one class only",
                where="is_dna",
                found=f"{int(outcome.sum()):,} not attended of {len(outcome):,}",
                mend="lengthen the training window, or check the attendance codes",
            )


def searched(extract: Extract, recipe: Recipe, *, trials: int, folds: int) -> list[Trial]:
    """Return the trials in the order drawn; the first has the defaults. The same seed gives the same trials.

    Boosting stops by the loss on the fold's own test block, an explicit set that comes later in time.
    """
    random = np.random.default_rng(recipe.seed)
    drawn = [DEFAULTS[recipe.kind], *(drawn_settings(recipe.kind, random) for _ in range(trials - 1))]
    with single_thread():
        parts = list(encoded_folds(extract, recipe, folds))
        return [_tried(recipe, settings, parts) for settings in drawn]


def best(trials: list[Trial]) -> Trial:
    """Return the trial of the smallest mean loss; the first of equals."""
    return min(trials, key=lambda trial: trial.mean_loss)


def _tried(recipe: Recipe, settings: Settings, parts: list[Fold]) -> Trial:
    results = [_loss(recipe, settings, fold) for fold in parts]
    return Trial(settings, tuple(loss for loss, _ in results), results[-1][1])


def _loss(recipe: Recipe, settings: Settings, fold: Fold) -> tuple[float, int]:
    model = classifier(recipe.kind, settings, rounds=MOST_ROUNDS, constraints=recipe.constraints, seed=recipe.seed)
    if recipe.kind == "logistic_regression":
        from sklearn.metrics import log_loss

        model.fit(fold.train, fold.train_outcome)
        return float(log_loss(fold.test_outcome, model.predict_proba(fold.test)[:, 1])), 0
    if recipe.kind == "gradient_boosting":
        model.set_params(early_stopping=True)
    model.fit(fold.train, fold.train_outcome, X_val=fold.test, y_val=fold.test_outcome)
    scores = np.asarray(model.validation_score_)[1:]  # the first is that of no round
    return float(-scores.max()), int(scores.argmax()) + 1


def fitted_pipeline(extract: Extract, recipe: Recipe, settings: Settings, *, rounds: int) -> Pipeline:
    """Return encoder and classifier fitted on all rows of an extract, with a given number of rounds, on one thread."""
    require_both(extract.is_dna)
    prepared: pd.DataFrame = recipe.features.prepared(extract.features)
    with single_thread():
        encode = encoder(recipe.kind, recipe.features, seed=recipe.seed)
        matrix = encode.fit_transform(prepared, extract.is_dna)
        model: BaseEstimator = classifier(
            recipe.kind, settings, rounds=max(rounds, 1), constraints=recipe.constraints, seed=recipe.seed
        )
        return assembled(encode, model.fit(matrix, extract.is_dna))
