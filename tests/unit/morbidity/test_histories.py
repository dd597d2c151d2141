"""Who is counted, in which stratum, with which conditions by then."""

from __future__ import annotations

from datetime import date

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from icspark.errors import ConfigurationError, QualityError
from icspark.morbidity.histories import (
    Counted,
    build_condition_history,
    history_of_wide,
    last_date,
    people_counted,
    stratum_of,
    with_age_band,
    with_area,
)
from icspark.tables.activity import PersonArea
from icspark.tables.morbidity import ConditionCase, WideRecord
from icspark.tables.records import Person, RegistrationPeriod


def day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


@pytest.fixture
def people(spark: SparkSession) -> DataFrame:
    lives = [
        ("stays", "1", "1950-06-01", None),
        ("left", "2", "1950-06-01", None),
        ("died", "2", "1950-06-01", "2020-05-10"),
        ("comes", "1", None, None),
        ("nowhere", "1", "1950-06-01", None),
    ]
    rows = [(sex, day(born), "A", day(died), None, person) for person, sex, born, died in lives]
    return spark.createDataFrame(rows, Person.schema())


@pytest.fixture
def registrations(spark: SparkSession) -> DataFrame:
    periods = [
        ("stays", "2000-01-01", "2010-01-01"),
        ("stays", "2010-01-01", None),
        ("left", "2000-01-01", "2020-03-01"),
        ("died", "2000-01-01", None),
        ("comes", "2020-05-31", None),
        ("comes", "2000-01-01", "2001-01-01"),
    ]
    rows = [("Z90001", day(begin), day(end), person) for person, begin, end in periods]
    return spark.createDataFrame(rows, RegistrationPeriod.schema())


def points(frame: DataFrame) -> dict[str, str]:
    return {row.person_id: str(row["_point"]) for row in frame.collect()}


def test_people_are_counted_on_the_date_or_at_any_time_in_the_window(people, registrations) -> None:
    on = people_counted(people, registrations, Counted(date(2020, 5, 31)))
    assert points(on) == {"stays": "2020-05-31", "comes": "2020-05-31"}
    since = people_counted(people, registrations, Counted(date(2020, 5, 31), date(2020, 1, 1)))
    assert points(since) == {
        "stays": "2020-05-31", "comes": "2020-05-31", "left": "2020-02-29", "died": "2020-05-10"
    }  # fmt: skip


def test_bands_of_age(spark: SparkSession) -> None:
    frame = spark.createDataFrame(
        [(day(born), day("2020-05-31")) for born in ("2015-06-01", "2015-05-01", "1920-01-01", None, "2020-06-01")],
        "birth_month date, _point date",
    )
    bands = [row["age_band"] for row in frame.transform(with_age_band, years=5).collect()]
    assert bands == ["000_004", "005_009", "090_over", None, None]
    wide = [row["age_band"] for row in frame.transform(with_age_band, years=20).collect()]
    assert wide == ["000_019", "000_019", "080_over", None, None]


def test_the_area_of_the_day_and_its_national_quintile(spark: SparkSession) -> None:
    described = spark.createDataFrame([(p, day("2020-05-31")) for p in "abc"], "person_id string, _point date")
    homes = [("a", "2000-01-01", "2020-05-31", "E01000001"), ("a", "2020-05-31", None, "E01000002")]
    # Two homes at once are a defect of person_area, and still one stratum: that of the first code.
    homes += [("b", "2000-01-01", "2020-06-01", "E01000003"), ("b", "2010-01-01", None, "E01000009")]
    rows = [(p, day(begin), day(end), lsoa, "point", None, f"{lsoa}x", "point", None) for p, begin, end, lsoa in homes]
    deprivation = spark.createDataFrame(
        [("E01000002", 1), ("E01000003", 10)], "lsoa_2011_code string, imd_2019_decile long"
    )
    placed = with_area(described, spark.createDataFrame(rows, PersonArea.schema()), deprivation).orderBy("person_id")
    wanted = ("lsoa_2011_code", "lsoa_2021_code", "imd_2019_quintile")
    found = [tuple(row[name] for name in wanted) for row in placed.collect()]
    assert found == [("E01000002", "E01000002x", "1"), ("E01000003", "E01000003x", "5"), (None, None, None)]


def test_conditions_by_the_day_with_the_onset_where_it_is_one(spark: SparkSession) -> None:
    described = spark.createDataFrame([("a", day("2020-05-31"), "1"), ("b", day("2020-05-31"), None)],
                                      "person_id string, _point date, sex_code string")  # fmt: skip
    nothing = F.lit(None).cast("string")
    described = described.withColumns(
        dict.fromkeys(
            ("age_band", "ethnic_category_code", "imd_2019_quintile", "lsoa_2011_code", "lsoa_2021_code"), nothing
        )
    )
    cases = spark.createDataFrame(
        [
            ("a", "stroke", day("2020-05-31"), "onset"),
            ("a", "asthma", day("1970-01-11"), "onset"),
            ("a", "gout", day("2000-01-01"), "backlog"),
            ("a", "late", day("2020-06-01"), "onset"),
        ],
        ConditionCase.schema(),
    )
    rows = build_condition_history(described, cases, strata=("age_band", "sex_code")).orderBy("person_id").collect()
    assert rows[0].conditions == ["asthma", "gout", "stroke"] and rows[0].onset_days == [10, None, 18413]
    assert rows[0].stratum == "unknown|1" and rows[0].as_of_date == day("2020-05-31")
    assert rows[1].conditions == [] and rows[1].onset_days == [] and rows[1].stratum == "unknown|unknown"


def test_a_wide_table_is_a_history(spark: SparkSession) -> None:
    record = spark.createDataFrame([(1, "40", ["b", "a"], [5, None])], WideRecord.schema())
    row = history_of_wide(record).collect()[0]
    assert (row.person_id, row.stratum, row.conditions, row.onset_days) == ("1", "40", ["a", "b"], [None, 5])


def test_strata_are_columns_of_people(spark: SparkSession) -> None:
    with pytest.raises(ConfigurationError, match="shoe_size"):
        stratum_of(("shoe_size",))


def test_without_a_case_there_is_no_last_date(spark: SparkSession) -> None:
    with pytest.raises(QualityError, match="nobody has a condition"):
        last_date(spark.createDataFrame([], ConditionCase.schema()))
