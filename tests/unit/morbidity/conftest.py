"""What the tests of morbidity share: histories of a few people, written in a line each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from icspark.tables.morbidity import ConditionHistory

Has = dict[str, int | None]


@pytest.fixture
def histories(spark: SparkSession) -> Callable[..., DataFrame]:
    """Give a function that makes condition_history of (stratum, {condition: day of onset or None}) rows."""

    def make(*rows: tuple[str, Has], **columns: list[Any]) -> DataFrame:
        made = []
        for number, (stratum, has) in enumerate(rows):
            row: dict[str, Any] = dict.fromkeys(ConditionHistory.columns())
            row |= {"person_id": f"p{number}", "stratum": stratum, "conditions": sorted(has)}
            row |= {"onset_days": [has[c] for c in sorted(has)]}
            row |= {name: values[number] for name, values in columns.items()}
            made.append(tuple(row[name] for name in ConditionHistory.columns()))
        return spark.createDataFrame(made, ConditionHistory.schema())

    return make
