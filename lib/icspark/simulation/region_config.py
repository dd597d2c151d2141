"""The section of the job that simulates a region: how large, when, from which seed, and what is planted."""

from __future__ import annotations

from datetime import date, timedelta

from pydantic import Field, ValidationInfo, field_validator

from icspark.config import JobConfig
from icspark.simulation.care_config import CareConfig
from icspark.simulation.conditions_config import ConditionsConfig
from icspark.simulation.extracts_config import ExtractsConfig
from icspark.simulation.nesting import FIRST_CODE_2011, FIRST_CODE_2021, areas_count
from icspark.simulation.organisations import MOST_PRACTICES
from icspark.simulation.people_config import PeopleConfig
from icspark.simulation.place_config import PlaceConfig
from icspark.simulation.postcode_points import MOST_POSTCODES

MID_YEAR = (6, 30)


class RegionConfig(JobConfig):
    """Size, dates and seed of a simulated region, and each planted strength by subject."""

    people: int = Field(50_000, ge=2_000, le=10_000_000, description="people who live in the region at some time")
    seed: int = Field(
        20_240_401, ge=0, description="all that is random follows from it; the same seed, the same region"
    )
    first_date: date = Field(date(2022, 4, 1), description="first day of the records")
    last_date: date = Field(
        date(2025, 3, 31), validate_default=True, description="last day of the records, a year after the first or later"
    )
    place: PlaceConfig = Field(
        default_factory=PlaceConfig, validate_default=True, description="geography and deprivation"
    )
    people_model: PeopleConfig = Field(default_factory=PeopleConfig, description="lives, homes, lists, identifiers")
    conditions: ConditionsConfig = Field(default_factory=ConditionsConfig, description="what makes people ill")
    care: CareConfig = Field(default_factory=CareConfig, description="what care they have")
    extracts: ExtractsConfig = Field(default_factory=ExtractsConfig, description="what is wrong with their records")

    @field_validator("last_date")
    @classmethod
    def _is_a_year_later(cls, last: date, info: ValidationInfo) -> date:
        first = info.data.get("first_date")
        if first is not None and last - first < timedelta(days=364):
            raise ValueError(f"must be a year after first_date, {first}, or later")
        return last

    @field_validator("place")
    @classmethod
    def _has_room(cls, place: PlaceConfig, info: ValidationInfo) -> PlaceConfig:
        people = info.data.get("people")
        problems = _lacking_codes(place, people) if people is not None else []
        if problems:
            raise ValueError("; ".join(problems))
        return place

    @property
    def mid_year(self) -> date:
        """Return the last 30 June of the period: the day of population estimates and of the census tables."""
        day = date(self.last_date.year, *MID_YEAR)
        return day if day <= self.last_date else date(self.last_date.year - 1, *MID_YEAR)


def _lacking_codes(place: PlaceConfig, people: int) -> list[str]:
    """Return what a region of this size would have more of than there are codes for, each with its key."""
    areas = areas_count(people, place)
    households = people / place.people_per_household
    made = {
        "households_per_postcode": ("postcodes", households / place.households_per_postcode, MOST_POSTCODES),
        "patients_per_practice": ("practices", people / place.patients_per_practice, MOST_PRACTICES),
        "residents_per_area": ("areas", areas, FIRST_CODE_2021 - FIRST_CODE_2011),
        "reference_areas_2019": ("areas of the region", areas, place.reference_areas_2019),
        "reference_areas_2025": ("areas of the region", areas * (1 + place.split_share), place.reference_areas_2025),
    }
    return [
        f"{key} would make {number:,.0f} {what} of at most {most:,}"
        for key, (what, number, most) in made.items()
        if number > most
    ]
