"""Hold pairs, arrows and the network of a simulated region against what was planted, and fail where it is not found."""

from __future__ import annotations

from pydantic import Field

from icspark.checking.morbidity import Comparison, Found, people_by_stratum, planted_model
from icspark.checking.morbidity_found import SMALL, counted_people, earliest_shares, pairs_found
from icspark.config import JobConfig
from icspark.job import Job
from icspark.quality.findings import findings_frame, stop_outside
from icspark.tables.checks import MorbidityCheck
from icspark.tables.morbidity import ConditionCase, ConditionHistory
from icspark.tables.truth import Truth

READS = (Truth, *SMALL, ConditionHistory, ConditionCase)
WRITES = (MorbidityCheck,)


class Config(JobConfig):
    """How pairs and edges were chosen: as morbidity_pairs and morbidity_network were told."""

    alpha: float = Field(0.05, gt=0, lt=1, description="q value below which a pair is called")
    smallest_both: int = Field(10, ge=0, description="people with both that an edge needs")
    most_conditions: int = Field(1000, ge=2, description="ceiling on the number of conditions")


def run(job: Job[Config]) -> None:
    """Write morbidity_check, then fail where a number lies outside its limits."""
    config, histories = job.config, job.read(ConditionHistory)
    earliest = earliest_shares(histories, job.read(ConditionCase), most_conditions=config.most_conditions)
    pairs = pairs_found({table: job.read(table).toPandas() for table in SMALL}, earliest)
    found = Found(pairs, people_by_stratum(counted_people(histories)), config.alpha, config.smallest_both)
    findings = Comparison(found, planted_model(job.read(Truth).toPandas())).findings()
    job.write(MorbidityCheck, findings_frame(job.spark, MorbidityCheck, findings))
    stop_outside(findings, where=MorbidityCheck.name())
