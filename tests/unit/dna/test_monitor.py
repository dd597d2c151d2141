"""The monitor on Spark against the same numbers by pandas: weeks, seasons, contacts, scores of the time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import DataFrame, SparkSession
from scipy.special import expit

from icspark.dna.calibration import fitted_calibrator
from icspark.dna.feature_list import FeatureList
from icspark.dna.fitted import FittedModel
from icspark.dna.monitor import Champion, Watched, findings, monitor_frame
from icspark.dna.pipelines import DEFAULTS, assembled, classifier, encoder
from icspark.dna.weekly import Weeks
from icspark.tables.dna import DnaMonitor

FEATURES = FeatureList(("lead_days",), ("site_code", "weekday"))
TEST_FROM, TEST_TO, AS_OF = date(2024, 10, 1), date(2025, 1, 1), datetime(2025, 4, 2, 12, tzinfo=UTC)
MONDAYS = [date(2025, 1, 6) + timedelta(weeks=at) for at in range(12)]
LATE = MONDAYS[-1]
ROW = {
    "model_name": "dna",
    "model_version": 2,
    "parent_version": None,
    "train_from_date": date(2024, 1, 1),
    "validate_to_date": TEST_FROM,
    "test_to_date": TEST_TO,
}


def planted() -> pd.DataFrame:
    """Return appointments of a season, of the test window a year later, and of the weeks after it; many per person."""
    random = np.random.default_rng(4)
    days = [
        *random.integers(0, 91, 900),  # the first quarter of 2024
        *random.integers(275, 366, 900),  # the test window: the last quarter
        *random.integers(371, 458, 2000),  # from 6 January 2025 on, the last week not over
    ]
    size = len(days)
    frame = pd.DataFrame({"day": [date(2024, 1, 1) + timedelta(days=int(day)) for day in days]})
    frame["appointment_id"] = [f"A{at:04}" for at in random.permutation(size)]
    frame["person_id"] = [f"P{who:03}" for who in random.integers(0, 400, size)]
    frame["lead_days"] = np.where(random.random(size) < 0.05, np.nan, np.round(random.gamma(2, 15, size)))
    frame["site_code"] = random.choice(np.array(["S1", "S2", None], dtype=object), size, p=[0.55, 0.4, 0.05])
    frame["weekday"] = [str(day.isoweekday()) for day in frame["day"]]
    frame["is_after_death"] = random.random(size) < 0.01
    frame["is_dna"] = random.random(size) < expit(-1 + 0.02 * frame["lead_days"].fillna(30))
    frame["week"] = [day - timedelta(days=day.weekday()) for day in frame["day"]]
    is_late = (frame["week"] == LATE) & (random.random(size) < 0.3)
    frame["is_dna"] = frame["is_dna"].astype(object).where(~is_late, None)
    frame["is_reached"] = (frame["week"] >= MONDAYS[0]) & (random.random(size) < 0.2)
    return frame


@pytest.fixture(scope="module")
def model() -> FittedModel:
    frame = planted()
    known = frame[frame["is_dna"].notna()]
    transform = encoder("logistic_regression", FEATURES, seed=1)
    outcome = known["is_dna"].astype(bool)
    matrix = transform.fit_transform(FEATURES.prepared(known), outcome)
    fitted = classifier("logistic_regression", DEFAULTS["logistic_regression"], rounds=0, constraints=(), seed=1)
    fitted.fit(matrix, outcome)
    plain = fitted_calibrator("none", np.zeros(0), np.zeros(0, dtype=bool))
    return FittedModel("logistic_regression", FEATURES, assembled(transform, fitted), plain, 0.25, 0)


@pytest.fixture(scope="module")
def told(model: FittedModel) -> pd.DataFrame:
    """Return the planted rows of the living with their scores, one of which had stood otherwise at the time."""
    frame = planted()
    frame["dna_probability"] = model.predict(frame)
    return frame[~frame["is_after_death"]].set_index("appointment_id")


@pytest.fixture(scope="module")
def watched(spark: SparkSession, told: pd.DataFrame) -> Watched:
    frame = planted()
    held = [datetime(day.year, day.month, day.day, 9, tzinfo=UTC) for day in frame["day"]]
    names = ["appointment_id", "person_id", "is_after_death", "lead_days", "site_code", "weekday", "is_dna"]
    rows = [
        (*(None if pd.isna(value) else value for value in row), day, at)
        for row, day, at in zip(frame[names].itertuples(index=False), frame["day"], held, strict=True)
    ]
    features = spark.createDataFrame(
        rows,
        "appointment_id string, person_id string, is_after_death boolean, lead_days double, site_code string, "
        "weekday string, is_dna boolean, appointment_date date, appointment_datetime timestamp",
    )
    reached = frame[frame["is_reached"]]
    contacts = [(key, held[at] - timedelta(days=2)) for at, key in reached["appointment_id"].items()]
    later = frame.index[~frame["is_reached"]][-1]
    contacts.append((frame["appointment_id"][later], held[later] + timedelta(hours=1)))
    contact = spark.createDataFrame(contacts, "appointment_id string, contacted_datetime timestamp")
    return Watched(features, scores_of(spark, told, frame, held), contact)


def scores_of(spark: SparkSession, told: pd.DataFrame, frame: pd.DataFrame, held: list[datetime]) -> DataFrame:
    """Return scorings of one appointment: two before it, one after it, and one by another version."""
    key = first_scored(told)
    at = held[frame.index[frame["appointment_id"] == key][0]]
    rows = [
        (key, at - timedelta(days=5), "dna", 2, 1, at, 0.9),
        (key, at - timedelta(days=1), "dna", 2, 1, at, 0.99),
        (key, at + timedelta(days=1), "dna", 2, 1, at, 0.01),
        (key, at - timedelta(hours=1), "dna", 1, 1, at, 0.02),
    ]
    schema = "appointment_id string, scored_datetime timestamp, model_name string, model_version long, "
    return spark.createDataFrame(
        rows, schema + "feature_version long, appointment_datetime timestamp, dna_probability double"
    )


def first_scored(told: pd.DataFrame) -> str:
    return str(told.index[(told["week"] == MONDAYS[0]) & ~told["is_reached"]].min())


def rows_of(watched: Watched, model: FittedModel) -> list[dict[str, Any]]:
    champion = Champion(ROW, model, ROW, model)
    return findings(champion, watched, champion.weeks(AS_OF, "Europe/London"), per_year=1.0)


@pytest.fixture(scope="module")
def rows(watched: Watched, model: FittedModel) -> list[dict[str, Any]]:
    return rows_of(watched, model)


@pytest.fixture(scope="module")
def found(rows: list[dict[str, Any]]) -> pd.DataFrame:
    keys = ["week_start_date", "measure", "feature", "group_by", "group"]
    return pd.DataFrame(rows).set_index(keys).sort_index()


def of_the_time(told: pd.DataFrame) -> pd.DataFrame:
    changed = told.copy()
    changed.loc[first_scored(told), "dna_probability"] = 0.99
    return changed


def test_whole_weeks_after_the_test_window_that_are_over_are_told(found: pd.DataFrame) -> None:
    assert sorted(set(found.index.get_level_values(0))) == MONDAYS


def test_the_ratio_is_that_of_whoever_was_not_reached_by_the_scores_of_the_time(
    found: pd.DataFrame, told: pd.DataFrame
) -> None:
    for monday in MONDAYS[:-1]:
        week = of_the_time(told).query("week == @monday")
        for label, those in (("contacted", week[week["is_reached"]]), ("not_contacted", week[~week["is_reached"]])):
            row = found.loc[(monday, "observed_over_expected", "", "contact", label)]
            assert row["value"] == pytest.approx(those["is_dna"].sum() / those["dna_probability"].sum(), rel=1e-9)
            assert row["people_count"] == those["person_id"].nunique()
            assert row["non_attendances_count"] == those["is_dna"].sum()
        site = week[~week["is_reached"] & week["site_code"].isna()]
        if site["person_id"].nunique() >= 8:
            row = found.loc[(monday, "observed_over_expected", "", "site_code", "not known")]
            assert row["value"] == pytest.approx(site["is_dna"].sum() / site["dna_probability"].sum(), rel=1e-9)


def test_limits_are_on_those_not_reached_and_on_their_groups_alone(found: pd.DataFrame) -> None:
    judged = found.xs("observed_over_expected", level="measure")["is_alarm"].dropna()
    assert {key[2:] for key in judged.index} == {
        ("contact", "not_contacted"),
        ("site_code", "S1"),
        ("site_code", "S2"),
    }
    assert not judged.any()
    assert found["shared_by_count"].unique().tolist() == [1 + 1 + 1 + 1 + 2 + 2 + 2]
    assert found.loc[found["is_alarm"].notna(), "false_alarm_probability"].notna().all()


def test_a_week_whose_outcomes_are_late_is_told_by_its_scores_alone(found: pd.DataFrame) -> None:
    late = found.loc[LATE]
    assert set(late.loc["observed_over_expected"]["reason"]) == {"outcomes_not_in"}
    assert late.loc["predicted_mean"]["value"].notna().all()


def test_the_mean_score_and_its_limits_are_those_of_week_and_season(found: pd.DataFrame, told: pd.DataFrame) -> None:
    season = told[[day < date(2024, 4, 1) for day in told["week"]]]
    for monday in MONDAYS:
        week = of_the_time(told).query("week == @monday")
        row = found.loc[(monday, "predicted_mean", "", "overall", "all")]
        assert row["value"] == pytest.approx(week["dna_probability"].mean(), rel=1e-9)
        assert (row["lower_limit"] + row["upper_limit"]) / 2 == pytest.approx(
            season["dna_probability"].mean(), rel=1e-9
        )


def test_an_index_is_that_of_the_pooled_weeks_against_the_season_a_year_before(
    found: pd.DataFrame, told: pd.DataFrame
) -> None:
    season = told[[day < date(2024, 4, 1) for day in told["week"]]]
    pooled = told[[MONDAYS[8] <= day <= MONDAYS[11] for day in told["week"]]]
    known = pooled["site_code"].fillna("?").value_counts()
    before = season["site_code"].fillna("?").value_counts()
    # Few are of no known site, so that bin is pooled with the rarest other one.
    week, reference = ([counts["S1"], counts["S2"] + counts["?"]] for counts in (known, before))
    p, q = np.array(week) / sum(week), np.array(reference) / sum(reference)
    row = found.loc[(MONDAYS[11], "population_stability_index", "site_code", "overall", "all")]
    assert row["value"] == pytest.approx(float(np.sum((p - q) * np.log(p / q))), rel=1e-9)
    assert row["appointments_count"] == len(pooled)
    assert row["people_count"] == pooled["person_id"].nunique()
    features = set(found.xs("population_stability_index", level="measure").index.get_level_values("feature"))
    assert features == {"lead_days", "site_code", "dna_probability"}


def test_a_block_of_twelve_weeks_is_told_at_its_last_one(found: pd.DataFrame, told: pd.DataFrame) -> None:
    those = of_the_time(told)[[day in MONDAYS for day in told["week"]]].query("not is_reached and is_dna.notna()")
    of_blocks = found.xs("observed_over_expected_12_weeks", level="measure")
    assert of_blocks.index.tolist() == [(MONDAYS[11], "", "contact", "not_contacted")]
    row = of_blocks.iloc[0]
    assert row["value"] == pytest.approx(those["is_dna"].sum() / those["dna_probability"].sum(), rel=1e-9)
    assert row["appointments_count"] == len(those)
    assert row["is_alarm"] is False or row["is_alarm"] == np.False_


@pytest.mark.slow
def test_the_rows_are_the_same_however_the_appointments_are_split(
    watched: Watched, model: FittedModel, rows: list[dict[str, Any]]
) -> None:
    split = Watched(watched.features.repartition(4, "lead_days"), watched.scores, watched.contact)
    assert rows_of(split, model) == rows


def test_the_rows_fit_their_table(spark: SparkSession, rows: list[dict[str, Any]]) -> None:
    assert monitor_frame(spark, rows[:5]).columns == list(DnaMonitor.columns())


def test_weeks_are_whole_ones_and_a_season_needs_its_whole_history() -> None:
    weeks = Weeks.between(date(2024, 12, 30), date(2025, 3, 31), complete_from=date(2024, 1, 1))
    assert (weeks.mondays[0], weeks.mondays[-1], len(weeks.mondays)) == (date(2024, 12, 30), date(2025, 3, 24), 13)
    assert weeks.seasons == ["2024-1"]
    assert weeks.season_before(date(2024, 12, 30)) is None
    assert Weeks.between(date(2025, 1, 1), date(2025, 1, 5), complete_from=date(2020, 1, 1)).mondays == []


def test_a_refit_is_watched_after_all_that_it_has_seen(model: FittedModel) -> None:
    refit = {**ROW, "model_version": 3, "parent_version": 2, "test_to_date": None, "train_to_date": date(2025, 1, 14)}
    weeks = Champion(refit, model, ROW, model).weeks(AS_OF, "Europe/London")
    assert (weeks.mondays[0], weeks.complete_from) == (date(2025, 1, 20), ROW["train_from_date"])
    assert Champion(ROW, model, ROW, model).weeks(AS_OF, "Europe/London").mondays == MONDAYS
