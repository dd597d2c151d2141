"""Read the hectares of each LSOA 2021, its codes held against both vintages."""

from __future__ import annotations

from icspark.config import JobConfig
from icspark.job import Job
from icspark.sources import land_area
from icspark.tables.reference import AreaLookup, LandArea

READS_IF_PRESENT = (AreaLookup,)
WRITES = (LandArea,)
FILES = ("land_area",)


class Config(JobConfig):
    """Nothing to set: the source is described under `sources.land_area`."""


def run(job: Job[Config]) -> None:
    """Read the files of `land_area`, hold their codes against area_lookup where there is one, and write land_area."""
    areas = land_area.read(job.spark, job.source("land_area"), lookup=job.read_if_present(AreaLookup))
    job.write(LandArea, areas.checked)
    for key, number in areas.notes.items():
        job.note(key, number)
