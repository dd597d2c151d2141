"""Tell who has which condition, and since when, from coded diagnoses and the lists of codes."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from icspark.config import JobConfig
from icspark.job import Job
from icspark.morbidity.cases import build_condition_case, conditions_of_codes, rows_on_no_list
from icspark.tables.morbidity import ConditionCase, ConditionCode
from icspark.tables.records import Diagnosis, Person, RegistrationPeriod

READS = (Diagnosis, ConditionCode, Person, RegistrationPeriod)
WRITES = (ConditionCase,)


class Config(JobConfig):
    """What is history rather than onset, and which dates cannot be."""

    registration_backlog_days: int = Field(
        90, ge=0, description="a first date up to so many days after a registration began is history, not onset"
    )
    extract_date: date | None = Field(
        None, description="day on which the records were extracted: later dates are rejected; null: none are"
    )


def run(job: Job[Config]) -> None:
    """Write condition_case, and note by code system how many diagnoses are on no list."""
    diagnoses = job.read(Diagnosis)
    matched = conditions_of_codes(diagnoses, job.read(ConditionCode))
    cases = build_condition_case(
        diagnoses,
        matched,
        job.read(Person),
        job.read(RegistrationPeriod),
        backlog_days=job.config.registration_backlog_days,
        extract_date=job.config.extract_date,
    )
    job.write(ConditionCase, cases)
    for system, rows in rows_on_no_list(matched).items():
        job.note(f"diagnoses_on_no_list.{system}", rows)
