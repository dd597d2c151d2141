"""Bins of deprivation: 1 is the most deprived, edges as pandas has them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from icspark.areas.bins import Bins, national_bin, with_bins


def binned(spark: SparkSession, scores: list[float | None], bins: Bins) -> list[int | None]:
    rows = [(i, score, True) for i, score in enumerate(scores)]
    frame = spark.createDataFrame(rows, "i int, score double, in_set boolean")
    found = with_bins(frame, {"score": "bin"}, bins, among=F.col("in_set"))
    return [row["bin"] for row in found.orderBy("i").collect()]


def test_one_is_the_most_deprived_and_null_stays_null(spark: SparkSession) -> None:
    scores = [10.0, 20.0, 30.0, 40.0, None]
    assert binned(spark, scores, Bins(method="quantile", count=2)) == [2, 2, 1, 1, None]
    assert binned(spark, [0.0, 1.0, 1.0, 100.0, None], Bins(method="interval", count=4)) == [4, 4, 4, 1, None]
    assert binned(spark, [3.0, 3.0, None], Bins(count=5)) == [None, None, None]


def test_edges_come_from_the_reference_set_alone(spark: SparkSession) -> None:
    rows = [(1, 1.0, True), (2, 2.0, True), (3, 99.0, False), (4, 98.0, None)]
    frame = spark.createDataFrame(rows, "i int, score double, in_set boolean")
    found = with_bins(frame, {"score": "bin"}, Bins(count=2), among=F.col("in_set"))
    assert {r["i"]: r["bin"] for r in found.collect()} == {1: 2, 2: 1, 3: None, 4: None}
    assert found.columns == ["i", "score", "in_set", "bin"]


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(2, 10), rows=st.integers(20, 60))
def test_quantile_and_interval_bins_are_pandas(spark: SparkSession, seed: int, count: int, rows: int) -> None:
    scores = np.round(np.random.default_rng(seed).normal(20, 9, size=rows), 3)
    for method, theirs in {"quantile": pd.qcut, "interval": pd.cut}.items():
        bins, edges = theirs(pd.Series(scores), count, labels=False, retbins=True)
        # A score that is an edge goes by the last bit of pandas' interpolation: those have a test of their own, below.
        clear = np.abs(scores[:, None] - edges[None, 1:-1]).min(axis=1) > 1e-9
        ours = np.array(binned(spark, scores.tolist(), Bins(method=method, count=count)))
        assert clear.sum() >= rows - count
        assert ours[clear].tolist() == (count - bins)[clear].tolist()


@pytest.mark.parametrize("scale", [1.0, 0.1, 0.001])
def test_a_score_that_is_an_edge_belongs_to_the_less_deprived_bin(spark: SparkSession, scale: float) -> None:
    scores = [scale * i for i in range(1, 8)]
    assert binned(spark, scores, Bins(method="quantile", count=3)) == [3, 3, 3, 2, 2, 1, 1]
    assert binned(spark, scores, Bins(method="interval", count=3)) == [3, 3, 3, 2, 2, 1, 1]


@pytest.mark.parametrize(("rank", "quintile", "decile"), [(1, 1, 1), (3284, 1, 1), (3285, 1, 2), (32844, 5, 10)])
def test_national_bins_are_by_rank(spark: SparkSession, rank: int, quintile: int, decile: int) -> None:
    frame = spark.createDataFrame([(rank, 32844), (None, 32844)], "rank long, areas long")
    rank_of, areas = F.col("rank"), F.col("areas")
    found = frame.select(national_bin(rank_of, areas, 5), national_bin(rank_of, areas, 10)).collect()
    assert [tuple(row) for row in found] == [(quintile, decile), (None, None)]
