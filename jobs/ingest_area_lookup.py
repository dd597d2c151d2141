"""Read which area lies in which: LSOA 2011 to 2021, LSOA to larger areas, practice to network."""

from __future__ import annotations

from icspark.config import JobConfig
from icspark.job import Job
from icspark.sources import area_lookup
from icspark.tables.reference import AreaLookup

WRITES = (AreaLookup,)
FILES = ("area_lookup",)


class Config(JobConfig):
    """Nothing to set: the source is described under `sources.area_lookup`."""


def run(job: Job[Config]) -> None:
    """Read the files of `area_lookup` and write area_lookup, accepted and rejected."""
    lookups = area_lookup.read(job.spark, job.source("area_lookup"))
    job.write(AreaLookup, lookups.checked)
    for key, number in lookups.notes.items():
        job.note(key, number)
