"""What is planted in the geography of a simulated region, with defaults near England's."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import Field, ValidationInfo, field_validator

from icspark.config import JobConfig


class PlaceConfig(JobConfig):
    """Sizes, densities and strengths of the place itself: areas, deprivation, postcodes, practices, roads."""

    residents_per_area: float = Field(
        1_500.0, ge=500, le=5_000, description="mean residents of an LSOA; fewer where there would be under 30 areas"
    )
    hectares_per_area: float = Field(250.0, ge=20, le=2_000, description="mean hectares of an LSOA")
    town_share: float = Field(0.75, ge=0, le=1, description="share of areas that lie in and around towns")
    split_share: float = Field(0.03, ge=0, le=0.2, description="share of LSOAs 2011 split by 2021; 2 areas at least")
    merged_share: float = Field(0.007, ge=0, le=0.2, description="share of LSOAs 2011 merged by 2021; 2 at least")
    irregular_share: float = Field(
        0.002, ge=0, le=0.2, description="share of LSOAs 2011 that were redrawn irregularly by 2021; 2 at least"
    )

    deprivation_smoothness: float = Field(
        4.0, ge=1, le=50, description="distance over which deprivation stays alike, in widths of a mean area"
    )
    deprivation_local_share: float = Field(
        0.2, ge=0, le=1, description="share of the variance of deprivation that neighbours do not have in common"
    )
    deprivation_urban_effect: float = Field(
        0.4, ge=-2, le=2, description="standard deviations of IMD per standard deviation of log residents per hectare"
    )
    deprivation_change: float = Field(
        0.25, ge=0, le=2, description="standard deviation of change from 2019 to 2025, in deviations between areas"
    )
    reference_areas_2019: int = Field(
        32_844, ge=30, description="areas of the simulated nation in which the region's ranks of 2019 stand"
    )
    reference_areas_2025: int = Field(33_755, ge=30, description="the same for the ranks of 2025")

    ethnic_minority_share: float = Field(
        0.18, gt=0, lt=1, description="share of residents of other than White groups, over the region"
    )
    ethnic_minority_spread: float = Field(
        0.9, ge=0, le=3, description="standard deviation between areas of its log odds"
    )
    low_qualification_share: float = Field(
        0.36, gt=0, lt=1, description="share of adults with no qualification or level 1, over the region"
    )
    low_qualification_spread: float = Field(
        0.4, ge=0, le=3, description="log odds of a low qualification per standard deviation of Adult Skills"
    )

    households_per_postcode: float = Field(15.0, ge=2, le=100, description="mean households of a postcode")
    people_per_household: float = Field(2.4, ge=1, le=10, description="mean people of a household")
    patients_per_practice: float = Field(8_000.0, ge=500, le=50_000, description="mean list size; 7 practices at least")
    patients_per_practitioner: float = Field(1_700.0, ge=100, le=10_000, description="mean patients of a practitioner")
    practitioner_turnover: float = Field(0.09, ge=0, lt=1, description="share of practitioners who leave in a year")
    staff_first_date: date = Field(date(2015, 4, 1), description="from when practitioners are recorded")
    staff_last_date: date = Field(date(2025, 3, 31), description="until when practitioners are recorded")
    road_detour: float = Field(1.15, ge=1, le=3, description="mean length of a road over its straight line")

    @field_validator("staff_last_date")
    @classmethod
    def _is_later(cls, last: date, info: ValidationInfo) -> date:
        first: Any = info.data.get("staff_first_date")
        if first is not None and last <= first:
            raise ValueError(f"must be after staff_first_date, {first}")
        return last
