"""Frames of tables from dictionaries; what they do not name is null."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from icspark.tables.table import Table

Maker = Callable[..., DataFrame]


@pytest.fixture(scope="session")
def rows_of(spark: SparkSession) -> Maker:
    """Return a maker of frames of a table from dictionaries; what they do not name is null, required or not."""

    def make(table: type[Table], *rows: dict[str, Any]) -> DataFrame:
        listed = [tuple(row.get(name) for name in table.columns()) for row in rows]
        fields = [T.StructField(name, spec.data_type) for name, spec in table.columns().items()]
        return spark.createDataFrame(listed, T.StructType(fields))

    return make
