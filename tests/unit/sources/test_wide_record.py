"""A wide table of people: pairs of columns, times of several kinds, and lines that are numbered."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession

from icspark.config import Source
from icspark.errors import InputError
from icspark.sources import wide_record
from icspark.sources.wide_record import WideLayout, numbered_codes

TEXT = "Age,code1,time1,code2,time2\n40,b,20,a,10\n41,a,0,a,5\n,a,-3,,7\n43,b,1970-01-03,,\n44,b,soon,,\n45,b\n46,,,,\n"


def test_lines_become_people_with_codes_and_times(spark: SparkSession, file_of, halves) -> None:
    checked = wide_record.read(spark, Source(path=file_of("w.csv", TEXT)), WideLayout())
    rows, rejected = halves(checked)
    assert [(row["record_number"], row["stratum"], row["codes"], row["times"]) for row in rows] == [
        (1, "40", ["a", "b"], [10, 20]),
        (2, "41", ["a"], [5]),
        (3, "unknown", ["a"], [None]),
        (4, "43", ["b"], [2]),
        (7, "46", [], []),
    ]
    assert rejected == {"TIME": 1, "FIELDS": 1}


def test_columns_and_separator_of_another_file(spark: SparkSession, file_of, halves) -> None:
    path = file_of("w.csv", "sex;age;dx;when;other\n1;40;a;5;z\n2;50;b;;\n")
    directed = WideLayout(("sex", "age"), {"dx": "when", "other": None}, ";")
    rows, rejected = halves(wide_record.read(spark, Source(path=path), directed))
    assert [(row["stratum"], row["codes"], row["times"]) for row in rows] == [
        ("1|40", ["a", "z"], [5, None]), ("2|50", ["b"], [None])
    ]  # fmt: skip
    assert not rejected
    with pytest.raises(InputError, match="Expected site"):
        wide_record.read(spark, Source(path=path), WideLayout(("age",), {"site": None}, ";"))
    with pytest.raises(InputError, match="columns code1"):
        wide_record.read(spark, Source(path=path), WideLayout(("age",), {}, ";"))


def test_lines_are_numbered_however_the_file_is_split(spark: SparkSession, file_of) -> None:
    path = file_of("w.csv", "Age,code1\n" + "".join(f"{age},a\n" for age in range(200)))
    before = spark.conf.get("spark.sql.files.maxPartitionBytes")
    spark.conf.set("spark.sql.files.maxPartitionBytes", "300")
    try:
        rows = wide_record.read(spark, Source(path=path), WideLayout()).accepted.collect()
    finally:
        spark.conf.set("spark.sql.files.maxPartitionBytes", before)
    assert sorted((row.record_number, int(row.stratum)) for row in rows) == [(age + 1, age) for age in range(200)]


def test_columns_are_found_by_their_numbers() -> None:
    assert numbered_codes(["Age", "Code2", "time2", "code10", "code1"]) == {
        "code1": None, "Code2": "time2", "code10": None
    }  # fmt: skip
