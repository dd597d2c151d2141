"""Say what was known of every outpatient appointment at its prediction point: one row of features each.

An earlier outcome counts only from the day after its appointment, and only if that is before the point; addresses,
deprivation and age are those of the point. Windows and joins run in Spark. Cancelled appointments have no row and are
counted in the run record, as are those booked later than the days before, whose point is their booking. What was known
when, the look-back and the shrinkage: docs/decisions/non-attendance-features.md.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime, Field

from icspark.config import JobConfig
from icspark.dna.features import NEEDED, USED_IF_PRESENT, Inputs, build_dna_feature
from icspark.dna.points import FeatureRules, tally, with_points
from icspark.job import Job
from icspark.tables.dna import DnaFeature

READS = tuple(NEEDED.values())
READS_IF_PRESENT = tuple(USED_IF_PRESENT.values())
WRITES = (DnaFeature,)


class Config(JobConfig):
    """When the prediction point is, what counts as not attended, and how far history goes back."""

    point: Literal["at_booking", "days_before"] = Field(
        "days_before", description="at_booking: the moment of booking; days_before: that many days before it is held"
    )
    days_before: int = Field(7, ge=0, le=365, description="local days from the point to the appointment")
    look_back_days: int = Field(730, ge=1, le=3650, description="days back from the point that history covers")
    dna_codes: tuple[Literal["3", "7"], ...] = Field(
        ("3",), min_length=1, description="attendance codes that count as not attended; 7: late, and not seen"
    )
    prior_appointments: float = Field(
        10, gt=0, description="appointments at the region's rate that a person's own history is mixed with"
    )
    as_of: AwareDatetime | None = Field(
        None, description="moment up to which the records reach: points after it are taken there; null: none is"
    )
    zone: str = Field("Europe/London", description="zone in which a time belongs to a day and an hour")


def run(job: Job[Config]) -> None:
    """Write dna_feature, and note how many appointments have no row or no outcome, and why."""
    rules = FeatureRules(**job.config.model_dump())
    tables: dict[str, Any] = {name: job.read(table) for name, table in NEEDED.items()}
    perhaps: dict[str, Any] = {name: job.read_if_present(table) for name, table in USED_IF_PRESENT.items()}
    inputs = Inputs(**tables, **perhaps)
    for key, number in tally(with_points(inputs.appointments, rules), rules).items():
        job.note(key, number)
    job.write(DnaFeature, build_dna_feature(inputs, rules))
