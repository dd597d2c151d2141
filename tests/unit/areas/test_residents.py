"""Residents of an area: number, median age, share of males."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from icspark.areas.residents import residents_by_area
from icspark.tables.reference import Population

Row = tuple[str, int, str, int]


def summarised(spark: SparkSession, rows: list[Row]) -> dict[str, tuple[int, float | None, float | None]]:
    found = residents_by_area(spark.createDataFrame(rows, Population.schema())).collect()
    return {r[0]: (r[1], r[2], r[3]) for r in found}


def test_median_age_and_male_share(spark: SparkSession) -> None:
    found = summarised(
        spark,
        [
            ("even", 20, "1", 1),
            ("even", 30, "2", 1),
            ("even", 30, "1", 0),
            ("odd", 0, "2", 2),
            ("odd", 90, "1", 3),
            ("tie", 40, "1", 2),
            ("tie", 41, "2", 2),
            ("persons", 7, "9", 3),
            ("empty", 5, "1", 0),
        ],
    )
    assert found == {
        "even": (2, 25.0, 0.5),
        "odd": (5, 90.0, 0.6),
        "tie": (4, 40.5, 0.5),
        "persons": (3, 7.0, None),
        "empty": (0, None, None),
    }


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32 - 1))
def test_the_median_is_numpys_of_the_expanded_list(spark: SparkSession, seed: int) -> None:
    random = np.random.default_rng(seed)
    rows: list[Row] = []
    expected = {}
    for area in "abcdef":
        counts = random.integers(0, 40, size=91) * (random.random(91) < 0.5)
        counts[random.integers(0, 91)] += 1
        expected[area] = float(np.median(np.repeat(np.arange(91), counts)))
        males = random.binomial(counts, 0.5)
        rows += [(area, age, "1", int(m)) for age, m in enumerate(males)]
        rows += [(area, age, "2", int(n - m)) for age, (n, m) in enumerate(zip(counts, males, strict=True))]
    assert {area: row[1] for area, row in summarised(spark, rows).items()} == expected


def test_ages_above_ninety_count_as_ninety(spark: SparkSession) -> None:
    assert summarised(spark, [("a", 101, "1", 3), ("a", 1, "2", 2)])["a"] == (5, 90.0, 0.6)


def test_rows_of_one_area_in_many_partitions_and_batches_are_counted_once(spark: SparkSession) -> None:
    rows: list[Row] = [(area, age, sex, 1 + age % 3) for area in "ab" for age in range(91) for sex in "12"]
    scattered = spark.createDataFrame(rows[::-1], Population.schema()).repartition(7)
    together = spark.createDataFrame(rows, Population.schema()).coalesce(1)
    found = [sorted(residents_by_area(frame).collect()) for frame in (scattered, together)]
    assert found[0] == found[1]
    assert found[0][0][1] == sum(2 * (1 + age % 3) for age in range(91))


def test_no_rows_are_no_areas(spark: SparkSession) -> None:
    assert summarised(spark, []) == {}
