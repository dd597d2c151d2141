"""Whom the calling team reached: local times, columns of other names, what is rejected."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from icspark.config import Source
from icspark.errors import ConfigurationError
from icspark.sources import contact

TEXT = """slot,reached
A1,2024-07-01 09:30
A1,20240702 1000
A2,2024-12-01 09:30
A2,2024-12-01 09:30
A3,not a time
,2024-07-01 09:30
"""


def test_times_of_contact_are_local_and_bad_rows_are_rejected(spark: SparkSession, file_of, halves) -> None:
    columns = {"appointment_id": "slot", "contacted_datetime": "reached"}
    zone = {"zone": "Europe/London"}
    source = Source(path=file_of("contact.csv", TEXT), columns=columns, options=zone, rejected_ceiling=1)
    checked = contact.read(spark, source)
    _, rejected = halves(checked)
    told = checked.accepted.select("appointment_id", F.date_format("contacted_datetime", "yyyy-MM-dd HH:mm"))
    assert sorted(map(tuple, told.collect())) == [
        ("A1", "2024-07-01 08:30"),
        ("A1", "2024-07-02 09:00"),
        ("A2", "2024-12-01 09:30"),
    ]
    assert rejected == {"DUPLICATE": 1, "TYPE": 1, "KEY": 1}


def test_a_source_without_a_zone_is_an_error(spark: SparkSession, file_of) -> None:
    with pytest.raises(ConfigurationError, match=r"sources.contact.options.zone"):
        contact.read(spark, Source(path=file_of("contact.csv", TEXT)))
