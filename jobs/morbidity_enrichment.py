"""Tell who has a condition more or less often than others like them: by age, sex, deprivation, ethnic group."""

from __future__ import annotations

from pydantic import Field

from icspark.config import JobConfig
from icspark.job import Job
from icspark.morbidity.enrichment_table import ConditionSet, build_morbidity_enrichment
from icspark.tables.morbidity import ConditionHistory, MorbidityEnrichment

READS = (ConditionHistory,)
WRITES = (MorbidityEnrichment,)


class SetConfig(JobConfig):
    """A set of conditions."""

    conditions: tuple[str, ...] = Field(min_length=1, description="conditions of the set")
    needs_all: bool = Field(False, description="people with all of them, rather than with any")


class Config(JobConfig):
    """Which conditions, and which demographics."""

    demographics: tuple[str, ...] = Field(
        ("age_band", "sex_code", "imd_2019_quintile"), description="columns of people; each within strata of the others"
    )
    conditions: tuple[str, ...] = Field((), description="conditions; empty: all that somebody has")
    sets: dict[str, SetConfig] = Field({}, description="named sets of conditions besides")


def run(job: Job[Config]) -> None:
    """Write morbidity_enrichment."""
    config = job.config
    sets = {name: ConditionSet(given.conditions, given.needs_all) for name, given in config.sets.items()}
    found = build_morbidity_enrichment(
        job.read(ConditionHistory), config.demographics, sets, conditions=config.conditions
    )
    job.write(MorbidityEnrichment, found)
