"""The points of a model's pictures: few enough, and of enough patients, that no one of them can be told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import scipy
from numpy.typing import NDArray

from icspark.dna.capacity import top_per_site_day
from icspark.dna.curve_floor import FLOOR, people_of_steps, told_steps
from icspark.dna.extract import Extract
from icspark.dna.fitted import FittedModel
from icspark.dna.measures import net_benefit, net_benefit_of_all, tenths
from icspark.dna.ranking import Flags, Floats, Whole
from icspark.dna.search import people_up_to
from icspark.dna.threads import single_thread

ROUNDED_TO = 5
"""What a count that is shown is rounded to."""
BINS = 40
CAPACITIES = tuple(range(0, 101, 5))
ACTED_FROM = np.arange(1, 41) / 100
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
    rows = extract.is_dna, probability, extract.person
    return Curves(
        roc=roc(*rows),
        precision_recall=precision_recall(*rows),
        calibration=calibration(*rows),
        histogram=histogram(probability, extract.person),
        gain=gain(extract, probability),
        decision=decision(*rows),
    )


def roc(outcome: Flags, probability: Floats, person: Whole) -> pd.DataFrame:
    """Return sensitivity and 1 - specificity at the thresholds that may be told, after none and before all."""
    cases, rows = _told_thresholds(outcome, probability, person)
    ends = {"false_positive_share": (rows - cases) / (~outcome).sum(), "sensitivity": cases / outcome.sum()}
    told = {name: np.r_[0.0, shares[:-1], 1.0] for name, shares in ends.items()}
    return pd.DataFrame(told)


def precision_recall(outcome: Flags, probability: Floats, person: Whole) -> pd.DataFrame:
    """Return precision and sensitivity at the thresholds that may be told; the last one finds everybody."""
    cases, rows = _told_thresholds(outcome, probability, person)
    return pd.DataFrame({"sensitivity": cases / outcome.sum(), "precision": cases / rows})


def calibration(outcome: Flags, probability: Floats, person: Whole) -> pd.DataFrame:
    """Return mean probability and observed share by tenths; one with fewer than 8 people of a class joins the next."""
    place = tenths(probability)
    told = told_steps(place, outcome, person)
    if not len(told):
        return pd.DataFrame({"probability": [], "observed": []})
    run = np.searchsorted(told, place)
    rows = np.bincount(run)
    observed = np.bincount(run, outcome) / rows
    return pd.DataFrame({"probability": np.bincount(run, probability) / rows, "observed": observed})


def histogram(probability: Floats, person: Whole) -> pd.DataFrame:
    """Return appointments by fortieths of the probability, rounded to 5; NaN where they are of 1 to 7 people."""
    counts, edges = np.histogram(probability, bins=BINS, range=(0, 1))
    people = people_of_steps(np.digitize(probability, edges[1:-1]), person, steps=BINS)
    rounded = ROUNDED_TO * np.floor(counts / ROUNDED_TO + 0.5)
    shown = np.where((counts > 0) & (people < FLOOR), np.nan, rounded)
    return pd.DataFrame({"from_probability": edges[:-1], "to_probability": edges[1:], "appointments_count": shown})


def gain(extract: Extract, probability: Floats) -> pd.DataFrame:
    """Return the share of non-attendances on the lists, by the share of each site and day that is called."""
    ids = (extract.site, extract.day, probability, extract.appointment_id)
    is_left = np.array([top_per_site_day(*ids, percent=percent) == 0 for percent in CAPACITIES])
    step = is_left.sum(axis=0)  # a longer list holds the shorter ones
    told = told_steps(step, extract.is_dna, extract.person)
    listed = [step <= at for at in (0, *told)]
    found = [float((extract.is_dna & on).sum() / extract.is_dna.sum()) for on in listed]
    return pd.DataFrame({"listed_share": [float(on.mean()) for on in listed], "sensitivity": found})


def decision(outcome: Flags, probability: Floats, person: Whole) -> pd.DataFrame:
    """Return the net benefit of the model, and of acting on everybody, by the probability that one acts from.

    Left out are probabilities between which, or from which on, there are fewer than 8 people of a class.
    """
    falling = ACTED_FROM[::-1]
    above = len(falling) - np.searchsorted(ACTED_FROM, probability, side="right")
    told = told_steps(above, outcome, person)
    acted_from = falling[told[told < len(falling)]][::-1]
    by_model = [net_benefit(outcome, probability, threshold=at) for at in acted_from]
    by_all = [net_benefit_of_all(outcome, threshold=at) for at in acted_from]
    return pd.DataFrame({"threshold": acted_from, "model": by_model, "all": by_all})


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


def _told_thresholds(outcome: Flags, probability: Floats, person: Whole) -> tuple[Floats, Floats]:
    """Return cases and rows at or above the thresholds that may be told, falling to all; ties are passed together.

    A step is a hundredth more of the cases, or of the others.
    """
    order = np.argsort(-probability, kind="stable")
    falling, is_case = -probability[order], outcome[order]
    rows = np.searchsorted(falling, falling, side="right")
    cases = np.cumsum(is_case)[rows - 1]
    step = 100 * cases // max(is_case.sum(), 1) + 100 * (rows - cases) // max((~is_case).sum(), 1)
    last = np.searchsorted(step, told_steps(step, is_case, person[order]), side="right") - 1
    return cases[last].astype(np.float64), rows[last].astype(np.float64)
