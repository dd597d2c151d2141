"""The check of pairs and arrows from histories to its verdicts, on people drawn from the planted network."""

from __future__ import annotations

import importlib.util
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import SparkSession

from icspark import plan
from icspark.config import Environment, Storage
from icspark.runner import Runner, Wanted
from icspark.simulation.condition_model import STRATA, condition_model
from icspark.simulation.condition_truth import planted_conditions, truth_pair
from icspark.simulation.conditions_config import ConditionsConfig
from icspark.storage import Tables
from icspark.tables.checks import MorbidityCheck
from icspark.tables.morbidity import ConditionCase, ConditionHistory
from icspark.tables.truth import Truth, TruthPair

JOBS = ("morbidity_pairs", "morbidity_pairs_by_group", "morbidity_network", "check_morbidity")
AS_OF, PEOPLE = date(2025, 3, 31), 20_000


def _planted_people() -> Any:
    file = Path(__file__).parent.parent / "methods/morbidity/planted_people.py"
    spec = importlib.util.spec_from_file_location("planted_people", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _histories(drawn: Any, names: np.ndarray) -> list[tuple[Any, ...]]:
    band, sex, quintile = np.unravel_index(drawn.stratum, STRATA)
    bounds = np.concatenate([[0], np.cumsum(np.bincount(drawn.person, minlength=PEOPLE))])
    last, rows = (AS_OF - date(1970, 1, 1)).days, []
    for i in range(PEOPLE):
        own = slice(bounds[i], bounds[i + 1])
        low = 5 * int(band[i])
        row: dict[str, Any] = dict.fromkeys(ConditionHistory.columns())
        row |= {"person_id": f"p{i}", "stratum": str(drawn.stratum[i]), "as_of_date": AS_OF}
        row |= {"age_band": f"{low:03d}_{low + 4:03d}" if low < 90 else "090_over", "sex_code": str(sex[i] + 1)}
        row |= {"imd_2019_quintile": str(quintile[i] + 1), "conditions": names[drawn.condition[own]].tolist()}
        row |= {"onset_days": (last + drawn.day[own]).tolist()}
        rows.append(tuple(row.values()))
    return rows


@pytest.mark.slow
def test_what_was_planted_passes_and_what_was_not_fails(spark: SparkSession, tmp_path: Path) -> None:
    planted, config = _planted_people(), ConditionsConfig()
    model = condition_model(config)
    drawn, names = planted.drawn(model, PEOPLE, seed=3), np.array(sorted(model.nodes))
    cases = [
        (f"p{p}", str(names[c]), AS_OF + timedelta(days=int(d)), "onset")
        for p, c, d in zip(drawn.person, drawn.condition, drawn.day, strict=True)
    ]
    truth = truth_pair(model, planted.england())
    tables = Tables(spark, Storage(tables=str(tmp_path / "tables"), pages=str(tmp_path / "pages")))

    def write(table: Any, rows: list[Any]) -> None:
        tables.write(table, spark.createDataFrame(rows, table.schema()), run_id="before", properties={})

    write(ConditionHistory, _histories(drawn, names))
    write(ConditionCase, cases)
    write(Truth, [tuple(row[name] for name in Truth.columns()) for row in planted_conditions(model, config)])
    write(TruthPair, _rows(truth))
    environment = Environment(name="house", storage=tables.storage)
    known = {name: plan.job_named(name) for name in JOBS}
    environment.sections.update({name: job.config() for name, job in known.items()})
    environment.sections["morbidity_network"] = known["morbidity_network"].config(replicates=0)
    steps = Runner(environment, tables, known).run(Wanted(JOBS))
    assert [(step.job, step.outcome, step.why) for step in steps if step.outcome != "done"] == []
    found = {row.check_name: row for row in tables.read(MorbidityCheck).where("subject = ''").collect()}
    assert found["edges_found"].lower <= found["edges_found"].found <= found["edges_found"].upper
    assert found["naive_order_right"].found == found["known_order_right"].found  # nobody's history is a backlog
    assert tables.read(MorbidityCheck).where("check_name = 'odds_ratio'").count() == 77
    ends = truth[["condition_a", "condition_b", "first_condition"]].itertuples(index=False)
    backwards = [None if first is None else b if first == a else a for a, b, first in ends]
    write(TruthPair, _rows(truth.assign(first_condition=backwards)))
    steps = Runner(environment, tables, known).run(Wanted(JOBS, frozenset({"check_morbidity"})))
    assert [step.outcome for step in steps if step.job == "check_morbidity"] == ["failed"]


def _rows(truth: pd.DataFrame) -> list[tuple[Any, ...]]:
    plain = truth.astype(object).where(truth.notna(), None)
    return [tuple(row[name] for name in TruthPair.columns()) for row in plain.to_dict("records")]
