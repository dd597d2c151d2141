"""A made-up model with everything that its card shows, measured by the suite's own functions; no Spark, nobody real."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from icspark.dna.bootstrap import Resampling
from icspark.dna.capacity import Capacity
from icspark.dna.curve_points import points
from icspark.dna.curves import curves
from icspark.dna.evaluation import Enough, Rows, Terms, evaluate
from icspark.dna.evaluation_table import Told, evaluation_row
from icspark.dna.extract import Extract
from icspark.dna.gates import GateLimits
from icspark.dna.promotion import Candidate, Evidence, Override, decide
from icspark.reporting.dna_tables import CardTables
from icspark.reporting.shell import About
from icspark.tables.checks import DnaCheck
from icspark.tables.dna import DnaCurve, DnaEvaluation, DnaLeakAudit, DnaMonitor, DnaPromotion

MODEL: dict[str, Any] = {
    "model_name": "dna_risk",
    "model_version": 2,
    "parent_version": None,
    "kind": "gradient_boosting",
    "model_hash": "0123456789abcdef" * 4,
    "file_hash": "f" * 64,
    "mlflow_run_id": "run",
    "feature_source": "dna_feature",
    "feature_version": 4,
    "features": ["lead_days", "age_years", "site_code"],
    "protected_features": [],
    "train_from_date": date(2023, 4, 1),
    "train_to_date": date(2024, 7, 1),
    "validate_to_date": date(2024, 10, 1),
    "test_to_date": date(2025, 1, 1),
    "calibrator": "sigmoid",
    "threshold": 0.174,
    "threshold_by": "capacity",
    "trained_datetime": datetime(2025, 1, 5, tzinfo=UTC),
    "largest_probability_change": None,
    "mean_probability_change": None,
}
HOSTILE = '<script>alert("x")</script>'
"""A text that no page may let run."""


def rows_and_extract(size: int, seed: int) -> tuple[Rows, Extract]:
    """Return appointments with a chance that is nearly the true one."""
    random = np.random.default_rng(seed)
    odds = random.normal(-2.4, 0.9, size)
    chance = np.round(expit(odds + random.normal(0, 0.3, size)), 10)
    outcome, person = random.random(size) < expit(odds), random.integers(0, size // 2, size)
    day = np.datetime64("2024-10-01") + random.integers(0, 92, size)
    site = random.choice(["Z9S01", "Z9S02", HOSTILE], size, p=[0.5, 0.3, 0.2]).astype(object)
    ids = np.array([f"A{n:06d}" for n in range(size)])
    groups: dict[str, Any] = {
        "imd_2019_quintile": random.choice(
            ["1", "2", "3", "4", "5", None], size, p=[0.3, 0.2, 0.2, 0.15, 0.149, 0.001]
        ),
        "sex_code": random.choice(["1", "2", "9"], size, p=[0.45, 0.5492, 0.0008]),
        "age_band": random.choice(["0-17", "18-34", "35-49", "50-64", "65-79", "80 and over"], size),
        "ethnic_group": random.choice(["White", "Asian", "Black", "Mixed", "Other", None], size),
        "site_code": site,
        "is_first_attendance": random.choice(["true", "false"], size),
    }
    listed = Capacity(percent=10).ranks(site, day, chance, ids) > 0
    extract = Extract(pd.DataFrame({"lead_days": odds}), outcome, person, ids, day, site, groups)
    return Rows(outcome, chance, person, listed, groups), extract


IMPORTANCE = pd.DataFrame(
    {
        "feature": ["lead_days", "age_years", HOSTILE],
        "fall": [0.08, 0.02, 0.001],
        "lower_95": [0.07, 0.015, -0.001],
        "upper_95": [0.09, 0.025, 0.003],
    }
)


def card(size: int = 4000, *, override: Override | None = None) -> CardTables:
    """Return the tables of a card with a decision, a monitored week and a check."""
    terms = Terms(Resampling(replicates=60), Enough())
    evaluations, found = list[tuple[Any, ...]](), list[tuple[Any, ...]]()
    for window, seed in (("validate", 1), ("test", 2), ("test_unseen_people", 3)):
        rows, extract = rows_and_extract(size, seed)
        told = Told.of(MODEL, 4, window)
        evaluations += [evaluation_row(told, one) for one in evaluate(rows, terms)]
        if window == "test":
            found = [(*told.key, *one) for one in points(curves(extract, rows.probability), IMPORTANCE)]
    evaluation = pd.DataFrame(evaluations, columns=list(DnaEvaluation.columns()))
    return CardTables(
        model=MODEL,
        judged=MODEL,
        window="test",
        evaluation=evaluation,
        curves=pd.DataFrame(found, columns=list(DnaCurve.columns())),
        decision=decision(evaluation, override),
        monitor=monitor(),
        checks=checks(),
    )


def decision(evaluation: pd.DataFrame, override: Override | None) -> pd.DataFrame:
    """Return what the gates say of the test window, with a clean audit and no champion before."""
    test = evaluation[evaluation["window"] == "test"]
    cuts = [datetime(2024, 1, day, tzinfo=UTC) for day in range(1, 13)]
    audit = pd.DataFrame([(cut, "lead_days", 4, 100, 0, False) for cut in cuts], columns=list(DnaLeakAudit.columns()))
    evidence = Evidence(test, audit, None, datetime(2025, 1, 10, 9, tzinfo=UTC))
    decided = decide(Candidate(MODEL, MODEL, None, None), evidence, GateLimits(), override=override)
    return pd.DataFrame(decided.rows(), columns=list(DnaPromotion.columns()))


def monitor() -> pd.DataFrame:
    """Return two weeks, one of them with an alarm."""
    names = list(DnaMonitor.columns())
    quiet: dict[str, Any] = {
        **dict.fromkeys(names),
        "model_name": "dna_risk",
        "model_version": 2,
        "week_start_date": date(2025, 1, 6),
        "measure": "observed_over_expected",
        "feature": "",
        "group_by": "overall",
        "group": "all",
        "value": 1.01,
        "lower_limit": 0.9,
        "upper_limit": 1.1,
        "is_alarm": False,
    }
    loud = quiet | {"week_start_date": date(2025, 1, 13), "value": 0.84, "is_alarm": True}
    return pd.DataFrame([quiet, loud], columns=names)


def checks() -> pd.DataFrame:
    """Return the one finding that a card tells."""
    row = ("auroc", "", 0.7391, 0.7362, 0.7291, None, "within", "area", "of the planted chance, and the model's")
    return pd.DataFrame([row], columns=list(DnaCheck.columns()))


def about(*, is_simulated: bool = True) -> About:
    """Return what the page says of itself."""
    run = {"run_id": "20250110T090000-abcdef", "started_at": "2025-01-10 09:00:00 UTC", "environment": HOSTILE}
    return About("Simulated Integrated Care Board", is_simulated, run, {"dna_evaluation": "3"})


def refit(found: CardTables) -> CardTables:
    """Return the same card for a refit of its model."""
    child = {**MODEL, "model_version": 3, "parent_version": 2, "validate_to_date": None, "test_to_date": None}
    changed = child | {"mean_probability_change": 0.0021, "largest_probability_change": 0.043}
    return replace(found, model=changed)
