"""Reference feeds that are tabulated from simulated people: population, census tables and lists of practices.

Each is in its publisher's layout; the reader of each, in `icspark.sources`, says whose.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame

from icspark.simulation import tabulation
from icspark.simulation.feed_files import write_frame, write_nomis, write_workbook
from icspark.simulation.place import Place
from icspark.simulation.tabulation import OLDEST, PEOPLE

OLD, NEW = "lsoa_2011_code", "lsoa_2021_code"
SHEETS = {"Males": ("1",), "Females": ("2",), "Persons": ("1", "2")}

WHITE_GROUPS = {
    "White: English/Welsh/Scottish/Northern Irish/British": "A", "White: Irish": "B", "White: Other White": "C",
    "Mixed/multiple ethnic group: White and Black Caribbean": "D",
    "Mixed/multiple ethnic group: White and Black African": "E",
    "Mixed/multiple ethnic group: White and Asian": "F", "Mixed/multiple ethnic group: Other Mixed": "G",
    "Asian/Asian British: Indian": "H", "Asian/Asian British: Pakistani": "J", "Asian/Asian British: Bangladeshi": "K",
    "Asian/Asian British: Chinese": "R", "Asian/Asian British: Other Asian": "L",
    "Black/African/Caribbean/Black British: Caribbean": "M", "Black/African/Caribbean/Black British: African": "N",
    "Black/African/Caribbean/Black British: Other Black": "P", "Other ethnic group: Any other ethnic group": "S",
}  # fmt: skip
"""Headers of the Census table KS201EW -> ethnic category of the NHS Data Dictionary."""

GROUPS_2021 = {
    "Asian, Asian British or Asian Welsh": "HJKLR", "Black, Black British, Black Welsh, Caribbean or African": "MNP",
    "Mixed or Multiple ethnic groups": "DEFG", "White": "ABC", "Other ethnic group": "S",
}  # fmt: skip
"""Groups of the Census table TS021 at their highest level -> ethnic categories."""

ENGLISH = "Main language is English (English or Welsh in Wales)"
NOT_ENGLISH = "Main language is not English (English or Welsh in Wales): "
PROFICIENCIES = (
    "Can speak English very well",
    "Can speak English well",
    "Cannot speak English well",
    "Cannot speak English",
)
QUALIFICATIONS = (
    "No qualifications", "Level 1 qualifications", "Level 2 qualifications", "Apprenticeship", "Level 3 qualifications",
    "Level 4 qualifications and above", "Other qualifications",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Simulated:
    """What the simulation knows of people, as frames of one person_number each, and the place that they live in.

    `observations` is None where no care is simulated.
    """

    place: Place
    people: DataFrame
    residences: DataFrame
    registrations: DataFrame
    onsets: DataFrame
    observations: DataFrame | None = None


def write_population_feeds(simulated: Simulated, folder: Path, *, on: date) -> None:
    """Write the feeds of residents on a date: mid-year estimates, and Census tables as if it were Census day."""
    living = tabulation.residents(simulated.people, simulated.residences, on=on).persist()
    ages, groups = tabulation.by_age_and_sex(living), tabulation.by_group(living)
    living.unpersist()
    place = simulated.place
    write_workbook(folder / "sape_mid_year_lsoa11.xlsx", dict(mid_year_estimates(ages, place, year=on.year)))
    write_frame(folder / "census2021_ts007a_lsoa.csv", census_ages(ages, place, year=on.year))
    write_frame(folder / "census2021_ts021_lsoa.csv", census_groups(groups, place))
    tables = {
        "ks201ew_ethnic_group.csv": ("KS201EW - Ethnic group", "All usual residents", ethnic_groups(groups, place)),
        "qs205ew_english.csv": (
            "QS205EW - Proficiency in English",
            "All usual residents aged 3 and over",
            proficiency(groups, place),
        ),
        "qs501ew_qualifications.csv": (
            "QS501EW - Highest level of qualification",
            "All usual residents aged 16 and over",
            qualifications(ages, place),
        ),
    }
    for file, (title, population, counts) in tables.items():
        write_nomis(folder / file, counts, title=title, population=population, year=on.year)


def write_registration_feed(simulated: Simulated, folder: Path, *, on: date) -> None:
    """Write patients by practice and LSOA of residence on a date, as NHS England publishes them."""
    living = tabulation.residents(simulated.people, simulated.residences, on=on)
    counts = tabulation.by_practice_and_area(living, simulated.registrations, on=on)
    write_frame(folder / "gp-reg-pat-prac-lsoa-all.csv", patients_by_area(counts, simulated.place, on=on))


def mid_year_estimates(ages: pd.DataFrame, place: Place, *, year: int) -> Iterator[tuple[str, list[list[Any]]]]:
    """Yield name and rows of each sheet of the mid-year estimates by LSOA 2011, single year of age and sex."""
    areas = place.areas_2011
    header = ["LSOA Code", "LSOA Name", "LA Code (2021 boundaries)", "LA name (2021 boundaries)", "All Ages"]
    years = [*range(OLDEST), f"{OLDEST}+"]
    for sheet, sexes in SHEETS.items():
        counts = _wide(ages[ages["sex_code"].isin(sexes)], OLD, "age_years", areas[OLD])
        counts = counts.reindex(columns=range(OLDEST + 1), fill_value=0)
        head = zip(areas[OLD], areas["lsoa_2011_name"], areas["ltla_code"], areas["ltla_name"], strict=True)
        rows = [[*names, sum(row), *row] for names, row in zip(head, counts.to_numpy().tolist(), strict=True)]
        title = f"Simulated mid-{year} population estimates, LSOAs of 2011 by single year of age: {sheet.lower()}"
        yield (
            f"Mid-{year} {sheet}",
            [[title], ["Simulated region: no real person or place"], [], [*header, *years], *rows],
        )


def census_ages(ages: pd.DataFrame, place: Place, *, year: int) -> pd.DataFrame:
    """Return Census table TS007A as Nomis has it in bulk: residents by five-year band, one row per LSOA 2021."""
    bands = np.minimum(ages["age_years"].to_numpy() // 5, 17)
    areas = place.areas_2021
    counts = _wide(ages.assign(band=bands), NEW, "band", areas[NEW]).reindex(columns=range(18), fill_value=0)
    titles = ["Age: Aged 4 years and under", *(f"Age: Aged {5 * b} to {5 * b + 4} years" for b in range(1, 17))]
    counts.columns = pd.Index([*titles, "Age: Aged 85 years and over"])
    counts.insert(0, "Age: Total", counts.sum(axis=1))
    names = {"date": year, "geography": areas["lsoa_2021_name"], "geography code": areas[NEW]}
    return pd.concat([pd.DataFrame(names), counts.reset_index(drop=True)], axis=1)


def census_groups(groups: pd.DataFrame, place: Place) -> pd.DataFrame:
    """Return residents by LSOA 2021 and ethnic group (TS021) as a long file, with those of the whole area beside."""
    of_code = {code: group for group, codes in GROUPS_2021.items() for code in codes}
    named = groups.assign(group=groups["ethnic_category_code"].map(of_code))
    counts = _wide(named, NEW, "group", place.areas_2021[NEW]).reindex(columns=list(GROUPS_2021), fill_value=0)
    long = counts.reset_index(names="lsoa21_code").melt("lsoa21_code", var_name="ethnic_group", value_name="n")
    whole = counts.sum(axis=1)
    return long.assign(total_residents=long["lsoa21_code"].map(whole)).sort_values(
        ["lsoa21_code", "ethnic_group"], ignore_index=True
    )


def ethnic_groups(groups: pd.DataFrame, place: Place) -> pd.DataFrame:
    """Return residents by LSOA 2011 and ethnic group under the headers of KS201EW."""
    counts = _wide(groups, OLD, "ethnic_category_code", place.areas_2011[OLD])
    counts = counts.reindex(columns=list(WHITE_GROUPS.values()), fill_value=0)
    return _of_nomis(place, counts.set_axis(list(WHITE_GROUPS), axis="columns"))


def proficiency(groups: pd.DataFrame, place: Place) -> pd.DataFrame:
    """Return residents of 3 and over by LSOA 2011 and proficiency in English under the headers of QS205EW.

    Who needs an interpreter cannot speak English well; of the others of an ethnic minority a third, rounded, have
    another main language.
    """
    asked = groups[groups["is_interpreter_needed"].notna()]
    needs = asked["is_interpreter_needed"].astype(bool)
    codes = place.areas_2011[OLD]
    every, not_well = (_summed(part, codes) for part in (asked, asked[needs]))
    minority = _summed(asked[~needs & ~asked["ethnic_category_code"].isin([*GROUPS_2021["White"]])], codes)
    other_language = np.minimum(np.round(minority / 3).astype(int), every - not_well)
    not_at_all, very_well = not_well // 6, other_language // 2
    columns = (very_well, other_language - very_well, not_well - not_at_all, not_at_all)
    titles = [NOT_ENGLISH + words for words in PROFICIENCIES]
    counts = pd.DataFrame({ENGLISH: every - other_language - not_well, **dict(zip(titles, columns, strict=True))})
    return _of_nomis(place, counts)


def qualifications(ages: pd.DataFrame, place: Place) -> pd.DataFrame:
    """Return residents of 16 and over by LSOA 2011 and highest qualification under the headers of QS501EW.

    The area's share with no qualification or level 1 is planted; the rest is spread by fixed shares.
    """
    adults = _summed(ages[ages["age_years"] >= 16], place.areas_2011[OLD])
    low = np.round(adults * place.areas_2011["low_qualification_share"].to_numpy()).astype(int)
    none = np.round(low * 0.6).astype(int)
    rest = adults - low
    spread = [np.floor(rest * share).astype(int) for share in (0.25, 0.06, 0.2)]
    other = np.floor(rest * 0.08).astype(int)
    columns = (none, low - none, *spread, rest - sum(spread) - other, other)
    return _of_nomis(place, pd.DataFrame(dict(zip(QUALIFICATIONS, columns, strict=True))))


def patients_by_area(counts: pd.DataFrame, place: Place, *, on: date) -> pd.DataFrame:
    """Return patients by practice and LSOA 2011 in the layout of gp-reg-pat-prac-lsoa-all."""
    names = place.practices.set_index("practice_code")["practice_name"]
    return pd.DataFrame(
        {
            "PUBLICATION": "SIMULATED_GP_PRAC_PAT_LIST",
            "EXTRACT_DATE": f"{on:%d%b%Y}".upper(),
            "PRACTICE_CODE": counts["practice_code"],
            "PRACTICE_NAME": counts["practice_code"].map(names),
            "LSOA_CODE": counts[OLD],
            "SEX": "ALL",
            "NUMBER_OF_PATIENTS": counts[PEOPLE],
        }
    )


def _wide(counts: pd.DataFrame, rows: str, columns: str, areas: pd.Series) -> pd.DataFrame:
    """Return people by area (all of them, in their order) and column; 0 where there are none."""
    table = counts.pivot_table(PEOPLE, index=rows, columns=columns, aggfunc="sum", fill_value=0)
    return table.reindex(areas.to_numpy(), fill_value=0).astype(int)


def _summed(counts: pd.DataFrame, areas: pd.Series) -> np.ndarray[Any, np.dtype[np.int64]]:
    return counts.groupby(OLD)[PEOPLE].sum().reindex(areas.to_numpy(), fill_value=0).to_numpy(dtype=np.int64)


def _of_nomis(place: Place, counts: pd.DataFrame) -> pd.DataFrame:
    areas = place.areas_2011[[OLD, "lsoa_2011_name"]]
    return pd.concat([areas, counts.reset_index(drop=True)], axis=1)
