"""The points of a model's pictures: few enough, and of enough patients, that no one of them can be told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import scipy
from numpy.typing import NDArray

from icspark.dna.capacity import top_per_site_day
from icspark.dna.extract import Extract
from icspark.dna.fitted import FittedModel
from icspark.dna.measures import calibration_curve, net_benefit, net_benefit_of_all
from icspark.dna.ranking import Flags, Floats, Ranking
from icspark.dna.search import people_up_to
from icspark.dna.threads import single_thread

GRID = np.linspace(0, 1, 101)
FLOOR, ROUNDED_TO = 8, 5
"""The floor of disclosure: counts below it are left out, all others rounded."""
BINS = 40
CAPACITIES = tuple(range(0, 101, 5))
ACTED_FROM = tuple(np.arange(1, 41) / 100)
REPEATS, IMPORTANCE_ROWS = 10, 10_000


@dataclass(frozen=True)
class Curves:
    """All that the pictures of a window show; each is a table with one row a point, of named columns."""

    roc: pd.DataFrame
    precision_recall: pd.DataFrame
    calibration: pd.DataFrame
    histogram: pd.DataFrame
    gain: pd.DataFrame
    decision: pd.DataFrame


def curves(extract: Extract, probability: Floats) -> Curves:
    """Return the points of every picture of rows with their probabilities."""
    outcome = extract.is_dna
    return Curves(
        roc=roc(outcome, probability),
        precision_recall=precision_recall(outcome, probability),
        calibration=calibration(outcome, probability),
        histogram=histogram(probability),
        gain=gain(extract, probability),
        decision=decision(outcome, probability),
    )


def roc(outcome: Flags, probability: Floats) -> pd.DataFrame:
    """Return sensitivity at each hundredth of 1 - specificity."""
    cases, rows = _running(outcome, probability)
    others = rows - cases
    at = np.interp(GRID, others / others[-1], cases / cases[-1])
    return pd.DataFrame({"false_positive_share": GRID, "sensitivity": at})


def precision_recall(outcome: Flags, probability: Floats) -> pd.DataFrame:
    """Return precision at each hundredth of sensitivity above 0."""
    cases, rows = _running(outcome, probability)
    recall, precision = cases[1:] / cases[-1], cases[1:] / rows[1:]
    first = np.searchsorted(recall, GRID[1:] - 1e-12)
    return pd.DataFrame({"sensitivity": GRID[1:], "precision": precision[np.minimum(first, len(precision) - 1)]})


def calibration(outcome: Flags, probability: Floats) -> pd.DataFrame:
    """Return mean probability and observed share by tenths, without those of fewer than 8 in either class."""
    found = pd.DataFrame(calibration_curve(outcome, probability), columns=["probability", "observed", "weight"])
    cases = found["weight"] * found["observed"]
    is_told = np.minimum(cases, found["weight"] - cases) >= FLOOR
    return found.loc[is_told, ["probability", "observed"]].reset_index(drop=True)


def histogram(probability: Floats) -> pd.DataFrame:
    """Return appointments by fortieths of the probability, rounded to 5; NaN where there are 1 to 7."""
    counts, edges = np.histogram(probability, bins=BINS, range=(0, 1))
    rounded = ROUNDED_TO * np.floor(counts / ROUNDED_TO + 0.5)
    shown = np.where((counts > 0) & (counts < FLOOR), np.nan, rounded)
    return pd.DataFrame({"from_probability": edges[:-1], "to_probability": edges[1:], "appointments_count": shown})


def gain(extract: Extract, probability: Floats) -> pd.DataFrame:
    """Return the share of non-attendances on the lists, by the share of each site and day that is called."""
    ids = (extract.site, extract.day, probability, extract.appointment_id)
    listed = [top_per_site_day(*ids, percent=percent) > 0 for percent in CAPACITIES]
    cases = extract.is_dna.sum()
    found = [float((extract.is_dna & on).sum() / cases) for on in listed]
    return pd.DataFrame({"listed_share": [float(on.mean()) for on in listed], "sensitivity": found})


def decision(outcome: Flags, probability: Floats) -> pd.DataFrame:
    """Return the net benefit of the model, and of acting on everybody, at each probability that one acts from."""
    by_model = [net_benefit(outcome, probability, threshold=at) for at in ACTED_FROM]
    by_all = [net_benefit_of_all(outcome, threshold=at) for at in ACTED_FROM]
    return pd.DataFrame({"threshold": ACTED_FROM, "model": by_model, "all": by_all})


def importance(extract: Extract, model: FittedModel, *, seed: int) -> pd.DataFrame:
    """Return how much the AUROC falls when one feature is shuffled, largest first, with 95 % limits of the mean.

    Over 10 shufflings of at most 10,000 appointments of whole people. The limits are those of the shuffling, by
    Student's t. Calibration does not move ranks, so the log odds are ranked. Source: Breiman 2001, Mach Learn 45:5.
    """
    from sklearn.inspection import permutation_importance

    rows = extract.rows(people_up_to(extract.person, IMPORTANCE_ROWS, seed=seed))
    encode, classifier = model.pipeline
    values: Any = model.feature_list.prepared(rows.features)
    with single_thread():
        shuffled = (model.pipeline, values)
        if model.kind != "logistic_regression":  # one column a feature: it is encoded once, not at every shuffle
            shuffled = (classifier, encode.transform(values))
        found = permutation_importance(*shuffled, rows.is_dna, scoring="roc_auc", n_repeats=REPEATS, random_state=seed)
    fall: NDArray[np.float64] = found.importances
    half = scipy.stats.t.ppf(0.975, REPEATS - 1) * fall.std(axis=1, ddof=1) / np.sqrt(REPEATS)
    mean = fall.mean(axis=1)
    table = pd.DataFrame({"feature": model.features, "fall": mean, "lower_95": mean - half, "upper_95": mean + half})
    return table.sort_values(["fall", "feature"], ascending=[False, True], ignore_index=True)


def _running(outcome: Flags, probability: Floats) -> tuple[Floats, Floats]:
    """Return cases and rows at or above each distinct probability, from none to all; ties are passed together."""
    ranking = Ranking.of(outcome, probability)
    cases, rows = ranking.curve()
    ordered = probability[ranking.order]
    is_last = np.r_[True, ordered[1:] != ordered[:-1], True]
    return cases[is_last], rows[is_last]
