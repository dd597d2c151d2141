"""Correlate outcomes with deprivation over areas and over practices, each factor with the others held constant."""

from __future__ import annotations

from pydantic import Field

from icspark.config import JobConfig
from icspark.inequality.correlation import Resampling
from icspark.inequality.correlation_table import build_correlation
from icspark.job import Job
from icspark.tables.areas import AreaSummary, PracticeSummary
from icspark.tables.inequality import Correlation
from icspark.tables.reference import AreaLookup, EnglishProficiency, Qualification

READS = (AreaSummary, PracticeSummary)
READS_IF_PRESENT = (EnglishProficiency, Qualification, AreaLookup)
WRITES = (Correlation,)


class Config(JobConfig):
    """The bootstrap behind the clustered limits."""

    replicates: int = Field(200, ge=0, le=10_000, description="resamples of whole clusters; 0: no clustered limits")
    seed: int = Field(20190926, description="seed of the resamples")
    cluster_level: str = Field("ltla_2022", description="level of area_lookup whose areas are drawn whole")
    fewest_clusters: int = Field(20, ge=2, description="clusters below which there are no clustered limits")


def run(job: Job[Config]) -> None:
    """Write correlation."""
    config = job.config
    census = [job.read_if_present(EnglishProficiency), job.read_if_present(Qualification)]
    found = build_correlation(
        job.read(AreaSummary),
        job.read(PracticeSummary),
        census=[table for table in census if table is not None],
        lookup=job.read_if_present(AreaLookup),
        cluster_level=config.cluster_level,
        resampling=Resampling(config.replicates, config.seed, config.fewest_clusters),
    )
    job.write(Correlation, found)
