"""A champion at work: scores, the list, contacts and the monitor, through the jobs and a real store of models."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql.types import StructField
from scipy.special import expit

from icspark import leaving
from icspark.config import Environment, Source, Storage
from icspark.disclosure.config import DisclosureConfig, Recipient
from icspark.dna.calibration import fitted_calibrator
from icspark.dna.feature_list import FeatureList
from icspark.dna.fitted import FittedModel
from icspark.dna.pipelines import DEFAULTS, assembled, classifier, encoder
from icspark.dna.tracking import Account, Store
from icspark.errors import ConfigurationError, DisclosureError, QualityError, TableError
from icspark.job import Job
from icspark.plan import jobs
from icspark.storage import Tables
from icspark.tables.dna import CallingList, DnaFeature, DnaModel, DnaMonitor, DnaPromotion, DnaScore
from icspark.tables.table import Table

pytestmark = pytest.mark.slow

FIRST, TEST_FROM, TEST_TO = date(2024, 1, 1), date(2024, 10, 1), date(2025, 1, 1)
NOW = datetime(2025, 3, 31, tzinfo=UTC)
FEATURES = FeatureList(("lead_days", "age_years"), ("site_code",))
ROWS = 4_000
JOBS = ("dna_score", "dna_monitor", "ingest_contact")


def planted() -> pd.DataFrame:
    """Return appointments of 2024 and of 20 weeks after it, seven of them to come; in those half as many are missed."""
    random = np.random.default_rng(5)
    days = np.sort(random.integers(0, 366 + 140, ROWS))
    lead, age = np.round(random.gamma(2, 15, ROWS)), random.integers(18, 90, ROWS).astype(float)
    chance = expit(-1.5 + 0.03 * lead) * np.where(days >= 366, 0.5, 1.0)
    frame = pd.DataFrame({"number": random.permutation(ROWS), "days": days, "lead_days": lead, "age_years": age})
    frame["site_code"] = random.choice(["S1", "S2"], ROWS)
    frame["is_dna"] = (random.random(ROWS) < chance).astype(object)
    frame.loc[days >= 366 + 89, "is_dna"] = None
    frame["is_after_death"] = random.random(ROWS) < 0.01
    return frame


def feature_frame(spark: SparkSession, rows: pd.DataFrame) -> DataFrame:
    held = [datetime(2024, 1, 1, 9, tzinfo=UTC) + timedelta(days=int(days)) for days in rows["days"]]
    known: dict[str, list[Any]] = {
        DnaFeature.appointment_id: [f"A{number:05d}" for number in rows["number"]],
        DnaFeature.person_id: [f"P{number % 900:04d}" for number in rows["number"]],
        DnaFeature.appointment_datetime: held,
        DnaFeature.appointment_date: [at.date() for at in held],
        DnaFeature.prediction_datetime: [at - timedelta(days=7) for at in held],
        **{name: rows[name].tolist() for name in ("lead_days", "age_years", "site_code", "is_dna", "is_after_death")},
    }
    columns = [known.get(field.name, [nothing(field)] * len(rows)) for field in DnaFeature.schema().fields]
    return spark.createDataFrame(list(zip(*columns, strict=True)), DnaFeature.schema())


def nothing(field: StructField) -> Any:
    if field.nullable:
        return None
    return 0.0 if field.name.endswith("_count") else False


class Clinic:
    """Planted features, a champion in a store, and the jobs that use it."""

    def __init__(self, spark: SparkSession, folder: Path) -> None:
        self.spark, self.rows, self.folder = spark, planted(), folder
        places = Storage(tables=str(folder / "tables"), pages=str(folder / "pages"))
        allowed = Recipient(table="calling_list", purpose="reminders by telephone", recipient="booking office")
        self.environment = Environment(
            name="clinic", is_simulated=True, storage=places, disclosure=DisclosureConfig(recipients=(allowed,))
        )
        self.tables, self.store = Tables(spark, places), Store(self.environment)
        self.put(DnaFeature, feature_frame(spark, self.rows))
        self.model = self.fitted()
        self.put(DnaModel, spark.createDataFrame([self.registered()], DnaModel.schema()))
        said = ("dna", 1, datetime(2025, 1, 2, tzinfo=UTC), "leak_audit", "overall", None, None, None, None, "no leak")
        self.put(DnaPromotion, spark.createDataFrame([(*said, True, "promoted", None, None)], DnaPromotion.schema()))

    def put(self, table: type[Table], frame: DataFrame) -> None:
        self.tables.write(table, frame, run_id="test", properties={})

    def get(self, table: type[Table]) -> list[Row]:
        return self.tables.read(table).orderBy(*table.key()).collect()

    def fitted(self) -> FittedModel:
        rows = self.rows[self.rows["days"] < 270]
        outcome = rows["is_dna"].astype(bool)
        encoded = encoder("gradient_boosting", FEATURES, seed=1)
        matrix = encoded.fit_transform(FEATURES.prepared(rows), outcome)
        settings = {**DEFAULTS["gradient_boosting"], "max_leaf_nodes": 4}
        trees = classifier("gradient_boosting", settings, rounds=20, constraints=(0, 0, 0), seed=1).fit(matrix, outcome)
        plain = fitted_calibrator("none", np.zeros(0), np.zeros(0, dtype=bool))
        return FittedModel("gradient_boosting", FEATURES, assembled(encoded, trees), plain, 0.3, 20)

    def registered(self) -> tuple[Any, ...]:
        example = FEATURES.prepared(self.rows.iloc[:1]).assign(lead_days=30.0, age_years=50.0)
        kept = self.store.log_model(self.model, "dna", Account("trained"), example=example)
        version = self.tables.version(DnaFeature)
        return (
            *("dna", kept.version, None, self.model.kind, self.model.hash, kept.file_hash, kept.run_id, "dna_feature"),
            *(version, list(FEATURES.names), [], FIRST, date(2024, 9, 1), TEST_FROM, TEST_TO, "none", 0.3, "f1"),
            *(datetime(2025, 1, 1, tzinfo=UTC), None, None),
        )

    def run(self, name: str, *, at: datetime = NOW, **section: Any) -> Job[Any]:
        self.environment.sections[name] = jobs()[name].config.model_validate(section)
        run = {"run_id": f"run-{at}", "started_at": f"{at:%Y-%m-%d %H:%M:%S} UTC"}
        job: Job[Any] = Job(jobs()[name], self.environment, self.tables, run)
        job.module.run(job)
        job.finished_outputs()
        return job


@pytest.fixture(scope="module")
def clinic(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Clinic:
    made = Clinic(spark, tmp_path_factory.mktemp("clinic"))
    made.run("dna_score", model_name="dna", capacity={"per_day": 3})
    return made


def test_everything_to_come_is_scored_by_the_champion(clinic: Clinic) -> None:
    coming = clinic.rows[clinic.rows["days"] >= 366 + 89]
    expected = dict(zip(coming["number"], clinic.model.predict(coming), strict=True))
    found = {int(row["appointment_id"][1:]): row for row in clinic.get(DnaScore)}
    assert {number: row["dna_probability"] for number, row in found.items()} == expected
    told = {(row["model_name"], row["model_version"], row["feature_version"]) for row in found.values()}
    assert told == {("dna", 1, clinic.tables.version(DnaFeature))}
    dead = set(coming.loc[coming["is_after_death"], "number"])
    assert dead and all(found[number]["list_rank"] is None for number in dead)
    assert all((row["reasons"] is not None) == (row["list_rank"] is not None) for row in found.values())


def test_another_scoring_leaves_the_first_as_it_was_and_the_same_one_changes_nothing(clinic: Clinic) -> None:
    before = clinic.get(DnaScore)
    later = NOW + timedelta(days=7)
    clinic.run("dna_score", at=later, model_name="dna", capacity={"per_day": 3})
    both = clinic.get(DnaScore)
    assert [row for row in both if row in before] == before
    assert len({row["scored_datetime"] for row in both}) == 2
    clinic.run("dna_score", at=later + timedelta(days=1), model_name="dna", as_of=later, capacity={"per_day": 3})
    assert clinic.get(DnaScore) == both


def test_the_list_leaves_to_its_recipient_alone_and_names_nobody(clinic: Clinic) -> None:
    rows = clinic.get(CallingList)
    assert 0 < len(rows) <= 3 * 2 * 60
    assert not {row["list_key"] for row in rows} & {row["appointment_id"] for row in clinic.get(DnaScore)}
    path = clinic.folder / "list.csv"
    leaving.send(clinic.tables, clinic.environment, CallingList, path, recipient="booking office")
    assert len(path.read_text().splitlines()) == len(rows) + 1
    with pytest.raises(DisclosureError, match="dna_score holds persons"):
        leaving.send(clinic.tables, clinic.environment, DnaScore, clinic.folder / "scores.csv")


def test_a_day_without_appointments_to_come_leaves_an_empty_list_and_is_no_error(clinic: Clinic) -> None:
    before = clinic.get(DnaScore)
    job = clinic.run("dna_score", model_name="dna", as_of=datetime(2026, 1, 1, tzinfo=UTC))
    assert [(output.name, output.rows) for output in job.outputs] == [("dna_score", 0), ("calling_list", 0)]
    assert clinic.get(CallingList) == []
    assert clinic.get(DnaScore) == before


def test_a_planted_drift_is_an_alarm_of_its_block(clinic: Clinic) -> None:
    job = clinic.run("dna_monitor", model_name="dna", as_of=NOW)
    rows = clinic.get(DnaMonitor)
    of_block = [row for row in rows if row["measure"] == "observed_over_expected_12_weeks"]
    assert [row["is_alarm"] for row in of_block] == [True]
    assert of_block[0]["value"] == pytest.approx(0.5, abs=0.15)
    assert job.notes["alarms"] == sum(bool(row["is_alarm"]) for row in rows) > 0
    assert job.notes["weeks"] == 12


def test_contacts_are_told_apart(clinic: Clinic) -> None:
    reached = clinic.rows[(clinic.rows["days"] >= 371) & (clinic.rows["days"] < 371 + 84) & (clinic.rows["number"] % 2)]
    lines = [f"A{number:05d},2024-12-30 10:00" for number in reached["number"]]
    path = clinic.folder / "contact.csv"
    path.write_text("\n".join(["appointment_id,contacted_datetime", *lines]) + "\n")
    clinic.environment.sources["contact"] = Source(path=str(path), options={"zone": "Europe/London"})
    clinic.run("ingest_contact")
    clinic.run("dna_monitor", model_name="dna", as_of=NOW)
    rows = [row for row in clinic.get(DnaMonitor) if row["measure"] == "observed_over_expected"]
    by_contact = {row["group"]: row for row in rows if row["group_by"] == "contact"}
    assert set(by_contact) == {"contacted", "not_contacted"}
    assert {row["reason"] for row in rows if row["group"] == "contacted"} == {"contacted"}


def test_what_cannot_be_scored_says_why(clinic: Clinic) -> None:
    with pytest.raises(QualityError, match="other"):
        clinic.run("dna_score", model_name="other")
    registered = clinic.tables.read(DnaModel).collect()[0].asDict()
    rows = [tuple({**registered, **changed}.values()) for changed in ({"file_hash": "0" * 64}, {"model_name": "new"})]
    clinic.put(DnaModel, clinic.spark.createDataFrame(rows, DnaModel.schema()))
    assert clinic.run("dna_score", model_name="new").notes == {"is_without_champion": 1}
    with pytest.raises(TableError, match="not the one that was recorded"):
        clinic.run("dna_score", model_name="dna")
    real = clinic.environment.model_copy(update={"is_simulated": False})
    clinic.environment = real
    with pytest.raises(ConfigurationError, match="need a secret"):
        clinic.run("dna_score", model_name="dna")
