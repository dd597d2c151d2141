"""Simulate a region whose true answers are known: records and reference feeds as files, and what was planted."""

from __future__ import annotations

from icspark.errors import ConfigurationError
from icspark.job import Job
from icspark.simulation.extracts import written_extracts
from icspark.simulation.region import simulated_region
from icspark.simulation.region_config import RegionConfig
from icspark.tables.truth import Truth, TruthAppointment, TruthBadRow, TruthIdentity, TruthPair, TruthPerson

FOLDERS = ("simulated_region",)
WRITES = (Truth, TruthPerson, TruthIdentity, TruthPair, TruthAppointment, TruthBadRow)


class Config(RegionConfig):
    """Size, dates, seed and planted strengths; every key has a default."""


def run(job: Job[Config]) -> None:
    """Write the extracts of records and the reference feeds into the folder, and the truth into its tables.

    Raises ConfigurationError in an environment of real records.
    """
    if not job.environment.is_simulated:
        raise ConfigurationError(
            "the environment is not a simulated one",
            where="is_simulated",
            found="false",
            mend="use conf/demo.yml or a copy of it: simulated and real tables do not stand in one place",
        )
    config, folder = job.config, job.folder("simulated_region")
    with simulated_region(job.spark, config) as region:
        region.write_feeds(folder / "reference")
        records = region.records()
        with written_extracts(records, folder / "records", config=config.extracts, seed=config.seed) as bad_rows:
            job.write(TruthBadRow, bad_rows)
        job.write(Truth, region.truth(job.spark))
        job.write(TruthPerson, region.truth_people())
        job.write(TruthIdentity, region.truth_identities())
        job.write(TruthPair, region.truth_pairs(job.spark))
        job.write(TruthAppointment, region.truth_appointments())
