"""Count how people were placed in areas, and why not, by the deprivation of their practice."""

from __future__ import annotations

from icspark.areas.placement_quality import person_area_quality
from icspark.config import JobConfig
from icspark.job import Job
from icspark.tables.activity import PersonArea, PersonAreaQuality
from icspark.tables.areas import PracticeSummary
from icspark.tables.records import RegistrationPeriod

READS = (PersonArea, RegistrationPeriod)
READS_IF_PRESENT = (PracticeSummary,)
WRITES = (PersonAreaQuality,)


class Config(JobConfig):
    """Nothing to set."""


def run(job: Job[Config]) -> None:
    """Write person_area_quality."""
    counted = person_area_quality(
        job.read(PersonArea),
        registrations=job.read(RegistrationPeriod),
        practices=job.read_if_present(PracticeSummary),
    )
    job.write(PersonAreaQuality, counted)
