"""A model from its evaluation to its promotion, through the jobs, on a planted table of features and a real store."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql.types import StructField
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score

from icspark.config import Environment, Storage
from icspark.dna.calibration import Calibrator
from icspark.dna.champion import champion, model_row
from icspark.dna.feature_list import FeatureList
from icspark.dna.fitted import FittedModel
from icspark.dna.judging import bounds
from icspark.dna.pipelines import assembled, encoder
from icspark.dna.promotion import candidate
from icspark.dna.tracking import Account, Store
from icspark.errors import ConfigurationError, QualityError
from icspark.job import Job
from icspark.plan import jobs
from icspark.storage import Tables
from icspark.tables.checks import DnaCheck
from icspark.tables.dna import DnaCurve, DnaEvaluation, DnaFeature, DnaLeakAudit, DnaModel, DnaPromotion
from icspark.tables.table import Table
from icspark.tables.truth import TruthAppointment

FIRST = date(2024, 1, 1)
TRAIN_TO, VALIDATE_TO, TEST_TO = (FIRST + timedelta(days=days) for days in (100, 150, 300))
FEATURES = FeatureList(("lead_days", "age_years"), ("site_code",))
ROWS = 3000
DRAWN = {"replicates": 40}
EVALUATE: dict[str, Any] = {
    "resampling": DRAWN,
    "enough": {"outcomes": 60},
    "capacity": {"per_day": 1},
    "windows": ["test", "test_unseen_people"],
}
LIMITS = {"fewest_outcomes": 100, "slope_from": 0.7, "slope_to": 1.4, "in_the_large": 0.3, "margin": 0.05}
TABLES = (DnaFeature, DnaModel, DnaLeakAudit, TruthAppointment)
NAMES = ("dna_features", "dna_evaluate", "dna_promote", "check_dna", "report_dna")


def planted_rows() -> pd.DataFrame:
    """Return appointments over 300 days with a known chance of not attending; people of the last days are new."""
    random = np.random.default_rng(8)
    lead, age = random.gamma(1.5, 20, ROWS), random.integers(0, 95, ROWS).astype(float)
    chance = expit(-2.4 + 0.03 * np.minimum(lead, 60) + 0.02 * (50 - age))
    days = np.sort(random.integers(0, 300, ROWS))
    return pd.DataFrame(
        {
            "number": random.permutation(ROWS),
            "person": random.integers(0, 500, ROWS) + np.where(days > 250, 250, 0),
            "days": days,
            "lead_days": lead,
            "age_years": age,
            "site_code": random.choice(["S1", "S2"], ROWS),
            "quintile": random.integers(1, 6, ROWS),
            "sex_code": np.where(np.arange(ROWS) % 400 == 0, "9", "2"),
            "chance": chance,
            "is_dna": random.random(ROWS) < chance,
        }
    )


def feature_frame(spark: SparkSession, rows: pd.DataFrame) -> DataFrame:
    held = [datetime(2024, 1, 1, 9, tzinfo=UTC) + timedelta(days=int(days)) for days in rows["days"]]
    known = {
        DnaFeature.appointment_id: [f"A{number:05d}" for number in rows["number"]],
        DnaFeature.person_id: [f"P{person:04d}" for person in rows["person"]],
        DnaFeature.appointment_datetime: held,
        DnaFeature.appointment_date: [at.date() for at in held],
        DnaFeature.prediction_datetime: [at - timedelta(days=7) for at in held],
        DnaFeature.is_point_at_booking: (rows["number"] % 3 == 0).tolist(),
        DnaFeature.is_dna: rows["is_dna"].tolist(),
        DnaFeature.imd_2019_quintile: rows["quintile"].tolist(),
        **{name: rows[name].tolist() for name in ("lead_days", "age_years", "site_code", "sex_code")},
    }
    columns = {field.name: known.get(field.name, [nothing(field)] * len(rows)) for field in DnaFeature.schema().fields}
    return spark.createDataFrame(pd.DataFrame(columns), DnaFeature.schema())


def nothing(field: StructField) -> Any:
    if field.nullable:
        return None
    return 0.0 if field.name.endswith("_count") else False


def truth_frame(spark: SparkSession, rows: pd.DataFrame) -> DataFrame:
    """The chance at booking is the planted one; that of seven days before is there only where it is asked for."""
    told = [
        (f"A{n:05d}", 0, c, c if n % 3 == 0 else 0.5, None, None if n % 3 == 0 else c, None)
        for n, c in zip(rows["number"], rows["chance"], strict=True)
    ]
    frame = pd.DataFrame(told, columns=TruthAppointment.schema().names)
    return spark.createDataFrame(frame, TruthAppointment.schema())


class Trust:
    """Planted tables, a store with two versions of a model, and the jobs that judge them."""

    def __init__(self, spark: SparkSession, folder: Path) -> None:
        self.spark, self.rows, self.day = spark, planted_rows(), date(2024, 11, 2)
        places = Storage(tables=str(folder / "tables"), pages=str(folder / "pages"))
        self.environment = Environment(name="trust", is_simulated=True, storage=places)
        self.environment.sections.update({name: jobs()[name].config() for name in NAMES})
        self.tables, self.store = Tables(spark, places), Store(self.environment)
        self.put(DnaFeature, feature_frame(spark, self.rows))
        self.put(TruthAppointment, truth_frame(spark, self.rows))
        self.put(DnaLeakAudit, self.audit())
        good = self.model(0.0)
        self.models = [good, self.model(1.0)]
        self.put(DnaModel, spark.createDataFrame([self.registered(m) for m in self.models], DnaModel.schema()))

    def put(self, table: type[Table], frame: DataFrame) -> None:
        self.tables.write(table, frame, run_id="test", properties={})

    def get(self, table: type[Table], condition: str = "true") -> list[Row]:
        return self.tables.read(table).where(condition).orderBy(*table.key()).collect()

    def audit(self) -> DataFrame:
        version = self.tables.version(DnaFeature)
        cuts = [datetime(2024, 2, 1 + n, tzinfo=UTC) for n in range(12)]
        rows = [(cut, name, version, 100, 0, False) for cut in cuts for name in FEATURES.names]
        return self.spark.createDataFrame(rows, DnaLeakAudit.schema())

    def model(self, shift: float) -> FittedModel:
        """Return a logistic regression of the training rows, its log odds moved by a shift: too high above 0."""
        rows = self.rows[self.rows["days"] < 150]
        features = FEATURES.prepared(rows)
        encoded = encoder("logistic_regression", FEATURES, seed=1).fit(features, rows["is_dna"])
        classifier = LogisticRegression(max_iter=2000).fit(encoded.transform(features), rows["is_dna"])
        moved = Calibrator("sigmoid", np.zeros(0), np.array([shift, 1.0]))
        return FittedModel("logistic_regression", FEATURES, assembled(encoded, classifier), moved, 0.2, 0)

    def registered(self, model: FittedModel) -> tuple[Any, ...]:
        example = FEATURES.prepared(self.rows.iloc[:1]).assign(lead_days=30.0, age_years=50.0)
        kept = self.store.log_model(model, "dna_risk", Account("trained"), example=example)
        version = self.tables.version(DnaFeature)
        return (
            *(
                "dna_risk",
                kept.version,
                None,
                model.kind,
                model.hash,
                kept.file_hash,
                kept.run_id,
                "dna_feature",
                version,
            ),
            *(list(model.features), [], FIRST, TRAIN_TO, VALIDATE_TO, TEST_TO, "sigmoid", 0.2, "f1"),
            *(datetime(2024, 11, 1, tzinfo=UTC), None, None),
        )

    def run(self, name: str, **section: Any) -> None:
        self.environment.sections[name] = jobs()[name].config.model_validate(section)
        job: Job[Any] = Job(jobs()[name], self.environment, self.tables, self.identity())
        job.module.run(job)
        job.finished_outputs()

    def identity(self) -> dict[str, str]:
        """Return a run a day after the one before: decisions are told apart by their time."""
        self.day += timedelta(days=1)
        return {"run_id": f"run-{self.day}", "started_at": f"{self.day} 09:00:00 UTC"}

    def measured(self, **where: str | int) -> dict[str, Row]:
        condition = " AND ".join(f"`{name}` = '{value}'" for name, value in where.items())
        return {row["measure"]: row for row in self.get(DnaEvaluation, condition)}


@pytest.fixture(scope="module")
def trust(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Trust:
    made = Trust(spark, tmp_path_factory.mktemp("trust"))
    made.run("dna_evaluate", version=1, **EVALUATE)
    made.run("dna_promote", version=1, limits=LIMITS, resampling=DRAWN)
    return made


def test_measures_of_the_test_window_are_those_of_scikit_learn(trust: Trust) -> None:
    rows = trust.rows[trust.rows["days"] >= 150]
    chance = trust.models[0].predict(FEATURES.prepared(rows))
    found = trust.measured(window="test", group_by="overall")
    assert found["auroc"]["value"] == pytest.approx(roc_auc_score(rows["is_dna"], chance), abs=1e-9)
    assert found["brier"]["value"] == pytest.approx(brier_score_loss(rows["is_dna"], chance), abs=1e-9)
    assert found["auroc"]["lower_95"] < found["auroc"]["value"] < found["auroc"]["upper_95"]
    listed = rows.assign(p=chance).sort_values("p", ascending=False).groupby(["site_code", "days"]).head(1)
    assert found["precision_at_capacity"]["value"] == pytest.approx(listed["is_dna"].mean())
    assert found["auroc"]["people_count"] == rows["person"].nunique()


def test_unseen_people_have_no_row_before_the_test_window(trust: Trust) -> None:
    seen = set(trust.rows.loc[trust.rows["days"] < 150, "person"])
    new = trust.rows[(trust.rows["days"] >= 150) & ~trust.rows["person"].isin(seen)]
    found = trust.measured(window="test_unseen_people", group_by="overall")
    assert 0 < found["auroc"]["appointments_count"] == len(new)


def test_groups_with_too_few_are_withheld_and_say_so(trust: Trust) -> None:
    few = trust.measured(window="test", group_by="sex_code", group="9")
    assert {row["reason"] for row in few.values()} == {"few_people"}
    assert {row["value"] for row in few.values()} == {None}
    by_quintile = trust.get(DnaEvaluation, "window = 'test' AND group_by = 'imd_2019_quintile' AND measure = 'auroc'")
    assert [row["group"] for row in by_quintile] == list("12345")
    assert {row["reason"] for row in by_quintile} <= {None, "few_outcomes"}
    assert sum(row["appointments_count"] for row in by_quintile) == (trust.rows["days"] >= 150).sum()


def test_curves_are_told_in_points_that_stand_for_many(trust: Trust) -> None:
    roc = trust.get(DnaCurve, "window = 'test' AND curve = 'roc'")
    assert [(p["x"], p["y"]) for p in (roc[0], roc[-1])] == [(0, 0), (1, 1)]
    assert all(later["y"] >= sooner["y"] for sooner, later in pairwise(roc))
    counts = [p["appointments_count"] for p in trust.get(DnaCurve, "window = 'test' AND curve = 'histogram'")]
    assert all(count is None or (count % 5 == 0 and count != 5) for count in counts)
    falls = {p["label"]: p["y"] for p in trust.get(DnaCurve, "window = 'test' AND curve = 'importance'")}
    assert falls["lead_days"] > falls["site_code"] and set(falls) == set(FEATURES.names)


def test_the_first_model_is_promoted_and_the_table_says_that_there_was_no_champion(trust: Trust) -> None:
    rows = trust.get(DnaPromotion, "model_version = 1")
    assert {row["decision"] for row in rows} == {"promoted"}
    gates = {row["gate"]: row for row in rows if row["group"] == "overall"}
    assert gates["not_worse_than_champion"]["is_passed"] is None
    assert "no champion" in gates["not_worse_than_champion"]["limit"]
    assert gates["leak_audit"]["is_passed"] is True
    assert {row["champion_version"] for row in rows} == {None}
    current = champion(trust.tables.read(DnaPromotion), trust.tables.read(DnaModel), model_name="dna_risk")
    assert current is not None and current["model_version"] == 1


def test_a_miscalibrated_version_is_refused_until_somebody_answers_for_it_by_name(trust: Trust) -> None:
    asked = {"version": 2, "limits": LIMITS, "resampling": DRAWN}
    trust.run("dna_evaluate", version=2, **EVALUATE | {"windows": ["test"]})
    trust.run("dna_promote", **asked)
    refused = [row for row in trust.get(DnaPromotion, "model_version = 2") if row["is_passed"] is False]
    at = next(row for row in refused if row["gate"] == "calibration_in_the_large" and row["group"] == "overall")
    assert at["value"] < -0.6 and at["limit"] == "-0.3 to 0.3" and at["decision"] == "refused"
    assert trust.store.champion("dna_risk") == 1

    before = len(trust.get(DnaPromotion))
    trust.run("dna_promote", **asked)
    assert len(trust.get(DnaPromotion)) == before, "the same refusal is kept once"
    trust.run("dna_promote", **asked, override={"version": 1, "by": "A. Nalyst", "reason": "another version"})
    assert trust.store.champion("dna_risk") == 1, "an override of another version does not count"

    trust.run("dna_promote", **asked, override={"version": 2, "by": "A. Nalyst", "reason": "a trial in one clinic"})
    kept = trust.get(DnaPromotion, "model_version = 2 AND decision = 'overridden'")
    assert {(row["override_by"], row["override_reason"], row["champion_version"]) for row in kept} == {
        ("A. Nalyst", "a trial in one clinic", 1)
    }
    assert trust.store.champion("dna_risk") == 2
    assert trust.measured(model_version=1, window="test", group_by="overall"), "evaluations of version 1 stay"


def test_the_distance_to_the_best_possible_score_is_told(trust: Trust) -> None:
    trust.run("check_dna", version=1, resampling=DRAWN)
    found = {(row["check_name"], row["subject"]): row for row in trust.get(DnaCheck)}
    rows = trust.rows[trust.rows["days"] >= 150]
    assert found["auroc", ""]["planted"] == pytest.approx(roc_auc_score(rows["is_dna"], rows["chance"]), abs=1e-9)
    assert found["auroc", ""]["lower"] == pytest.approx(found["auroc", ""]["planted"] - 0.01)
    assert found["auroc", ""]["verdict"] == "within"
    difference = found["auroc", ""]["found"] - found["auroc", ""]["planted"]
    assert found["auroc_less_best", ""]["found"] == pytest.approx(difference)
    assert found["brier", ""]["verdict"] == "noted"


def test_the_card_is_written_and_kept_with_the_run_of_the_model(trust: Trust) -> None:
    trust.run("report_dna", version=1)
    page = (Path(trust.environment.storage.pages) / "dna/model_card.html").read_text(encoding="utf-8")
    assert "Risk of not attending: dna_risk, version 1" in page and 'class="card verdict promoted"' in page
    assert f"{trust.measured(window='test', group_by='overall', model_version=1)['auroc']['value']:.3f}" in page
    kept = list(Path(trust.environment.storage.tables).parent.glob("mlflow/artifacts/**/model_card.html"))
    assert [file.read_text(encoding="utf-8") for file in kept] == [page]


def test_a_champion_that_was_refitted_on_the_window_is_stood_for_by_its_parent(trust: Trust) -> None:
    one, two = (row.asDict() for row in trust.get(DnaModel))
    for seen_until, rival in ((TEST_TO, 1), (VALIDATE_TO, 3)):
        child = one | {"model_version": 3, "parent_version": 1, "train_to_date": seen_until}
        models = trust.spark.createDataFrame([tuple(row.values()) for row in (one, two, child)], DnaModel.schema())
        said = dict.fromkeys(DnaPromotion.columns()) | {
            "model_name": "dna_risk",
            "model_version": 3,
            "gate": "leak_audit",
        }
        said |= {
            "decided_datetime": datetime(2024, 12, 1, tzinfo=UTC),
            "group": "overall",
            "limit": "",
            "decision": "promoted",
        }
        promoted = trust.spark.createDataFrame([tuple(said.values())], DnaPromotion.schema())
        asking = candidate(models, promoted, two, window="test")
        assert asking.champion is not None and asking.champion["model_version"] == 3
        assert asking.rival is not None and asking.rival["model_version"] == rival
        assert not asking.is_champion and not asking.is_refit


def test_a_window_that_is_none_and_a_version_that_is_not_there_are_clear_errors(trust: Trust) -> None:
    row = trust.get(DnaModel, "model_version = 1")[0].asDict()
    with pytest.raises(ConfigurationError, match="no such window"):
        bounds(row, "next_year")
    with pytest.raises(ConfigurationError, match="all of it was training"):
        bounds({**row, "test_to_date": None}, "test")
    assert bounds(row, "2024-06-01/2024-07-01") == (date(2024, 6, 1), date(2024, 7, 1))
    with pytest.raises(QualityError, match="version 9"):
        model_row(trust.tables.read(DnaModel), model_name="dna_risk", version=9)
