"""Which hospital site people go to, by distance from their area, and what is known of areas and sites by position."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from icspark.simulation.care_people import Floats, Place, Whole
from icspark.simulation.draws import Draws

ACUTE, DIABETES_CENTRE = "acute", "diabetes_centre"


@dataclass(frozen=True, eq=False)
class Sites:
    """Sites and areas by position: codes of the sites, quintiles of the areas, metres between the two."""

    codes: Sequence[str]
    providers: Sequence[str]
    types: Sequence[str]
    metres: Floats
    imd_quintile: Whole
    adult_skills_quintile: Whole

    @classmethod
    def of(cls, place: Place) -> Sites:
        """Return the sites of a place; an area stands at the mean of its postcodes."""
        areas, sites = place.areas_2011, place.sites
        middles = place.postcodes.groupby("lsoa_2011_code")[["easting", "northing"]].mean()
        at = middles.reindex(areas["lsoa_2011_code"]).to_numpy(dtype=np.float64)
        apart = at[:, None, :] - sites[["easting", "northing"]].to_numpy(dtype=np.float64)[None, :, :]
        return cls(
            sites["site_code"].tolist(),
            sites["provider_code"].tolist(),
            sites["type"].tolist(),
            np.hypot(apart[..., 0], apart[..., 1]),
            areas["imd_2019_quintile"].to_numpy(dtype=np.int64),
            areas["adult_skills_2019_quintile"].to_numpy(dtype=np.int64),
        )

    def chosen(self, draws: Draws, area: Whole, *, of_type: str, metres: float) -> Whole:
        """Return the position of a site of a type for each area, its weight falling by e for each `metres` further."""
        candidates = np.flatnonzero(np.array(self.types) == of_type)
        apart = self.metres[:, candidates]
        weights = np.exp(-(apart - apart.min(axis=1, keepdims=True)) / metres)
        return candidates[draws.categorical("site", weights[area])]
