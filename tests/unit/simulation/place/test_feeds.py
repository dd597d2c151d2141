"""The reference feeds of a simulated region: the readers of real files read them, and nothing is rejected."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import DataFrame, SparkSession

from icspark.config import Source
from icspark.quality.checks import Checked
from icspark.simulation.feed_qof import points, write_qof_feed
from icspark.simulation.feeds_people import Simulated, write_population_feeds, write_registration_feed
from icspark.simulation.feeds_place import write_place_feeds
from icspark.simulation.place import Place, make_place
from icspark.simulation.place_config import PlaceConfig
from icspark.sources import (
    area_lookup,
    boundary,
    census,
    deprivation,
    ethnicity,
    land_area,
    population,
    population_2021,
    postcode,
    practice,
    practice_prevalence,
    practitioner,
    registration,
    road,
    service,
)

ON = date(2024, 6, 30)
PEOPLE = 2_000
LOOKUPS = ("lookup_lsoa11_lsoa21_lad22.csv", "lookup_lsoa11_upper22.csv", "lookup_lsoa21_upper24.csv")
PLACES = {"PLACE22CD": "place_2022", "PLACE24CD": "place_2024"}
GROUPS = {
    "lsoa_2021_code": "lsoa21_code",
    "ethnic_group": "ethnic_group",
    "residents_count": "n",
    "all_residents_count": "total_residents",
}

Read = Callable[[SparkSession, Source], Checked]


@pytest.fixture(scope="module")
def place() -> Place:
    return make_place(PlaceConfig(), people=PEOPLE, seed=3)


@pytest.fixture(scope="module")
def drawn(place: Place) -> dict[str, pd.DataFrame]:
    """People drawn without regard to anything but layouts: a birth date, a home, a practice, conditions for some."""
    draw = np.random.default_rng(5)
    home = place.postcodes.iloc[draw.choice(len(place.postcodes), PEOPLE)].reset_index(drop=True)
    births = pd.Timestamp("2024-06-30") - pd.to_timedelta(draw.integers(0, 97 * 365, PEOPLE), unit="D")
    numbers = pd.Series(range(PEOPLE), name="person_number")
    people = pd.DataFrame(
        {
            "person_number": numbers,
            "sex_code": np.where(draw.random(PEOPLE) < 0.5, "1", "2"),
            "birth_date": births.date,
            "death_date": pd.Series([date(2024, 1, 1)] * 7 + [None] * (PEOPLE - 7), dtype=object),
            "ethnic_category_code": draw.choice(list("ABCDEFGHJKLMNPRS"), PEOPLE),
            "is_interpreter_needed": draw.random(PEOPLE) < 0.05,
        }
    )
    interval = {"from_date": date(2020, 1, 1), "to_date": pd.Series([None] * PEOPLE, dtype=object)}
    residences = home[["lsoa_2011_code", "lsoa_2021_code", "postcode"]].assign(person_number=numbers, **interval)
    practices = place.practices["practice_code"].to_numpy()
    registrations = pd.DataFrame({"person_number": numbers, "practice_code": draw.choice(practices, PEOPLE)}).assign(
        **interval
    )
    onset = {"onset_date": date(2019, 1, 1), "recorded_date": date(2020, 1, 1)}
    cases = {"diabetes": numbers[::5], "smoking": numbers[::4], "gout": numbers}
    onsets = pd.concat([pd.DataFrame({"person_number": those, "condition": name}) for name, those in cases.items()])
    onsets = onsets.assign(**onset)
    return {"people": people, "residences": residences, "registrations": registrations, "onsets": onsets}


@pytest.fixture(scope="module")
def simulated(spark: SparkSession, place: Place, drawn: dict[str, pd.DataFrame]) -> Simulated:
    types = {
        "people": "person_number long, sex_code string, birth_date date, death_date date, ethnic_category_code string,"
        " is_interpreter_needed boolean",
        "residences": "lsoa_2011_code string, lsoa_2021_code string, postcode string, person_number long,"
        " from_date date, to_date date",
        "registrations": "person_number long, practice_code string, from_date date, to_date date",
        "onsets": "person_number long, condition string, onset_date date, recorded_date date",
    }
    frames = {name: spark.createDataFrame(drawn[name], schema) for name, schema in types.items()}
    return Simulated(place, **frames)


@pytest.fixture(scope="module")
def folder(simulated: Simulated, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reference")
    write_place_feeds(simulated.place, folder)
    write_all(simulated, folder)
    return folder


def write_all(simulated: Simulated, folder: Path) -> None:
    write_population_feeds(simulated, folder, on=ON)
    write_registration_feed(simulated, folder, on=ON)
    write_qof_feed(simulated, folder, on=ON)


def rows_read(checked: Checked) -> int:
    """Return how many rows there were, having seen that there are some and that nothing was rejected."""
    assert checked.rejected.collect() == []
    numbers = checked.numbers()
    assert numbers["read"] > 0 and numbers["rejected_rows"] == 0
    return numbers["read"]


def accepted(checked: Checked) -> pd.DataFrame:
    """Return the rows, having seen that nothing was rejected."""
    assert rows_read(checked)
    return checked.accepted.toPandas()


def source(folder: Path, *names: str, **given: object) -> Source:
    return Source(path=tuple(str(folder / name) for name in names), **given)


@pytest.fixture(scope="module")
def lookup(spark: SparkSession, folder: Path) -> DataFrame:
    lookups = area_lookup.read(spark, source(folder, *LOOKUPS, "epcncorepartnerdetails.csv", options=PLACES))
    assert lookups.checked.rejected.collect() == []
    return lookups.checked.accepted.persist()


@pytest.mark.parametrize(
    ("read", "file", "rows"),
    [
        (practice.read, "epraccur.csv", "practices"),
        (practitioner.read, "epracmem.csv", "practitioners"),
        (deprivation.read_2025, "iod_2025_file_7.csv", "areas_2021"),
        (road.read, "roads.csv", "roads"),
        (census.read_english_proficiency, "qs205ew_english.csv", "areas_2011"),
        (census.read_qualification, "qs501ew_qualifications.csv", "areas_2011"),
        (ethnicity.read, "ks201ew_ethnic_group.csv", "areas_2011"),
        (population_2021.read, "census2021_ts007a_lsoa.csv", "areas_2021"),
    ],
)
def test_a_feed_is_read_whole(
    spark: SparkSession, folder: Path, place: Place, *, read: Read, file: str, rows: str
) -> None:
    assert rows_read(read(spark, source(folder, file))) == len(getattr(place, rows))


def test_scores_and_quintiles_arrive_as_planted(spark: SparkSession, folder: Path, place: Place) -> None:
    got = accepted(deprivation.read_2019(spark, source(folder, "iod_2019_file_7.csv")))
    both = place.areas_2011.merge(got, on="lsoa_2011_code", suffixes=("", "_read"), validate="1:1")
    assert len(both) == len(got) == len(place.areas_2011)
    for name in ("imd_2019_score", "adult_skills_2019_rank", "outdoors_2019_decile"):
        assert (both[name] == both[f"{name}_read"]).all()
    quintile = np.ceil(5 * both["imd_2019_rank_read"] / both["ranked_areas_count"])
    assert (quintile == both["imd_2019_quintile"]).all()
    parts = both[["population_0_15_count", "population_16_59_count", "population_60_over_count"]]
    assert (parts.sum(axis=1) == both["population_count"]).all()


def test_postcodes_sites_and_outlines_arrive_where_they_are(
    spark: SparkSession, folder: Path, place: Place, lookup: DataFrame
) -> None:
    got = accepted(postcode.read(spark, source(folder, "nspl.csv")))
    both = place.postcodes.merge(got, on=["postcode", "easting", "northing", "lsoa_2011_code"], validate="1:1")
    assert len(both) == len(got) == len(place.postcodes) and both["longitude"].between(0, 2).all()
    sites = accepted(service.read(spark, source(folder, "services.csv")))
    assert sites["service_type"].value_counts().to_dict() == {"gp_practice": 7, "acute": 2, "diabetes_centre": 1}
    outlines = boundary.read(spark, source(folder, "lsoa11.geojson", "lsoa21.geojson"), lookup=lookup)
    rows = accepted(outlines.checked)
    assert outlines.notes == {"outlines_mended": 0}
    assert set(rows["epsg_code"]) == {27_700}
    assert rows["area_type"].value_counts().to_dict() == {
        "lsoa_2011": len(place.areas_2011),
        "lsoa_2021": len(place.areas_2021),
    }


def test_the_lookup_has_every_level_and_change(lookup: DataFrame, place: Place) -> None:
    rows = lookup.toPandas()
    levels = {level for _, level in rows[["from_level", "to_level"]].drop_duplicates().itertuples(index=False)}
    assert levels == {
        *("lsoa_2021", "msoa_2011", "msoa_2021", "pcn"),
        *(f"{level}_{year}" for level in ("ward", "ltla", "place", "sicbl", "icb") for year in (2022, 2024)),
    }
    changes = rows[rows["to_level"] == "lsoa_2021"]["change_code"].value_counts()
    assert changes.to_dict() == place.lookup["change_code"].value_counts().to_dict()


def test_hectares_of_2021_are_told_from_those_of_2011(
    spark: SparkSession, folder: Path, place: Place, lookup: DataFrame
) -> None:
    areas = land_area.read(spark, source(folder, "sam_lsoa_dec_2021.csv"), lookup=lookup)
    got = accepted(areas.checked)
    assert areas.notes == {"codes_not_of_the_header": 0, "codes_unknown": 0}
    assert got["area_hectares"].sum() == pytest.approx(place.land.area / 10_000, abs=0.5)


def test_residents_are_those_who_were_drawn(spark: SparkSession, folder: Path, drawn: dict[str, pd.DataFrame]) -> None:
    people = drawn["people"].merge(drawn["residences"], on="person_number").iloc[7:]  # seven are dead
    born = pd.to_datetime(people["birth_date"])
    had_birthday = (born.dt.month < ON.month) | ((born.dt.month == ON.month) & (born.dt.day <= ON.day))
    age = (ON.year - born.dt.year - (~had_birthday).astype(int)).clip(upper=90)
    got = accepted(population.read(spark, source(folder, "sape_mid_year_lsoa11.xlsx")))
    found = got[got["residents_count"] > 0].set_index(["lsoa_2011_code", "age_years", "sex_code"])["residents_count"]
    expected = people.groupby(["lsoa_2011_code", age.rename("age_years"), "sex_code"]).size()
    pd.testing.assert_series_equal(found.sort_index(), expected.sort_index(), check_names=False)
    minority = accepted(ethnicity.read(spark, source(folder, "ks201ew_ethnic_group.csv")))
    is_minority = ~people["ethnic_category_code"].isin(["A", "B", "C"])
    share = is_minority.groupby(people["lsoa_2011_code"]).mean()
    found_share = minority.set_index("lsoa_2011_code")["ethnic_minority_share"]
    np.testing.assert_allclose(found_share.loc[share.index], share, atol=1e-12)
    groups = accepted(ethnicity.read_2021(spark, source(folder, "census2021_ts021_lsoa.csv", columns=GROUPS)))
    assert groups["residents_count"].sum() == len(people)
    assert groups[groups["ethnic_group"] == "White"]["residents_count"].sum() == (~is_minority).sum()
    english = accepted(census.read_english_proficiency(spark, source(folder, "qs205ew_english.csv")))
    of_age = people[age >= 3]
    assert english["residents_3_over_count"].sum() == len(of_age)
    assert english["low_english_proficiency_count"].sum() == of_age["is_interpreter_needed"].sum()


def test_lists_are_those_who_are_registered(spark: SparkSession, folder: Path, drawn: dict[str, pd.DataFrame]) -> None:
    got = accepted(registration.read(spark, source(folder, "gp-reg-pat-prac-lsoa-all.csv")))
    both = drawn["registrations"].merge(drawn["residences"], on="person_number").iloc[7:]
    expected = both.groupby(["practice_code", "lsoa_2011_code"]).size()
    found = got.set_index(["practice_code", "lsoa_2011_code"])["patients_count"]
    pd.testing.assert_series_equal(found.sort_index(), expected.sort_index(), check_names=False)


def test_registers_have_their_own_ages_and_targets_their_newest_value(
    spark: SparkSession, simulated: Simulated, drawn: dict[str, pd.DataFrame], tmp_path: Path
) -> None:
    patients = drawn["people"]["person_number"][::5]
    values = [(int(n), "hba1c_ifcc", date(2024, 1, 1), 70.0) for n in patients]
    values += [(int(n), "hba1c_ifcc", date(2024, 2, 1), 58.0) for n in patients[::2]]
    values += [(int(n), "hba1c_ifcc", date(2022, 2, 1), 40.0) for n in patients]  # too long ago
    schema = "person_number long, measure string, observation_date date, value double"
    write_qof_feed(replace(simulated, observations=spark.createDataFrame(values, schema)), tmp_path, on=ON)
    got = accepted(practice_prevalence.read(spark, source(tmp_path, "qof-simulated-prev-ach-prac.xlsx")))
    people = drawn["people"].merge(drawn["registrations"], on="person_number").iloc[7:]
    adult = people[pd.to_datetime(people["birth_date"]) <= "2007-06-30"]
    has = adult[adult["person_number"].isin(patients)]
    prevalence = has.groupby("practice_code").size() / adult.groupby("practice_code").size()
    met = has["person_number"].isin(patients[::2]).groupby(has["practice_code"]).mean()
    got = got.set_index("practice_code")
    np.testing.assert_allclose(got["diabetes_prevalence"].loc[prevalence.index], prevalence, atol=1e-12)
    np.testing.assert_allclose(got["diabetes_hba1c_share"].loc[met.index], met, atol=1e-12)
    older = people[pd.to_datetime(people["birth_date"]) <= "2009-06-30"]
    smoking = (older["person_number"] % 4 == 0).groupby(older["practice_code"]).mean()
    np.testing.assert_allclose(got["smoking_prevalence"].loc[smoking.index], smoking, atol=1e-12)
    assert (got["diabetes_blood_pressure_share"] == 0).all() and got["asthma_prevalence"].isna().all()
    np.testing.assert_allclose(got["diabetes_points"].loc[met.index], points("DM020", met), atol=1e-12)


def test_points_rise_between_the_thresholds() -> None:
    shares = pd.Series([None, 0.2, 0.35, 0.55, 0.75, 1.0], dtype=float)
    assert points("DM020", shares).tolist() == [0.0, 0.0, 0.0, 8.5, 17.0, 17.0]


def test_without_observations_shares_of_care_are_null(spark: SparkSession, folder: Path) -> None:
    got = accepted(practice_prevalence.read(spark, source(folder, "qof-simulated-prev-ach-prac.xlsx")))
    assert got["diabetes_hba1c_share"].isna().all() and got["diabetes_prevalence"].between(0.1, 0.3).all()


def test_feeds_are_the_same_bytes_whatever_the_order_and_partitions(
    simulated: Simulated, folder: Path, tmp_path: Path
) -> None:
    names = ("people", "residences", "registrations", "onsets")
    shuffled = {name: getattr(simulated, name).orderBy("person_number", ascending=False) for name in names}
    write_place_feeds(simulated.place, tmp_path)
    write_all(replace(simulated, **{name: frame.repartition(5) for name, frame in shuffled.items()}), tmp_path)
    both = [
        {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in at.iterdir()} for at in (folder, tmp_path)
    ]
    assert both[0] == both[1] and len(both[0]) == 22
