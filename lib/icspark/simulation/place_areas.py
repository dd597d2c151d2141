"""The frames of LSOAs of a simulated region: their outlines and larger areas, deprivation, and shares of residents."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import scipy
import shapely
from numpy.typing import NDArray

from icspark.simulation.deprivation_fields import (
    bins_of,
    mixed_by_ranks,
    normal_scores,
    published_columns,
    rank_correlations,
    smooth_field,
)
from icspark.simulation.generators import generator
from icspark.simulation.nesting import FIRST_CODE_2011, FIRST_CODE_2021, Changes
from icspark.simulation.place_config import PlaceConfig
from icspark.simulation.tessellation import united
from icspark.tables.codes import DOMAINS

Numbers = NDArray[np.float64]

LEVELS = ("msoa", "ward", "ltla", "place", "sicb", "icb")
"""Levels above LSOAs, each with a `_code` and a `_name` in the frames of areas."""

SQUARE_METRES_PER_HECTARE = 10_000.0
CODE_2011, CODE_2021 = "lsoa_2011_code", "lsoa_2021_code"
OLD, NEW = "_number_2011", "_number_2021"
SHARES = ("ethnic_minority_share", "low_qualification_share")


def areas_2011(changes: Changes, larger: pd.DataFrame, outlines: NDArray[Any]) -> pd.DataFrame:
    """Return the LSOAs of 2011 in the order of their numbers: code, name, larger areas, residents, outline."""
    count = len(larger)
    people = _summed(changes.atom_2011, changes.atom_people)
    codes = [f"E01{FIRST_CODE_2011 + n:06d}" for n in range(count)]
    names = larger["msoa_name"] + _letters(larger["msoa_code"])
    head = pd.DataFrame({CODE_2011: codes, "lsoa_2011_name": names, "change_code": changes.change})
    return pd.concat([head, larger, _measured(united(outlines, changes.atom_2011, count), people)], axis=1)


def atoms_of(changes: Changes, old: pd.DataFrame, outlines: NDArray[Any]) -> pd.DataFrame:
    """Return the atoms: outline, `people`, the numbers of the LSOAs of both vintages, and their codes.

    An LSOA that is unchanged keeps its code; all others of 2021 have new ones.
    """
    frame = pd.DataFrame({OLD: changes.atom_2011, NEW: changes.atom_2021, "people": changes.atom_people})
    frame["polygon"] = outlines
    frame[CODE_2011] = old[CODE_2011].to_numpy()[changes.atom_2011]
    is_new = old["change_code"].to_numpy()[changes.atom_2011] != "U"
    nth = np.searchsorted(np.unique(changes.atom_2021[is_new]), changes.atom_2021)
    fresh = np.array([f"E01{FIRST_CODE_2021 + n:06d}" for n in nth])
    frame[CODE_2021] = np.where(is_new, fresh, frame[CODE_2011])
    return frame


def areas_2021(atoms: pd.DataFrame, old: pd.DataFrame) -> pd.DataFrame:
    """Return the LSOAs of 2021 in the order of their numbers: code, name, larger areas, residents, outline."""
    firsts = atoms.drop_duplicates(NEW).sort_values(NEW)
    count = len(firsts)
    parents = old.iloc[firsts[OLD].to_numpy()].reset_index(drop=True)
    is_same = (firsts[CODE_2021] == firsts[CODE_2011]).to_numpy()
    letters = _letters(parents["msoa_code"], after=old["msoa_code"].value_counts(), where=~is_same)
    names = np.where(is_same, parents["lsoa_2011_name"], parents["msoa_name"] + letters)
    head = pd.DataFrame({CODE_2021: firsts[CODE_2021].to_numpy(), "lsoa_2021_name": names})
    larger = parents[[f"{level}_{kind}" for level in LEVELS for kind in ("code", "name")]]
    people = _summed(atoms[NEW].to_numpy(), atoms["people"].to_numpy())
    outlines = united(atoms["polygon"].to_numpy(), atoms[NEW].to_numpy(), count)
    return pd.concat([head, larger, _measured(outlines, people)], axis=1)


def lookup_of(atoms: pd.DataFrame, old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Return one row per LSOA 2011 and LSOA 2021 that share land: codes, names, change_code."""
    pairs = atoms[[CODE_2011, CODE_2021]].drop_duplicates().reset_index(drop=True)
    named = pairs.merge(old[[CODE_2011, "lsoa_2011_name", "change_code"]], on=CODE_2011, how="left", validate="m:1")
    return named.merge(new[[CODE_2021, "lsoa_2021_name"]], on=CODE_2021, how="left", validate="m:1")


def latent_deprivation(areas: pd.DataFrame, config: PlaceConfig, *, seed: int) -> pd.DataFrame:
    """Return a column a domain, normal over the areas, smooth in space, correlated by rank as published."""
    points = areas[["centroid_easting", "centroid_northing"]].to_numpy()
    width = np.sqrt(areas["area_hectares"].mean() * SQUARE_METRES_PER_HECTARE)
    fields = [_field(points, width, config, draw_for=(seed, f"deprivation of {domain}")) for domain in DOMAINS]
    fields[0] = fields[0] + config.deprivation_urban_effect * _urban(areas)
    return pd.DataFrame(mixed_by_ranks(np.column_stack(fields), rank_correlations()), columns=list(DOMAINS))


def changed_deprivation(latent: pd.DataFrame, areas: pd.DataFrame, config: PlaceConfig, *, seed: int) -> pd.DataFrame:
    """Return latent deprivation some years later: each domain moved by a smooth change, correlations as before."""
    points = areas[["centroid_easting", "centroid_northing"]].to_numpy()
    width = np.sqrt(areas["area_hectares"].mean() * SQUARE_METRES_PER_HECTARE)
    moves = [_field(points, width, config, draw_for=(seed, f"change of {domain}")) for domain in latent.columns]
    moved = latent.to_numpy() + config.deprivation_change * np.column_stack(moves)
    return pd.DataFrame(mixed_by_ranks(moved, rank_correlations(), are_mixed=True), columns=list(latent.columns))


def shares_2011(areas: pd.DataFrame, latent: pd.DataFrame, config: PlaceConfig, *, seed: int) -> pd.DataFrame:
    """Return the shares of residents of ethnic minorities and of adults of low qualification, by area.

    Ethnic minorities live more in dense and deprived areas, and near each other; a low qualification goes with Adult
    Skills. Weighed by expected residents the means are those of the configuration.
    """
    points = areas[["centroid_easting", "centroid_northing"]].to_numpy()
    width = np.sqrt(areas["area_hectares"].mean() * SQUARE_METRES_PER_HECTARE)
    own = _field(points, width, config, draw_for=(seed, "ethnic minorities"))
    together = normal_scores((0.7 * _urban(areas) + 0.5 * latent["imd"].to_numpy() + 0.5 * own)[:, None])[:, 0]
    people = areas["expected_people"].to_numpy()
    minority = _share(config.ethnic_minority_spread * together, people, config.ethnic_minority_share)
    skills = config.low_qualification_spread * latent["adult_skills"].to_numpy()
    return pd.DataFrame({SHARES[0]: minority, SHARES[1]: _share(skills, people, config.low_qualification_share)})


def carried(values: pd.DataFrame, atoms: pd.DataFrame) -> pd.DataFrame:
    """Return columns by LSOA 2011 (in the order of their numbers) as means over the residents of each LSOA 2021."""
    weight, new = atoms["people"].to_numpy(), atoms[NEW].to_numpy()
    old = values.to_numpy()[atoms[OLD]]
    means = [_summed(new, weight * old[:, at]) / _summed(new, weight) for at in range(old.shape[1])]
    return pd.DataFrame(np.column_stack(means), columns=list(values.columns))


def deprivation_columns(latent: pd.DataFrame, *, year: int, reference_areas: int) -> pd.DataFrame:
    """Return score, rank and decile of every domain, and the quintiles of IMD and of Adult Skills."""
    columns = published_columns(latent, year=year, reference_areas=reference_areas)
    for domain in ("imd", "adult_skills"):
        rank = columns[f"{domain}_{year}_rank"].to_numpy()
        columns[f"{domain}_{year}_quintile"] = bins_of(rank, reference_areas, count=5)
    return columns


def _summed(group: NDArray[np.int64], values: Numbers) -> Numbers:
    return np.asarray(np.bincount(group, values), dtype=np.float64)


def _measured(outlines: NDArray[Any], people: Numbers) -> pd.DataFrame:
    middles = shapely.get_coordinates(shapely.centroid(outlines))
    hectares = shapely.area(outlines) / SQUARE_METRES_PER_HECTARE
    columns = {
        "expected_people": people, "polygon": outlines, "area_hectares": hectares,
        "centroid_easting": middles[:, 0], "centroid_northing": middles[:, 1],
        "residents_per_hectare": people / hectares,
    }  # fmt: skip
    return pd.DataFrame(columns)


def _letters(msoa: pd.Series, *, after: pd.Series | None = None, where: NDArray[np.bool_] | None = None) -> pd.Series:
    """Return a letter for each LSOA of an MSOA, from A; with `after`, from the first that it has not yet used."""
    used = 0 if after is None else msoa.map(after)
    nth = msoa.groupby(msoa).cumcount() if where is None else pd.Series(where).groupby(msoa).cumsum() - 1
    return (nth.clip(lower=0) + used).map(lambda n: chr(ord("A") + n % 26) * (1 + n // 26))


def _field(points: Numbers, width: float, config: PlaceConfig, *, draw_for: tuple[int, str]) -> Numbers:
    draw = generator(*draw_for)
    smooth = smooth_field(points, draw, metres=config.deprivation_smoothness * width)
    local = config.deprivation_local_share
    return np.asarray(np.sqrt(1 - local) * smooth + np.sqrt(local) * draw.normal(size=len(points)))


def _urban(areas: pd.DataFrame) -> Numbers:
    density = np.log(areas["residents_per_hectare"].to_numpy())
    return np.asarray((density - density.mean()) / density.std())


def _share(log_odds: Numbers, people: Numbers, mean: float) -> Numbers:
    def _missing(intercept: float) -> float:
        return float(np.average(scipy.special.expit(intercept + log_odds), weights=people) - mean)

    return np.asarray(scipy.special.expit(scipy.optimize.brentq(_missing, -60.0, 60.0, xtol=1e-12) + log_odds)).round(6)
