"""Say how far a model is from the best possible score of a simulated region, on the same appointments.

The planted chance given what is observable at the prediction point ranks as well as any score can; its own calibration
on the window stands beside the model's, and how far the model ranks above those of other kinds. The point is that of
the section dna_features.
"""

from __future__ import annotations

from pydantic import Field

from icspark.config import JobConfig
from icspark.dna import best_possible
from icspark.dna.bootstrap import Resampling
from icspark.dna.champion import evaluated_row, other_kinds
from icspark.dna.extract import MEGABYTE
from icspark.dna.feature_source import feature_rows
from icspark.dna.judging import KNOWN_WINDOWS, TEST, rows_of_window
from icspark.dna.tracking import Store
from icspark.job import Job
from icspark.quality.findings import findings_frame, stop_outside
from icspark.tables.checks import DnaCheck
from icspark.tables.dna import DnaFeature, DnaModel
from icspark.tables.truth import TruthAppointment

READS = (DnaModel, DnaFeature, TruthAppointment)
WRITES = (DnaCheck,)


class Config(JobConfig):
    """Which version, on which window, and how near to the best it has to be."""

    model_name: str = Field("dna_risk", min_length=1, description="name of the model in the registry")
    version: int | None = Field(None, ge=1, description="version to check; null: the newest that is no refit")
    window: str = Field(TEST, description=f"{KNOWN_WINDOWS}")
    bounds: best_possible.Bounds = Field(default_factory=best_possible.Bounds)
    resampling: Resampling = Field(default_factory=Resampling)
    is_strict: bool = Field(False, description="whether a finding outside its limits stops the run, once written")
    extract_ceiling_megabytes: int = Field(2000, ge=1, description="memory that the rows of a window may take")


def run(job: Job[Config]) -> None:
    """Write dna_check, and stop after it where that is asked for and a finding lies outside its limits."""
    config, models, store = job.config, job.read(DnaModel), Store(job.environment)
    row = evaluated_row(models, model_name=config.model_name, version=config.version)
    features = feature_rows("dna_feature", job.read(DnaFeature, at=row[DnaModel.feature_version]))
    rows = rows_of_window(features, row, config.window)
    rules = job.environment.sections["dna_features"].model_dump()
    chance = best_possible.observable(rules["point"], rules["days_before"])
    planted = best_possible.with_planted(rows, job.read(TruthAppointment), chance)
    others = {one[DnaModel.kind]: store.load(one) for one in other_kinds(models, row)}
    ceiling = config.extract_ceiling_megabytes * MEGABYTE
    chances = best_possible.all_chances(planted, store.load(row), others, ceiling_bytes=ceiling)
    found = list(best_possible.findings(chances, config.resampling, config.bounds))
    job.write(DnaCheck, findings_frame(job.spark, DnaCheck, found))
    job.note("findings", len(found))
    if config.is_strict:
        stop_outside(found, where=DnaCheck.name())
