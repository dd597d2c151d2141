"""The one place that knows MLflow: runs, models, their files, and which version is the champion.

By default the store is a sqlite file and a folder beside the tables; a server or Databricks by URI. Nothing of a person
goes into it, and nothing is told to anybody else.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import io
import logging
import os
import re
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from icspark.config import Environment
from icspark.dna import model_file
from icspark.dna.feature_list import FeatureList
from icspark.dna.fitted import FittedModel
from icspark.errors import ConfigurationError, SetupError, TableError

CHAMPION = "champion"
MODEL, FILE = "model", "model.skops"
PACKAGES = ("icspark", "numpy", "pandas", "scipy", "scikit-learn", "skops")
MOST_PARAMETERS, MOST_METRICS = 100, 1000
"""What one call of the store's interface takes."""

QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_SKIP_PIP_REQUIREMENTS_CHECK": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "60",
}
"""Settings that MLflow reads from the environment of its process when it is imported; what is set already stays."""


@dataclass(frozen=True)
class Account:
    """What a run says of itself: parameters, metrics, tags, files by name, and the trials of its search."""

    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    trials: Sequence[Account] = ()


@dataclass(frozen=True)
class Registered:
    """Where a model now is: its run, its version in the registry, and the SHA-256 of its file."""

    run_id: str
    version: int
    file_hash: str


class Store:
    """The tracking store and registry of an environment."""

    def __init__(self, environment: Environment) -> None:
        """Name the store; nothing is opened yet. SetupError where its place is neither given nor to be derived."""
        told = environment.tracking
        local = None if told.uri else _beside(environment)
        self.uri = told.uri or f"sqlite:///{local}/mlflow.db"
        self.registry_uri = told.registry_uri or self.uri
        self.artifacts = told.artifacts or (f"file://{local}/artifacts" if local else None)
        self.experiment = told.experiment
        self._folder = local

    def require_reachable(self, model_name: str) -> None:
        """Raise SetupError where store or registry cannot be asked, ConfigurationError for a name that it refuses.

        Asked before training starts, so that no training is lost to it.
        """
        if self.registry_uri.startswith("databricks-uc") and model_name.count(".") != 2:
            raise ConfigurationError(
                "Unity Catalog wants a name of three levels", where="model_name", expected="catalog.schema.name"
            )
        with self._told("the tracking store cannot be reached"):
            self._experiment_id()
        with self._told("the registry of models cannot be reached"):
            self._client().search_registered_models(max_results=1)

    def log_model(self, model: FittedModel, name: str, account: Account, *, example: pd.DataFrame) -> Registered:
        """Keep a model with the account of its run, and register it as the next version of `name`.

        `example` is one row of features that is nobody's.
        """
        with self._told("the model could not be logged"), self._run(account) as run_id:
            version = self._registered(model, name, run_id, example)
        with tempfile.TemporaryDirectory() as folder:
            path = self.model_file({"model_name": name, "model_version": version}, Path(folder))
            return Registered(run_id, version, model_file.file_hash(path))

    def load(self, row: Mapping[str, Any]) -> FittedModel:
        """Return the model of a row of dna_model, its file and its fitted arrays seen to be the recorded ones."""
        with tempfile.TemporaryDirectory() as folder:
            path = self.model_file(row, Path(folder))
            model = model_file.load(path, expected_hash=row["file_hash"])
        if model.hash != row["model_hash"]:
            raise TableError(
                "the model is not the one that was recorded",
                where=f"{row['model_name']} version {row['model_version']}",
                expected=f"hash {row['model_hash'][:12]}...",
                found=f"hash {model.hash[:12]}...",
                mend="use the version of icspark and scikit-learn that trained it, or train again",
            )
        return model

    def model_file(self, row: Mapping[str, Any], folder: Path) -> Path:
        """Fetch the file of the model of a row of dna_model into a folder and return its path."""
        source = f"models:/{row['model_name']}/{row['model_version']}"
        what = f"the model {row['model_name']} version {row['model_version']} cannot be fetched"
        with self._told(what), self._current():
            fetched = _mlflow().artifacts.download_artifacts(f"{source}/{FILE}", dst_path=str(folder))
        return Path(fetched)

    def set_champion(self, name: str, version: int, *, tags: Mapping[str, str] | None = None) -> None:
        """Let the alias `champion` mirror the table: it names this version. `tags` stay with the version."""
        with self._told("the alias could not be moved"):
            for key, value in (tags or {}).items():
                self._client().set_model_version_tag(name, str(version), key, value)
            self._client().set_registered_model_alias(name, CHAMPION, str(version))

    def champion(self, name: str) -> int | None:
        """Return the version that the alias names; None where there is none."""
        with self._told("the registry of models cannot be asked"):
            found = self._client().search_registered_models(f"name = '{name}'", max_results=1)
            version = found[0].aliases.get(CHAMPION) if found else None
        return None if version is None else int(version)

    def log_metrics(self, run_id: str, metrics: Mapping[str, float]) -> None:
        """Add metrics to a run that has ended or not."""
        with self._told("metrics could not be logged"):
            self._fill(run_id, Account("", metrics=metrics))

    def log_artifacts(self, run_id: str, files: Mapping[str, bytes]) -> None:
        """Add files to a run, by name; a name may hold folders."""
        with self._told("files could not be logged"):
            self._fill(run_id, Account("", files=files))

    @contextmanager
    def _run(self, account: Account) -> Iterator[str]:
        run_id = self._started(account.name, account.tags)
        status = "FAILED"
        try:
            self._fill(run_id, account)
            yield run_id
            status = "FINISHED"
        finally:
            self._client().set_terminated(run_id, status)

    def _started(self, name: str, tags: Mapping[str, str]) -> str:
        run = self._client().create_run(self._experiment_id(), run_name=name, tags=dict(tags))
        return str(run.info.run_id)

    def _fill(self, run_id: str, account: Account) -> None:
        client, entities = self._client(), _mlflow().entities
        parameters = [entities.Param(key, str(value)) for key, value in account.parameters.items()]
        metrics = [entities.Metric(_allowed(key), float(value), 0, 0) for key, value in account.metrics.items()]
        for start in range(0, len(parameters), MOST_PARAMETERS):
            client.log_batch(run_id, params=parameters[start : start + MOST_PARAMETERS])
        for start in range(0, len(metrics), MOST_METRICS):
            client.log_batch(run_id, metrics=metrics[start : start + MOST_METRICS])
        if account.files:
            with tempfile.TemporaryDirectory() as folder:
                _write(Path(folder), account.files)
                client.log_artifacts(run_id, folder)
        for trial in account.trials:
            nested = self._started(trial.name, {**trial.tags, "mlflow.parentRunId": run_id})
            self._fill(nested, trial)
            client.set_terminated(nested)

    def _registered(self, model: FittedModel, name: str, run_id: str, example: pd.DataFrame) -> int:
        mlflow = _mlflow()
        with self._current(), mlflow.start_run(run_id=run_id), redirect_stderr(io.StringIO()):
            logged = mlflow.sklearn.log_model(
                model,
                name=MODEL,
                serialization_format="skops",
                skops_trusted_types=list(model_file.TRUSTED),
                signature=_signature(model.feature_list),
                input_example=example,
                pip_requirements=requirements(),
                registered_model_name=name,
                metadata={"model_hash": model.hash},
            )
        return int(logged.registered_model_version)

    def _experiment_id(self) -> str:
        client = self._client()
        found = client.get_experiment_by_name(self.experiment)
        if found is not None:
            return str(found.experiment_id)
        return str(client.create_experiment(self.experiment, artifact_location=self.artifacts))

    def _client(self) -> Any:
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
        return _mlflow().MlflowClient(self.uri, self.registry_uri)

    @contextmanager
    def _current(self) -> Iterator[None]:
        """Let MLflow's own functions see this store, for the length of a `with` block."""
        mlflow = _mlflow()
        before = mlflow.get_tracking_uri(), mlflow.get_registry_uri()
        mlflow.set_tracking_uri(self.uri)
        mlflow.set_registry_uri(self.registry_uri)
        try:
            yield
        finally:
            mlflow.set_tracking_uri(before[0])
            mlflow.set_registry_uri(before[1])

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """Turn an error of MLflow into one that says what failed and where, without the cause's own text."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield
        except (ConfigurationError, SetupError, TableError):
            raise
        except Exception as error:
            raise SetupError(
                f"{what} ({type(error).__name__})",
                where=_without_secrets(self.uri),
                mend="check `tracking` in the configuration, that the server runs, and who may write to it",
            ) from error


def requirements() -> list[str]:
    """Return what must be installed to load a model, each at the version that wrote it."""
    return [f"{name}=={importlib.metadata.version(name)}" for name in PACKAGES]


def _beside(environment: Environment) -> Path:
    tables = environment.storage.tables
    if not tables or "://" in tables:
        raise SetupError(
            "the place of models and their runs is not known",
            where="tracking.uri",
            mend="give `tracking: {uri: ...}`: a server, databricks, or sqlite:///path",
        )
    return Path(tables).parent / "mlflow"


def _signature(features: FeatureList) -> Any:
    from_types = _mlflow().types
    columns = [from_types.ColSpec("double", name, required=False) for name in features.numbers]
    columns += [from_types.ColSpec("string", name, required=False) for name in features.categories]
    outputs = from_types.Schema([from_types.ColSpec("double")])
    return _mlflow().models.ModelSignature(from_types.Schema(columns), outputs)


def _allowed(name: str) -> str:
    return re.sub(r"[^\w\-. :/]", "_", name, flags=re.ASCII)


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _without_secrets(uri: str) -> str:
    scheme, separator, rest = uri.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"


def _mlflow() -> Any:
    """Return MLflow, imported quietly and only where it is needed: it takes five seconds."""
    for key, value in QUIET.items():
        os.environ.setdefault(key, value)
    mlflow = importlib.import_module("mlflow")
    for part in ("sklearn", "types", "entities", "artifacts", "models"):
        importlib.import_module(f"mlflow.{part}")
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return mlflow
