"""Summarise every LSOA: residents, deprivation, registered patients, and disease attributed from practices."""

from __future__ import annotations

from pydantic import Field

from icspark.areas.area_summary import build_area_summary
from icspark.areas.bins import Bins
from icspark.areas.region import given
from icspark.config import JobConfig
from icspark.job import Job
from icspark.tables.areas import AreaSummary, CompletePractice, RegionArea
from icspark.tables.geography import LandArea2011
from icspark.tables.reference import Deprivation2019, Ethnicity, Population, PracticePrevalence, Registration

READS = (Deprivation2019, Population, Registration, PracticePrevalence)
READS_IF_PRESENT = (Ethnicity, LandArea2011, RegionArea, CompletePractice)
WRITES = (AreaSummary,)


class Config(JobConfig):
    """How means are kept from resting on too few patients, and local bins."""

    coverage_floor: float = Field(
        0.5, ge=0, le=1, description="share of an area's patients whose practice must report a measure; else it is null"
    )
    local_bins: Bins | None = Field(None, description="bins of the scores among the region's areas; null: none")


def run(job: Job[Config]) -> None:
    """Write area_summary."""
    facts = [job.read_if_present(Ethnicity), job.read_if_present(LandArea2011)]
    summary = build_area_summary(
        job.read(Deprivation2019),
        population=job.read(Population),
        registrations=job.read(Registration),
        prevalence=job.read(PracticePrevalence),
        facts=[frame for frame in facts if frame is not None],
        region=given(job.read_if_present(RegionArea)),
        is_extract=job.read_if_present(CompletePractice) is not None,
        coverage_floor=job.config.coverage_floor,
        local_bins=job.config.local_bins,
    )
    job.write(AreaSummary, summary)
