"""Measure a model on windows of time: discrimination, calibration and use at capacity, overall and by group.

Limits come from people drawn anew. Groups with too few people or outcomes are withheld and say so. What was measured on
other versions and windows stays in the tables.
"""

from __future__ import annotations

from pydantic import Field

from icspark.config import JobConfig
from icspark.dna import feature_source
from icspark.dna.bootstrap import Resampling
from icspark.dna.capacity import Capacity
from icspark.dna.champion import evaluated_row
from icspark.dna.evaluating import Asked, evaluated
from icspark.dna.evaluation import Enough, Terms
from icspark.dna.evaluation_table import REPLACED, frame_of
from icspark.dna.extract import MEGABYTE
from icspark.dna.judging import KNOWN_WINDOWS, TEST, UNSEEN, VALIDATE, Gathering
from icspark.dna.tracking import Store
from icspark.job import Job
from icspark.tables.dna import DnaCurve, DnaEvaluation, DnaModel

READS = (DnaModel,)
READS_IF_PRESENT = feature_source.ONE_OF
NEEDS_ONE_OF = feature_source.ONE_OF
WRITES = (DnaEvaluation, DnaCurve)


class Config(JobConfig):
    """Which version, on which windows, and how."""

    model_name: str = Field("dna_risk", min_length=1, description="name of the model in the registry")
    version: int | None = Field(None, ge=1, description="version to measure; null: the newest that is no refit")
    feature_version: int | None = Field(None, ge=0, description="of the features; null: that of the training")
    windows: tuple[str, ...] = Field((VALIDATE, TEST, UNSEEN), min_length=1, description=f"of {KNOWN_WINDOWS}")
    capacity: Capacity = Field(Capacity(percent=10), description="what can be called of each site and day")
    resampling: Resampling = Field(default_factory=Resampling)
    enough: Enough = Field(default_factory=Enough)
    with_importance: bool = Field(True, description="whether features are mixed in turn, to see what each is worth")
    extract_ceiling_megabytes: int = Field(2000, ge=1, description="memory that the rows of a window may take")


def run(job: Job[Config]) -> None:
    """Write dna_evaluation and dna_curve, and tell the tracking store."""
    config, store = job.config, Store(job.environment)
    row = evaluated_row(job.read(DnaModel), model_name=config.model_name, version=config.version)
    source, asked_for = row[DnaModel.feature_source], config.feature_version
    version = row[DnaModel.feature_version] if asked_for is None else asked_for
    table = job.read_if_present(feature_source.TABLES[source], at=version)
    features = feature_source.feature_rows(source, table)
    gathering = Gathering(config.capacity, config.extract_ceiling_megabytes * MEGABYTE)
    terms = Terms(config.resampling, config.enough)
    asked = Asked(config.windows, version, gathering, terms, config.with_importance)
    found = evaluated(features, row, store.load(row), asked)
    job.write(DnaEvaluation, frame_of(job.spark, DnaEvaluation, found.measures), replacing=REPLACED)
    job.write(DnaCurve, frame_of(job.spark, DnaCurve, found.points), replacing=REPLACED)
    store.log_metrics(row[DnaModel.mlflow_run_id], found.metrics)
