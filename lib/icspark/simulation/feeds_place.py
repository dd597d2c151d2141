"""Reference feeds that follow from a simulated place alone, each in its publisher's layout.

The reader of each file is in `icspark.sources`, and its docstring says whose layout it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from icspark.geography.projection import BRITISH_GRID, GEOGRAPHIC, transform
from icspark.simulation.feed_files import write_frame, write_geojson, write_rows
from icspark.simulation.place import Place
from icspark.sources.area_lookup import EPCN
from icspark.sources.deprivation import RATES, TITLES

COMMISSIONER, NATIONAL_GROUPING, HEALTH_GEOGRAPHY = "Z9C", "Y99", "Q99"
"""Codes of organisations above practices that no real one has."""

NSPL = (
    "pcd", "pcd2", "pcds", "dointr", "doterm", "usertype", "oseast1m", "osnrth1m", "osgrdind", "oa11", "cty", "ced",
    "laua", "ward", "hlthau", "nhser", "ctry", "rgn", "pcon", "eer", "teclec", "ttwa", "pct", "itl", "park", "lsoa11",
    "msoa11", "wz11", "sicbl", "bua11", "buasd11", "ru11ind", "oac11", "lat", "long", "lep1", "lep2", "pfa", "imd",
    "calncv", "icb",
)  # fmt: skip
"""Columns of the National Statistics Postcode Lookup, edition of May 2022, in order."""

INTRODUCED = "199001"

POPULATIONS = {
    "Total population: mid {} (excluding prisoners)": 1.0,
    "Dependent Children aged 0-15: mid {} (excluding prisoners)": 0.19,
    "Population aged 16-59: mid {} (excluding prisoners)": 0.57,
    "Older population aged 60 and over: mid {} (excluding prisoners)": None,
    "Working age population 18-59/64: for use with Employment Deprivation Domain (excluding prisoners)": 0.58,
}
"""Denominators of File 7 -> share of the expected residents; the older are those who are left."""


def write_place_feeds(place: Place, folder: Path) -> None:
    """Write every feed that follows from the place alone into a folder: single files, the same bytes each time."""
    write_rows(folder / "epraccur.csv", epraccur(place), quoted=True)
    write_rows(folder / "epracmem.csv", epracmem(place), quoted=True)
    write_frame(folder / "epcncorepartnerdetails.csv", epcn(place))
    write_frame(folder / "iod_2019_file_7.csv", file_7(place.areas_2011, vintage=2011, edition=2019, populations=2015))
    write_frame(folder / "iod_2025_file_7.csv", file_7(place.areas_2021, vintage=2021, edition=2025, populations=2022))
    write_frame(folder / "nspl.csv", nspl(place))
    write_frame(folder / "lookup_lsoa11_lsoa21_lad22.csv", best_fit(place))
    write_frame(folder / "lookup_lsoa11_upper22.csv", upper_levels(place.areas_2011, vintage="11", levels=UPPER_2022))
    write_frame(folder / "lookup_lsoa21_upper24.csv", upper_levels(place.areas_2021, vintage="21", levels=UPPER_2024))
    write_frame(folder / "sam_lsoa_dec_2021.csv", standard_area_measurements(place))
    for vintage, areas in (("11", place.areas_2011), ("21", place.areas_2021)):
        named = {f"lsoa_20{vintage}_code": f"LSOA{vintage}CD", f"lsoa_20{vintage}_name": f"LSOA{vintage}NM"}
        write_geojson(folder / f"lsoa{vintage}.geojson", areas, columns=named)
    write_frame(folder / "services.csv", services(place))
    write_frame(folder / "roads.csv", place.roads)


def epraccur(place: Place) -> Iterator[list[Any]]:
    """Yield one row of 27 fields per practice, as ODS `epraccur` has them."""
    for row in place.practices.itertuples():
        address = ["SIMULATED", "", "", "", ""]
        opened, joined = _compact(row.open_date), "20220701"
        upper = [NATIONAL_GROUPING, HEALTH_GEOGRAPHY, *address, row.postcode, opened, "", "A", "B", COMMISSIONER]
        yield [
            row.practice_code,
            row.practice_name,
            *upper,
            joined,
            "",
            "",
            "",
            "",
            "",
            "0",
            "",
            COMMISSIONER,
            "",
            "4",
            "",
        ]


def epracmem(place: Place) -> Iterator[list[Any]]:
    """Yield one row of 6 fields per practitioner, as ODS `epracmem` has them."""
    for row in place.practitioners.itertuples():
        yield [row.practitioner_code, row.practice_code, "P", _compact(row.joined_date), _compact(row.left_date), "0"]


def epcn(place: Place) -> pd.DataFrame:
    """Return one row per practice and network, as ePCN's core partner details have them."""
    rows = place.practices
    values: dict[str, Any] = dict.fromkeys(EPCN, "")
    values |= {EPCN[0]: rows["practice_code"], EPCN[1]: rows["practice_name"], EPCN[4]: rows["pcn_code"]}
    values |= {EPCN[5]: rows["pcn_name"], EPCN[8]: "20190701", EPCN[10]: "Yes"}
    return pd.DataFrame(values)


def file_7(areas: pd.DataFrame, *, vintage: int, edition: int, populations: int) -> pd.DataFrame:
    """Return File 7 of an edition of the English Indices of Deprivation: 57 columns, one row per LSOA of a vintage."""
    columns = {
        f"LSOA code ({vintage})": areas[f"lsoa_{vintage}_code"],
        f"LSOA name ({vintage})": areas[f"lsoa_{vintage}_name"],
        f"Local Authority District code ({edition})": areas["ltla_code"],
        f"Local Authority District name ({edition})": areas["ltla_name"],
    }
    for domain, title in TITLES.items():
        rate = " (rate)" if domain in RATES else ""
        columns[f"{title} Score{rate}"] = areas[f"{domain}_{edition}_score"]
        columns[f"{title} Rank (where 1 is most deprived)"] = areas[f"{domain}_{edition}_rank"]
        columns[f"{title} Decile (where 1 is most deprived 10% of LSOAs)"] = areas[f"{domain}_{edition}_decile"]
    people = areas["expected_people"]
    parts = {title: (people * (share or 0.0)).round().astype(int) for title, share in POPULATIONS.items()}
    total, children, adults, older, _ = parts
    parts[older] = parts[total] - parts[children] - parts[adults]
    return pd.DataFrame(columns | {title.format(populations): number for title, number in parts.items()})


def nspl(place: Place) -> pd.DataFrame:
    """Return one row per postcode, as the National Statistics Postcode Lookup has them; what is not made is empty."""
    rows = place.postcodes
    longitude, latitude = transform(rows["easting"], rows["northing"], source=BRITISH_GRID, target=GEOGRAPHIC[0])
    levels = ["msoa_code", "ward_code", "ltla_code", "sicb_code", "icb_code", "imd_2019_rank"]
    area = place.areas_2011.set_index("lsoa_2011_code").loc[rows["lsoa_2011_code"], levels].reset_index(drop=True)
    spaces = rows["postcode"].str.split(" ", expand=True)
    values: dict[str, Any] = dict.fromkeys(NSPL, "")
    values |= {"pcd": spaces[0].str.ljust(4) + spaces[1], "pcd2": spaces[0].str.ljust(5) + spaces[1]}
    values |= {"pcds": rows["postcode"], "dointr": INTRODUCED, "usertype": "0", "osgrdind": "1"}
    values |= {"oseast1m": rows["easting"], "osnrth1m": rows["northing"], "lsoa11": rows["lsoa_2011_code"]}
    values |= {"msoa11": area["msoa_code"], "ward": area["ward_code"], "laua": area["ltla_code"]}
    values |= {"sicbl": area["sicb_code"], "icb": area["icb_code"], "imd": area["imd_2019_rank"]}
    values |= {"lat": np.round(latitude, 6), "long": np.round(longitude, 6)}
    return pd.DataFrame(values)


def best_fit(place: Place) -> pd.DataFrame:
    """Return one row per LSOA 2011 and LSOA 2021 that share land, with the change code and the district of 2022."""
    districts = place.areas_2021[["lsoa_2021_code", "ltla_code", "ltla_name"]]
    rows = place.lookup.merge(districts, on="lsoa_2021_code", how="left", validate="m:1")
    columns = {
        "lsoa_2011_code": "LSOA11CD", "lsoa_2011_name": "LSOA11NM", "lsoa_2021_code": "LSOA21CD",
        "lsoa_2021_name": "LSOA21NM", "change_code": "CHGIND", "ltla_code": "LAD22CD", "ltla_name": "LAD22NM",
    }  # fmt: skip
    return rows[list(columns)].rename(columns=columns)


UPPER_2022 = {"msoa": "MSOA11", "ward": "WD22", "ltla": "LAD22", "place": "PLACE22", "sicb": "SICBL22", "icb": "ICB22"}
UPPER_2024 = {"msoa": "MSOA21", "ward": "WD24", "ltla": "LAD24", "place": "PLACE24", "sicb": "SICBL24", "icb": "ICB24"}
"""Our level -> the publisher's abbreviation and year; places of an ICS have none, so the configuration names theirs."""


def upper_levels(areas: pd.DataFrame, *, vintage: str, levels: dict[str, str]) -> pd.DataFrame:
    """Return one row per LSOA of a vintage (11 or 21) with code and name of every level above it."""
    columns = {f"lsoa_20{vintage}_code": f"LSOA{vintage}CD", f"lsoa_20{vintage}_name": f"LSOA{vintage}NM"}
    for level, stem in levels.items():
        columns |= {f"{level}_code": f"{stem}CD", f"{level}_name": f"{stem}NM"}
    return areas[list(columns)].rename(columns=columns)


def standard_area_measurements(place: Place) -> pd.DataFrame:
    """Return one row per LSOA 2021 with its hectares, all of them land, as Standard Area Measurements have them."""
    hectares = place.areas_2021["area_hectares"].round(2)
    names = {"LSOA21CD": place.areas_2021["lsoa_2021_code"], "LSOA21NM": place.areas_2021["lsoa_2021_name"]}
    return pd.DataFrame(names | {"AREAEHECT": hectares, "AREACHECT": hectares, "AREAIHECT": 0.0, "AREALHECT": hectares})


def services(place: Place) -> pd.DataFrame:
    """Return hospital sites, then practices, in the layout of `sources.service`."""
    practices = place.practices.assign(
        service_code=place.practices["practice_code"],
        service_type="gp_practice",
        service_name=place.practices["practice_name"],
        provider_code=place.practices["practice_code"],
    )
    sites = place.sites.rename(
        columns={"site_code": "service_code", "type": "service_type", "site_name": "service_name"}
    )
    columns = ["service_code", "service_type", "service_name", "provider_code", "postcode", "easting", "northing"]
    return pd.concat([sites[columns], practices[columns]], ignore_index=True)


def _compact(day: Any) -> str:
    return "" if day is None else f"{day:%Y%m%d}"
