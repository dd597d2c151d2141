"""Features of people that somebody else made: local times, names of their own, what is rejected."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from icspark.config import Source
from icspark.errors import ConfigurationError, InputError
from icspark.sources import extra_feature

TEXT = """person_id,feature,known_from_datetime,value
p1,debt,2024-07-01 09:30,2.5
p1,debt,20241201 0930,
p1,debt,2024-08-01,1
p1,debt,2024-08-01,1
p2,debt,2024-07-01 09:30,1
p2,debt,2024-07-01 09:30,2
p3,debt,,1
p3,debt,soon,1
p3,debt,2024-07-01 09:30,many
p3,age_years,2024-07-01 09:30,1
p3,list_rank,2024-07-01 09:30,1
p3,Debt,2024-07-01 09:30,1
"""
LONDON = {"zone": "Europe/London"}


def test_values_are_known_from_a_local_time_and_a_row_without_one_is_rejected(
    spark: SparkSession, file_of, halves
) -> None:
    source = Source(path=file_of("extra.csv", TEXT), options=LONDON, rejected_ceiling=1)
    checked = extra_feature.read(spark, source)
    _, rejected = halves(checked)
    known_from = F.date_format("known_from_datetime", "yyyy-MM-dd HH:mm")
    assert sorted(map(tuple, checked.accepted.select("person_id", "feature", known_from, "value").collect())) == [
        ("p1", "debt", "2024-07-01 08:30", 2.5),
        ("p1", "debt", "2024-07-31 23:00", 1.0),
        ("p1", "debt", "2024-12-01 09:30", None),
        ("p3", "debt", "2024-07-01 08:30", None),  # the cell is rejected
    ]
    assert rejected == {"DUPLICATE": 1, "CONFLICT": 2, "KEY": 1, "TYPE": 2, "FEATURE_NAME": 3}


def test_a_file_that_does_not_say_from_when_a_value_was_known_is_refused(spark: SparkSession, file_of) -> None:
    path = file_of("extra.csv", "person_id,feature,value\np1,debt,1\n")
    with pytest.raises(InputError, match="known_from_datetime"):
        extra_feature.read(spark, Source(path=path, options=LONDON))


def test_a_source_without_a_zone_is_an_error(spark: SparkSession, file_of) -> None:
    with pytest.raises(ConfigurationError, match=r"sources.extra_feature.options.zone"):
        extra_feature.read(spark, Source(path=file_of("extra.csv", TEXT)))
