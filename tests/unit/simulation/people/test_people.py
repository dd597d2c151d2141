"""The people of a simulated region: who they are, where they live and are registered, and what records lack."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from scipy import stats

from icspark.errors import ConfigurationError
from icspark.simulation.england_2019 import residents
from icspark.simulation.homes import Addresses, Homes, Place, homes_of
from icspark.simulation.lives import NEVER, Lives, expected_residents
from icspark.simulation.people import simulate_people, simulate_registrations, simulate_residences
from icspark.simulation.people_config import PeopleConfig
from icspark.simulation.period import Period
from icspark.simulation.registrations import Practices, registrations_of

CONFIG = PeopleConfig()
LEAST_P = 0.0005
PEOPLE = 100_000


@pytest.fixture(scope="module")
def lives(period: Period) -> Lives:
    return Lives.drawn(np.arange(PEOPLE), CONFIG, period)


@pytest.fixture(scope="module")
def homes(lives: Lives, place: Place, period: Period) -> Homes:
    return homes_of(lives, Addresses.of(place), CONFIG, period)


def share_is(events: np.ndarray, share: float) -> bool:
    return bool(stats.binomtest(int(events.sum()), len(events), share).pvalue > LEAST_P)


def test_the_table_of_residents_is_that_of_england(data: Path) -> None:
    file = data / "reference" / "population_mid2019_lsoa11_age_sex.parquet"
    rows = pd.read_parquet(file, filters=[("lsoa_code", ">=", "E"), ("lsoa_code", "<", "F")])
    real = rows.groupby(["gender", "age"], observed=True)["n"].sum().unstack().loc[["m", "f"]].to_numpy() / 1000
    assert np.abs(residents()[:, :90] - real[:, :90]).max() <= 0.5
    assert np.abs(residents()[:, 90:].sum(axis=1) - real[:, 90]).max() <= 0.5


def test_age_and_sex_on_the_first_date_are_as_england_s(lives: Lives, period: Period) -> None:
    there = lives.birth <= period.first_day
    band = np.minimum((period.first_day - lives.birth[there]) / 365.25, 99).astype(int) // 10
    seen = np.bincount(lives.sex[there] * 10 + band, minlength=20)
    bands = np.add.reduceat(residents(), np.arange(0, 100, 10), axis=1).ravel()
    assert stats.chisquare(seen, bands / bands.sum() * seen.sum()).pvalue > LEAST_P


def test_those_alive_on_the_last_date_are_as_many_as_the_hazards_say(lives: Lives, period: Period) -> None:
    expected = expected_residents(period, CONFIG)
    alive = lives.death == NEVER
    age = ((period.last_day - lives.birth[alive]) / 365.25).astype(int)
    seen = np.bincount(lives.sex[alive] * 10 + np.minimum(age // 10, 9), minlength=20)
    bands = np.add.reduceat(expected[:, :109], np.arange(0, 100, 10), axis=1).ravel()
    both = np.append(seen, (~alive).sum()), np.append(bands, 1 - bands.sum()) * PEOPLE
    assert stats.chisquare(*both).pvalue > LEAST_P


def test_days_lived_within_the_period_are_counted_from_birth_to_death(lives: Lives, period: Period) -> None:
    born, died = lives.birth > period.first_day, lives.death != NEVER
    assert born.any() and died.any()
    assert (lives.begin == np.where(born, lives.birth, period.first_day)).all()
    assert (lives.end == np.where(died, lives.death, period.last_day + 1)).all()
    assert (lives.death[died] <= period.last_day).all()
    assert (lives.death >= lives.begin).all()
    assert lives.birth.max() <= period.last_day


def test_no_one_dies_where_the_death_rate_is_nought(period: Period) -> None:
    config = PeopleConfig(death_rate_multiplier=0)
    assert (Lives.drawn(np.arange(1000), config, period).death == NEVER).all()


def test_homes_follow_one_another_and_every_move_changes_the_postcode(lives: Lives, homes: Homes) -> None:
    follows = homes.person[1:] == homes.person[:-1]
    assert (homes.since[1:][follows] == homes.until[:-1][follows]).all()
    assert (homes.since < homes.until).all()
    assert (homes.address[1:][follows] != homes.address[:-1][follows]).all()
    assert (homes.until[homes.is_last] == NEVER).all()
    assert (homes.since >= lives.birth[homes.person]).all()
    assert (homes.since < lives.end[homes.person])[homes.nth > 0].all()
    assert (np.bincount(homes.person, minlength=PEOPLE) >= 1).all()


def test_six_per_cent_move_in_a_year_and_a_third_stay_near(lives: Lives, homes: Homes, place: Place) -> None:
    years = (lives.end - lives.begin).sum() / 365.25
    moves = int((homes.nth > 0).sum())
    assert stats.poisson.sf(moves - 1, 0.06 * years) > LEAST_P
    assert stats.poisson.cdf(moves, 0.06 * years) > LEAST_P
    area = Addresses.of(place).area[homes.address]
    stays = (area[1:] == area[:-1])[homes.nth[1:] > 0]
    share = np.array([1000.0, 1500.0] * 5) / 12_500
    assert share_is(stays, 0.3 + 0.7 * (share**2).sum())


def test_areas_keep_their_expected_people_through_moves(homes: Homes, place: Place) -> None:
    area = Addresses.of(place).area[homes.address[homes.is_last]]
    expected = np.array([1000.0, 1500.0] * 5) / 12_500 * PEOPLE
    assert stats.chisquare(np.bincount(area), expected).pvalue > LEAST_P


def test_lists_are_in_proportion_to_their_weight_and_near(
    lives: Lives, homes: Homes, place: Place, period: Period
) -> None:
    addresses = Addresses.of(place)
    practices = Practices.of(place, addresses, CONFIG)
    found = registrations_of(lives, homes, practices, addresses=addresses, config=CONFIG, period=period)
    sizes = np.bincount(found.practice[found.until == NEVER]) / (found.until == NEVER).sum()
    assert np.abs(sizes - np.array([1.0, 0.5, 1.5, 1.0]) / 4).max() < 0.01
    first = practices.drawn(lives.draws, np.zeros(PEOPLE, dtype=np.int64))
    assert (first == 0).mean() > 0.8


def test_registrations_follow_moves_and_only_duplicates_overlap(
    lives: Lives, homes: Homes, place: Place, period: Period
) -> None:
    addresses = Addresses.of(place)
    practices = Practices.of(place, addresses, CONFIG)
    found = registrations_of(lives, homes, practices, addresses=addresses, config=CONFIG, period=period)
    assert (found.since < found.until).all()
    assert (found.since >= lives.birth[found.person]).all()
    assert (found.since < lives.end[found.person]).all()
    same = found.person[1:] == found.person[:-1]
    overlaps = same & (found.since[1:] < found.until[:-1])
    assert (found.practice[1:] != found.practice[:-1])[same].all()
    assert share_is(np.isin(np.arange(PEOPLE), found.person[1:][overlaps]), CONFIG.duplicate_registration_share)
    died = lives.death[found.person] != NEVER
    last = np.append(~same, True)
    assert (found.until[last & died] == lives.death[found.person][last & died]).all()


@pytest.fixture(scope="module")
def people(spark: SparkSession, place: Place, period: Period) -> pd.DataFrame:
    return simulate_people(spark, place, CONFIG, people=20_000, period=period, effect_deviation=0.8).toPandas()


def test_what_is_missing_is_missing_more_where_people_are_poorer(people: pd.DataFrame) -> None:
    for flag, least, most in (("is_home_known", 0.01, 0.04), ("is_ethnicity_known", 0.03, 0.12)):
        for quintile in range(1, 6):
            unknown = ~people.loc[people["imd_2019_quintile"] == quintile, flag].to_numpy()
            assert share_is(unknown, least + (most - least) * (5 - quintile) / 4)


def test_ethnic_category_is_that_of_the_area_of_the_last_home(people: pd.DataFrame, place: Place) -> None:
    shares = place.areas_2011.set_index("lsoa_2011_code")["ethnic_minority_share"]
    is_minority = ~people["ethnic_category_code"].isin(["A", "B", "C"])
    for code, rows in is_minority.groupby(people["lsoa_2011_code"]):
        assert share_is(rows.to_numpy(), shares[code])
    need = people.groupby(people["ethnic_category_code"] == "A")["is_interpreter_needed"].mean()
    assert need[False] > 5 * need[True]
    assert abs(people["non_attendance_effect"].std() - 0.8) < 0.02


@pytest.fixture
def rows_of(spark: SparkSession, place: Place, period: Period) -> Iterator[Callable[[int, int], list[list[str]]]]:
    """Give a function that makes 500 people in so many partitions and Arrow batches of so many rows."""
    key = "spark.sql.execution.arrow.maxRecordsPerBatch"

    def rows(partitions: int, batch: int) -> list[list[str]]:
        spark.conf.set(key, str(batch))
        people = simulate_people(spark, place, CONFIG, people=500, period=period, partitions=partitions)
        homes = simulate_residences(people, place, CONFIG, period=period)
        registrations = simulate_registrations(people, place, CONFIG, period=period)
        assert homes.select(F.spark_partition_id().alias("part")).distinct().count() == partitions
        return [sorted(map(repr, frame.collect())) for frame in (people, homes, registrations)]

    yield rows
    spark.conf.unset(key)


def test_the_same_rows_from_any_batches(rows_of: Callable[[int, int], list[list[str]]]) -> None:
    one = rows_of(1, 10_000)
    assert [len(found) >= 490 for found in one] == [True] * 3
    assert rows_of(3, 8) == one


@pytest.mark.slow
def test_the_same_rows_from_any_partitioning(rows_of: Callable[[int, int], list[list[str]]]) -> None:
    one = rows_of(1, 10_000)
    assert rows_of(7, 10_000) == one
    assert rows_of(64, 10_000) == one


def test_what_records_say_of_the_truth_is_the_last_home(spark: SparkSession, place: Place, period: Period) -> None:
    people = simulate_people(spark, place, CONFIG, people=3000, period=period).toPandas().set_index("person_number")
    homes = simulate_residences(
        simulate_people(spark, place, CONFIG, people=3000, period=period), place, CONFIG, period=period
    ).toPandas()
    last = homes[homes["to_date"].isna()].set_index("person_number").loc[people.index]
    assert (last["postcode"] == people["home_postcode"]).all()
    assert (last["lsoa_2021_code"] == people["lsoa_2021_code"]).all()
    assert len(homes) > 3300


def test_impossible_strengths_are_refused() -> None:
    with pytest.raises(ValidationError, match="duplicate_registration_share"):
        PeopleConfig(duplicate_registration_share=1.2)
    with pytest.raises(ValidationError, match="together must be at most 1"):
        PeopleConfig(missing_link_share=0.9, false_link_share=0.2)
    with pytest.raises(ConfigurationError, match="last_date"):
        Period(date(2024, 1, 2), date(2024, 1, 1), seed=1)
