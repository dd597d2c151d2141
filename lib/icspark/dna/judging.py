"""The appointments of a window that a model is judged on: which they are, its probabilities, and who is on the list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from icspark.dna.capacity import Capacity
from icspark.dna.evaluation import Rows
from icspark.dna.extract import Extract, compact, outcome_rows
from icspark.dna.fitted import FittedModel
from icspark.dna.groups import group_columns
from icspark.errors import ConfigurationError, QualityError
from icspark.tables.dna import DnaFeature, DnaModel

VALIDATE, TEST, UNSEEN = "validate", "test", "test_unseen_people"
KNOWN_WINDOWS = f"{VALIDATE}, {TEST}, {UNSEEN}, or FROM/TO (two dates, the second left out)"
IS_SEEN = "_is_seen_before"
"""Whether the person has an appointment with an outcome in the training or validation window."""

_BOUNDS = {
    VALIDATE: (DnaModel.train_to_date, DnaModel.validate_to_date),
    TEST: (DnaModel.validate_to_date, DnaModel.test_to_date),
    UNSEEN: (DnaModel.validate_to_date, DnaModel.test_to_date),
}


@dataclass(frozen=True)
class Gathering:
    """What can be called of a site and day, and how much memory the rows of a window may take on the driver."""

    capacity: Capacity
    ceiling_bytes: int


def bounds(model: Mapping[str, Any], window: str) -> tuple[date, date]:
    """Return the first day of a window of a model and the day after its last.

    A window is validate, test, test_unseen_people or FROM/TO (two dates, TO left out). Raises ConfigurationError for
    another word, and for a window that the model does not have, as a refit on all data has none.
    """
    if window in _BOUNDS:
        start, end = (model[name] for name in _BOUNDS[window])
        if start is not None and end is not None:
            return start, end
        raise ConfigurationError(
            "this version has no such window: all of it was training",
            where="windows",
            found=window,
            mend="evaluate its parent, or give FROM/TO",
        )
    try:
        first, last = (date.fromisoformat(part) for part in window.split("/"))
    except ValueError:
        raise ConfigurationError("no such window", where="windows", expected=KNOWN_WINDOWS, found=window) from None
    return first, last


def rows_of_window(features: DataFrame, model: Mapping[str, Any], window: str) -> DataFrame:
    """Return the appointments of a window with an outcome, of people alive then; for unseen people with IS_SEEN.

    One row stays one row.
    """
    start, end = bounds(model, window)
    rows = outcome_rows(features, start=start, end=end)
    if window != UNSEEN:
        return rows
    before = outcome_rows(features, start=model[DnaModel.train_from_date], end=start)
    seen = before.select(DnaFeature.person_id).distinct().withColumn(IS_SEEN, F.lit(True))
    return rows.join(seen, DnaFeature.person_id, "left").withColumn(IS_SEEN, F.coalesce(IS_SEEN, F.lit(False)))


def gathered(rows: DataFrame, features: tuple[str, ...], ceiling_bytes: int) -> Extract:
    """Return the rows of a window on the driver: see `compact`. Raises QualityError where there is none."""
    groups = [*group_columns(rows), *([IS_SEEN] if IS_SEEN in rows.columns else [])]
    extract = compact(rows, features, ceiling_bytes=ceiling_bytes, groups=groups)
    if not len(extract):
        raise QualityError(
            "no appointment of this window has an outcome",
            where=DnaFeature.name(),
            mend="name another window, or wait until outcomes are in",
        )
    return extract


def judged(rows: DataFrame, model: FittedModel, gathering: Gathering) -> tuple[Extract, Rows]:
    """Return the rows of a window, and the same with the model's probabilities and the list at capacity.

    The list is that of all appointments of the window; of these, only unseen people are kept where IS_SEEN says so.
    """
    extract = gathered(rows, model.features, gathering.ceiling_bytes)
    scored = scored_rows(extract, model, gathering.capacity)
    if IS_SEEN not in extract.groups:
        return extract, scored
    unseen = extract.groups[IS_SEEN] == "false"
    return extract.rows(unseen), scored.where(unseen)


def scored_rows(extract: Extract, model: FittedModel, capacity: Capacity) -> Rows:
    """Return every row of an extract with its probability, whether it is on the list, and its groups."""
    probability = model.predict(extract.features)
    rank = capacity.ranks(extract.site, extract.day, probability, extract.appointment_id)
    groups = {name: labels for name, labels in extract.groups.items() if name != IS_SEEN}
    return Rows(extract.is_dna, np.asarray(probability, np.float64), extract.person, rank > 0, groups)
