"""Scores in Spark: the same for any split of the rows, the list of the rule of capacity, reasons for the listed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from icspark.dna import scoring
from icspark.dna.calibration import fitted_calibrator
from icspark.dna.calling_list import build_calling_list, secret
from icspark.dna.capacity import Capacity, top_per_site_day
from icspark.dna.contributions import Explainer
from icspark.dna.feature_list import FeatureList
from icspark.dna.fitted import FittedModel
from icspark.dna.in_use import feature_rows, model_in_use, require_features
from icspark.dna.pipelines import DEFAULTS, assembled, classifier, encoder
from icspark.dna.reasons import UNSPOKEN, reasons
from icspark.errors import ConfigurationError, QualityError, TableError
from icspark.tables.dna import CallingList, DnaModel, DnaPromotion, DnaScore

FEATURES = FeatureList(("lead_days", "age_years", "is_first_attendance"), ("site_code", "sex_code"))
MOMENT = datetime(2025, 3, 31, 23, tzinfo=UTC)
ROW = {"model_name": "dna", "model_version": 3, "features": list(FEATURES.names)}
SCHEMA = (
    "appointment_id string, person_id string, appointment_datetime timestamp, appointment_date date, "
    "is_after_death boolean, lead_days double, age_years double, is_first_attendance boolean, site_code string, "
    "sex_code string"
)


def rows(size: int) -> list[tuple[Any, ...]]:
    """Return appointments of two days at two sites and at none, with missing values, the dead, and many ties."""
    random = np.random.default_rng(1)
    return [
        (
            f"A{number:03}",
            f"P{number % 40:02}",
            MOMENT + timedelta(hours=9 + 24 * (number % 2)),
            date(2025, 4, 1 + number % 2),
            number % 11 == 0,
            None if number % 7 == 0 else float(random.integers(0, 60)),
            float(random.integers(18, 30)),
            None if number % 13 == 0 else bool(number % 2),
            (None, "S1", "S2")[number % 3],
            "12"[number % 2],
        )
        for number in range(size)
    ]


@pytest.fixture(scope="module")
def model() -> FittedModel:
    random = np.random.default_rng(2)
    frame = pd.DataFrame(rows(400), columns=[part.split()[0] for part in SCHEMA.split(", ")])
    outcome = random.random(400) < 0.1 + 0.005 * frame["lead_days"].fillna(20)
    transform = encoder("logistic_regression", FEATURES, seed=1)
    matrix = transform.fit_transform(FEATURES.prepared(frame), outcome)
    fitted = classifier("logistic_regression", DEFAULTS["logistic_regression"], rounds=0, constraints=(), seed=1)
    fitted.fit(matrix, outcome)
    calibrator = fitted_calibrator("none", np.zeros(0), np.zeros(0, dtype=bool))
    return FittedModel("logistic_regression", FEATURES, assembled(transform, fitted), calibrator, 0.25, 0)


@pytest.fixture(scope="module")
def features(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame(rows(120), SCHEMA)


@pytest.fixture(scope="module")
def explainer(model: FittedModel, features: DataFrame) -> Explainer:
    return scoring.explainer_of(features, model)


def scored(frame: DataFrame, model: FittedModel, explainer: Explainer, capacity: Capacity) -> DataFrame:
    ranked = scoring.with_list_rank(scoring.with_probability(frame, model), capacity)
    told = scoring.with_reasons(ranked, explainer, unspoken=UNSPOKEN)
    return scoring.build_dna_score(told, scoring.Scoring(MOMENT, ROW, 7), model)


@pytest.fixture(scope="module")
def scores(features: DataFrame, model: FittedModel, explainer: Explainer) -> pd.DataFrame:
    return scored(features.repartition(5), model, explainer, Capacity(per_day=4)).toPandas()


def plain(model: FittedModel) -> pd.DataFrame:
    frame = pd.DataFrame(rows(120), columns=[part.split()[0] for part in SCHEMA.split(", ")])
    return frame.assign(dna_probability=model.predict(frame))


def test_the_scores_are_the_models_and_so_is_the_decision(scores: pd.DataFrame, model: FittedModel) -> None:
    expected = plain(model).set_index("appointment_id")["dna_probability"]
    found = scores.set_index("appointment_id")
    assert found["dna_probability"].to_dict() == expected.to_dict()
    assert found["is_flagged"].to_dict() == (expected >= model.threshold).to_dict()
    assert 0 < found["is_flagged"].mean() < 1
    said = scores[["model_name", "model_version", "feature_version"]].drop_duplicates()
    assert said.to_numpy().tolist() == [["dna", 3, 7]]


def test_the_list_is_that_of_the_rule_of_capacity_and_nobody_who_has_died_is_on_it(
    scores: pd.DataFrame, model: FittedModel
) -> None:
    expected = by_rule(model, per_day=4)
    found = scores.set_index("appointment_id")["list_rank"].fillna(0).astype(int)
    assert found.to_dict() == expected
    assert set(expected.values()) == {0, 1, 2, 3, 4}


def test_so_it_is_for_a_percentage_with_other_partitions(features: DataFrame, model: FittedModel) -> None:
    ranked = scoring.with_list_rank(scoring.with_probability(features, model), Capacity(percent=12.5))
    found = {row[0]: row[1] or 0 for row in ranked.select("appointment_id", "list_rank").collect()}
    assert found == by_rule(model, percent=12.5)


def by_rule(model: FittedModel, **capacity: Any) -> dict[str, int]:
    every = plain(model)
    living = every[~every["is_after_death"]]
    told = [living[name].to_numpy() for name in ("site_code", "appointment_date", "dna_probability", "appointment_id")]
    ranks = dict(zip(living["appointment_id"], top_per_site_day(*told, **capacity).tolist(), strict=True))
    return {key: ranks.get(key, 0) for key in every["appointment_id"]}


def test_reasons_are_told_of_the_listed_and_of_nobody_else(
    scores: pd.DataFrame, model: FittedModel, explainer: Explainer
) -> None:
    is_listed = scores["list_rank"].notna()
    assert scores.loc[~is_listed, "reasons"].isna().all()
    listed = scores[is_listed]
    everybody = plain(model).set_index("appointment_id").loc[listed["appointment_id"]]
    assert [list(told) for told in listed["reasons"]] == reasons(explainer, everybody)
    assert {len(told) for told in listed["reasons"]} <= {2, 3}


def test_the_rows_of_a_day_without_appointments_are_none(
    features: DataFrame, model: FittedModel, explainer: Explainer
) -> None:
    nothing = scoring.to_come(features, MOMENT + timedelta(days=40))
    found = scored(nothing, model, explainer, Capacity(per_day=4))
    assert found.collect() == []
    assert found.columns == list(DnaScore.columns())


def test_what_is_held_at_or_before_the_moment_is_not_to_come(features: DataFrame) -> None:
    held = MOMENT + timedelta(hours=9)
    assert scoring.to_come(features, held).where(F.col("appointment_datetime") <= F.lit(held)).isEmpty()
    assert scoring.moment_of(None, MOMENT) == MOMENT
    assert scoring.moment_of(held, MOMENT) == held


def test_the_list_that_leaves_has_keys_that_only_the_secret_makes(spark: SparkSession) -> None:
    score = dict.fromkeys(DnaScore.columns())
    held = datetime(2025, 4, 1, 9, tzinfo=UTC)
    given = [
        {
            **score,
            "appointment_id": "A1",
            "site_code": None,
            "appointment_datetime": held,
            "list_rank": 1,
            "reasons": ["x"],
        },
        {**score, "appointment_id": "A2", "appointment_datetime": held, "list_rank": None},
    ]
    schema = ", ".join(f"{name} {spec.data_type.simpleString()}" for name, spec in DnaScore.columns().items())
    frame = spark.createDataFrame([tuple(row.values()) for row in given], schema)
    keys = [build_calling_list(frame, salt=salt).collect() for salt in ("one", "two", "one")]
    assert [len(found) for found in keys] == [1, 1, 1]
    assert keys[0] == keys[2] != keys[1]
    row = keys[0][0].asDict()
    assert list(row) == list(CallingList.columns())
    assert (len(row["list_key"]), row["list_rank"], row["reasons"]) == (32, 1, ["x"])


def test_a_list_of_real_patients_needs_a_secret() -> None:
    assert secret("", is_simulated=True) == ""
    assert secret("a secret", is_simulated=False) == "a secret"
    with pytest.raises(ConfigurationError, match=r"salt_variable.*need a secret"):
        secret("", is_simulated=False)


def test_a_model_of_other_features_is_an_error_that_names_them(features: DataFrame, model: FittedModel) -> None:
    require_features(model, ROW, features)
    with pytest.raises(TableError, match=r"dna version 3: the model was made of other features.*lead_days"):
        require_features(model, ROW, features.drop("lead_days"))
    with pytest.raises(TableError, match="other features than were recorded"):
        require_features(model, {**ROW, "features": ["lead_days"]}, features)


def test_a_table_without_times_and_sites_gets_them_so_that_it_can_be_scored(features: DataFrame) -> None:
    none = F.lit(None).cast("array<struct<name: string, value: double>>")
    whole = features.withColumn("extra_features", none)
    rows = feature_rows({"feature_source": "dna_feature"}, whole.drop("appointment_datetime", "site_code"))
    assert {"appointment_datetime", "site_code"} <= set(rows.columns)
    assert feature_rows({"feature_source": "dna_feature"}, whole).columns == features.columns


def test_without_a_champion_no_model_is_in_use_and_an_unknown_name_is_an_error(spark: SparkSession) -> None:
    promotions, none = (spark.createDataFrame([], table.schema()) for table in (DnaPromotion, DnaModel))
    trained = spark.createDataFrame([("dna", 1)], "model_name string, model_version bigint")
    assert model_in_use(promotions, trained, model_name="dna") is None
    with pytest.raises(QualityError, match="there is no version of this model"):
        model_in_use(promotions, none, model_name="dna")
