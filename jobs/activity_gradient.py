"""Measure how rates of records change over fifths of deprivation: slope and relative index of inequality."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from icspark.inequality.activity_gradient import build_activity_gradient
from icspark.job import Job
from icspark.statistics.periods import PooledYears
from icspark.tables.activity import ActivityGradient, PersonActivity
from icspark.tables.reference import Deprivation2019

READS = (PersonActivity, Deprivation2019)
WRITES = (ActivityGradient,)

Domain = Literal[
    "imd", "income", "employment", "education", "health", "crime", "barriers", "living_environment", "adult_skills"
]


class Config(PooledYears):
    """Whose fifths, and which years."""

    domains: tuple[Domain, ...] = Field(
        ("imd", "adult_skills"), min_length=1, description="indices and domains of deprivation whose fifths are taken"
    )


def run(job: Job[Config]) -> None:
    """Write activity_gradient."""
    activity = job.read(PersonActivity)
    found = build_activity_gradient(
        activity, job.read(Deprivation2019), domains=job.config.domains, periods=job.config.periods(activity)
    )
    job.write(ActivityGradient, found)
