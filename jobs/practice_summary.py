"""Summarise every GP practice: patients, the deprivation of where they live, disease, diabetes care and staff."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from icspark.areas.bins import Bins
from icspark.areas.practice_summary import build_practice_summary
from icspark.areas.region import given
from icspark.areas.staff import staff_by_practice, stated
from icspark.config import JobConfig
from icspark.job import Job
from icspark.tables.areas import CompletePractice, PracticeSummary, RegionArea
from icspark.tables.reference import (
    Deprivation2019,
    Postcode,
    Practice,
    PracticePrevalence,
    PracticeStaff,
    Practitioner,
    Registration,
)

READS = (Practice, Registration, Deprivation2019, PracticePrevalence)
READS_IF_PRESENT = (Postcode, Practitioner, PracticeStaff, RegionArea, CompletePractice)
WRITES = (PracticeSummary,)


class Config(JobConfig):
    """How means are kept from resting on too few patients, when staff are counted, and local bins."""

    coverage_floor: float = Field(
        0.5,
        ge=0,
        le=1,
        description="share of a practice's patients whose LSOA must have a score; else its mean is null",
    )
    staff_as_of_date: date | None = Field(
        None, description="date at which practitioners are counted; null: `as_of` of the source `practitioner`"
    )
    local_bins: Bins | None = Field(None, description="bins of the scores among the active GP practices; null: none")


def run(job: Job[Config]) -> None:
    """Write practice_summary."""
    practitioners, sources = job.read_if_present(Practitioner), job.environment.sources
    counted_on = stated(job.config.staff_as_of_date, sources.get("practitioner"), needed=practitioners is not None)
    aggregated_on = stated(None, sources.get("practice_staff"))
    staff = staff_by_practice(
        practitioners, job.read_if_present(PracticeStaff), as_of=counted_on, aggregated_as_of=aggregated_on
    )
    summary = build_practice_summary(
        job.read(Practice),
        registrations=job.read(Registration),
        deprivation=job.read(Deprivation2019),
        prevalence=job.read(PracticePrevalence),
        postcodes=job.read_if_present(Postcode),
        staff=staff,
        region=given(job.read_if_present(RegionArea)),
        complete=job.read_if_present(CompletePractice),
        coverage_floor=job.config.coverage_floor,
        local_bins=job.config.local_bins,
    )
    job.write(PracticeSummary, summary)
