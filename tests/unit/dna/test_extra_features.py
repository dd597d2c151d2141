"""Features of somebody else, as they were known before the point."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from pyspark.sql import DataFrame, SparkSession

from icspark.dna.extra_features import EXTRA, extra_names, with_extra_columns, with_extra_features
from icspark.tables.dna import ExtraFeature


def at(day: int, hour: int = 0) -> datetime:
    return datetime(2024, 5, day, hour, tzinfo=UTC)


@pytest.fixture(scope="module")
def points(spark: SparkSession) -> DataFrame:
    rows = [("a1", "p1", at(3)), ("a2", "p1", at(9)), ("a3", "p2", at(9)), ("a4", "p3", at(9)), ("a5", "p4", at(9))]
    return spark.createDataFrame(rows, "appointment_id string, person_id string, prediction_datetime timestamp")


@pytest.fixture(scope="module")
def extra(rows_of: Callable[..., DataFrame]) -> DataFrame:
    said = [
        ("p1", "debt", at(3), 9.0),  # at the very point: not yet known
        ("p1", "debt", at(1), 1.0),
        ("p1", "debt", at(2), 2.0),
        ("p1", "carer", at(8, 23), 1.0),
        ("p2", "debt", at(10), 5.0),
        ("p3", "debt", at(1), 4.0),
        ("p3", "debt", at(4), None),
        ("p9", "pets", at(1), 1.0),
    ]
    names = list(ExtraFeature.columns())
    return rows_of(ExtraFeature, *[dict(zip(names, row, strict=True)) for row in said])


def test_a_value_counts_only_where_it_was_known_before_the_point(points: DataFrame, extra: DataFrame) -> None:
    rows = with_extra_features(points, points, extra).persist()
    assert {tuple(one["name"] for one in row[EXTRA]) for row in rows.collect()} == {("carer", "debt", "pets")}
    assert extra_names(rows) == ("carer", "debt", "pets")
    found = with_extra_columns(rows, ("debt", "carer")).drop("person_id", "prediction_datetime")
    assert sorted(map(tuple, found.collect())) == [
        ("a1", 2.0, None),
        ("a2", 9.0, 1.0),
        ("a3", None, None),
        ("a4", None, None),
        ("a5", None, None),
    ]
    rows.unpersist()


def test_without_the_table_there_are_no_extra_features(points: DataFrame) -> None:
    rows = with_extra_features(points, points, None)
    assert [row[EXTRA] for row in rows.collect()] == [None] * 5
    assert extra_names(rows) == extra_names(rows.limit(0)) == ()
    assert with_extra_columns(rows, ()).columns == points.columns
