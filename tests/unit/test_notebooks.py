"""Every notebook runs from top to bottom on a tiny set of tables, shows something, and defines nothing."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jupytext
import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
import pytest
from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F

from icspark import config, plan
from icspark.config import Storage
from icspark.storage import Tables
from icspark.tables.areas import AreaSummary
from icspark.tables.dna import DnaCurve, DnaEvaluation, DnaModel, DnaMonitor, DnaPromotion
from icspark.tables.inequality import AgeByDeprivationSlope, Correlation
from icspark.tables.morbidity import (
    MorbidityEdge,
    MorbidityEnrichment,
    MorbidityNode,
    MorbidityPair,
    MorbidityPairByGroup,
    Trajectory,
)
from icspark.tables.table import Table

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("*.py"))
FIGURES: dict[str, Any] = {
    "level": "lsoa",
    "analysis": "domains",
    "outcome": "diabetes_prevalence",
    "factor": "education_2019_score",
    "domain": "imd",
    "window": "test",
    "measure": "calibration_in_the_large",
    "curve": "calibration",
    "condition_a": "x0",
    "source": "x0",
    "subject": "x0",
    "path": "x0 > x1 > x2",
}
ROWS: dict[type[Table], int] = {
    AreaSummary: 12,
    Correlation: 1,
    AgeByDeprivationSlope: 5,
    DnaModel: 3,
    DnaEvaluation: 6,
    DnaCurve: 6,
    DnaPromotion: 3,
    DnaMonitor: 3,
    MorbidityNode: 4,
    MorbidityEdge: 3,
    MorbidityPair: 4,
    MorbidityPairByGroup: 2,
    MorbidityEnrichment: 2,
    Trajectory: 1,
}
SHOWN = {
    "deprivation_and_diabetes": [1, 5],
    "comparing_dna_models": [2, 1, 2, 2, 3],
    "neighbourhood_of_a_condition": [1, 3, 2, 2, 1],
}
"""Notebook -> rows of each table that it shows."""

DRAWN = {
    "deprivation_and_diabetes": {"areas": 12},
    "comparing_dna_models": {"curve": 4},
    "neighbourhood_of_a_condition": {"neighbours": 3},
}
"""Notebook -> frames that its picture is drawn from, and how many rows each has."""


def _values(name: str) -> dict[str, Column]:
    """Return what fills a column of a type: versions from 1 to 3, groups of which the first row is everybody."""
    row = F.col("id")
    group = F.when(row % 6 < 3, "overall").otherwise("site_code") if name == "group_by" else F.concat(F.lit("x"), row)
    return {
        "string": group,
        "boolean": F.lit(True),
        "bigint": row % 3 + 1 if name == "model_version" else row % 5 + 1,
        "double": (row + 1) / 50,
        "date": F.date_add(F.lit("2025-01-06").cast("date"), (7 * row).cast("int")),
        "timestamp": F.lit("2025-01-06").cast("timestamp"),
        "array<string>": F.array(F.lit("lead_days")),
    }


def _fill(lay: Callable[..., None], tables: Tables, table: type[Table], rows: int) -> None:
    """Lay down a table of a few rows, every column filled by its type."""
    columns = []
    for name, spec in table.columns().items():
        kind = spec.data_type.simpleString()
        value = F.lit(FIGURES[name]) if name in FIGURES else _values(name)[kind]
        columns.append(value.cast(kind).alias(name))
    lay(tables, table, tables.spark.range(rows).select(columns))


@pytest.fixture(scope="module")
def conf(spark: SparkSession, lay: Callable[..., None], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    tables = Tables(spark, Storage(tables=str(folder / "tables"), pages=str(folder / "pages")))
    for table, rows in ROWS.items():
        _fill(lay, tables, table, rows)
    file = folder / "demo.yml"
    file.write_text("name: demo\nstorage:\n  tables: tables\n  pages: pages\n", encoding="utf-8")
    config.load(file, {name: job.config for name, job in plan.jobs().items()})
    return file


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_notebook_runs_and_shows_tables_and_a_picture(
    path: Path, conf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ICSPARK_CONF", str(conf))
    monkeypatch.setenv("ICSPARK_CONDITION", "x0")
    mpl.use("agg")
    plt.close("all")
    seen: dict[str, Any] = {}
    shown = []
    for cell in jupytext.read(path).cells:
        if cell.cell_type == "code":
            body = ast.parse(cell.source).body
            last = body.pop() if isinstance(body[-1], ast.Expr) else None
            exec(compile(ast.Module(body, []), str(path), "exec"), seen)
            shown.append(eval(compile(ast.Expression(last.value), str(path), "eval"), seen) if last else None)
    frames = [value for value in shown if isinstance(value, pd.DataFrame)]
    assert [len(frame) for frame in frames] == SHOWN[path.stem]
    assert plt.get_fignums()
    drawn = DRAWN.get(path.stem, {})
    assert {name: len(seen[name]) for name in drawn} == drawn
    plt.close("all")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_defines_nothing(path: Path) -> None:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
    found = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, kinds)]
    assert found == []


def test_there_is_a_notebook() -> None:
    assert NOTEBOOKS
