"""A flat file of appointments through the whole life of a model: trained, measured, judged, at work and watched."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import Row, SparkSession
from scipy.special import expit
from sklearn.metrics import roc_auc_score

from icspark.config import Environment, Source, Storage
from icspark.dna.tracking import Store
from icspark.job import Job
from icspark.plan import jobs
from icspark.storage import Tables
from icspark.tables.dna import CallingList, DnaEvaluation, DnaModel, DnaMonitor, DnaPromotion, DnaScore
from icspark.tables.table import Table

FIRST, HELD, DAYS, ROWS = date(2024, 1, 1), 300, 330, 1_000
TEST_FROM, TEST_TO = FIRST + timedelta(days=200), FIRST + timedelta(days=250)
NOW = datetime(2024, 10, 27, tzinfo=UTC)  # the three hundredth day
DRAWN = {"replicates": 10}
JOBS = ("dna_features", "ingest_flat_appointment", "dna_train", "dna_evaluate", "dna_promote", "dna_score")


def planted() -> pd.DataFrame:
    """Return appointments of 330 days, of which the last 30 are to come, with a known chance of not attending."""
    random = np.random.default_rng(4)
    lead, days = np.round(random.gamma(1.5, 20, ROWS), 1), random.integers(0, DAYS, ROWS)
    is_dna = random.random(ROWS) < expit(-1.5 + 0.04 * np.minimum(lead, 60))
    return pd.DataFrame(
        {
            "ref": [f"A{number:04d}" for number in range(ROWS)],
            "patient": [f"P{number:03d}" for number in random.integers(0, 300, ROWS)],
            "when": [FIRST + timedelta(days=int(day)) for day in days],
            "status": np.where(days >= HELD, "", np.where(is_dna, "DNA", "Attended")),
            "lead": lead,
            "smoker": random.choice(["yes", "no", ""], ROWS),
            "clinic": random.choice(["Eye", "Ear"], ROWS),
        }
    )


class Desk:
    """A folder with a flat file, and the jobs that make use of it."""

    def __init__(self, spark: SparkSession, folder: Path) -> None:
        self.rows, self.now = planted(), NOW
        self.rows.to_csv(folder / "flat.csv", index=False)
        places = Storage(tables=str(folder / "tables"), pages=str(folder / "pages"))
        self.environment = Environment(name="desk", is_simulated=True, storage=places)
        self.environment.sections.update({name: jobs()[name].config() for name in JOBS})
        columns = {"row_id": "ref", "person_id": "patient", "appointment_date": "when", "is_dna": "status"}
        options = {"dna_class": "DNA", "numeric": "lead", "boolean": "smoker", "categorical": "clinic"}
        source = Source(path=(str(folder / "flat.csv"),), columns=columns, options=options)
        self.environment.sources["flat_appointment"] = source
        self.tables, self.store = Tables(spark, places), Store(self.environment)

    def run(self, name: str, **section: Any) -> Job[Any]:
        self.environment.sections[name] = jobs()[name].config.model_validate(section)
        self.now += timedelta(minutes=1)
        run = {"run_id": name, "started_at": f"{self.now:%Y-%m-%d %H:%M:%S} UTC"}
        said = {"config_hash": "c0ffee", "package_version": "1", "git_commit": ""}
        job: Job[Any] = Job(jobs()[name], self.environment, self.tables, run | said)
        job.module.run(job)
        job.finished_outputs()
        return job

    def get(self, table: type[Table], condition: str = "true") -> list[Row]:
        return self.tables.read(table).where(condition).orderBy(*table.key()).collect()


@pytest.fixture(scope="module")
def desk(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    made = Desk(spark, tmp_path_factory.mktemp("desk"))
    made.run("ingest_flat_appointment")
    windows = {"test_to": TEST_TO, "validate_days": 80, "test_days": 50}
    small = {"kinds": ("gradient_boosting",), "trials": 1, "folds": 2}
    made.run("dna_train", feature_source="flat_appointment", windows=windows, **small)
    few = {"enough": {"outcomes": 20}, "with_importance": False, "windows": ("test",)}
    made.run("dna_evaluate", resampling=DRAWN, **few)
    return made


def test_training_starts_with_the_first_row_and_all_columns_are_features(desk: Desk) -> None:
    (model,) = desk.get(DnaModel)
    assert (model.feature_source, model.features) == ("flat_appointment", ["lead", "smoker", "clinic"])
    assert (model.train_from_date, model.validate_to_date, model.test_to_date) == (FIRST, TEST_FROM, TEST_TO)


def test_its_test_window_is_measured_as_scikit_learn_does(desk: Desk) -> None:
    rows = desk.rows[(desk.rows["when"] >= TEST_FROM) & (desk.rows["when"] < TEST_TO)]
    expected = roc_auc_score(rows["status"] == "DNA", _chances(desk, rows))
    (found,) = desk.get(DnaEvaluation, "group_by = 'overall' AND measure = 'auroc'")
    assert (found.value, found.appointments_count) == (pytest.approx(expected, abs=1e-9), len(rows))


def test_what_cannot_be_audited_is_champion_only_by_name_and_then_scores_and_is_watched(desk: Desk) -> None:
    limits = {"fewest_outcomes": 100}
    desk.run("dna_promote", limits=limits, resampling=DRAWN)
    (gate,) = desk.get(DnaPromotion, "gate = 'leak_audit'")
    assert (gate.is_passed, gate.decision) == (False, "refused") and "cannot be audited" in gate.limit
    answered = {"version": 1, "by": "A. Nalyst", "reason": "the file's owner answers for its columns"}
    desk.run("dna_promote", limits=limits, resampling=DRAWN, override=answered)
    assert desk.store.champion("dna_risk") == 1

    desk.run("dna_score", as_of=NOW, capacity={"per_day": 1})
    coming = desk.rows[pd.to_datetime(desk.rows["when"]) > pd.Timestamp(NOW.date())]
    scores = desk.get(DnaScore)
    assert [row.appointment_id for row in scores] == coming["ref"].tolist()
    assert [row.dna_probability for row in scores] == _chances(desk, coming).tolist()
    assert sum(row.list_rank == 1 for row in scores) == coming["when"].nunique() == len(desk.get(CallingList))

    job = desk.run("dna_monitor", as_of=NOW)
    means = desk.get(DnaMonitor, "measure = 'predicted_mean' AND group_by = 'overall'")
    assert job.notes["weeks"] == len(means) >= 5
    watched = desk.rows[
        pd.to_datetime(desk.rows["when"]).dt.to_period("W").dt.start_time.dt.date == means[0].week_start_date
    ]
    assert means[0].value == pytest.approx(_chances(desk, watched).mean(), abs=1e-9)


def test_a_day_with_nothing_to_come_leaves_an_empty_list(desk: Desk) -> None:
    job = desk.run("dna_score", as_of=datetime(2026, 1, 1, tzinfo=UTC))
    assert [(output.name, output.rows) for output in job.outputs] == [("dna_score", 0), ("calling_list", 0)]


def _chances(desk: Desk, rows: pd.DataFrame) -> np.ndarray:
    """Return what the registered model says of rows of the file."""
    model = desk.store.load(desk.get(DnaModel)[0].asDict())
    flags = rows["smoker"].map({"yes": 1.0, "no": 0.0, "": np.nan})
    return model.predict(rows.assign(smoker=flags)[["lead", "smoker", "clinic"]])
