"""What is planted in the people of a simulated region: deaths, moves, registrations, what is missing, identifiers."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from icspark.config import JobConfig

Share = Annotated[float, Field(ge=0, le=1)]
LeastToMost = tuple[Share, Share]


class PeopleConfig(JobConfig):
    """Strengths of what happens to simulated people and of what their records lack."""

    death_rate_multiplier: float = Field(1.0, ge=0, le=20, description="all death rates, times England's of 2017-2019")
    moves_per_year: float = Field(0.06, ge=0, le=2, description="moves of home per person and year")
    move_within_area_share: Share = Field(0.3, description="share of moves that stay within the LSOA 2011")
    practice_distance_metres: float = Field(
        2_000.0, gt=0, le=100_000, description="distance over which a practice's pull on patients falls to 1/e"
    )
    registration_years: float = Field(12.0, gt=0, le=100, description="mean years registered before the first date")
    registration_delay_days: float = Field(60.0, ge=0, le=730, description="mean days from a move to registration")
    duplicate_registration_share: Share = Field(0.02, description="share of people registered twice at once")
    home_unknown_share: LeastToMost = Field(
        (0.01, 0.04), description="share without a postcode in the least and in the most deprived fifth"
    )
    ethnicity_unknown_share: LeastToMost = Field(
        (0.03, 0.12), description="share without an ethnic category in the least and in the most deprived fifth"
    )
    interpreter_need_unknown_share: Share = Field(0.1, description="share whose need of an interpreter is not recorded")
    interpreter_need: dict[str, Share] = Field(
        {"C": 0.08, "H": 0.06, "J": 0.09, "K": 0.12, "L": 0.07, "N": 0.05, "R": 0.10, "S": 0.10},
        description="share that needs an interpreter by ethnic category, where that of the area is as of the region",
    )
    interpreter_need_otherwise: Share = Field(0.004, description="the same for every other category")
    missing_link_share: Share = Field(0.03, description="share of links between identifiers that are absent")
    false_link_share: Share = Field(0.002, description="share of links that name another person's identifier")

    @model_validator(mode="after")
    def _links_add_up(self) -> PeopleConfig:
        if self.missing_link_share + self.false_link_share > 1:
            raise ValueError("missing_link_share and false_link_share together must be at most 1")
        return self
