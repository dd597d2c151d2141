"""Registration-weighted means: formula, coverage, floor, and the same bytes for any order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from icspark.areas.weighting import FRACTION_DIGITS, coverage, fixed_point, weighted_mean, weighted_sums

SCHEMA = "area string, x double, w long"


def summarised(rows: DataFrame, floor: float = 0.0) -> dict[str, tuple[float | None, float | None]]:
    fixed = rows.withColumn("x", fixed_point(F.col("x"), FRACTION_DIGITS))
    sums = fixed.groupBy("area").agg(F.sum("w").alias("total"), *weighted_sums(["x"], "w"))
    mean = weighted_mean("x", "total", digits=FRACTION_DIGITS, floor=floor)
    return {r[0]: (r[1], r[2]) for r in sums.select("area", mean, coverage("x", "total")).collect()}


def test_the_mean_is_of_what_is_known_and_the_coverage_says_how_much_that_is(spark: SparkSession) -> None:
    rows = spark.createDataFrame(
        [
            ("a", 0.10, 300),
            ("a", 0.20, 100),
            ("b", 0.40, 1),
            ("b", None, 3),
            ("c", None, 5),
            ("d", 0.10, 0),
        ],
        SCHEMA,
    )
    assert summarised(rows) == {
        "a": (0.125, 1.0),
        "b": (0.4, 0.25),
        "c": (None, 0.0),
        "d": (None, None),  # nobody: no mean, and no share of nobody
    }
    assert summarised(rows, floor=0.25)["b"] == (0.4, 0.25)
    assert summarised(rows, floor=0.26)["b"] == (None, 0.25)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32 - 1))
def test_where_everything_is_known_it_is_numpys_average(spark: SparkSession, seed: int) -> None:
    random = np.random.default_rng(seed)
    x, w = random.uniform(0, 1, size=200), random.integers(1, 3000, size=200)
    rows = [("a", float(value), int(weight)) for value, weight in zip(x, w, strict=True)]
    mean, share = summarised(spark.createDataFrame(rows, SCHEMA))["a"]
    assert mean == pytest.approx(np.average(x, weights=w), abs=1e-12)
    assert share == 1.0
    backwards = summarised(spark.createDataFrame(rows[::-1], SCHEMA).repartition(5))["a"]
    assert backwards == (mean, share)


def test_a_sum_too_large_for_whole_numbers_stops(spark: SparkSession) -> None:
    with pytest.raises(PySparkException, match="OVERFLOW"):
        summarised(spark.createDataFrame([("a", 1.0, 900_000), ("a", 1.0, 100_000)], SCHEMA))
