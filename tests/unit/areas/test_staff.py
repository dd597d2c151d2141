"""Practitioners of a practice at a stated date."""

from __future__ import annotations

from datetime import date

import pytest
from pyspark.sql import SparkSession

from icspark.areas.staff import FIGURES, staff_by_practice, staff_from_practitioners, stated
from icspark.config import Source
from icspark.errors import ConfigurationError
from icspark.tables.reference import PracticeStaff, Practitioner

AS_OF = date(2022, 1, 1)


def test_staff_are_counted_at_the_date(spark: SparkSession) -> None:
    rows = [
        ("g1", "A1", date(2020, 1, 1), None),  # 731 days
        ("g2", "A1", date(2020, 1, 1), date(2021, 1, 1)),  # 366 days, departed
        ("g3", "A1", date(2021, 1, 1), date(2022, 1, 2)),  # leaves later: 365 days, current
        ("g4", "A1", date(2022, 1, 2), None),  # not yet there
        ("g5", "B2", date(2020, 1, 1), date(2020, 1, 31)),  # nobody is left: the span ends with the last leaving
        ("g6", "C3", date(2022, 1, 1), None),  # joined today: no span yet
    ]
    found = staff_from_practitioners(spark.createDataFrame(rows, Practitioner.schema()), AS_OF)
    by_practice = {row[0]: tuple(row)[3:] for row in found.collect()}
    assert by_practice["A1"] == (2.0, 1.0, 1462 / 731, pytest.approx(1 * 365.25 / 1462))
    assert by_practice["A1"][3] == pytest.approx(1 / (1462 / 731 * 731 / 365.25))  # departed / (mean x years)
    assert by_practice["B2"] == (0.0, 1.0, 1.0, pytest.approx(365.25 / 30))
    assert by_practice["C3"] == (1.0, 0.0, None, None)


def test_rows_of_practitioners_come_before_the_aggregated_file(spark: SparkSession) -> None:
    people = spark.createDataFrame([("g1", "A1", date(2021, 1, 1), None)], Practitioner.schema())
    given = spark.createDataFrame([("A1", 9.0, 9.0, 9.0, 9.0), ("B2", 3.0, 1.0, 2.0, 0.1)], PracticeStaff.schema())
    both = staff_by_practice(people, given, as_of=AS_OF, aggregated_as_of=date(2022, 10, 1))
    assert both is not None
    assert both.columns == ["practice_code", *FIGURES]
    assert {
        r["practice_code"]: (r["staff_source"], r["staff_as_of_date"], r["staff_current_count"]) for r in both.collect()
    } == {
        "A1": ("practitioner", AS_OF, 1.0),
        "B2": ("practice_staff", date(2022, 10, 1), 3.0),
    }
    assert staff_by_practice(None, None, as_of=None) is None


def test_a_date_is_stated_or_it_is_an_error() -> None:
    assert stated(AS_OF, None, needed=True) == AS_OF
    assert stated(None, Source(path="x", as_of=AS_OF), needed=True) == AS_OF
    assert stated(None, None) is None
    with pytest.raises(ConfigurationError, match="stated date"):
        stated(None, Source(path="x"), needed=True)
