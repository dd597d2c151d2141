"""Training through the door: from a table of features to versions that can be loaded again, and errors before it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql.types import StructField
from scipy.special import expit

from icspark.config import Environment, Source, Storage, Tracking
from icspark.dna.tracking import Store
from icspark.errors import ConfigurationError, IcsparkError, SetupError
from icspark.job import Job
from icspark.plan import jobs
from icspark.storage import Tables
from icspark.tables.dna import DnaFeature, DnaModel, FlatAppointment

FIRST, DAYS, ROWS = date(2024, 1, 1), 300, 1_200
WINDOWS = {"train_from": FIRST + timedelta(days=1), "validate_days": 80, "test_days": 50}
SECTION = {"windows": WINDOWS, "trials": 2, "folds": 2, "features": ("lead_days", "age_years", "site_code")}


def planted_rows() -> pd.DataFrame:
    random = np.random.default_rng(4)
    lead, age = random.gamma(1.5, 20, ROWS), random.integers(0, 95, ROWS).astype(float)
    chance = expit(-1.2 + 0.03 * np.minimum(lead, 60) + 0.02 * (50 - age))
    return pd.DataFrame(
        {
            "appointment_id": [f"A{number:05d}" for number in range(ROWS)],
            "person_id": [f"P{number:04d}" for number in random.integers(0, 400, ROWS)],
            "appointment_date": [FIRST + timedelta(days=int(day)) for day in random.integers(0, DAYS, ROWS)],
            "is_dna": random.random(ROWS) < chance,
            "lead_days": lead,
            "age_years": age,
            "site_code": random.choice(["S1", "S2"], ROWS),
            "sex_code": random.choice(["1", "2"], ROWS, p=[0.9, 0.1]),
        }
    )


def feature_frame(spark: SparkSession, rows: pd.DataFrame) -> DataFrame:
    at = [datetime.combine(day, datetime.min.time(), UTC) for day in rows["appointment_date"]]
    known = {name: rows[name].tolist() for name in rows.columns}
    known |= {"appointment_datetime": at, "prediction_datetime": at}
    known |= {"extra_features": [[("carer", None), ("debt", float(age > 50))] for age in rows["age_years"]]}
    columns = [known.get(field.name, [_nothing(field)] * len(rows)) for field in DnaFeature.schema().fields]
    return spark.createDataFrame(list(zip(*columns, strict=True)), DnaFeature.schema())


def _nothing(field: StructField) -> Any:
    return None if field.nullable else 0.0 if field.name.endswith("_count") else False


class House:
    """A folder with planted features and a flat file of the same rows, and its jobs."""

    def __init__(self, spark: SparkSession, folder: Path, tracking: Tracking | None = None) -> None:
        self.rows, self.folder, self.runs = planted_rows(), folder, 0
        places = Storage(tables=str(folder / "tables"), pages=str(folder / "pages"))
        kept = tracking or Tracking()
        self.environment = Environment(name="house", storage=places, tracking=kept, sha256="c0ffee")
        self.environment.sections["dna_features"] = jobs()["dna_features"].config(look_back_days=1)
        self.tables, self.store = Tables(spark, places), Store(self.environment)
        frame = feature_frame(spark, self.rows)
        self.tables.write(DnaFeature, frame, run_id="before", properties={})

    def run(self, name: str, **section: Any) -> None:
        self.runs += 1
        self.environment.sections[name] = jobs()[name].config.model_validate(section)
        identity = {"run_id": f"run-{self.runs}", "started_at": f"2024-12-{self.runs:02d} 09:00:00 UTC"}
        said = identity | {"config_hash": "c0ffee", "package_version": "1", "git_commit": ""}
        job: Job[Any] = Job(jobs()[name], self.environment, self.tables, said)
        job.module.run(job)
        job.finished_outputs()

    def models(self, name: str = "dna_risk") -> list[Row]:
        rows = self.tables.read(DnaModel).orderBy("model_version").collect()
        return [row for row in rows if row.model_name == name]


@pytest.fixture(scope="module")
def house(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> House:
    made = House(spark, tmp_path_factory.mktemp("house"))
    made.run("dna_train", **SECTION, refit=True)
    return made


@pytest.fixture(scope="module")
def client(house: House) -> MlflowClient:
    return MlflowClient(house.store.uri, house.store.registry_uri)


def test_each_kind_and_the_refit_are_versions_with_their_windows(house: House) -> None:
    found = [(row.model_version, row.parent_version, row.kind) for row in house.models()]
    assert found == [(1, None, "logistic_regression"), (2, None, "gradient_boosting"), (3, 2, "gradient_boosting")]
    _, trees, child = house.models()
    end = house.rows["appointment_date"].max() + timedelta(days=1)
    days = [end - timedelta(days=days) for days in (130, 50, 0)]
    assert [trees.train_to_date, trees.validate_to_date, trees.test_to_date] == days
    assert (child.train_from_date, child.train_to_date, child.test_to_date) == (trees.train_from_date, end, None)
    assert (child.threshold, trees.trained_datetime.year) == (trees.threshold, 2024)
    assert 0 < child.mean_probability_change < child.largest_probability_change < 1
    assert trees.features == ["lead_days", "age_years", "site_code"]


def test_a_row_of_the_table_is_enough_to_load_its_model(house: House) -> None:
    for row in house.models():
        assert house.store.load(row.asDict()).hash == row.model_hash
    row = house.models()[1].asDict()
    with pytest.raises(IcsparkError, match="not the one that was recorded"):
        house.store.load({**row, "file_hash": "0" * 64})
    with pytest.raises(IcsparkError, match="the model is not the one that was recorded"):
        house.store.load({**row, "model_hash": "0" * 64})
    with pytest.raises(SetupError, match="version 99 cannot be fetched"):
        house.store.load({**row, "model_version": 99})


def test_the_run_tells_what_it_was_made_from_and_how_it_was_searched(house: House, client: MlflowClient) -> None:
    trees = house.models()[1]
    run = client.get_run(trees.mlflow_run_id)
    assert run.info.status == "FINISHED"
    assert run.data.params["feature_version"] == str(trees.feature_version)
    assert run.data.tags["icspark.config_hash"] == "c0ffee"
    assert {"validate/auroc", "validate/calibration_slope", "search/log_loss"} <= set(run.data.metrics)
    assert "validate/sex_code/1/auroc" in run.data.metrics
    assert not any(name.startswith("validate/sex_code/2/") for name in run.data.metrics)  # too few outcomes
    parent = f"tags.mlflow.parentRunId = '{trees.mlflow_run_id}'"
    assert len(client.search_runs([run.info.experiment_id], parent)) == 2
    pictures = {file.path for file in client.list_artifacts(trees.mlflow_run_id, "validate")}
    wanted = ("roc", "precision_recall", "calibration", "gain", "decision", "permutation_importance")
    assert {f"validate/{name}.png" for name in wanted} <= pictures


def test_the_input_example_is_nobody_and_the_signature_names_the_features(house: House) -> None:
    files = sorted(house.folder.rglob("input_example.json"))
    assert len(files) >= len(house.models())
    for file in files:
        told = json.loads(file.read_text(encoding="utf-8"))
        one = dict(zip(told["columns"], told["data"][0], strict=True))
        assert list(one) == ["lead_days", "age_years", "site_code"]
        same = (house.rows["lead_days"] == one["lead_days"]) & (house.rows["age_years"] == one["age_years"])
        assert not same.any()
    kept = {name: sorted(house.folder.rglob(name)) for name in ("MLmodel", "requirements.txt", "*.pkl")}
    assert not kept["*.pkl"]
    assert all("serialization_format: skops" in file.read_text() for file in kept["MLmodel"])
    assert all('"name": "lead_days"' in file.read_text() for file in kept["MLmodel"])
    assert all("scikit-learn==" in file.read_text() for file in kept["requirements.txt"])


def test_a_flat_file_of_the_same_rows_gives_the_same_model(house: House) -> None:
    path = house.folder / "flat.csv"
    house.rows.drop(columns="sex_code").to_csv(path, index=False, float_format="%.17g")
    named = {"row_id": "appointment_id", "person_id": "person_id", "appointment_date": "appointment_date"}
    options = {"dna_class": "True", "numeric": "lead_days, age_years", "categorical": "site_code"}
    columns = {**named, "is_dna": "is_dna"}
    house.environment.sources["flat_appointment"] = Source(path=(str(path),), columns=columns, options=options)
    house.run("ingest_flat_appointment")
    assert house.tables.read(FlatAppointment).count() == ROWS
    flat = {"feature_source": "flat_appointment", "kinds": ("gradient_boosting",), "model_name": "flat"}
    house.run("dna_train", **{**SECTION, "features": ()}, **flat)
    trees = house.models()[1]
    found = house.models("flat")[0]
    assert (found.model_hash, found.feature_source) == (trees.model_hash, "flat_appointment")
    assert (found.mlflow_run_id != trees.mlflow_run_id, len(house.models())) == (True, 3)


def test_an_extra_feature_is_that_of_the_version_that_the_model_names(house: House) -> None:
    one = {"kinds": ("logistic_regression",), "trials": 1, "model_name": "extra", "extra_features": ("debt",)}
    house.run("dna_train", **{**SECTION, **one})
    found = house.models("extra")[0]
    assert found.features == ["lead_days", "age_years", "debt", "site_code"]
    assert found.feature_version == house.tables.version(DnaFeature)


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"features": ("lead_day",)}, "Did you mean lead_days"),
        ({"extra_features": ("det",)}, "Did you mean debt"),
        ({"windows": {"train_from": FIRST}}, "whole look-back"),
        ({"features": ("lead_days", "sex_code")}, "a protected characteristic would be a feature"),
        ({"protected_features": ("site_code",)}, "no protected characteristic"),
        ({"groups": ("sex",)}, "no such group"),
        ({"monotonic": {"site_code": 1}}, "on no numeric feature"),
    ],
)
def test_names_that_cannot_be_are_told(house: House, section: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        house.run("dna_train", **{**SECTION, "kinds": ("gradient_boosting",), **section})


def test_a_registry_out_of_reach_is_told_before_training(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    away = Tracking(uri="http://secret@127.0.0.1:9")
    monkeypatch.setattr(house, "environment", house.environment.model_copy(update={"tracking": away}))
    monkeypatch.setattr("icspark.jobs.dna_train.compact", lambda *_, **__: pytest.fail("rows were fetched"))
    with pytest.raises(SetupError, match="the tracking store cannot be reached") as told:
        house.run("dna_train", **SECTION)
    assert "secret" not in str(told.value)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """Start a tracking server of its own on loopback that keeps artifacts too, and give its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    places = ("--backend-store-uri", f"sqlite:///{tmp_path}/server.db", "--artifacts-destination", f"{tmp_path}/kept")
    listening = ("--host", "127.0.0.1", "--port", str(port), "--workers", "1")
    uri, log = f"http://127.0.0.1:{port}", (tmp_path / "server.log").open("w")
    command = (sys.executable, "-m", "mlflow", "server", *places, *listening)
    with log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            _wait_for(uri, process)
            yield uri
        finally:
            process.terminate()


def _wait_for(uri: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(240):
        assert process.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(f"{uri}/health", timeout=1):
                return
        except OSError:
            time.sleep(0.5)
    pytest.fail("the server did not answer in two minutes")


@pytest.mark.slow
def test_a_server_keeps_runs_models_and_the_champion_as_a_folder_does(
    spark: SparkSession, tmp_path: Path, server: str
) -> None:
    house = House(spark, tmp_path / "house", Tracking(uri=server, experiment="of the house"))
    house.run("dna_train", **SECTION)
    assert not (tmp_path / "house/mlflow").exists()
    assert len(list((tmp_path / "kept").rglob("*.skops"))) == 2
    for row in house.models():
        assert house.store.load(row.asDict()).hash == row.model_hash

    trees = house.models()[1]
    house.store.set_champion("dna_risk", trees.model_version, tags={"decided": "2024-12-01"})
    house.store.log_artifacts(trees.mlflow_run_id, {"card/model_card.html": b"<p>card</p>"})
    client = MlflowClient(server, server)
    assert house.store.champion("dna_risk") == trees.model_version
    assert client.get_model_version("dna_risk", str(trees.model_version)).tags["decided"] == "2024-12-01"
    assert [file.path for file in client.list_artifacts(trees.mlflow_run_id, "card")] == ["card/model_card.html"]
