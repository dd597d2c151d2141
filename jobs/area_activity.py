"""Summarise what happened to the people of each area and year: counts, person-years, crude and standardised rates."""

from __future__ import annotations

from pydantic import Field

from icspark.areas.area_activity import build_area_activity, build_area_activity_by_age_sex, strata_of_areas
from icspark.areas.region import given
from icspark.geography.levels import areas_of, with_area
from icspark.job import Job
from icspark.statistics.periods import PooledYears
from icspark.tables.activity import AreaActivity, AreaActivityByAgeSex, PersonActivity
from icspark.tables.areas import RegionArea
from icspark.tables.reference import AreaLookup

READS = (PersonActivity,)
READS_IF_PRESENT = (RegionArea, AreaLookup)
WRITES = (AreaActivity, AreaActivityByAgeSex)


class Config(PooledYears):
    """Which areas, and which years."""

    level: str = Field("lsoa_2011", description="lsoa_2011, lsoa_2021, practice, or a level of area_lookup")


def run(job: Job[Config]) -> None:
    """Write area_activity and area_activity_by_age_sex."""
    level, lookup = job.config.level, job.read_if_present(AreaLookup)
    activity = job.read(PersonActivity)
    strata = strata_of_areas(
        with_area(activity, level, lookup),
        level=level,
        periods=job.config.periods(activity),
        areas=areas_of(level, given(job.read_if_present(RegionArea)), lookup),
    ).persist()  # a row per area, year, age band and sex; read twice
    job.write(AreaActivity, build_area_activity(strata))
    job.write(AreaActivityByAgeSex, build_area_activity_by_age_sex(strata))
    strata.unpersist()
