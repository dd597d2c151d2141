"""Simulated appointments: what an extract of them may and may not hold."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import SparkSession

from icspark.simulation.appointments import OUTCOME_CODES, Outpatients, simulate_appointments, truth_appointment
from icspark.simulation.care_config import CareConfig, NonAttendanceConfig
from icspark.simulation.care_people import NEVER, histories
from icspark.simulation.care_sites import Sites
from icspark.simulation.draws import Draws
from icspark.simulation.non_attendance import Booked, outcomes


@pytest.fixture(scope="module")
def many(region: ModuleType) -> Outpatients:
    return Outpatients.of(
        region.people_batch(20_000), Sites.of(region.small_place()), CareConfig(), period=region.PERIOD
    )


def codes(many: Outpatients) -> np.ndarray:
    return np.array(OUTCOME_CODES)[many.outcome]


def test_dates_are_in_possible_order(many: Outpatients, region: ModuleType) -> None:
    made, people = many.made, many.people

    assert (people.birth[made.person] <= made.referral_day).all()
    assert (made.referral_day <= made.booked_day).all()
    assert (made.booked_day * 1440 + made.booked_minute < made.day * 1440 + made.minute).all()
    assert made.day.min() >= region.PERIOD.first_day
    assert made.booked_day.max() <= region.PERIOD.last_day


def test_only_what_is_yet_to_come_has_code_0(many: Outpatients, region: ModuleType) -> None:
    is_future = many.made.day > region.PERIOD.last_day

    assert is_future.sum() > 500
    assert ((codes(many) == "0") == is_future).all()


def test_a_share_of_the_appointments_after_a_death_stays_recorded_as_not_attended(many: Outpatients) -> None:
    died = many.people.death[many.made.person]
    after = many.made.day >= died

    assert after.sum() > 10
    assert (after == many.made.is_after_death).all()
    assert set(codes(many)[after]) <= {"3", "0"}
    assert (many.made.booked_day < died).all()
    assert not many.booked.is_due[after].any()


def test_shares_of_codes_are_the_planted_ones(many: Outpatients) -> None:
    past = codes(many)[(many.outcome != 0) & ~many.made.is_after_death]
    held = past[np.isin(past, ["3", "5", "6", "7"])]

    assert (past == "2").mean() == pytest.approx(0.07, abs=0.005)
    assert (past == "4").mean() == pytest.approx(0.08, abs=0.005)
    assert 0.06 < np.isin(held, ["3", "7"]).mean() < 0.09
    assert (held[np.isin(held, ["3", "7"])] == "7").mean() == pytest.approx(0.03, abs=0.01)
    assert (held[np.isin(held, ["5", "6"])] == "6").mean() == pytest.approx(0.02, abs=0.004)


def test_people_have_about_two_and_a_half_appointments_and_those_in_deprived_areas_miss_more(many: Outpatients) -> None:
    held = many.booked.is_held
    missed = pd.Series(many.is_missed[held]).groupby(many.booked.quintile[held]).mean()

    assert 2.2 < len(many.outcome) / many.people.size < 2.8
    assert missed[1] > 1.5 * missed[5]


def test_each_chain_begins_with_a_first_attendance(many: Outpatients) -> None:
    made = many.made
    chain = made.number // 9 + 1_000 * made.person
    order = np.lexsort((made.day, chain))

    firsts = np.diff(made.is_first[order].astype(int))[np.diff(chain[order]) == 0]

    assert made.is_first.mean() > 0.25
    assert (firsts <= 0).all()


def test_appointments_are_as_frequent_at_the_start_as_at_the_end(many: Outpatients, region: ModuleType) -> None:
    days = many.made.day - region.PERIOD.first_day
    counts = np.bincount(days[days < 1095] // 365)

    assert np.abs(counts / counts.mean() - 1).max() < 0.05


def test_rates_by_quintile_are_the_planted_ratios(region: ModuleType) -> None:
    rate = {"per_person_year": 0.25, "age_rate_ratio": {0: 1, 90: 1}, "imd_quintile_rate_ratio": (2, 1.5, 1.2, 1.1, 1)}
    config = region.config(appointments={"chain_rate": {**rate, "condition_rate_increase": 0.0}})
    people, sites = region.people_batch(40_000), Sites.of(region.small_place())
    made = Outpatients.of(people, sites, config, period=region.PERIOD).made
    living = np.minimum(people.death, region.PERIOD.last_day) - np.maximum(people.birth, region.PERIOD.first_day)
    home = sites.imd_quintile[people.homes.area]

    counts, clusters = np.bincount(home[made.person], minlength=6)[1:], np.bincount(home, living)[1:]

    ratios = counts / clusters / (counts[4] / clusters[4])
    # Appointments come in chains of three, so counts vary more than Poisson: about 2.5 times.
    error = ratios * np.sqrt(2.5 * (1 / counts + 1 / counts[4]))
    assert (np.abs(ratios - [2, 1.5, 1.2, 1.1, 1]) <= 4 * error).all()


def test_history_counts_what_was_known_at_booking() -> None:
    days = np.array([100, 110, 110, 500, 505])
    booked = Booked(
        person=np.array([0, 0, 0, 0, 1]),
        booked_day=np.array([90, 100, 101, 466, 500]),
        booked_minute=np.full(5, 600),
        day=days,
        minute=np.full(5, 600),
        medium=np.zeros(5, dtype=np.int64),
        site=np.zeros(5, dtype=np.int64),
        is_first=np.zeros(5, dtype=bool),
        quintile=np.ones(5, dtype=np.int64),
        is_held=np.array([True, True, True, False, True]),
        is_due=np.ones(5, dtype=bool),
        drift=np.ones(5),
    )
    always = np.full(5, 30.0)

    is_missed, previous = outcomes(booked, always, Draws.of(1, "x", days), config=NonAttendanceConfig())

    # Booked on the very day: not known. The day after: known. More than 365 days later: no longer counted.
    assert previous.tolist() == [0, 0, 1, 2, 0]
    assert is_missed.tolist() == [True, True, True, False, True]


def test_a_frame_of_appointments_is_what_the_tables_say(spark: SparkSession, region: ModuleType) -> None:
    asked = {"place": region.small_place(), "config": CareConfig(), "period": region.PERIOD}
    people = histories(region.small_lives(spark, 200), **asked).persist()

    made = region.rows_of(simulate_appointments(people, **asked))
    true = region.rows_of(truth_appointment(people, **asked))

    assert made["appointment_id"].is_unique
    assert made["appointment_id"].str.len().eq(16).all()
    assert set(true["appointment_id"]) < set(made["appointment_id"])
    assert made["appointment_datetime"].dt.hour.between(8, 17).all()
    both = made.merge(true, on="appointment_id")
    assert set(both["attended_or_did_not_attend_code"]) == {"0", "3", "5", "6", "7"}
    is_early = (both["appointment_datetime"] - both["appointment_booked_datetime"]).dt.days >= 14
    assert both["observable_14_days_before_probability"].notna().equals(is_early)
    assert made.drop(columns="referral_date").notna().all(axis=None)
    people.unpersist()


def test_homes_and_conditions_come_in_order_of_time(spark: SparkSession, region: ModuleType) -> None:
    asked = {"place": region.small_place(), "config": CareConfig(), "period": region.PERIOD}

    rows = histories(region.small_lives(spark, 50), **asked).orderBy("person_number").toPandas()

    assert len(rows) == 50
    moved = rows[rows["person_number"] % 10 == 0]
    assert (moved["home_to"].str[0] == moved["home_from"].str[1]).all()
    assert (rows["home_to"].str[-1] == NEVER).all()
    assert rows["conditions_count"].between(0, 3).all()
    assert rows["conditions_mean"].between(0, 3).all()
