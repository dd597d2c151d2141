"""Hold the records of a simulated region against what was planted in it, and fail where it does not come back."""

from __future__ import annotations

from pydantic import Field

from icspark.checking.comparisons import judged
from icspark.checking.simulation import TABLES, compare_region
from icspark.config import JobConfig
from icspark.job import Job
from icspark.quality.findings import findings_frame, stop_outside
from icspark.tables.checks import SimulationCheck

READS = TABLES
WRITES = (SimulationCheck,)


class Config(JobConfig):
    """How sure a failure is."""

    false_alarm_chance: float = Field(
        0.001, gt=0, le=0.5, description="chance that any limit is passed though all is as planted (Bonferroni)"
    )


def run(job: Job[Config]) -> None:
    """Write simulation_check, then fail where a number lies outside its limits."""
    frames = {table: job.read(table) for table in READS}
    findings = judged(list(compare_region(frames)), chance=job.config.false_alarm_chance)
    job.write(SimulationCheck, findings_frame(job.spark, SimulationCheck, findings))
    job.note("findings", len(findings))
    stop_outside(findings, where=SimulationCheck.name())
