"""The counting stage on Spark: the counts of a hand-made table, whatever the partitions and the order of rows."""

from __future__ import annotations

import numpy as np
import pytest
from pyspark.sql import functions as F

from icspark.errors import QualityError
from icspark.morbidity import counting
from icspark.morbidity.counting import count, replicate_counts, replicates_at_once, survey

ROWS = [
    ("x", {"a": 10, "b": 20}),
    ("x", {"a": 20, "b": 20}),
    ("x", {"b": 5, "c": None}),
    ("y", {"a": 30, "b": 10, "c": 40}),
    ("y", {}),
]


def test_counts_by_hand(histories) -> None:
    frame = histories(*ROWS)
    found = survey(frame, most_conditions=3)
    assert (found.conditions, found.strata, found.first_day, found.last_day) == (("a", "b", "c"), ("x", "y"), 5, 40)
    counts = count(frame, found, min_gap=1)
    assert counts.arrays["people"].tolist() == [[3, 2]]
    assert counts.arrays["single"].tolist() == [[[2, 3, 1], [1, 1, 1]]]
    assert counts.arrays["both"].tolist() == [[[2, 0, 1], [1, 1, 1]]]
    assert counts.ordered().tolist() == [[[1, 0], [0, 0], [0, 0]], [[0, 1], [1, 0], [1, 0]]]
    cells = counts.cells(np.array([0]))
    assert [cell.tolist() for cell in (cells.a, cells.b, cells.c, cells.d)] == [[[2, 1]], [[0, 0]], [[1, 0]], [[0, 1]]]


def test_counts_do_not_depend_on_order_partitions_or_batches(histories, spark, monkeypatch) -> None:
    frame = histories(*ROWS * 7)
    found = survey(frame, most_conditions=3)
    once, weighted = count(frame, found, min_gap=1), replicate_counts(frame, found, range(3), seed=1)
    monkeypatch.setattr(counting, "BUFFERED", 4)
    spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", "2")
    try:
        mixed = frame.orderBy(F.xxhash64("person_id")).repartition(3)
        again, reweighted = count(mixed, found, min_gap=1), replicate_counts(mixed, found, range(3), seed=1)
    finally:
        spark.conf.unset("spark.sql.execution.arrow.maxRecordsPerBatch")
    for name in once.arrays:
        assert np.array_equal(once.arrays[name], again.arrays[name])
    for name in weighted.arrays:
        assert np.array_equal(weighted.arrays[name], reweighted.arrays[name])
    assert len({tuple(each.ravel()) for each in weighted.arrays["both"]}) == 3


def test_lost_pairs_stop_the_job(histories) -> None:
    frame = histories(*ROWS)
    found = survey(frame, most_conditions=3)
    repeated = frame.withColumn("conditions", F.concat("conditions", "conditions"))
    with pytest.raises(QualityError, match="Expected 33 pairs over all people. Found 6"):
        count(repeated, found)


def test_more_conditions_than_the_ceiling(histories) -> None:
    with pytest.raises(QualityError, match="more conditions than can be counted at once.*more than 2"):
        survey(histories(*ROWS), most_conditions=2)


def test_nobody_has_a_condition(histories) -> None:
    with pytest.raises(QualityError, match="no conditions to count"):
        survey(histories(("x", {})), most_conditions=2)


def test_replicates_fit_into_the_memory_that_is_given(histories) -> None:
    found = survey(histories(*ROWS), most_conditions=3)
    assert replicates_at_once(found, most_bytes=1000) == 1000 // (4 * 7 * 2)
    assert replicates_at_once(found, most_bytes=1) == 1
