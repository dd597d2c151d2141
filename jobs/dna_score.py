"""Score every appointment to come with the champion, and list whom to call at each site and day, and why.

Scores stay as they were at each scoring. The list holds up to capacity, nobody who has died, and may leave under a
pseudonym to a named recipient for a named purpose only (docs/decisions/non-attendance-monitoring.md). A day without
appointments to come leaves an empty list, and no champion no list; the run record says so.
"""

from __future__ import annotations

from pydantic import AwareDatetime, Field

from icspark.config import JobConfig
from icspark.dna import feature_source, scoring
from icspark.dna.calling_list import build_calling_list, secret
from icspark.dna.capacity import Capacity
from icspark.dna.in_use import feature_rows, model_in_use, require_features
from icspark.dna.promotion import started
from icspark.dna.tracking import Store
from icspark.job import Job
from icspark.linkage.salt import salt_of
from icspark.tables.dna import CallingList, DnaModel, DnaPromotion, DnaScore

READS = (DnaModel, DnaPromotion)
READS_IF_PRESENT = feature_source.ONE_OF
NEEDS_ONE_OF = feature_source.ONE_OF
WRITES = (DnaScore, CallingList)


class Config(JobConfig):
    """Which model, as of when, and how many can be called."""

    model_name: str = Field("dna_risk", min_length=1, description="name of the model in the registry")
    as_of: AwareDatetime | None = Field(
        None, description="moment of the scoring: what is held after it is scored; null: the start of the run"
    )
    capacity: Capacity = Field(Capacity(percent=10), description="what can be called of each site and day")
    unspoken: tuple[str, ...] = Field((), description="features that are never told as a reason, beside protected ones")
    salt_variable: str | None = Field(None, description="variable with the secret of the keys; needed unless simulated")


def run(job: Job[Config]) -> None:
    """Write dna_score (this scoring beside all others) and calling_list (this scoring's list)."""
    config, store = job.config, Store(job.environment)
    salt = secret(salt_of(config.salt_variable, job="dna_score"), is_simulated=job.environment.is_simulated)
    row = model_in_use(job.read(DnaPromotion), job.read(DnaModel), model_name=config.model_name)
    if row is None:
        job.keep(*WRITES)
        job.note("is_without_champion", 1)
        return
    source = feature_source.TABLES[row[DnaModel.feature_source]]
    features = feature_rows(row, job.read_if_present(source))
    model, moment = store.load(row), scoring.moment_of(config.as_of, started(job.run))
    require_features(model, row, features)
    coming, explainer = scoring.to_come(features, moment), scoring.explainer_of(features, model)
    listed = scoring.with_list(coming, explainer, capacity=config.capacity, unspoken=config.unspoken)
    scores = scoring.build_dna_score(listed, scoring.Scoring(moment, row, job.version_read(source)), model).persist()
    job.write(DnaScore, scores, replacing=scoring.SCORING)
    job.write(CallingList, build_calling_list(scores, salt=salt))
    scores.unpersist()
