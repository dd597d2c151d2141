"""Frames of tables from dictionaries, the inputs of features made of them, and the module of random patients."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from icspark.dna.features import NEEDED, USED_IF_PRESENT, Inputs
from icspark.tables.table import Table

Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="session")
def rows_of(spark: SparkSession) -> Callable[..., DataFrame]:
    """Return a maker of frames of a table from dictionaries; what they do not name is null, required or not."""

    def make(table: type[Table], *rows: dict[str, Any]) -> DataFrame:
        defaults = {"is_after_death": False}
        listed = [tuple({**defaults, **row}.get(name) for name in table.columns()) for row in rows]
        fields = [T.StructField(name, spec.data_type) for name, spec in table.columns().items()]
        return spark.createDataFrame(listed, T.StructType(fields)).coalesce(1)

    return make


@pytest.fixture(scope="session")
def inputs_of(rows_of: Callable[..., DataFrame]) -> Callable[[Rows], Inputs]:
    """Return a maker of the inputs of features from rows by the names of Inputs; an absent optional table is None."""

    def make(rows: Rows) -> Inputs:
        needed = {name: rows_of(table, *rows.get(name, [])) for name, table in NEEDED.items()}
        perhaps = {name: rows_of(table, *rows[name]) for name, table in USED_IF_PRESENT.items() if name in rows}
        return Inputs(**needed, **perhaps)

    return make


@pytest.fixture(scope="session")
def patients() -> ModuleType:
    """Return the module patients, which stands beside this file."""
    spec = importlib.util.spec_from_file_location("patients", Path(__file__).parent / "patients.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
