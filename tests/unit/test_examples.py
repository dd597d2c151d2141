"""The shipped extract is what its README says: small, whole for Suffolk, licensed, and cut by the script beside it."""

from __future__ import annotations

import csv
import gzip
import io
import json
import runpy
from pathlib import Path

import pandas as pd
import pytest

from icspark import config, plan

ROOT = Path(__file__).resolve().parents[2]
EXTRACT = ROOT / "examples" / "suffolk"
FEATURES_OF = {"lsoa11": "LSOA11CD", "lsoa21": "LSOA21CD"}


def text_of(name: str) -> str:
    return gzip.decompress((EXTRACT / name).read_bytes()).decode()


def table(name: str, **options: object) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(text_of(name)), dtype=str, keep_default_na=False, **options)


def listed(name: str) -> list[str]:
    return (EXTRACT / name).read_text().split()[1:]


@pytest.fixture(scope="module")
def registration() -> pd.DataFrame:
    frame = table("gp-reg-pat-prac-lsoa-all.csv.gz")
    return frame.assign(patients=frame["NUMBER_OF_PATIENTS"].astype(int))


def test_the_extract_is_at_most_3_mb() -> None:
    assert 1_000_000 < sum(file.stat().st_size for file in EXTRACT.iterdir() if file.is_file()) <= 3_000_000


def test_every_file_is_in_the_readme_with_its_licence() -> None:
    notice = (EXTRACT / "README.md").read_text()
    assert "Open Government Licence v3.0" in notice
    assert "Contains OS data © Crown copyright and database right" in notice
    assert "Contains Royal Mail data © Royal Mail copyright and database right" in notice
    for source in ("Office for National Statistics", "NHS England", "Ministry of Housing, Communities and Local"):
        assert source in notice
    names = [file.name for file in EXTRACT.iterdir() if file.is_file() and file.name != "README.md"]
    assert [name for name in names if f"`{name}`" not in notice] == []


def test_gzip_headers_hold_neither_a_time_nor_a_name() -> None:
    for file in EXTRACT.glob("*.gz"):
        header = file.read_bytes()[:10]
        assert header[:4] == b"\x1f\x8b\x08\x00", f"{file.name}: a name or comment is in the header"
        assert header[4:8] == b"\x00" * 4, f"{file.name}: a time is in the header"


def test_areas_are_the_441_and_449_of_the_boundaries() -> None:
    found = {
        stem: [row["properties"][name] for row in json.loads(text_of(f"{stem}.geojson.gz"))["features"]]
        for stem, name in FEATURES_OF.items()
    }
    assert sorted(found["lsoa11"]) == listed("areas.csv")
    assert [len(set(codes)) for codes in found.values()] == [441, 449]
    lookup = table("lookup_lsoa11_lsoa21_ltla22.csv.gz")
    inside = lookup[lookup["lsoa11_code"].isin(found["lsoa11"])]
    assert set(inside["lsoa21_code"]) == set(found["lsoa21"])
    assert inside["change_code"].value_counts().to_dict() == {"U": 431, "S": 17, "M": 2}


def test_coordinates_have_at_most_six_decimals() -> None:
    for stem in FEATURES_OF:
        document = json.loads(text_of(f"{stem}.geojson.gz"), parse_float=str)
        assert document["crs"]["properties"]["name"].endswith("CRS84")
        numbers = [number for feature in document["features"] for number in leaves(feature["geometry"]["coordinates"])]
        assert max(len(number.partition(".")[2]) for number in numbers) == 6
        assert len(numbers) > 70_000


def leaves(value: object) -> list[str]:
    return [leaf for part in value for leaf in leaves(part)] if isinstance(value, list) else [str(value)]


def test_complete_practices_are_those_with_50_patients_in_suffolk(registration: pd.DataFrame) -> None:
    inside = registration[registration["LSOA_CODE"].isin(listed("areas.csv"))]
    patients = inside.groupby("PRACTICE_CODE")["patients"].sum()
    assert sorted(patients.index[patients >= 50]) == listed("complete_practices.csv")
    assert (len(patients), len(listed("complete_practices.csv"))) == (260, 87)
    assert round(patients[patients >= 50].sum() / patients.sum(), 4) == 0.9994


def test_other_practices_bring_only_rows_of_suffolk(registration: pd.DataFrame) -> None:
    is_complete = registration["PRACTICE_CODE"].isin(listed("complete_practices.csv"))
    others = registration[~is_complete]
    assert set(others["LSOA_CODE"]) <= set(listed("areas.csv"))
    assert (int(is_complete.sum()), len(others)) == (5723, 332)
    assert registration.loc[is_complete, "LSOA_CODE"].eq("NO2011").sum() == 72


def test_registrations_are_those_of_the_national_file(registration: pd.DataFrame, data: Path) -> None:
    everywhere = pd.read_parquet(data / "reference/gp-registrations.parquet")
    whole = everywhere[everywhere["OrganisationCode"].isin(listed("complete_practices.csv"))]
    is_complete = registration["PRACTICE_CODE"].isin(listed("complete_practices.csv"))
    assert registration.loc[is_complete, "patients"].sum() == whole["Patient"].sum()
    areas = everywhere[everywhere["LSOA11CD"].isin(listed("areas.csv"))]
    inside = registration[registration["LSOA_CODE"].isin(listed("areas.csv"))]
    assert inside["patients"].sum() == areas["Patient"].sum()


def test_every_english_area_of_a_registration_has_scores(registration: pd.DataFrame) -> None:
    scores = table("iod_2019_file_7.csv.gz")
    english = {code for code in registration["LSOA_CODE"] if code.startswith("E01")}
    assert set(scores["LSOA code (2011)"]) == english | set(listed("areas.csv"))
    assert scores.shape == (1084, 57)


def test_ranks_are_national_and_deciles_follow_from_them() -> None:
    scores = table("iod_2019_file_7.csv.gz")
    titles = [column.removesuffix(" Rank (where 1 is most deprived)") for column in scores.columns if "Rank" in column]
    assert len(titles) == 16
    for title in titles:
        rank = scores[f"{title} Rank (where 1 is most deprived)"].astype(int)
        decile = scores[f"{title} Decile (where 1 is most deprived 10% of LSOAs)"].astype(int)
        assert rank.between(1, 32_844).all() and rank.is_unique
        assert rank.max() > 30_000, "a rank among the extract's own areas would stop at 1,084"
        assert (decile == (10 * rank + 32_843) // 32_844).all()


def test_ranks_order_the_scores_and_ties_go_by_code() -> None:
    scores = table("iod_2019_file_7.csv.gz")
    title = "Index of Multiple Deprivation (IMD)"
    frame = pd.DataFrame(
        {
            "score": scores[f"{title} Score"].astype(float),
            "code": scores["LSOA code (2011)"],
            "rank": scores[f"{title} Rank (where 1 is most deprived)"].astype(int),
        }
    )
    by_score = frame.sort_values(["score", "code"], ascending=[False, True])
    assert by_score["score"].duplicated().any(), "no tie: the test would not see a wrong rule"
    assert by_score["rank"].is_monotonic_increasing


def test_practices_are_in_the_27_columns_of_epraccur(registration: pd.DataFrame) -> None:
    rows = list(csv.reader(io.StringIO(text_of("epraccur.csv.gz"))))
    assert {len(row) for row in rows} == {27}
    assert {row[0] for row in rows} == set(registration["PRACTICE_CODE"])
    assert {row[12] for row in rows} <= {"A", "C", "D", "P"}
    assert all(len(row[10]) == 8 and row[10].isdecimal() for row in rows)
    assert sum(row[25] == "4" for row in rows) > 200


def test_people_are_those_of_the_441_areas() -> None:
    people = table("population_mid2019.csv.gz")
    assert set(people["lsoa_code"]) == set(listed("areas.csv"))
    assert len(people) == 441 * 91 * 2


def test_census_tables_keep_preamble_country_and_footer() -> None:
    for name in ("qs205ew_english.csv.gz", "qs501ew_qualifications.csv.gz"):
        lines = text_of(name).strip().splitlines()
        assert lines[0].startswith('"QS') and "Nomis" in lines[1]
        assert sum(line.startswith('"country:England"') for line in lines) == 1
        assert sum(line.startswith('"lsoa2011:') for line in lines) == 441
        assert any("protect against disclosure" in line for line in lines[-6:])


def test_points_fall_in_the_same_areas_as_with_the_boundaries_as_published(data: Path) -> None:
    geopandas = pytest.importorskip("geopandas")
    postcodes = table("nspl_ip.csv.gz").astype({"long": float, "lat": float})
    shape = geopandas.points_from_xy(postcodes["long"], postcodes["lat"])
    points = geopandas.GeoDataFrame(postcodes, geometry=shape, crs=4326)
    published = geopandas.read_file(data / "boundaries/lsoa11_E10000029_suffolk.geojson")
    shipped = geopandas.read_file(io.BytesIO(text_of("lsoa11.geojson.gz").encode()))
    assert shipped.is_valid.all()
    placed = [
        points.sjoin(areas[["LSOA11CD", "geometry"]], predicate="intersects").groupby(level=0)["LSOA11CD"].min()
        for areas in (published, shipped)
    ]
    official = postcodes["lsoa11"][postcodes["lsoa11"].isin(listed("areas.csv"))]
    assert len(official) == 18_464
    assert [int((official == codes.reindex(official.index)).sum()) for codes in placed] == [18_374, 18_374]


def test_the_script_gives_the_files_as_they_are(data: Path) -> None:
    made = dict(runpy.run_path(str(EXTRACT / "cut.py"))["extract"](data))
    shipped = {file.name for file in EXTRACT.iterdir() if file.suffix in (".gz", ".csv")}
    assert set(made) == shipped
    for name, text in made.items():
        content = text_of(name) if name.endswith(".gz") else (EXTRACT / name).read_text()
        assert text == content, f"{name} is not what cut.py makes of the national files"


def test_the_configuration_of_suffolk_names_every_file_of_the_extract() -> None:
    jobs = {name: job.config for name, job in plan.jobs().items()}
    environment = config.load(ROOT / "conf" / "suffolk.yml", jobs)
    named = {path.name for name, source in environment.sources.items() for path in source.existing(name).paths}
    assert environment.region
    assert named | {Path(str(environment.region.areas)).name} == {
        file.name for file in EXTRACT.iterdir() if file.suffix in (".gz", ".csv")
    }
    lists = {"condition_code", "comorbidity_code", "condition_weight"}
    records = {"person", "wide_record", "flat_appointment", "extra_feature", "contact"}
    absent = {"practitioner", "road", "service", *records, *lists}
    assert set(environment.sources) == {file for job in plan.jobs().values() for file in job.files} - absent


def test_the_configuration_of_england_names_files_that_there_are(data: Path) -> None:
    jobs = {name: job.config for name, job in plan.jobs().items()}
    environment = config.load(ROOT / "conf" / "england.yml", jobs)
    assert Path(environment.data) == data.resolve()
    for name, source in environment.sources.items():
        source.existing(name)
    suffolk = config.load(ROOT / "conf" / "suffolk.yml", jobs)
    assert set(suffolk.sources) - set(environment.sources) == {"complete_practice"}
