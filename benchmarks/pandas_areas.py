"""The areas of England in plain pandas: the rival that area_summary is measured against.

    python benchmarks/pandas_areas.py [DATA_FOLDER] [OUTPUT.parquet]

Written as an analyst would write it: vectorised, each file read once, no part of icspark. It takes the tidied national
files and gives the columns of area_summary by the same definitions, without checking its input, without keeping what it
left out, and without a record of the run. DATA_FOLDER is that of conf/england.yml.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
COVERAGE_FLOOR = 0.5

DOMAINS = {
    "IMD": "imd",
    "Income": "income",
    "Employment": "employment",
    "Education": "education",
    "Health": "health",
    "Crime": "crime",
    "Barriers (H&S)": "barriers",
    "Environment": "living_environment",
    "IDACI": "idaci",
    "IDAOPI": "idaopi",
    "YouthSubDomain": "children_young_people",
    "AdultSkills": "adult_skills",
    "Barriers (Geo)": "geographical_barriers",
    "Barriers (Wider)": "wider_barriers",
    "IndoorsSubDomain": "indoors",
    "OutdoorSubDomain": "outdoors",
}

OUTCOMES = {
    "DM-prevalance": "diabetes_prevalence",
    "CAN-prevalance": "cancer_prevalence",
    "CKD-prevalance": "chronic_kidney_disease_prevalence",
    "NDH-prevalance": "non_diabetic_hyperglycaemia_prevalence",
    "PC-prevalance": "palliative_care_prevalence",
    "AF-prevalance": "atrial_fibrillation_prevalence",
    "CHD-prevalance": "coronary_heart_disease_prevalence",
    "HF-prevalance": "heart_failure_prevalence",
    "HYP-prevalance": "hypertension_prevalence",
    "LVSD-prevalance": "left_ventricular_systolic_dysfunction_prevalence",
    "PAD-prevalance": "peripheral_arterial_disease_prevalence",
    "STIA-prevalance": "stroke_tia_prevalence",
    "AST-prevalance": "asthma_prevalence",
    "COPD-prevalance": "copd_prevalence",
    "OB-prevalance": "obesity_prevalence",
    "SMOK-prevalance": "smoking_prevalence",
    "DEM-prevalance": "dementia_prevalence",
    "DEP-prevalance": "depression_prevalence",
    "EP-prevalance": "epilepsy_prevalence",
    "LD-prevalance": "learning_disability_prevalence",
    "MH-prevalance": "mental_health_prevalence",
    "QOF-DM": "diabetes_points",
    "DM019-BP": "diabetes_blood_pressure_share",
    "DM020-HbA1c": "diabetes_hba1c_share",
}


def area_summary(data: Path) -> pd.DataFrame:
    """Return one row per English LSOA 2011, in the order of its code."""
    reference = data / "reference"
    areas = deprivation(reference / "imd-statistics.parquet")
    parts = [
        residents(reference / "population_mid2019_lsoa11_age_sex.parquet"),
        ethnic_minorities(reference / "ethnicity-lsoa.parquet"),
        hectares(data),
        registered(reference / "gp-registrations.parquet", reference / "qof.parquet"),
    ]
    for part in parts:
        areas = areas.join(part, how="left")
    region = set(json.loads((reference / "lsoa-esneft.json").read_text()).values())
    areas["in_region"] = areas.index.isin(region)
    areas["residents_per_hectare"] = areas["population_count"] / areas["area_hectares"]
    areas["summary_reason"] = np.where(areas["registered_patients_count"].isna(), "no_registrations", None)
    return areas.rename_axis("lsoa_2011_code").reset_index()


def deprivation(file: Path) -> pd.DataFrame:
    """Return the scores with national quintiles, and the decile of the index; equal scores are ranked by code."""
    source = pd.read_parquet(file).sort_index()
    columns = {"lsoa_2011_name": source["LSOA11NM"]}
    for theirs, ours in DOMAINS.items():
        rank = source[theirs].rank(ascending=False, method="first").astype("int64")
        columns[f"{ours}_2019_score"] = source[theirs]
        columns[f"{ours}_2019_quintile"] = -(-5 * rank // len(source))
        if ours == "imd":
            columns["imd_2019_decile"] = -(-10 * rank // len(source))
    return pd.DataFrame(columns)


def residents(file: Path) -> pd.DataFrame:
    """Return residents, median age and male share of each area."""
    people = pd.read_parquet(file)
    people["lsoa_code"] = people["lsoa_code"].astype(str)
    people["n"] = people["n"].astype("int64")
    total = people.groupby("lsoa_code")["n"].sum()
    males = people[people["gender"] == "m"].groupby("lsoa_code")["n"].sum()
    by_age = people.groupby(["lsoa_code", "age"])["n"].sum().unstack(fill_value=0)
    so_far = by_age.cumsum(axis=1).to_numpy()
    lower = (so_far < ((total + 1) // 2).to_numpy()[:, None]).sum(axis=1)
    upper = (so_far < (total // 2 + 1).to_numpy()[:, None]).sum(axis=1)
    return pd.DataFrame(
        {"population_count": total, "median_age_years": (lower + upper) / 2, "male_share": males / total}
    )


def ethnic_minorities(file: Path) -> pd.DataFrame:
    """Return the share of ethnic minorities; the file holds 1 / (1 + White share)."""
    share = 2 - 1 / pd.read_parquet(file)["EthnicMinority"]
    return share.where(share.between(0, 1)).to_frame("ethnic_minority_share")


def hectares(data: Path) -> pd.DataFrame:
    """Return the hectares of areas of 2011 from those of 2021; of polygons where areas were merged or redrawn."""
    land = pd.read_parquet(data / "reference/land-area-lsoa.parquet")["LandHectare"]
    lookup = pd.read_csv(data / "lookups/lookup_lsoa11_lsoa21_ltla22.csv.gz")
    lookup["hectares"] = lookup["lsoa21_code"].map(land)
    by_area = lookup.groupby("lsoa11_code")
    change, summed = by_area["change_code"].max(), by_area["hectares"].agg(lambda parts: parts.sum(skipna=False))
    boundaries = geopandas.read_file(data / "boundaries/lsoa11_E10000029_suffolk.geojson").to_crs(27700)
    polygon = (boundaries.set_index("LSOA11CD").area / 10_000).round(2).reindex(change.index)
    is_summed = change.isin(["U", "S"])
    source = change.map({"U": "unchanged", "S": "sum_of_parts"}).where(is_summed & summed.notna(), "no_land_area")
    source = source.where(is_summed, np.where(polygon.notna(), "boundary", "no_boundary"))
    return pd.DataFrame({"area_hectares": summed.round(2).where(is_summed, polygon), "area_hectares_source": source})


def registered(registrations: Path, measures: Path) -> pd.DataFrame:
    """Return patients, the practices that serve 90 % of them, and the mean of each measure with its coverage."""
    rows = pd.read_parquet(registrations).rename(
        columns={"LSOA11CD": "area", "OrganisationCode": "practice", "Patient": "patients"}
    )
    rows = rows[rows["area"].str.match("[EW]01")]
    total = rows.groupby("area")["patients"].sum()
    columns = {"registered_patients_count": total, "practices_serving_90_percent_count": serving(rows)}
    qof = pd.read_parquet(measures).rename(columns=OUTCOMES)
    is_share = [name for name in OUTCOMES.values() if name != "diabetes_points"]
    qof[is_share] = qof[is_share].where((qof[is_share] >= 0) & (qof[is_share] <= 1))
    joined = rows.merge(qof, left_on="practice", right_index=True, how="left")
    weights, area = joined["patients"], joined["area"]
    for name in OUTCOMES.values():
        weighted = (weights * joined[name]).groupby(area).sum()
        known = weights.where(joined[name].notna(), 0).groupby(area).sum()
        coverage = known / total
        columns[name] = (weighted / known.where(known > 0)).where(coverage >= COVERAGE_FLOOR)
        columns[f"{name.removesuffix('_prevalence')}_coverage"] = coverage
    return pd.DataFrame(columns)


def serving(rows: pd.DataFrame) -> pd.Series:
    """Return the fewest practices, largest first, that hold at least 90 % of an area's patients; ties by code."""
    ordered = rows.sort_values(["area", "patients", "practice"], ascending=[True, False, True])
    by_area = ordered.groupby("area")["patients"]
    before = by_area.cumsum() - ordered["patients"]
    return (10 * before < 9 * by_area.transform("sum")).groupby(ordered["area"]).sum()


def main(data: str = str(DATA), output: str = "") -> None:
    """Make the table, write it where an output is named, and print what it took."""
    started = time.perf_counter()
    if not Path(data).is_dir():
        print(f"not run: the folder of national data is absent ({data})")
        return
    summary = area_summary(Path(data))
    if output:
        summary.to_parquet(output)
    took = time.perf_counter() - started
    print(
        f"pandas: {len(summary):,} areas x {summary.shape[1]} columns in {took:.1f} s, {time.process_time():.1f} CPU-s"
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
