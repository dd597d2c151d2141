"""How the areas of a simulated region change from 2011 to 2021, and how they nest in larger ones; codes and names.

Codes are of the form of their level's real ones, from ranges that no real area has: the digit 9 after the prefix.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from icspark.simulation.place_config import PlaceConfig
from icspark.simulation.tessellation import nearest_of_own

Numbers = NDArray[np.float64]
Whole = NDArray[np.int64]

FEWEST_AREAS, FEWEST_SPLITS, FEWEST_PAIRS = 30, 2, 1
FIRST_CODE_2011, FIRST_CODE_2021 = 900_001, 950_001
AREAS_PER_MSOA, AREAS_PER_WARD, AREAS_PER_DISTRICT, AREAS_PER_PLACE, AREAS_PER_SUB_ICB = 5, 4, 90, 180, 700

STEMS = (
    "Quarl", "Vexen", "Brindo", "Corvan", "Dunmarl", "Elvers", "Fennick", "Gravel", "Harbin", "Ilvers", "Jorund",
    "Kelmor", "Lorvick", "Mavern", "Nolder", "Osmarl", "Pelling", "Rushen", "Selwick", "Tolmer", "Ulverd", "Wexmar",
)  # fmt: skip
ENDINGS = ("by Sands", "mere", "haven", "wick Shore", "ness", "fold", "moor Edge", "staithe")


@dataclass(frozen=True)
class Changes:
    """Areas of 2011 as the generator draws them, and the atoms, of which the areas of both vintages are made.

    `atom_seeds` are the atoms' middles, `atom_2011` and `atom_2021` the numbers of the areas that each lies in, and
    `atom_people` its residents. `change` has the code U, S, M or X of each area of 2011, `unit` the number of the group
    of areas that larger areas never part.
    """

    change: NDArray[np.str_]
    unit: Whole
    atom_seeds: Numbers
    atom_2011: Whole
    atom_2021: Whole
    atom_people: Numbers


def areas_count(people: int, config: PlaceConfig) -> int:
    """Return the number of LSOAs 2011 of a region."""
    return max(FEWEST_AREAS, round(people / config.residents_per_area))


def changed_areas(seeds: Numbers, people: int, config: PlaceConfig, draw: Generator) -> Changes:
    """Return which areas are split, merged with their neighbour, or redrawn with it, and the atoms that follow.

    An area that is split has about twice the residents of another, one that is merged about half. A pair that is
    redrawn hands a part of the first over to the second.
    """
    count = len(seeds)
    pairs = _neighbouring_pairs(seeds, draw)
    merges = max(FEWEST_PAIRS, round(config.merged_share * count / 2))
    redrawn = max(FEWEST_PAIRS, round(config.irregular_share * count / 2))
    merged, irregular = pairs[:merges], pairs[merges : merges + redrawn]
    free = np.setdiff1d(np.arange(count), np.concatenate([merged, irregular]).ravel())
    split = np.sort(draw.choice(free, max(FEWEST_SPLITS, round(config.split_share * count)), replace=False))
    change = np.full(count, "U")
    change[merged], change[irregular], change[split] = "M", "X", "S"
    unit = np.arange(count)
    for pair in (*merged, *irregular):
        unit[pair[1]] = pair[0]
    weight = np.clip(draw.normal(1.0, 0.13, count), 0.6, 1.4) * np.where(
        change == "S", 1.9, np.where(change == "M", 0.55, 1.0)
    )
    return _atoms(seeds, Areas(change, unit, weight * people / weight.sum()), irregular, draw)


@dataclass(frozen=True)
class Areas:
    """Areas of 2011: change code, unit and expected residents of each."""

    change: NDArray[np.str_]
    unit: Whole
    people: Numbers


def _atoms(seeds: Numbers, areas: Areas, irregular: Whole, draw: Generator) -> Changes:
    count = len(seeds)
    spacing = nearest_of_own(seeds)[0]
    new_2021 = {int(first): int(second) for first, second in irregular}
    rows: list[tuple[float, float, int, int, float]] = []
    for area in range(count):
        middle, residents = seeds[area], areas.people[area]
        if areas.change[area] == "S" or area in new_2021:
            other = seeds[new_2021[area]] if area in new_2021 else None
            aside = _aside(middle, other, spacing[area], draw)
            share = float(draw.uniform(0.4, 0.6))
            to = new_2021.get(area, count + area)
            rows.append((*(middle - aside), area, area, share * residents))
            rows.append((*(middle + aside), area, to, (1 - share) * residents))
        else:
            rows.append((*middle, area, int(areas.unit[area]) if areas.change[area] == "M" else area, residents))
    table = np.array(rows)
    numbers_2021 = np.unique(table[:, 3], return_inverse=True)[1]
    return Changes(
        areas.change, areas.unit, table[:, :2], table[:, 2].astype(np.int64), numbers_2021.astype(np.int64), table[:, 4]
    )


def _aside(middle: Numbers, other: Numbers | None, spacing: float, draw: Generator) -> Numbers:
    if other is not None:
        return (other - middle) * 0.22
    angle = draw.uniform(0, 2 * np.pi)
    return np.asarray(spacing * 0.25 * np.array([np.cos(angle), np.sin(angle)]))


def _neighbouring_pairs(seeds: Numbers, draw: Generator) -> Whole:
    """Return disjoint pairs of an area and its nearest, in random order: nearest middles always share a border."""
    nearest = nearest_of_own(seeds)[1]
    taken: set[int] = set()
    pairs = []
    for area in draw.permutation(len(seeds)):
        other = int(nearest[area])
        if not taken & {int(area), other}:
            taken |= {int(area), other}
            pairs.append(sorted((int(area), other)))
    return np.array(pairs, dtype=np.int64)


def larger_areas(seeds: Numbers, unit: Whole) -> pd.DataFrame:
    """Return one row per area of 2011 with the code and name of its MSOA, ward, district, place, sub-ICB and ICB.

    Every level is cut from the one above by halving along the longer side, units whole; MSOAs and wards both from
    districts. Names are invented and begin with Simulated.
    """
    members = np.unique(unit)
    middles = np.array([seeds[unit == number].mean(axis=0) for number in members])
    whole = np.zeros(len(members), dtype=np.int64)
    sub_icb = _cut(middles, whole, AREAS_PER_SUB_ICB, fewest=1)
    place = _cut(middles, sub_icb, AREAS_PER_PLACE, fewest=2)
    district = _cut(middles, place, AREAS_PER_DISTRICT, fewest=1)
    numbers = {
        "msoa": _cut(middles, district, AREAS_PER_MSOA, fewest=2),
        "ward": _cut(middles, district, AREAS_PER_WARD, fewest=2),
        "ltla": district,
        "place": place,
        "sicb": sub_icb,
        "icb": whole,
    }
    table = pd.DataFrame(_named(numbers))
    return table.iloc[np.searchsorted(members, unit)].reset_index(drop=True)


def _named(numbers: dict[str, Whole]) -> dict[str, list[str]]:
    towns = [_invented(int(n)) for n in numbers["ltla"]]
    within = pd.DataFrame({"msoa": numbers["msoa"], "ltla": numbers["ltla"]}).groupby("ltla")["msoa"].rank("dense")
    names = {
        "msoa": [f"{town} {int(n):03d}" for town, n in zip(towns, within, strict=True)],
        "ward": [f"Simulated Ward {n + 1}" for n in numbers["ward"]],
        "ltla": towns,
        "place": [f"Simulated Place {n + 1}" for n in numbers["place"]],
        "sicb": [f"Simulated Sub ICB Location {n + 1}" for n in numbers["sicb"]],
        "icb": ["Simulated Integrated Care Board"] * len(towns),
    }
    prefixes = {"msoa": "E02", "ward": "E05", "ltla": "E07", "place": "SIMP", "sicb": "E38", "icb": "E54"}
    codes = {level: [f"{prefix}{900_001 + n:06d}" for n in numbers[level]] for level, prefix in prefixes.items()}
    return {f"{level}_{kind}": part[level] for level in prefixes for kind, part in (("code", codes), ("name", names))}


def _invented(number: int) -> str:
    ending, stem = divmod(number, len(STEMS))
    again, ending = divmod(ending, len(ENDINGS))
    return f"Simulated {STEMS[stem]}{ENDINGS[(ending + 3 * stem) % len(ENDINGS)]}" + (f" {again + 1}" if again else "")


def _cut(middles: Numbers, parents: Whole, size: int, *, fewest: int) -> Whole:
    """Return the number, over the region, of the group of about `size` that each point falls into within its parent."""
    groups = np.empty(len(middles), dtype=np.int64)
    begun = 0
    for parent in np.unique(parents):
        inside = np.flatnonzero(parents == parent)
        parts = min(len(inside), max(fewest, round(len(inside) / size)))
        groups[inside] = begun + halved(middles[inside], parts)
        begun += parts
    return groups


def halved(points: Numbers, parts: int) -> Whole:
    """Return the part, 0 to `parts` - 1, of each point: cut across the longer side again and again, sizes alike."""
    if parts == 1:
        return np.zeros(len(points), dtype=np.int64)
    longer = int(np.argmax(np.ptp(points, axis=0)))
    order = np.argsort(points[:, longer], kind="stable")
    left = parts // 2
    cut = round(len(points) * left / parts)
    result = np.empty(len(points), dtype=np.int64)
    result[order[:cut]] = halved(points[order[:cut]], left)
    result[order[cut:]] = left + halved(points[order[cut:]], parts - left)
    return result
