"""Simulate a region whose true answers are known: records and reference feeds as files, and what was planted."""

from __future__ import annotations

from icspark.job import Job
from icspark.simulation.feeds_place import write_place_feeds
from icspark.simulation.place import make_place
from icspark.simulation.planted import planted
from icspark.simulation.region_config import RegionConfig
from icspark.tables.truth import Truth

FOLDERS = ("simulated_region",)
WRITES = (Truth,)


class Config(RegionConfig):
    """Size, dates, seed and planted strengths; every key has a default."""


def run(job: Job[Config]) -> None:
    """Write the extracts of records and the reference feeds into the folder, and the truth into its tables."""
    config = job.config
    place = make_place(config.place, people=config.people, seed=config.seed)
    reference = job.folder("simulated_region") / "reference"
    reference.mkdir(exist_ok=True)
    write_place_feeds(place, reference)
    job.write(Truth, job.spark.createDataFrame(list(planted(config)), Truth.schema()))
