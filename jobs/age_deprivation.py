"""Fit prevalence on median age within national quintiles of deprivation, with a test that all slopes are one."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from icspark.config import JobConfig
from icspark.inequality.age_deprivation import age_by_deprivation
from icspark.job import Job
from icspark.tables.areas import OUTCOMES, AreaSummary
from icspark.tables.inequality import AgeByDeprivation, AgeByDeprivationSlope

READS = (AreaSummary,)
WRITES = (AgeByDeprivation, AgeByDeprivationSlope)


class Config(JobConfig):
    """Whose quintiles, and how wide the bands of the picture are."""

    domain: Literal[
        "imd", "income", "employment", "education", "health", "crime", "barriers", "living_environment", "adult_skills"
    ] = Field("imd", description="index, domain or sub-domain whose national quintile is taken")
    band_years: int = Field(5, ge=1, le=20, description="width of a band of median age, in years")


def run(job: Job[Config]) -> None:
    """Write age_by_deprivation and age_by_deprivation_slope."""
    cells, slopes = age_by_deprivation(
        job.read(AreaSummary), outcomes=tuple(OUTCOMES), domain=job.config.domain, band_years=job.config.band_years
    )
    job.write(AgeByDeprivation, cells)
    job.write(AgeByDeprivationSlope, slopes)
