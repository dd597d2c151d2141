"""Count what happened to each person, and for how many days, by year, address and practice."""

from __future__ import annotations

from pydantic import Field, model_validator

from icspark.areas.person_activity import Counting, Records, build_person_activity
from icspark.areas.person_time import stretches
from icspark.config import JobConfig
from icspark.job import Job
from icspark.tables.activity import PersonActivity, PersonArea
from icspark.tables.records import (
    Admission,
    Appointment,
    EmergencyAttendance,
    Observation,
    Person,
    RegistrationPeriod,
)

READS = (Person, PersonArea, RegistrationPeriod, Appointment, Admission, EmergencyAttendance, Observation)
WRITES = (PersonActivity,)


class Config(JobConfig):
    """Which years are counted, and what counts as not attended."""

    first_year: int = Field(2019, ge=1900, le=2200, description="first calendar year")
    last_year: int = Field(2021, ge=1900, le=2200, description="last calendar year")
    non_attendance_codes: tuple[str, ...] = Field(
        ("3", "7"), min_length=1, description="codes of 5, 6, 3, 7 that count as not attended"
    )
    zone: str = Field("Europe/London", description="zone in which a time belongs to a day")

    @model_validator(mode="after")
    def _in_order(self) -> Config:
        if self.first_year > self.last_year:
            raise ValueError("first_year is after last_year")
        return self


def run(job: Job[Config]) -> None:
    """Write person_activity."""
    config = job.config
    time = stretches(
        job.read(PersonArea),
        registrations=job.read(RegistrationPeriod),
        people=job.read(Person),
        years=range(config.first_year, config.last_year + 1),
    )
    records = Records(job.read(Appointment), job.read(Admission), job.read(EmergencyAttendance), job.read(Observation))
    counting = Counting(config.non_attendance_codes, config.zone)
    job.write(PersonActivity, build_person_activity(time, records, counting=counting))
