"""Every notebook runs from top to bottom on a tiny set of tables, shows something, and defines nothing."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import jupytext
import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from icspark import config, plan
from icspark.config import Storage
from icspark.storage import Tables
from icspark.tables.areas import AreaSummary
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
    "condition_a": "x0",
    "source": "x0",
    "subject": "x0",
    "path": "x0 > x1 > x2",
}
ROWS = {
    AreaSummary: 12,
    Correlation: 1,
    AgeByDeprivationSlope: 5,
    MorbidityNode: 4,
    MorbidityEdge: 3,
    MorbidityPair: 4,
    MorbidityPairByGroup: 2,
    MorbidityEnrichment: 2,
    Trajectory: 1,
}
SHOWN = {"deprivation_and_diabetes": [1, 5], "neighbourhood_of_a_condition": [1, 3, 2, 2, 1]}
"""Rows of the tables that each notebook shows, in order."""


def _write(tables: Tables, table: type[Table], rows: int) -> None:
    """Write a table of a few rows, every column filled by its type."""
    row = F.col("id")
    values = {
        "string": F.concat(F.lit("x"), row),
        "boolean": F.lit(True),
        "bigint": row % 5 + 1,
        "double": (row + 1) / 50,
    }
    columns = []
    for name, spec in table.columns().items():
        kind = spec.data_type.simpleString()
        columns.append((F.lit(FIGURES[name]) if name in FIGURES else values[kind]).cast(kind).alias(name))
    tables.write(table, tables.spark.range(rows).select(columns), run_id="before", properties={})


@pytest.fixture(scope="module")
def conf(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    tables = Tables(spark, Storage(tables=str(folder / "tables"), pages=str(folder / "pages")))
    for table, rows in ROWS.items():
        _write(tables, table, rows)
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
    plt.close("all")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_defines_nothing(path: Path) -> None:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
    found = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, kinds)]
    assert found == []


def test_there_is_a_notebook() -> None:
    assert NOTEBOOKS
