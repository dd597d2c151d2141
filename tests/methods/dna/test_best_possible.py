"""The distance to the best possible score: measures of both chances by scikit-learn, and what is within."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit
from sklearn.metrics import brier_score_loss, roc_auc_score

from icspark.dna.best_possible import Bounds, Chances, findings
from icspark.dna.bootstrap import Resampling
from icspark.dna.evaluation import Rows
from icspark.quality.findings import Finding


def both(noise: float, *, shift: float = 0.0, size: int = 8000) -> Chances:
    """Return a model whose log odds stray from the planted ones, and another that has them upside down."""
    random = np.random.default_rng(5)
    odds = random.normal(-2, 1, size)
    quintile = random.choice(["1", "2", "3", "4", "5", None], size).astype(object)
    chance = expit(odds + random.normal(0, noise, size) + shift)
    groups = {"imd_2019_quintile": quintile, "sex_code": np.full(size, "1", dtype=object)}
    listed = np.zeros(size, dtype=bool)
    rows = Rows(random.random(size) < expit(odds), chance, np.arange(size), listed, groups)
    return Chances(rows, expit(odds), {"logistic_regression": expit(-odds)})


def found(chances: Chances) -> dict[tuple[str, str], Finding]:
    told = findings(chances, Resampling(replicates=15), Bounds())
    return {(one.check_name, one.subject): one for one in told}


def test_both_chances_are_measured_on_the_same_rows() -> None:
    chances = both(0.1)
    rows, planted, told = chances.rows, chances.planted, found(chances)
    auroc, brier = told["auroc", ""], told["brier", ""]
    assert auroc.planted == pytest.approx(roc_auc_score(rows.outcome, planted))
    assert auroc.found == pytest.approx(roc_auc_score(rows.outcome, rows.probability))
    assert brier.found == pytest.approx(brier_score_loss(rows.outcome, rows.probability))
    assert auroc.lower == pytest.approx(auroc.planted - 0.01) and auroc.upper is None
    assert auroc.verdict == "within" and brier.verdict == "noted"
    assert told["auroc_less_best", ""].found == pytest.approx(auroc.found - auroc.planted)
    other = told["auroc_less_logistic_regression", ""].found
    assert other == pytest.approx(auroc.found - (1 - auroc.planted))
    assert told["auroc_less_logistic_regression", "lower 95 %"].found < other
    quintiles = {subject for _, subject in told if subject.startswith("imd_2019_quintile")}
    assert quintiles == {f"imd_2019_quintile {name}" for name in ("1", "2", "3", "4", "5", "not known")}


def test_a_model_that_ranks_worse_or_is_too_high_is_outside() -> None:
    assert found(both(1.0))["auroc", ""].verdict == "outside"
    high = found(both(0.0, shift=0.3))
    assert high["auroc", ""].verdict == "within"
    assert high["calibration_in_the_large", ""].verdict == "outside"
    assert high["calibration_in_the_large", ""].planted == pytest.approx(0, abs=0.1)
    assert high["calibration_in_the_large", "imd_2019_quintile 1"].verdict == "outside"


def test_the_planted_chance_itself_is_within_in_every_quintile() -> None:
    told = found(both(0.0))
    assert {one.verdict for one in told.values()} <= {"within", "noted"}


def test_a_quintile_is_held_to_limits_widened_by_its_interval() -> None:
    told = found(both(0.1))
    whole, one = told["calibration_slope", ""], told["calibration_slope", "imd_2019_quintile 1"]
    assert (whole.lower, whole.upper) == (0.9, 1.1)
    assert one.lower is not None and one.lower < 0.88
