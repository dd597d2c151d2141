"""A tiny country of four areas and four practices, as frames of the reference tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from icspark.tables.codes import DOMAINS
from icspark.tables.reference import Deprivation2019, PracticePrevalence
from icspark.tables.table import Table

Maker = Callable[..., DataFrame]

RANKS = {"E1": 1, "E2": 7_000, "E3": 20_000, "E4": 32_844}


@pytest.fixture(scope="session")
def rows_of(spark: SparkSession) -> Maker:
    """Return a maker of frames of a table from dictionaries; what they do not name is null."""

    def make(table: type[Table], *rows: dict[str, Any]) -> DataFrame:
        listed = [tuple(row.get(name) for name in table.columns()) for row in rows]
        return spark.createDataFrame(listed, table.schema())

    return make


@pytest.fixture(scope="session")
def deprivation(rows_of: Maker) -> DataFrame:
    """Return four areas: E1 the most deprived nationally, E4 the least; Adult Skills unknown in E3."""
    rows = []
    for code, rank in RANKS.items():
        row: dict[str, Any] = {"lsoa_2011_code": code, "lsoa_2011_name": f"Area {code}", "ranked_areas_count": 32_844}
        for domain in DOMAINS:
            row |= {f"{domain}_2019_score": 50.0 - rank / 1000, f"{domain}_2019_rank": rank}
            row |= {f"{domain}_2019_decile": -(-10 * rank // 32_844)}
        rows.append(row)
    rows[2] |= {"adult_skills_2019_score": None, "adult_skills_2019_rank": None}
    return rows_of(Deprivation2019, *rows)


@pytest.fixture(scope="session")
def prevalence(rows_of: Maker) -> DataFrame:
    """Return outcomes of three practices; the third reports diabetes alone."""
    return rows_of(
        PracticePrevalence,
        {"practice_code": "A1", "diabetes_prevalence": 0.05, "asthma_prevalence": 0.06, "diabetes_points": 70.0},
        {"practice_code": "B2", "diabetes_prevalence": 0.10, "asthma_prevalence": 0.08, "diabetes_points": 50.0},
        {"practice_code": "C3", "diabetes_prevalence": 0.20},
    )
