"""What a run of training tells the tracking store: no value of a person, and no count below the floor."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from icspark.dna.bootstrap import Resampling
from icspark.dna.curves import Curves, curves, importance
from icspark.dna.evaluation import OVERALL, Measured, Terms, evaluate
from icspark.dna.extract import Extract
from icspark.dna.feature_list import NOT_KNOWN
from icspark.dna.fitted import FittedModel
from icspark.dna.origin import Origin
from icspark.dna.search import Trial
from icspark.dna.tracking import Account
from icspark.dna.training import Change, Trained
from icspark.reporting import dna_pictures as draw

VALIDATE = "validate"
NO_INTERVALS = Terms(Resampling(replicates=0))
STEP = 0.01


def account(trained: Trained, extract: Extract, origin: Origin) -> Account:
    """Return what the run of one model says: parameters, metrics overall and by group, pictures, and its trials."""
    validate = extract.rows(origin.windows.mask(extract.day, VALIDATE))
    return Account(
        name=trained.model.kind,
        parameters=_parameters(trained, origin),
        metrics=metrics(VALIDATE, evaluate(trained.validated, NO_INTERVALS)) | _search(trained.chosen),
        tags=origin.tags | {"model_hash": trained.model.hash},
        files=_pictures(trained, validate, origin),
        trials=tuple(_trial(number, trial) for number, trial in enumerate(trained.trials)),
    )


def metrics(window: str, measured: Iterable[Measured]) -> dict[str, float]:
    """Return the measures of a window as metrics: `window/measure`, or `window/column/group/measure`; none withheld."""
    return {_metric_name(window, row): row.value for row in measured if row.reason is None}


def _metric_name(window: str, row: Measured) -> str:
    group = [] if row.group_by == OVERALL else [row.group_by, row.group]
    return "/".join([window, *group, row.measure])


def example(extract: Extract) -> pd.DataFrame:
    """Return one row of features that is nobody's: medians and commonest categories, moved until no row is like it.

    A category of fewer than 8 rows is never shown.
    """
    numbers = {name: column.median() for name, column in extract.features.select_dtypes("number").items()}
    texts = {name: _commonest(column) for name, column in extract.features.select_dtypes(exclude="number").items()}
    row = pd.DataFrame([{**{name: round(value, 2) for name, value in numbers.items()}, **texts}])
    row = row[list(extract.features.columns)]
    for name in extract.feature_list.numbers[:1]:
        while _is_somebody(row, extract.features):
            row[name] = row[name] + STEP
    return row


def _commonest(column: pd.Series) -> str:
    counts = column.dropna().value_counts().sort_index()
    return str(counts.idxmax()) if len(counts) and counts.max() >= 8 else NOT_KNOWN


def _is_somebody(row: pd.DataFrame, features: pd.DataFrame) -> bool:
    return bool(np.logical_and.reduce([features[name] == row[name].iloc[0] for name in features.columns]).any())


def _parameters(trained: Trained, origin: Origin) -> dict[str, Any]:
    model, windows = trained.model, origin.windows
    dates = {name: getattr(windows, name) for name in ("train_from", "train_to", "validate_to", "test_to")}
    return {
        **origin.said,
        **dates,
        **{f"setting/{name}": f"{value:.6g}" for name, value in trained.chosen.settings.items()},
        "kind": model.kind,
        "rounds": model.rounds,
        "threshold": f"{model.threshold:.10g}",
        "features": ", ".join(model.features),
        "protected_features": ", ".join(model.feature_list.protected) or "none",
        "feature_source": origin.feature_source,
        "feature_version": origin.feature_version,
    }


def refit_account(child: FittedModel, parent: int, change: Change, origin: Origin) -> Account:
    """Return what the run of a refit says: its parent, and how far it moved the validation rows."""
    windows = origin.windows
    return Account(
        name=f"{child.kind} refit",
        parameters={
            "parent_version": parent,
            "kind": child.kind,
            "rounds": child.rounds,
            "train_from": windows.train_from,
            "train_to": windows.test_to,
            "feature_source": origin.feature_source,
            "feature_version": origin.feature_version,
        },
        metrics={"refit/mean_probability_change": change.mean, "refit/largest_probability_change": change.largest},
        tags=origin.tags | {"model_hash": child.hash},
    )


def _search(trial: Trial) -> dict[str, float]:
    return {"search/log_loss": trial.mean_loss} | {
        f"search/fold_{number}/log_loss": loss for number, loss in enumerate(trial.losses, start=1)
    }


def _trial(number: int, trial: Trial) -> Account:
    settings = {name: f"{value:.6g}" for name, value in trial.settings.items()}
    return Account(f"trial {number}", {**settings, "rounds": trial.rounds}, _search(trial))


def _pictures(trained: Trained, validate: Extract, origin: Origin) -> dict[str, bytes]:
    start, end = origin.windows.bounds(VALIDATE)
    note = f"Appointments from {start} to the day before {end}." + (" Simulated." if origin.is_simulated else "")
    found = importance(validate, trained.model, seed=trained.recipe.seed)
    shuffled = f"{note} Limits are those of 10 shufflings, not of the choice of patients."
    drawn = pictures(curves(validate, trained.validated.probability), title="Validation window", note=note)
    return drawn | {
        f"{VALIDATE}/permutation_importance.png": draw.importance_picture(
            found, title="Permutation importance", note=shuffled
        ),
        f"{VALIDATE}/permutation_importance.csv": found.to_csv(index=False, float_format="%.6g").encode(),
    }


def pictures(points: Curves, *, title: str, note: str, window: str = VALIDATE) -> dict[str, bytes]:
    """Return the pictures of a window by file name, below a folder of its name."""
    words = {"title": title, "note": note}
    drawn = {
        "roc": draw.roc_picture(points.roc, **words),
        "precision_recall": draw.precision_recall_picture(points.precision_recall, **words),
        "calibration": draw.calibration_picture(points.calibration, points.histogram, **words),
        "gain": draw.gain_picture(points.gain, **words),
        "decision": draw.decision_picture(points.decision, **words),
    }
    return {f"{window}/{name}.png": content for name, content in drawn.items()}
