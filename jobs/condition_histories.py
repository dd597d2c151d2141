"""Say who is counted, in which stratum and with which conditions, as known on one date: one row per person."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from icspark.config import JobConfig
from icspark.job import Job
from icspark.morbidity import histories
from icspark.morbidity.histories import Counted, build_condition_history, history_of_wide, people_counted, present
from icspark.tables.activity import PersonArea
from icspark.tables.morbidity import ConditionCase, ConditionHistory, WideRecord
from icspark.tables.records import Person, RegistrationPeriod
from icspark.tables.reference import Deprivation2019

READS_IF_PRESENT = (ConditionCase, Person, RegistrationPeriod, PersonArea, Deprivation2019, WideRecord)
NEEDS_ONE_OF = (ConditionCase, WideRecord)
WRITES = (ConditionHistory,)


class Config(JobConfig):
    """On which date, who, and in which strata."""

    records: Literal["linked", "wide"] = Field(
        "linked", description="linked: condition_case and person, where they are there; wide: wide_record in any case"
    )
    as_of_date: date | None = Field(None, description="date on which people are described; null: the last first_date")
    registered_since_date: date | None = Field(
        None, description="count everybody registered at any time since, as on leaving; null: only on as_of_date"
    )
    strata: tuple[str, ...] = Field(
        ("age_band", "sex_code", "imd_2019_quintile"), description="columns of people whose values make the strata"
    )
    age_band_years: int = Field(5, ge=1, le=90, description="width of a band of age; wide bands leave age in the ratio")


def run(job: Job[Config]) -> None:
    """Write condition_history."""
    config, cases = job.config, job.read_if_present(ConditionCase)
    records = job.read_if_present(WideRecord)
    people, registrations = job.read_if_present(Person), job.read_if_present(RegistrationPeriod)
    areas, deprivation = job.read_if_present(PersonArea), job.read_if_present(Deprivation2019)
    if cases is None or people is None or registrations is None or config.records == "wide":
        job.write(ConditionHistory, history_of_wide(present(records, WideRecord)))
        return
    counted = Counted(config.as_of_date or histories.last_date(cases), config.registered_since_date)
    described = (
        people_counted(people, registrations, counted)
        .transform(histories.with_age_band, years=config.age_band_years)
        .transform(histories.with_area, areas, deprivation)
    )
    job.write(ConditionHistory, build_condition_history(described, cases, strata=config.strata))
