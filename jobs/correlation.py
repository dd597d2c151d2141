"""Correlate outcomes with deprivation over areas and over practices, each factor with the others held constant."""

from __future__ import annotations

from pydantic import Field

from icspark.config import JobConfig
from icspark.inequality.correlation import Resampling, correlations
from icspark.job import Job
from icspark.tables.areas import AreaSummary, PracticeSummary
from icspark.tables.inequality import Correlation
from icspark.tables.reference import AreaLookup, EnglishProficiency, Qualification

READS = (AreaSummary, PracticeSummary)
READS_IF_PRESENT = (EnglishProficiency, Qualification, AreaLookup)
WRITES = (Correlation,)


class Config(JobConfig):
    """The bootstrap behind the clustered limits."""

    replicates: int = Field(200, ge=0, le=10_000, description="resamples of local authorities; 0: no clustered limits")
    seed: int = Field(20190926, description="seed of the resamples")


def run(job: Job[Config]) -> None:
    """Write correlation."""
    census = [job.read_if_present(EnglishProficiency), job.read_if_present(Qualification)]
    found = correlations(
        job.read(AreaSummary),
        job.read(PracticeSummary),
        census=[table for table in census if table is not None],
        lookup=job.read_if_present(AreaLookup),
        resampling=Resampling(job.config.replicates, job.config.seed),
    )
    job.write(Correlation, found)
