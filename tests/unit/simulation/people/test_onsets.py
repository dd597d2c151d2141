"""When simulated conditions begin and how they are recorded."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from scipy import stats
from statsmodels.stats.contingency_tables import StratifiedTable

from icspark.simulation.condition_truth import truth_pair
from icspark.simulation.conditions import Illness, condition_code_feed, simulate_diagnoses, simulate_onsets
from icspark.simulation.conditions_config import ConditionsConfig
from icspark.simulation.homes import Place
from icspark.simulation.lives import NEVER, Lives
from icspark.simulation.onsets import Onsets, age_band, last_day, onsets_of
from icspark.simulation.people import simulate_people
from icspark.simulation.people_config import PeopleConfig
from icspark.simulation.period import Period
from icspark.simulation.registrations import first_registered

PEOPLE = 120_000
CONFIG = ConditionsConfig()
LEAST_P = 0.0005


class Region:
    """People with quintiles dealt out in turn, and their conditions."""

    def __init__(self, period: Period, illness: Illness) -> None:
        people = PeopleConfig()
        self.period, self.illness = period, illness
        self.lives = Lives.drawn(np.arange(PEOPLE), people, period)
        self.quintile = 1 + np.arange(PEOPLE) % 5
        self.registered = first_registered(self.lives, people, period)
        self.onsets: Onsets = onsets_of(
            self.lives, self.quintile, self.registered, model=illness.model, config=CONFIG, period=period
        )
        self.day = np.full((len(illness.names), PEOPLE), NEVER)
        self.day[self.onsets.condition, self.onsets.person] = self.onsets.day

    def has(self, name: str) -> np.ndarray[Any, Any]:
        return self.since(name) < NEVER

    def since(self, name: str) -> np.ndarray[Any, Any]:
        return self.day[self.illness.names.index(name)]


@pytest.fixture(scope="module")
def region(period: Period) -> Region:
    return Region(period, Illness.of(CONFIG, period))


def test_prevalence_by_age_sex_and_quintile_is_that_of_the_model(region: Region) -> None:
    band = age_band(region.lives.birth, last_day(region.lives, region.period))
    for name, node in region.illness.model.nodes.items():
        chance = node.target[band, region.lives.sex, region.quintile - 1]
        z = (region.has(name).sum() - chance.sum()) / np.sqrt((chance * (1 - chance)).sum())
        assert abs(z) < 4, name


def test_the_measured_odds_ratio_of_every_frequent_pair_is_the_implied_one(region: Region) -> None:
    """Mantel-Haenszel by statsmodels on the strata of those alive, against the exact truth."""
    alive = region.lives.death == NEVER
    band = age_band(region.lives.birth, last_day(region.lives, region.period))
    stratum = np.ravel_multi_index((band, region.lives.sex, region.quintile - 1), (19, 2, 5))[alive]
    people = np.bincount(stratum, minlength=190)
    truth = truth_pair(region.illness.model, people.reshape(19, 2, 5).astype(float))
    z = []
    for row in truth.itertuples():
        a, b = region.has(row.condition_a)[alive], region.has(row.condition_b)[alive]
        if (a & b).sum() < 150:
            continue
        cells = [np.bincount(stratum[x & y], minlength=190) for x, y in ((a, b), (a, ~b), (~a, b), (~a, ~b))]
        kept = people > 1
        table = StratifiedTable(np.array(cells)[:, kept].reshape(2, 2, -1).astype(float))
        z.append((table.logodds_pooled - np.log(row.stratified_odds_ratio)) / table.logodds_pooled_se)
    assert len(z) > 200
    assert np.max(np.abs(z)) < 4.3
    assert stats.kstest(z, "norm").pvalue > LEAST_P


def test_onsets_lie_within_life_and_the_period(region: Region) -> None:
    onsets, lives = region.onsets, region.lives
    assert (onsets.day >= lives.birth[onsets.person]).all()
    assert (onsets.day <= last_day(lives, region.period)[onsets.person]).all()
    assert (onsets.recorded_day >= onsets.day).all()
    assert (onsets.recorded_day <= last_day(lives, region.period)[onsets.person]).all()
    within = (onsets.day >= region.period.first_day).mean()
    assert 0.08 < within < 0.25


def share_first(region: Region, a: str, b: str) -> tuple[int, int]:
    both = region.has(a) & region.has(b)
    return int((region.since(a) < region.since(b))[both].sum()), int((region.since(a) > region.since(b))[both].sum())


def test_a_cause_comes_before_what_it_brings_about(region: Region) -> None:
    """With onsets of a pair exchanged between people of one band, order is what age alone gives: a cause beats it."""
    band = age_band(region.lives.birth, last_day(region.lives, region.period))
    for a, b in [("anxiety", "depression"), ("atrial_fibrillation", "heart_failure"), ("obesity", "diabetes")]:
        both = np.flatnonzero(region.has(a) & region.has(b))
        later = both[np.lexsort((region.lives.number[both], region.lives.sex[both], band[both]))]
        shuffled = np.roll(later, 1)
        apart = region.since(b)[shuffled] - region.lives.birth[shuffled] + region.lives.birth[later]
        by_age = (region.since(a)[later] < apart).mean()
        first, second = share_first(region, a, b)
        assert stats.binomtest(first, first + second, min(by_age, 0.999)).pvalue < 1e-4
        assert first / (first + second) > by_age


def test_some_pairs_begin_on_one_day(region: Region) -> None:
    same = (region.since("anxiety") == region.since("depression")) & region.has("anxiety")
    assert 0.02 < same.sum() / (region.has("anxiety") & region.has("depression")).sum() < 0.15
    unrelated = (region.since("glaucoma") == region.since("hypertension")) & region.has("glaucoma")
    assert unrelated.sum() <= 3


def test_the_share_found_on_the_same_day_is_the_one_that_was_asked_for(period: Period) -> None:
    def same_day(share: float) -> float:
        lives = Lives.drawn(np.arange(20_000), PeopleConfig(), period)
        config = ConditionsConfig(same_day_share=share, lag_years=20)
        illness = Illness.of(config, period)
        quintile, registered = np.full(20_000, 3), np.full(20_000, NEVER)
        found = onsets_of(lives, quintile, registered, model=illness.model, config=config, period=period)
        assert not found.is_backlog.any()
        day = np.full((40, 20_000), NEVER)
        day[found.condition, found.person] = found.day
        a, b = (day[illness.names.index(name)] for name in ("anxiety", "depression"))
        return float(((a == b) & (a < NEVER)).sum() / ((a < NEVER) & (b < NEVER)).sum())

    assert same_day(0.0) < 0.04  # those whose first and second onset were at birth or on their last day
    assert same_day(1.0) > 0.4


def test_a_backlog_dates_old_diagnoses_on_the_day_of_registration(region: Region) -> None:
    onsets = region.onsets
    registered = region.registered[onsets.person]
    assert (onsets.recorded_day == np.where(onsets.is_backlog, registered, onsets.day)).all()
    assert (onsets.day < registered)[onsets.is_backlog].all()
    old = np.unique(onsets.person[(onsets.day < registered) & (registered < NEVER)])
    with_backlog = np.isin(old, onsets.person[onsets.is_backlog])
    assert stats.binomtest(int(with_backlog.sum()), len(old), 0.15).pvalue > LEAST_P


def test_the_band_of_age_counts_from_the_first_of_the_month_of_birth() -> None:
    def band(birth: str, day: str) -> int:
        days = [np.array([text], dtype="datetime64[D]").astype(np.int64) for text in (birth, day)]
        return int(age_band(*days)[0])

    assert band("2019-04-30", "2024-03-31") == 0
    assert band("2019-03-31", "2024-03-01") == 1
    assert band("1900-01-01", "2024-03-31") == 18


def frames(spark: SparkSession, place: Place, period: Period, partitions: int) -> list[list[str]]:
    illness = Illness.of(CONFIG, period)
    people = simulate_people(spark, place, PeopleConfig(), people=500, period=period, partitions=partitions)
    made = (simulate_onsets(people, illness), simulate_diagnoses(people, illness))
    return [sorted(map(repr, frame.collect())) for frame in made]


def test_the_same_rows_from_any_batches(spark: SparkSession, place: Place, period: Period) -> None:
    key = "spark.sql.execution.arrow.maxRecordsPerBatch"
    one = frames(spark, place, period, 1)
    assert len(one[0]) > 500
    spark.conf.set(key, "8")
    try:
        assert frames(spark, place, period, 3) == one
    finally:
        spark.conf.unset(key)


@pytest.mark.slow
def test_the_same_rows_from_any_partitioning(spark: SparkSession, place: Place, period: Period) -> None:
    one = frames(spark, place, period, 1)
    assert frames(spark, place, period, 7) == one
    assert frames(spark, place, period, 64) == one


def test_diagnoses_code_every_onset_and_nothing_else(spark: SparkSession, place: Place, period: Period) -> None:
    illness = Illness.of(CONFIG, period)
    people = simulate_people(spark, place, PeopleConfig(), people=3000, period=period)
    onsets = simulate_onsets(people, illness).toPandas()
    rows = simulate_diagnoses(people, illness).withColumn("day", F.col("diagnosis_date").cast("date")).toPandas()
    feed = condition_code_feed()
    listed = {
        code: next(
            name
            for name, system, prefix in feed[["condition", "code_system", "code"]].itertuples(index=False)
            if system == code[0] and code[1].startswith(prefix)
        )
        for code in set(zip(rows["code_system"], rows["code"], strict=True))
    }
    rows["condition"] = [listed[code] for code in zip(rows["code_system"], rows["code"], strict=True)]
    first = rows.groupby(["person_number", "condition"])["day"].min().rename("first").reset_index()
    joined = onsets.merge(first, on=["person_number", "condition"], how="outer", indicator=True)
    assert (joined["_merge"] == "both").all()
    assert (joined["first"] == joined["recorded_date"]).all()
    key = ["person_number", "code_system", "code", "diagnosis_date", "source"]
    assert not rows.duplicated(key).any()
    assert set(zip(rows["source"], rows["code_system"], strict=True)) == {
        ("primary", "simulated"),
        ("inpatient", "icd10"),
        ("outpatient", "icd10"),
    }
    assert pd.to_datetime(rows["diagnosis_date"]).max() <= pd.Timestamp(period.last_date)
