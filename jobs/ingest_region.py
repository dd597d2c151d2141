"""List the LSOAs of the region that the configuration names."""

from __future__ import annotations

from icspark.config import JobConfig
from icspark.job import Job
from icspark.sources.region import region_codes
from icspark.tables.areas import RegionArea
from icspark.tables.reference import AreaLookup, Deprivation2019

READS_IF_PRESENT = (AreaLookup, Deprivation2019)
WRITES = (RegionArea,)


class Config(JobConfig):
    """Nothing to set: the region is described under `region`."""


def run(job: Job[Config]) -> None:
    """Write region_area: the region's LSOAs, or no rows where the configuration names no region."""
    if job.environment.region is None:
        job.write(RegionArea, job.spark.createDataFrame([], RegionArea.schema()))
        return
    lookup, known = job.read_if_present(AreaLookup), job.read_if_present(Deprivation2019)
    job.write(RegionArea, region_codes(job.spark, job.environment.region, lookup=lookup, known=known))
