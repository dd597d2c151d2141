"""From an extract to a calibrated model with its threshold; and the same model fitted again on all data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from pydantic import Field

from icspark.config import JobConfig
from icspark.dna import calibration, pipelines, thresholds
from icspark.dna.capacity import Capacity
from icspark.dna.evaluation import Rows
from icspark.dna.extract import Extract
from icspark.dna.feature_list import FeatureList
from icspark.dna.fitted import FittedModel
from icspark.dna.search import Recipe, Trial, best, fitted_pipeline, people_up_to, searched
from icspark.dna.windows import Windows
from icspark.errors import QualityError

UNSEEN = "is_unseen_person"
"""A group of the validation rows: nobody of it has an appointment in the training window."""


class Rules(JobConfig):
    """Which models are made, and how."""

    model_name: str = Field(
        "dna_risk", min_length=1, description="name in the registry; catalog.schema.name in Unity Catalog"
    )
    kinds: tuple[pipelines.Kind, ...] = Field(
        ("logistic_regression", "gradient_boosting"), min_length=1, description="a version each; the last goes on"
    )
    refit: bool = Field(False, description="fit the last kind again on all windows, as a child version")
    trials: int = Field(
        20, ge=1, le=1000, description="settings tried by the seeded search; the first are the defaults"
    )
    folds: int = Field(3, ge=1, le=20, description="folds of the search, each later in time than what it learns from")
    search_rows: int = Field(200_000, ge=1000, description="appointments, of whole people, that the search looks at")
    calibrator: calibration.Kind = Field("sigmoid", description="sigmoid (on the log odds), isotonic or none")
    threshold_by: thresholds.Rule = Field("capacity", description="what chooses the threshold on the validation window")
    capacity: Capacity = Field(
        default_factory=lambda: Capacity(percent=10), description="of the list of a site and day"
    )
    monotonic: dict[str, Literal[-1, 1]] = Field(
        {}, description="numeric features that may only raise (1) or lower (-1) the risk in trees"
    )
    seed: int = Field(20240401, ge=0, lt=2**32, description="of every draw: settings, people, shuffles")


@dataclass(frozen=True)
class Trained:
    """A model, how its settings were found, and what it says of the validation window."""

    model: FittedModel
    recipe: Recipe
    trials: tuple[Trial, ...]
    chosen: Trial
    validated: Rows


@dataclass(frozen=True)
class Change:
    """How far a refit moved the probabilities of the validation rows."""

    mean: float
    largest: float


def recipe(kind: pipelines.Kind, features: FeatureList, rules: Rules) -> Recipe:
    """Return what a model of a kind is made by; constraints hold for trees, not for a logistic regression."""
    bound = pipelines.constraints(features, rules.monotonic)
    free = (0,) * len(features.names)
    return Recipe(kind, features, free if kind == "logistic_regression" else bound, rules.seed)


def trained(extract: Extract, windows: Windows, made_by: Recipe, rules: Rules) -> Trained:
    """Return a model searched and fitted on the training window, calibrated and given its threshold on the next.

    The test window is never looked at. Raises QualityError where a window holds no row, or one class only.
    """
    train, validate = (_window(extract, windows, name) for name in ("train", "validate"))
    sample = train.rows(people_up_to(train.person, rules.search_rows, seed=rules.seed))
    trials = searched(sample, made_by, trials=rules.trials, folds=rules.folds)
    chosen = best(trials)
    pipeline = fitted_pipeline(train, made_by, chosen.settings, rounds=chosen.rounds)
    margin = np.asarray(pipeline.decision_function(made_by.features.prepared(validate.features)), np.float64)
    calibrator = calibration.fitted_calibrator(rules.calibrator, margin, validate.is_dna)
    model = FittedModel(made_by.kind, made_by.features, pipeline, calibrator, 0.0, chosen.rounds)
    rows = scored_rows(validate, model, rules.capacity, known_people=train.person)
    cut = thresholds.threshold(rules.threshold_by, rows.outcome, rows.probability, listed=int(rows.is_listed.sum()))
    return Trained(replace(model, threshold=cut), made_by, tuple(trials), chosen, rows)


def refitted(extract: Extract, windows: Windows, parent: Trained) -> tuple[FittedModel, Change]:
    """Return the model fitted again on all three windows, and how far that moved the validation rows.

    Settings, rounds, calibrator and threshold are the parent's: nothing is left to choose them by.
    """
    everything = extract.rows(extract.day >= np.datetime64(windows.train_from, "D"))
    pipeline = fitted_pipeline(everything, parent.recipe, parent.chosen.settings, rounds=parent.chosen.rounds)
    child = replace(parent.model, pipeline=pipeline)
    validate = _window(extract, windows, "validate")
    moved = np.abs(child.predict(validate.features) - parent.validated.probability)
    return child, Change(float(moved.mean()), float(moved.max()))


def scored_rows(extract: Extract, model: FittedModel, capacity: Capacity, *, known_people: np.ndarray) -> Rows:
    """Return an extract with a model's probabilities and its list at capacity; who is new to it is a group."""
    probability = model.predict(extract.features)
    ranks = capacity.ranks(extract.site, extract.day, probability, extract.appointment_id)
    is_unseen = ~np.isin(extract.person, known_people)
    groups = {**extract.groups, UNSEEN: np.where(is_unseen, "true", "false").astype(object)}
    return Rows(extract.is_dna, probability, extract.person, ranks > 0, groups)


def _window(extract: Extract, windows: Windows, name: str) -> Extract:
    rows = extract.rows(windows.mask(extract.day, name))
    if not rows.is_dna.any() or rows.is_dna.all():
        start, end = windows.bounds(name)
        raise QualityError(
            f"the {name} window holds one class only, or nothing",
            where=f"{start} to {end}",
            found=f"{int(rows.is_dna.sum()):,} not attended of {len(rows):,}",
            mend="give other dates under `windows`, or check the attendance codes of the features",
        )
    return rows
