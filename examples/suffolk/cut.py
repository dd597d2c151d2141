"""Cut the Suffolk extract from national open data, so that a newcomer can run the whole suite on a real place.

Usage: python examples/suffolk/cut.py NATIONAL_DATA_FOLDER [OUTPUT_FOLDER]

README.md beside this file says what each file is, which publisher's layout it follows and what was left out.
The same input gives the same files: rows keep the order of the source, and gzip headers carry neither time nor name.
"""

from __future__ import annotations

import gzip
import io
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

COMPLETE_FROM_PATIENTS = 50
"""A practice with at least this many patients in Suffolk comes with all its registrations."""

EXTRACT_DATE = "01JUL2022"
"""Date of the registrations, in the form that the publisher gives it."""

DECIMALS_OF_A_DEGREE = 6
"""One millionth of a degree is about a tenth of a metre: finer than the 20 m to which the polygons are generalised."""

SCORES = {
    "IMD": ("Index of Multiple Deprivation (IMD)", ""),
    "Income": ("Income", " (rate)"),
    "Employment": ("Employment", " (rate)"),
    "Education": ("Education, Skills and Training", ""),
    "Health": ("Health Deprivation and Disability", ""),
    "Crime": ("Crime", ""),
    "Barriers (H&S)": ("Barriers to Housing and Services", ""),
    "Environment": ("Living Environment", ""),
    "IDACI": ("Income Deprivation Affecting Children Index (IDACI)", " (rate)"),
    "IDAOPI": ("Income Deprivation Affecting Older People (IDAOPI)", " (rate)"),
    "YouthSubDomain": ("Children and Young People Sub-domain", ""),
    "AdultSkills": ("Adult Skills Sub-domain", ""),
    "Barriers (Geo)": ("Geographical Barriers Sub-domain", ""),
    "Barriers (Wider)": ("Wider Barriers Sub-domain", ""),
    "IndoorsSubDomain": ("Indoors Sub-domain", ""),
    "OutdoorSubDomain": ("Outdoors Sub-domain", ""),
}
"""Column of the national tidied file -> the publisher's title of the score in File 7, and what stands after `Score`."""

DENOMINATORS = {
    "Population (Total)": "Total population: mid 2015 (excluding prisoners)",
    "Population (0-15)": "Dependent Children aged 0-15: mid 2015 (excluding prisoners)",
    "Population (16-59)": "Population aged 16-59: mid 2015 (excluding prisoners)",
    "Population (60+)": "Older population aged 60 and over: mid 2015 (excluding prisoners)",
    "Population (Working)": "Working age population 18-59/64: for use with Employment Deprivation Domain"
    " (excluding prisoners)",
}

STATUS_CODES = {"Active": "A", "Closed": "C", "Dormant": "D", "Proposed": "P"}

SETTING_CODES = {
    "Other": "0",
    "WIC Practice": "1",
    "OOH Practice": "2",
    "WIC + OOH Practice": "3",
    "GP Practice": "4",
    "Public Health Service": "8",
    "Community Health Service": "9",
    "Hospital Service": "10",
    "Optometry Service": "11",
    "Urgent & Emergency Care": "12",
    "Hospice": "13",
    "Care Home / Nursing Home": "14",
    "Prison": "25",
}

POSTCODE_COLUMNS = {
    "pcds": "pcds",
    "dointr": "dointr",
    "doterm": None,
    "oseast1m": "easting",
    "osnrth1m": "northing",
    "osgrdind": "positional_quality",
    "lsoa11": "lsoa11cd",
    "lat": "latitude",
    "long": "longitude",
}
"""Column of the postcode lookup as published -> column of the national tidied file (None: empty; all are live)."""


@dataclass(frozen=True)
class Scope:
    """Which rows of the national files belong to the extract."""

    areas_2011: frozenset[str]
    areas_2021: frozenset[str]
    registration: pd.DataFrame
    complete: tuple[str, ...]

    @property
    def practices(self) -> frozenset[str]:
        """Return the practices that have a registration in the extract."""
        return frozenset(self.registration["OrganisationCode"])

    @property
    def catchment(self) -> frozenset[str]:
        """Return the areas, in Suffolk or not, where patients of the extract live."""
        return frozenset(self.registration["LSOA11CD"]) | self.areas_2011


def find_scope(national: Path) -> Scope:
    """Find the areas, the complete practices and the registrations of the extract."""
    areas_2011 = area_codes(national / "boundaries/lsoa11_E10000029_suffolk.geojson", "LSOA11CD")
    areas_2021 = area_codes(national / "boundaries/lsoa21_E10000029_suffolk.geojson", "LSOA21CD")
    everywhere = pd.read_parquet(national / "reference/gp-registrations.parquet")
    is_inside = everywhere["LSOA11CD"].isin(areas_2011)
    patients_inside = everywhere[is_inside].groupby("OrganisationCode")["Patient"].sum()
    complete = sorted(patients_inside.index[patients_inside >= COMPLETE_FROM_PATIENTS])
    registration = everywhere[is_inside | everywhere["OrganisationCode"].isin(complete)]
    return Scope(areas_2011, areas_2021, registration, tuple(complete))


def area_codes(boundaries: Path, name: str) -> frozenset[str]:
    """Read the codes of the areas of a GeoJSON file."""
    return frozenset(feature["properties"][name] for feature in json.loads(boundaries.read_text())["features"])


def boundary_text(boundaries: Path, kept: tuple[str, ...]) -> str:
    """Round the coordinates and keep the named properties; no vertex is moved otherwise and none is dropped."""
    document = json.loads(boundaries.read_text())
    rows = [
        {
            "type": "Feature",
            "properties": {name: feature["properties"][name] for name in kept},
            "geometry": {
                "type": feature["geometry"]["type"],
                "coordinates": rounded(feature["geometry"]["coordinates"]),
            },
        }
        for feature in document["features"]
    ]
    head = f'{{"type":"FeatureCollection","name":"{document["name"]}","crs":{compact(document["crs"])},"features":[\n'
    return head + ",\n".join(compact(row) for row in rows) + "\n]}\n"


def rounded(coordinates: object) -> object:
    """Round every number of a nested list of coordinates."""
    if isinstance(coordinates, list):
        return [rounded(part) for part in coordinates]
    return round(float(str(coordinates)), DECIMALS_OF_A_DEGREE)


def compact(value: object) -> str:
    """Write JSON without blanks."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def registration_text(scope: Scope) -> str:
    """Write the registrations in the layout of gp-reg-pat-prac-lsoa-all.csv."""
    source = scope.registration
    return csv_text(
        pd.DataFrame(
            {
                "PUBLICATION": "GP_PRAC_PAT_LIST",
                "EXTRACT_DATE": EXTRACT_DATE,
                "PRACTICE_CODE": source["OrganisationCode"],
                "PRACTICE_NAME": source["OranisationName"],
                "LSOA_CODE": source["LSOA11CD"],
                "SEX": "ALL",
                "NUMBER_OF_PATIENTS": source["Patient"],
            }
        )
    )


def deprivation_2019_text(national: Path, scope: Scope) -> str:
    """Write the scores in the 57 columns of File 7, with ranks and deciles worked out over all England.

    Rank 1 is the highest score; equal scores (they have three decimals) are ranked by the area's code.
    """
    scores = pd.read_parquet(national / "reference/imd-statistics.parquet").sort_index()
    number = len(scores)
    columns: dict[str, pd.Series | str] = {
        "LSOA code (2011)": scores.index.to_series(),
        "LSOA name (2011)": scores["LSOA11NM"],
        "Local Authority District code (2019)": "",
        "Local Authority District name (2019)": "",
    }
    for name, (title, unit) in SCORES.items():
        rank = scores[name].rank(ascending=False, method="first").astype(int)
        columns[f"{title} Score{unit}"] = scores[name]
        columns[f"{title} Rank (where 1 is most deprived)"] = rank
        columns[f"{title} Decile (where 1 is most deprived 10% of LSOAs)"] = -(-10 * rank // number)
    columns |= {title: scores[name] for name, title in DENOMINATORS.items()}
    file_7 = pd.DataFrame(columns)
    return csv_text(file_7[file_7.index.isin(scope.catchment)])


def deprivation_2025_text(national: Path, scope: Scope) -> str:
    """Join the 2025 scores with those of the sub-domains: ranks and deciles as published."""
    domains = pd.read_parquet(national / "reference/imd2025_england_lsoa21.parquet")
    parts = pd.read_parquet(national / "reference/imd2025_england_lsoa21_subdomains.parquet")
    joined = domains.merge(parts, on="lsoa21_code", how="inner", validate="one_to_one")
    kept = joined[joined["lsoa21_code"].isin(scope.areas_2021)]
    whole = [name for name in kept.columns if name.lower().endswith(("_rank", "_decile"))]
    return csv_text(kept.astype(dict.fromkeys(whole, int)))


def practice_text(national: Path, scope: Scope) -> str:
    """Write the practices in the 27 columns of epraccur.csv, which has no header; what we do not have is empty."""
    source = pd.read_parquet(national / "reference/gp-practices.parquet")
    source = source[source.index.isin(scope.practices)]
    filled = {
        0: source.index.to_series(),
        1: source["OrganisationName"],
        9: source["PCDS"],
        10: source["OpenDate"].dt.strftime("%Y%m%d"),
        11: source["CloseDate"].dt.strftime("%Y%m%d"),
        12: source["Status"].map(STATUS_CODES),
        25: source["PrescribingSetting"].map(SETTING_CODES),
    }
    unknown = source[filled[12].isna() | filled[25].isna()]
    if len(unknown):
        raise ValueError(f"gp-practices.parquet: {len(unknown)} practices have an unknown status or setting")
    layout = pd.DataFrame({position: filled.get(position, "") for position in range(27)}, index=source.index)
    return csv_text(layout, header=False)


def postcode_text(national: Path) -> str:
    """Write the postcodes under the names of the National Statistics Postcode Lookup, those columns that we have."""
    source = pd.read_csv(national / "postcodes/postcode_lsoa11_ip.csv.gz", dtype=str)
    # The tidied file gives the quality in tens, as Code-Point Open does; the lookup has 1 to 9.
    source["positional_quality"] = source["positional_quality"].str.removesuffix("0")
    return csv_text(pd.DataFrame({name: source[own] if own else "" for name, own in POSTCODE_COLUMNS.items()}))


def census_text(export: Path, areas: frozenset[str]) -> str:
    """Keep the rows of the areas of a table as Nomis exports it, with its preamble, country row and footer."""

    def kept(line: str) -> bool:
        return not line.startswith('"lsoa2011:') or line[len('"lsoa2011:') :][:9] in areas

    return "".join(line for line in export.read_text().splitlines(keepends=True) if kept(line))


def rows_text(source: Path, column: str, values: Iterable[str]) -> str:
    """Keep the rows of a tidied file whose column holds one of the values; all columns stay as they are."""
    if source.suffix == ".parquet":
        frame = pd.read_parquet(source)
        frame = frame if column in frame.columns else frame.reset_index()
    else:
        frame = pd.read_csv(source, dtype=str, keep_default_na=False)
    return csv_text(frame[frame[column].isin(set(values))])


def csv_text(frame: pd.DataFrame, *, header: bool = True) -> str:
    """Write a frame without its index, lines ending in a line feed."""
    return frame.to_csv(index=False, header=header, lineterminator="\n")


def extract(national: Path) -> Iterator[tuple[str, str]]:
    """Give the name and the text of each file of the extract."""
    scope = find_scope(national)
    inside, reference = scope.areas_2011, national / "reference"
    yield "areas.csv", "lsoa_2011_code\n" + "".join(f"{code}\n" for code in sorted(inside))
    yield "complete_practices.csv", "practice_code\n" + "".join(f"{code}\n" for code in scope.complete)
    yield "gp-reg-pat-prac-lsoa-all.csv.gz", registration_text(scope)
    yield "epraccur.csv.gz", practice_text(national, scope)
    yield "practice_staff.csv.gz", rows_text(reference / "gp-staff.parquet", "OrganisationCode", scope.practices)
    yield "qof_2021_22.csv.gz", rows_text(reference / "qof.parquet", "OrganisationCode", scope.practices)
    yield "iod_2019_file_7.csv.gz", deprivation_2019_text(national, scope)
    yield "iod_2025.csv.gz", deprivation_2025_text(national, scope)
    people = reference / "population_mid2019_lsoa11_age_sex.parquet"
    yield "population_mid2019.csv.gz", rows_text(people, "lsoa_code", inside)
    yield "ethnicity.csv.gz", rows_text(reference / "ethnicity-lsoa.parquet", "LSOA11CD", inside)
    groups = reference / "census2021_ethnicity_lsoa21.parquet"
    yield "ethnicity_2021.csv.gz", rows_text(groups, "lsoa21_code", scope.areas_2021)
    bands = reference / "census2021_pop_age_bands_lsoa21.parquet"
    yield "population_2021.csv.gz", rows_text(bands, "lsoa21_code", scope.areas_2021)
    yield "land_area.csv.gz", rows_text(reference / "land-area-lsoa.parquet", "LSOA11CD", scope.areas_2021)
    yield "qs205ew_english.csv.gz", census_text(reference / "EnglishLanguage-LSOA11.csv", inside)
    yield "qs501ew_qualifications.csv.gz", census_text(reference / "HigherEducation-LSOA11.csv", inside)
    for name in ("lookup_lsoa11_lsoa21_ltla22.csv.gz", "lookup_lsoa11_sicbl22_icb22_ltla22.csv.gz"):
        yield name, rows_text(national / "lookups" / name, "lsoa11_code", scope.catchment)
    newer = national / "lookups/lookup_lsoa21_icb24.csv.gz"
    yield newer.name, rows_text(newer, "lsoa21_code", scope.areas_2021)
    yield "nspl_ip.csv.gz", postcode_text(national)
    for year in ("11", "21"):
        boundaries = national / f"boundaries/lsoa{year}_E10000029_suffolk.geojson"
        yield f"lsoa{year}.geojson.gz", boundary_text(boundaries, (f"LSOA{year}CD", f"LSOA{year}NM"))


def zipped(text: str) -> bytes:
    """Compress with a header that holds neither a time nor a name, so that the same text gives the same bytes."""
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=buffer, mtime=0) as stream:
        stream.write(text.encode())
    return buffer.getvalue()


def main(national: str, output: str = str(Path(__file__).parent)) -> None:
    """Write every file of the extract and print its size."""
    folder, total = Path(output), 0
    for name, text in extract(Path(national)):
        content = zipped(text) if name.endswith(".gz") else text.encode()
        (folder / name).write_bytes(content)
        total += len(content)
        print(f"{len(content):>9,} bytes  {text.count(chr(10)):>6,} lines  {name}")
    print(f"{total:>9,} bytes in all")


if __name__ == "__main__":
    main(*sys.argv[1:])
