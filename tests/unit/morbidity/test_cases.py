"""From coded diagnoses to cases: prefixes, systems, impossible dates, onset and backlog."""

from __future__ import annotations

import csv
import gzip
from datetime import date
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from icspark.morbidity.cases import (
    build_condition_case,
    conditions_of_codes,
    rows_on_no_list,
    shared_codes,
)
from icspark.tables.morbidity import ConditionCode
from icspark.tables.records import Diagnosis, Person, RegistrationPeriod

CODES = [
    ("diabetes", "icd10", "E11", "1"),
    ("any_diabetes", "icd10", "E1", "1"),
    ("asthma", "icd10", "J459", "1"),
    ("asthma", "snomed", "195967001", "1"),
]


def day(text: str) -> date:
    return date.fromisoformat(text)


def diagnosis(person: str, code: str, on: str, system: str = "icd10", after_death: bool = False) -> tuple[object, ...]:
    return (system, code, day(on), "inpatient", after_death, person)


@pytest.fixture
def cases(spark: SparkSession):
    def build(rows: list[tuple[object, ...]], begun: dict[str, str], **options: object):
        diagnoses = spark.createDataFrame(rows, Diagnosis.schema())
        lives = [("1", day("1950-05-01"), None, day("2020-01-01") if p == "d" else None, None, p) for p in "abcd"]
        people = spark.createDataFrame(lives, Person.schema())
        registered = [("Z90001", day(on), None, p) for p, on in begun.items()]
        registrations = spark.createDataFrame(registered, RegistrationPeriod.schema())
        matched = conditions_of_codes(diagnoses, spark.createDataFrame(CODES, ConditionCode.schema()))
        checked = build_condition_case(
            diagnoses,
            matched,
            people,
            registrations,
            **{"backlog_days": 90, "extract_date": day("2024-12-31")} | options,
        )
        return matched, checked

    return build


def test_codes_match_by_their_beginning_without_dots_on_every_list_and_in_their_own_system(cases) -> None:
    matched, checked = cases(
        [
            diagnosis("a", "E11.9", "2010-01-01"),
            diagnosis("a", "e119", "2009-01-01"),
            diagnosis("b", "J45.9", "2010-01-01"),
            diagnosis("b", "195967001", "2008-01-01", "snomed"),
            diagnosis("c", "J45", "2010-01-01"),
            diagnosis("c", "195967001", "2008-01-01"),
            diagnosis("c", "X", "2008-01-01", "ctv3"),
        ],
        {},
    )
    found = sorted((row.person_id, row.condition, str(row.first_date)) for row in checked.accepted.collect())
    assert found == [
        ("a", "any_diabetes", "2009-01-01"), ("a", "diabetes", "2009-01-01"), ("b", "asthma", "2008-01-01")
    ]  # fmt: skip
    assert rows_on_no_list(matched) == {"ctv3": 1, "icd10": 2}


def test_a_first_date_soon_after_a_registration_is_history_not_onset(cases) -> None:
    rows = [
        diagnosis("a", "E119", "2010-03-01"), diagnosis("a", "J459", "2010-04-02"),
        diagnosis("b", "E119", "2009-12-31"), diagnosis("c", "E119", "2010-01-01"),
    ]  # fmt: skip
    _, checked = cases(rows, {"a": "2010-01-01", "b": "2010-01-01", "c": "2010-01-01"})
    known = {(row.person_id, row.condition): row.known_by for row in checked.accepted.collect()}
    assert known[("a", "diabetes")] == "backlog" and known[("a", "asthma")] == "onset"
    assert known[("b", "diabetes")] == "onset" and known[("c", "diabetes")] == "backlog"


def test_impossible_dates_are_rejected_and_a_sound_date_is_still_a_case(cases) -> None:
    rows = [
        diagnosis("a", "J459", "1950-04-30"), diagnosis("a", "J459", "1950-05-01"),
        diagnosis("b", "J459", "2025-01-01"),
        diagnosis("c", "J459", "2024-12-31", after_death=True),
        diagnosis("d", "J459", "2020-01-02"), diagnosis("d", "E119", "2020-01-01"),
    ]  # fmt: skip
    _, checked = cases(rows, {})
    rejected = sorted((row.row_key, row.rule_code) for row in checked.rejected.collect())
    assert rejected == [
        ("a|asthma", "BEFORE_BIRTH"), ("b|asthma", "IN_FUTURE"), ("c|asthma", "AFTER_DEATH"),
        ("d|asthma", "AFTER_DEATH"),
    ]  # fmt: skip
    accepted = sorted((row.person_id, row.condition) for row in checked.accepted.collect())
    assert accepted == [("a", "asthma"), ("d", "any_diabetes"), ("d", "diabetes")]
    assert checked.numbers()["read"] == 7


def test_lists_that_share_or_nest_codes() -> None:
    codes = [
        ("b", "icd10", "E1"),
        ("a", "icd10", "E11"),
        ("c", "icd10", "E2"),
        ("d", "snomed", "E11"),
        ("e", "icd10", "E2"),
    ]
    assert shared_codes(codes) == {("a", "b"), ("c", "e")}


def test_lists_of_caliber_that_share_or_nest_codes(data: Path) -> None:
    with gzip.open(data / "codelists/caliber_308_icd10_codelists.csv.gz", "rt", encoding="utf-8") as file:
        rows = [(row["Disease"], "icd10", row["ICD10code"].replace(".", "")) for row in csv.DictReader(file)]
    assert len(shared_codes(rows)) == 177
