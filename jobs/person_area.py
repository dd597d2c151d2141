"""Place every residence of every person in an LSOA of 2011 and of 2021."""

from __future__ import annotations

from icspark.config import JobConfig
from icspark.geography.residences import place_residences, postcode_codes
from icspark.job import Job
from icspark.tables.activity import PersonArea
from icspark.tables.geography import PostcodeArea
from icspark.tables.records import Residence
from icspark.tables.reference import AreaLookup, Boundary, Postcode

READS = (Residence,)
READS_IF_PRESENT = (Boundary, Postcode, PostcodeArea, AreaLookup)
WRITES = (PersonArea,)


class Config(JobConfig):
    """Nothing to set: what an extract gives decides how a person is placed."""


def run(job: Job[Config]) -> None:
    """Write person_area."""
    placed = place_residences(
        job.read(Residence),
        boundaries=job.read_if_present(Boundary),
        directory=postcode_codes(job.read_if_present(Postcode), job.read_if_present(PostcodeArea)),
        lookup=job.read_if_present(AreaLookup),
    )
    job.write(PersonArea, placed)
