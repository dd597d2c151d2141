"""Summarise how many conditions the people of each area have: mean, two or more, four or more, standardised too."""

from __future__ import annotations

from pydantic import Field

from icspark.areas.region import given
from icspark.config import JobConfig
from icspark.geography.levels import areas_of, with_area
from icspark.job import Job
from icspark.morbidity.area_table import build_area_morbidity
from icspark.tables.areas import RegionArea
from icspark.tables.comorbidity import AreaMorbidity, PersonMorbidity
from icspark.tables.reference import AreaLookup

READS = (PersonMorbidity,)
READS_IF_PRESENT = (RegionArea, AreaLookup)
WRITES = (AreaMorbidity,)


class Config(JobConfig):
    """Which areas."""

    level: str = Field("lsoa_2011", description="lsoa_2011, lsoa_2021, practice, or a level of area_lookup")


def run(job: Job[Config]) -> None:
    """Write area_morbidity."""
    level, lookup = job.config.level, job.read_if_present(AreaLookup)
    people = with_area(job.read(PersonMorbidity), level, lookup)
    areas = areas_of(level, given(job.read_if_present(RegionArea)), lookup)
    job.write(AreaMorbidity, build_area_morbidity(people, level=level, areas=areas))
