"""Frames of tables from dictionaries; what they do not name is null."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from icspark.areas.person_activity import Counting, Records, build_person_activity
from icspark.areas.person_time import stretches
from icspark.tables.activity import PersonArea
from icspark.tables.records import (
    Admission,
    Appointment,
    EmergencyAttendance,
    Observation,
    Person,
    RegistrationPeriod,
)
from icspark.tables.table import Table

Maker = Callable[..., DataFrame]
TABLES: dict[str, type[Table]] = {
    "person": Person,
    "area": PersonArea,
    "registration": RegistrationPeriod,
    "appointment": Appointment,
    "admission": Admission,
    "ae": EmergencyAttendance,
    "observation": Observation,
}


@pytest.fixture(scope="session")
def rows_of(spark: SparkSession) -> Maker:
    """Return a maker of frames of a table from dictionaries; what they do not name is null, required or not."""

    def make(table: type[Table], *rows: dict[str, Any]) -> DataFrame:
        listed = [tuple(row.get(name) for name in table.columns()) for row in rows]
        fields = [T.StructField(name, spec.data_type) for name, spec in table.columns().items()]
        return spark.createDataFrame(listed, T.StructType(fields))

    return make


@pytest.fixture(scope="session")
def histories() -> ModuleType:
    """Return the module histories, which stands beside this file."""
    spec = importlib.util.spec_from_file_location("histories", Path(__file__).parent / "histories.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def activity_of(rows_of: Maker) -> Callable[..., DataFrame]:
    """Return a maker of person_activity from rows of the record tables, named as in `histories`."""

    def make(rows: dict[str, list[dict[str, Any]]], years: range, **counting: Any) -> DataFrame:
        frames = {name: rows_of(table, *rows.get(name, [])) for name, table in TABLES.items()}
        time = stretches(frames["area"], registrations=frames["registration"], people=frames["person"], years=years)
        records = Records(*(frames[name] for name in ("appointment", "admission", "ae", "observation")))
        return build_person_activity(time, records, counting=Counting(**counting))

    return make
