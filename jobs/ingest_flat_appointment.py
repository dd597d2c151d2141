"""Read a flat table of appointments with features that somebody else made: CSV or Parquet."""

from __future__ import annotations

from icspark.config import JobConfig
from icspark.job import Job
from icspark.sources import flat_appointment
from icspark.tables.dna import FlatAppointment

WRITES = (FlatAppointment,)
FILES = ("flat_appointment",)


class Config(JobConfig):
    """Nothing to set: the source is described under `sources.flat_appointment`."""


def run(job: Job[Config]) -> None:
    """Write the accepted and the rejected half of the source."""
    job.write(FlatAppointment, flat_appointment.read(job.spark, job.source("flat_appointment")))
