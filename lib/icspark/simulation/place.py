"""The place of a simulated region: areas of both vintages, deprivation, postcodes, practices, hospitals and roads.

Geography is a small part of a region (some thousands of areas for millions of people), so it is made on the driver.
The same people, seed and configuration give the same place, to the last bit.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from icspark.simulation import place_areas
from icspark.simulation.generators import generator
from icspark.simulation.nesting import areas_count, changed_areas, larger_areas
from icspark.simulation.organisations import practices_of, practitioners_of, sites_of
from icspark.simulation.place_config import PlaceConfig
from icspark.simulation.postcode_points import postcode_points
from icspark.simulation.road_graph import roads_between
from icspark.simulation.tessellation import area_seeds, cells, land_outline


@dataclass(frozen=True, eq=False)
class Place:
    """A simulated region's geography, as frames that are never changed. Coordinates are metres, EPSG:27700.

    - areas_2011, areas_2021: one row per LSOA: `lsoa_<vintage>_code` and `_name`; code and name of its msoa, ward,
      ltla, place, sicb and icb; expected_people, polygon, area_hectares, centroid_easting, centroid_northing,
      residents_per_hectare; `<domain>_<year>_score`, `_rank` and `_decile` (2019 and 2025), `imd_<year>_quintile`,
      `adult_skills_<year>_quintile` (1 = most deprived); ethnic_minority_share, low_qualification_share.
    - lookup: one row per LSOA 2011 and LSOA 2021 that share land: both codes and names, change_code (U, S, M, X).
    - postcodes: postcode, easting, northing (whole metres), both LSOAs, households_count.
    - practices, practitioners, sites, roads: as `organisations` and `road_graph` say.
    - land: the outline of it all.
    """

    areas_2011: pd.DataFrame
    areas_2021: pd.DataFrame
    lookup: pd.DataFrame
    postcodes: pd.DataFrame
    practices: pd.DataFrame
    practitioners: pd.DataFrame
    sites: pd.DataFrame
    roads: pd.DataFrame
    land: BaseGeometry


def make_place(config: PlaceConfig, *, people: int, seed: int) -> Place:
    """Return the place of `people` residents: LSOAs of about `residents_per_area`, and at least 30 of them."""
    count = areas_count(people, config)
    hectares = count * config.hectares_per_area
    land = land_outline(hectares * place_areas.SQUARE_METRES_PER_HECTARE, generator(seed, "coast"))
    seeds = area_seeds(land, count, config.town_share, generator(seed, "areas"))
    changes = changed_areas(seeds, people, config, generator(seed, "changes"))
    outlines = cells(changes.atom_seeds, land, generator(seed, "borders"))
    old = place_areas.areas_2011(changes, larger_areas(seeds, changes.unit), outlines)
    atoms = place_areas.atoms_of(changes, old, outlines)
    new = place_areas.areas_2021(atoms, old)
    postcodes = postcode_points(atoms, config, generator(seed, "postcodes"))
    practices = practices_of(postcodes, people, config, generator(seed, "practices"))
    described_2011, described_2021 = _described(old, new, atoms, config=config, seed=seed)
    return Place(
        areas_2011=described_2011,
        areas_2021=described_2021,
        lookup=place_areas.lookup_of(atoms, old, new),
        postcodes=postcodes,
        practices=practices,
        practitioners=practitioners_of(practices, people, config, generator(seed, "practitioners")),
        sites=sites_of(postcodes),
        roads=roads_between(postcodes, config, generator(seed, "roads")),
        land=shapely.coverage_union_all(old["polygon"].to_numpy()),
    )


def _described(
    old: pd.DataFrame, new: pd.DataFrame, atoms: pd.DataFrame, *, config: PlaceConfig, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the areas of both vintages with their deprivation and the shares of their residents."""
    latent = place_areas.latent_deprivation(old, config, seed=seed)
    shares = place_areas.shares_2011(old, latent, config, seed=seed)
    later = place_areas.changed_deprivation(place_areas.carried(latent, atoms), new, config, seed=seed)
    of_2019 = place_areas.deprivation_columns(latent, year=2019, reference_areas=config.reference_areas_2019)
    of_2025 = place_areas.deprivation_columns(later, year=2025, reference_areas=config.reference_areas_2025)
    return (
        pd.concat([old, of_2019, shares], axis=1),
        pd.concat([new, of_2025, place_areas.carried(shares, atoms)], axis=1),
    )
