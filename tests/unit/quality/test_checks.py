"""Nothing is lost between the accepted and the rejected half."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from icspark.errors import QualityError, TableError
from icspark.quality.checks import BUILT_IN, Checked, Rule, check
from icspark.sources.reading import typed
from icspark.tables.table import Rejected, Table, column


class Visit(Table):
    """One row per place and day. A table of these tests."""

    place_code = column(T.StringType(), "place", key=True)
    day_number = column(T.LongType(), "day", key=True)
    people_count = column(T.LongType(), "people", required=True)
    wet_share = column(T.DoubleType(), "share")
    note = column(T.StringType(), "note")


NAMES = {name: name for name in Visit.columns()}
RULES = (
    Rule("TOTAL", "A total is no place.", lambda: F.col("place_code") == "Total"),
    Rule("SHARE_RANGE", "A share lies between 0 and 1.", lambda: ~F.col("wet_share").between(0, 1), "wet_share"),
)


def checked(spark: SparkSession, *rows: tuple[str | None, ...], ceiling: float = 1.0) -> Checked:
    schema = ", ".join(f"{name} string" for name in [*NAMES, "_file", "_raw", "_problem"])
    whole = [(*row[:5], "f.csv", "|".join(map(str, row)), row[5] if len(row) > 5 else None) for row in rows]
    return check(typed(spark.createDataFrame(whole, schema), Visit, NAMES), Visit, RULES, ceiling=ceiling)


def rejections(result: Checked) -> list[tuple[str, str, str | None, str | None]]:
    rows = result.rejected.collect()
    return sorted(((r["scope"], r["rule_code"], r["column_name"], r["row_key"]) for r in rows), key=str)


def accepted(frame: DataFrame) -> list[tuple[object, ...]]:
    return sorted((tuple(row) for row in frame.collect()), key=str)


def test_each_row_stands_once_under_the_first_rule_that_it_breaks(spark: SparkSession) -> None:
    result = checked(
        spark,
        ("A", "1", "5", "0.5", None),
        ("Total", None, "x", "2", None),
        (None, "2", "5", None, None),
        ("B", "two", "5", None, None),
        ("C", "3", "..", None, None),
        ("D", "4", "5", None, None, "FIELDS"),
    )
    assert rejections(result) == [
        ("row", "FIELDS", None, "D|4"),
        ("row", "KEY", "place_code", "|2"),
        ("row", "MISSING", "people_count", "C|3"),
        ("row", "TOTAL", None, "Total|"),
        ("row", "TYPE", "day_number", "B|two"),
    ]
    assert accepted(result.accepted) == [("A", 1, 5, 0.5, None)]
    numbers = result.numbers()
    assert (numbers["read"], numbers["rejected_rows"], numbers["TOTAL"], numbers["SHARE_RANGE"]) == (6, 5, 1, 0)


def test_a_cell_that_breaks_a_rule_is_null_and_its_row_stays(spark: SparkSession) -> None:
    result = checked(spark, ("A", "1", "5", "1.04", "n"), ("B", "1", "5", "wet", None), ("C", "1", "5", "1.0", None))
    assert rejections(result) == [("cell", "SHARE_RANGE", "wet_share", "A|1"), ("cell", "TYPE", "wet_share", "B|1")]
    assert accepted(result.accepted) == [("A", 1, 5, None, "n"), ("B", 1, 5, None, None), ("C", 1, 5, 1.0, None)]
    assert result.numbers()["rejected_rows"] == 0
    assert result.numbers()["SHARE_RANGE"] == 1


def test_rows_that_say_the_same_keep_one_and_rows_that_do_not_keep_none(spark: SparkSession) -> None:
    result = checked(
        spark,
        *[("A", "1", "5", None, "same")] * 3,
        ("B", "1", "5", None, None),
        ("B", "1", "5", None, "other"),
        ("B", "1", "5", None, None),
        ("C", "1", "5", "7", None),
        ("C", "1.0", "5", "8", None),
    )
    assert accepted(result.accepted) == [("A", 1, 5, None, "same"), ("C", 1, 5, None, None)]
    counts = Counter(code for _, code, _, _ in rejections(result))
    assert counts == {"DUPLICATE": 3, "CONFLICT": 3, "SHARE_RANGE": 1}


def test_a_row_that_broke_another_rule_conflicts_with_none(spark: SparkSession) -> None:
    result = checked(spark, ("A", "1", "5", None, None), ("A", "1", "many", None, None))
    assert accepted(result.accepted) == [("A", 1, 5, None, None)]


def test_a_rule_that_is_neither_true_nor_false_is_not_broken(spark: SparkSession) -> None:
    assert accepted(checked(spark, ("A", "1", "5", None, None)).accepted) == [("A", 1, 5, None, None)]


def test_the_halves_have_the_columns_of_their_tables(spark: SparkSession) -> None:
    result = checked(spark, ("A", "1", "5", None, None))
    assert [(f.name, f.dataType) for f in result.accepted.schema] == [(f.name, f.dataType) for f in Visit.schema()]
    assert result.rejected.columns == list(Rejected.columns())
    assert set(result.rule_codes) == {code for code, _ in BUILT_IN} | {"TOTAL", "SHARE_RANGE"}


def test_above_the_ceiling_it_stops_and_says_the_counts_and_no_value(spark: SparkSession) -> None:
    rows = [("A", "1", "5", None, "SECRET"), ("B", "x", "5", None, "SECRET"), ("C", "1", None, None, "SECRET")]
    result = checked(spark, *rows, ceiling=0.6)
    result.rejected.collect()
    with pytest.raises(QualityError, match="2 of 3 rows") as caught:
        result.stop_above_ceiling()
    assert "TYPE 1, MISSING 1" in str(caught.value)
    assert "SECRET" not in str(caught.value)
    enough = checked(spark, *rows, ceiling=0.7)
    enough.rejected.collect()
    enough.stop_above_ceiling()


def test_what_is_noted_is_summed_over_the_accepted_rows(spark: SparkSession) -> None:
    frame = spark.createDataFrame(
        [("A", 1, 5), ("B", None, 7), ("C", 1, 2)], "place_code string, day_number long, people_count long"
    )
    result = check(
        frame,
        Visit,
        ceiling=1,
        notes={"people": lambda: F.col("people_count"), "big": lambda: F.col("people_count") > 3},
    )
    result.rejected.collect()
    assert result.notes() == {"people": 7, "big": 1}
    assert "people" not in result.numbers()


def test_a_rule_on_a_column_that_is_not_there_is_an_error(spark: SparkSession) -> None:
    frame = spark.createDataFrame([("A", 1)], "place_code string, day_number long")
    with pytest.raises(TableError, match="wet_shares"):
        check(frame, Visit, [Rule("X", "x", lambda: F.lit(True), "wet_shares")], ceiling=1)
    with pytest.raises(TableError, match="day_number"):
        check(frame.drop("day_number"), Visit, ceiling=1)


DIRTY = st.tuples(
    st.sampled_from(["A", "B", "C", " A ", "Total", "*", None]),
    st.sampled_from(["1", "2", "1.0", "x", "", None]),
    st.sampled_from(["5", "6", "..", "1e99", None]),
    st.sampled_from(["0.5", "0", "1.5", "-1", "NaN", "wet", None]),
    st.sampled_from(["n", "m", None]),
    st.sampled_from([None, None, None, "FIELDS"]),
)


@settings(  # a failing example is not shrunk: each try is a run of Spark
    max_examples=5,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(rows=st.lists(DIRTY, min_size=20, max_size=150))
def test_accepted_and_rejected_add_up_to_read(spark: SparkSession, rows: list[tuple[str | None, ...]]) -> None:
    result = checked(spark, *rows)
    rejected, kept = rejections(result), accepted(result.accepted)
    whole = [code for scope, code, _, _ in rejected if scope == "row"]
    numbers = result.numbers()
    assert numbers["read"] == len(rows) == len(kept) + len(whole)
    assert numbers["rejected_rows"] == len(whole)
    assert {code: n for code, n in numbers.items() if n and code not in ("read", "rejected_rows")} == Counter(
        code for _, code, _, _ in rejected
    )
    assert len({row[:2] for row in kept}) == len(kept)
    assert all(row[3] is None or 0 <= row[3] <= 1 for row in kept)  # type: ignore[operator]
