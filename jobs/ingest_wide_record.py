"""Read a wide table of people: one line a person, with pairs of code and time columns."""

from __future__ import annotations

from pydantic import Field

from icspark.config import JobConfig
from icspark.job import Job
from icspark.sources import wide_record
from icspark.sources.wide_record import WideLayout
from icspark.tables.morbidity import WideRecord

WRITES = (WideRecord,)
FILES = ("wide_record",)


class Config(JobConfig):
    """Which columns hold what."""

    strata: tuple[str, ...] = Field(("Age",), description="columns whose values make the strata; empty: one stratum")
    codes: tuple[str, ...] | dict[str, str] = Field(
        (),
        description="columns of codes (order is not told), or code column -> time column; empty: code1, time1, ...",
    )
    separator: str = Field(",", min_length=1, max_length=1, description="what stands between two fields")


def run(job: Job[Config]) -> None:
    """Read the files of `wide_record` and write wide_record, accepted and rejected."""
    config = job.config
    codes = config.codes if isinstance(config.codes, dict) else dict.fromkeys(config.codes)
    layout = WideLayout(config.strata, codes, config.separator)
    job.write(WideRecord, wide_record.read(job.spark, job.source("wide_record"), layout))
