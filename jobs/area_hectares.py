"""Find the hectares of every LSOA 2011 from the land of 2021 areas, or from its polygon where areas were redrawn."""

from __future__ import annotations

from icspark.config import JobConfig
from icspark.geography.hectares import hectares_2011
from icspark.job import Job
from icspark.tables.geography import LandArea2011
from icspark.tables.reference import AreaLookup, Boundary, LandArea

READS = (LandArea, AreaLookup)
READS_IF_PRESENT = (Boundary,)
WRITES = (LandArea2011,)


class Config(JobConfig):
    """Nothing to set."""


def run(job: Job[Config]) -> None:
    """Carry hectares from 2021 to 2011 and write land_area_2011."""
    job.write(LandArea2011, hectares_2011(job.read(LandArea), job.read(AreaLookup), job.read_if_present(Boundary)))
