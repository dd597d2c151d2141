"""Ask the gates whether a version may be champion, and let the registry's alias mirror the decision.

A refused gate leaves the champion as it is, and the table says which gate, value and limit. Somebody may overrule a
refusal of one named version, by name and with a reason, which are kept. docs/decisions/non-attendance-gates.md
"""

from __future__ import annotations

from pydantic import Field

from icspark.dna import feature_source, promotion
from icspark.dna.champion import model_row
from icspark.dna.gates import GateLimits
from icspark.dna.tracking import Store
from icspark.job import Job
from icspark.tables.dna import DnaEvaluation, DnaLeakAudit, DnaModel, DnaPromotion

READS = (DnaModel, DnaEvaluation)
READS_IF_PRESENT = (DnaLeakAudit, DnaPromotion, *feature_source.ONE_OF)
WRITES = (DnaPromotion,)


class Config(promotion.Comparison):
    """Which version, held to what, and on which window."""

    model_name: str = Field("dna_risk", min_length=1, description="name of the model in the registry")
    version: int | None = Field(None, ge=1, description="version that asks; null: the newest")
    limits: GateLimits = Field(default_factory=GateLimits)
    override: promotion.Override | None = Field(None, description="who lets a refused version pass, and why")


def run(job: Job[Config]) -> None:
    """Write dna_promotion, and move the alias where the gates, or somebody by name, let the version through."""
    config, store = job.config, Store(job.environment)
    models, promotions = job.read(DnaModel), job.read_if_present(DnaPromotion)
    row = model_row(models, model_name=config.model_name, version=config.version)
    asking = promotion.candidate(models, promotions, row, window=config.window)
    if asking.is_champion:
        job.keep(DnaPromotion)
        store.set_champion(config.model_name, asking.number)
        return
    source, version = asking.source
    table = job.read_if_present(feature_source.TABLES[source], at=version)
    features = feature_source.feature_rows(source, table)
    evidence = promotion.Evidence(
        promotion.evaluation_of(job.read(DnaEvaluation), asking.judged, config.window),
        promotion.audit_of(job.read_if_present(DnaLeakAudit), asking.version),
        promotion.against_rival(asking, features, store.load, config),
        promotion.started(job.run),
    )
    decided = promotion.decide(asking, evidence, config.limits, override=config.override)
    if promotion.is_said_already(decided, promotions):
        job.keep(DnaPromotion)
    else:
        job.write(DnaPromotion, promotion.frame(job.spark, decided), replacing=(DnaPromotion.decided_datetime,))
    job.note("gates_refused", decided.refused_count)
    if decided.is_promoted:
        store.set_champion(config.model_name, asking.number, tags=decided.tags)
