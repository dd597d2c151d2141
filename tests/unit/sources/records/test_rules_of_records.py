"""What is accepted of each feed, what is rejected, and under which rule; children of a rejected person by their own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from icspark.config import Source
from icspark.quality.checks import Checked
from icspark.sources.records.feeds import FEEDS
from icspark.sources.records.ingest import Known, read_people, read_records
from icspark.sources.records.people import known_people
from icspark.tables.records import SourcePerson

FEED = {feed.name: feed for feed in FEEDS}
File = Callable[[str, str], str]
OPTIONS = {"delivery": "d1", "zone": "Europe/London", "code_systems": "simulated"}


@pytest.fixture
def people(spark: SparkSession) -> DataFrame:
    """Persons a (born June 1950, died 2024-03-01), b (nothing known), and c, who was rejected."""
    persons = [("d0", "gp", "a", date(1950, 6, 1), date(2024, 3, 1)), ("d0", "gp", "b", None, None)]
    lost = [("row", "d0|gp|c", "d0"), ("row", "d9|gp|b", "d9"), ("cell", "d0|gp|a", "d0"), ("row", None, "d0")]
    accepted = spark.createDataFrame(
        persons, "delivery_id string, id_system string, source_id string, birth_month date, death_date date"
    )
    rejected = spark.createDataFrame(lost, "scope string, row_key string, delivery_id string")
    return known_people(accepted, rejected)


def rules_of(checked: Checked, at: int) -> dict[str, str]:
    """Return the rule of each rejected row by the part of its key at `at`; of a cell, with its column."""
    found = {}
    for row in checked.rejected.collect():
        key = row["row_key"].split("|")[at]
        found[f"{key}.{row['column_name']}" if row["scope"] == "cell" else key] = row["rule_code"]
    return found


def read(spark: SparkSession, path: str, name: str, people: DataFrame | None = None, **known: Any) -> Checked:
    given = Source(path=path, options=OPTIONS, as_of=date(2024, 6, 30))
    return read_records(spark, given, FEED[name], known=Known(people, **known))


def accepted(checked: Checked, *names: str) -> list[tuple[Any, ...]]:
    return sorted(tuple(row) for row in checked.accepted.select(*names).collect())


def test_people_are_known_by_their_newest_accepted_delivery(spark: SparkSession) -> None:
    persons = spark.createDataFrame(
        [("d1", "gp", "a", date(1950, 1, 1), None), ("d2", "gp", "a", None, date(2024, 1, 1))],
        "delivery_id string, id_system string, source_id string, birth_month date, death_date date",
    )
    lost = spark.createDataFrame(
        [("row", "d3|gp|a", "d3"), ("row", "d1|gp|x|y", "d1")], "scope string, row_key string, delivery_id string"
    )
    found = {tuple(row) for row in known_people(persons, lost).collect()}
    assert found == {("gp", "a", True, None, date(2024, 1, 1)), ("gp", "x|y", False, None, None)}


def test_persons(spark: SparkSession, file_of: File) -> None:
    text = """id_system,source_id,sex_code,birth_month,ethnic_category_code,death_date
gp,fine,2,1950-06-17,A,2024-01-01
gp,same,1,1960-01-01,99,
gp,same,1,1960-01-01,99,
gp,differs,1,1960-01-01,,
gp,differs,2,1960-01-01,,
gp,codes,X,1960-01-01,Q,
gp,dead,1,1960-05-01,,1960-04-30
gp,future,1,2031-01-01,,
gp,old,1,1859-01-01,,1860-01-01
,nobody,1,,,
"""
    given = Source(path=file_of("p.csv", text), options={"delivery": "d1"}, as_of=date(2024, 6, 30))
    checked = read_people(spark, given)
    names = (SourcePerson.source_id, SourcePerson.sex_code, SourcePerson.birth_month, SourcePerson.death_date)
    assert accepted(checked, *names) == [
        ("codes", None, date(1960, 1, 1), None),
        ("fine", "2", date(1950, 6, 1), date(2024, 1, 1)),
        ("future", "1", None, None),
        ("old", "1", None, None),
        ("same", "1", date(1960, 1, 1), None),
    ]
    assert rules_of(checked, 2) == {
        "same": "DUPLICATE",
        "differs": "CONFLICT",
        "codes.sex_code": "SEX_UNKNOWN",
        "codes.ethnic_category_code": "ETHNIC_CATEGORY_UNKNOWN",
        "dead": "DEATH_BEFORE_BIRTH",
        "future.birth_month": "DATE_RANGE",
        "old.birth_month": "DATE_RANGE",
        "old.death_date": "DATE_RANGE",
        "nobody": "KEY",
    }
    assert {row["delivery_id"] for row in checked.rejected.collect()} == {"d1"}


def test_appointments(spark: SparkSession, file_of: File, people: DataFrame) -> None:
    head = (
        "appointment_id,id_system,source_id,appointment_booked_datetime,appointment_datetime,referral_date,"
        "first_attendance_code,consultation_medium_code,priority_type_code,treatment_function_code,"
        "attended_or_did_not_attend_code\n"
    )
    text = head + "".join(
        f"{row}\n"
        for row in (
            "fine,gp,a,2024-01-01 10:00,2024-03-01 23:30,2023-12-01,1,01,1,110,5",
            "late,gp,a,2024-01-01 10:00,2024-03-02 00:10,2023-12-01,1,01,1,110,3",
            "planned,gp,b,,2027-01-01 10:00,,,,,,0",
            "far,gp,b,,2031-01-01 10:00,,,,,,0",
            "order,gp,b,2024-02-02 10:00,2024-02-01 10:00,2024-02-02,,,,,5",
            "codes,gp,b,,2024-02-01 10:00,,8,99,4,1A0,5",
            "code,gp,b,,2024-02-01 10:00,,,,,,8",
            "time,gp,b,,2024-02-30 10:00,,,,,,5",
            "child,gp,c,,2024-02-01 10:00,,,,,,5",
            "orphan,gp,d,,2024-02-01 10:00,,,,,,5",
            "unborn,gp,a,,1950-05-31 10:00,,,,,,5",
            "torn,gp,b,,2024-02-01 10:00,,,,,,5,5",
            "twice,gp,b,,2024-02-01 10:00,,,,,,5",
            "twice,gp,b,,2024-02-01 10:00,,,,,,5",
            "differs,gp,b,,2024-02-01 10:00,,,,,,5",
            "differs,gp,b,,2024-02-01 10:00,,,,,,3",
        )
    )
    checked = read(spark, file_of("a.csv", text), "appointment", people)
    names = ("appointment_id", "is_after_death", "appointment_booked_datetime", "referral_date")
    found = [(a, b, c is not None, d) for a, b, c, d in accepted(checked, *names)]
    assert found == [
        ("codes", False, False, None),
        ("fine", False, True, date(2023, 12, 1)),
        ("late", True, True, date(2023, 12, 1)),
        ("order", False, False, None),
        ("planned", False, False, None),
        ("twice", False, False, None),
    ]
    assert rules_of(checked, 0) == {
        "far": "DATE_RANGE",
        "order.appointment_booked_datetime": "BOOKED_AFTER_APPOINTMENT",
        "order.referral_date": "REFERRED_AFTER_APPOINTMENT",
        "codes.first_attendance_code": "FIRST_ATTENDANCE_UNKNOWN",
        "codes.consultation_medium_code": "CONSULTATION_MEDIUM_UNKNOWN",
        "codes.priority_type_code": "PRIORITY_UNKNOWN",
        "codes.treatment_function_code": "TREATMENT_FUNCTION_FORM",
        "code": "ATTENDANCE_UNKNOWN",
        "time": "TYPE",
        "child": "PARENT_REJECTED",
        "orphan": "PERSON_UNKNOWN",
        "unborn": "BEFORE_BIRTH",
        "torn": "FIELDS",
        "twice": "DUPLICATE",
        "differs": "CONFLICT",
    }
    assert checked.notes() == {"after_death": 1}


def test_admissions(spark: SparkSession, file_of: File, people: DataFrame) -> None:
    text = """spell_id,id_system,source_id,admission_date,discharge_date,admission_method_code,primary_diagnosis_code
fine,gp,b,2024-01-01,2024-01-01,2A,E11.9
still,gp,b,2024-01-01,,21,R69X
back,gp,b,2024-01-02,2024-01-01,21,
end,gp,b,2024-01-02,32/01/2024,21,
codes,gp,b,2024-01-02,,29,7999
old,gp,b,1801-01-01,,21,
"""
    checked = read(spark, file_of("a.csv", text), "admission", people)
    assert accepted(checked, "spell_id", "admission_method_code", "primary_diagnosis_code") == [
        ("codes", None, None),
        ("fine", "2A", "E11.9"),
        ("still", "21", "R69X"),
    ]
    assert rules_of(checked, 0) == {
        "back": "DISCHARGED_BEFORE_ADMISSION",
        "end": "END_UNREADABLE",
        "codes.admission_method_code": "ADMISSION_METHOD_UNKNOWN",
        "codes.primary_diagnosis_code": "ICD_10_FORM",
        "old": "DATE_RANGE",
    }


def test_emergency_attendances(spark: SparkSession, file_of: File, people: DataFrame) -> None:
    text = """attendance_id,id_system,source_id,incident_datetime,arrival_datetime,triaged_datetime,departure_datetime
fine,gp,b,,2024-01-01 10:00,2024-01-01 10:00,2024-01-01 12:00
gap,gp,b,2024-01-01 09:00,2024-01-01 10:00,,2024-01-01 09:30
first,gp,b,2024-01-01 10:01,2024-01-01 10:00,,
"""
    checked = read(spark, file_of("a.csv", text), "emergency_attendance", people)
    assert accepted(checked, "attendance_id") == [("fine",)]
    assert rules_of(checked, 0) == {"gap": "TIMES_OUT_OF_ORDER", "first": "TIMES_OUT_OF_ORDER"}


def test_residences(spark: SparkSession, file_of: File, people: DataFrame) -> None:
    text = """id_system,source_id,from_date,to_date,postcode,lsoa_2011_code,lsoa_2021_code
gp,b,2001-01-01,,zz993vz,,
gp,b,2002-01-01,2003-01-01,AB1 2C,E01000001,E01000001
gp,b,2003-01-01,2004-01-01,ab12cd,E01000002,E01000002
gp,b,2004-01-01,2004-01-01,,,
gp,b,2005-01-01,never,,,
"""
    lookup = spark.createDataFrame(
        [("lsoa_2011", "E01000001", "msoa_2011", "E02000001")],
        "from_level string, from_code string, to_level string, to_code string",
    )
    checked = read(spark, file_of("a.csv", text), "residence", people, areas=lookup)
    names = ("from_date", "postcode", "lsoa_2011_code", "lsoa_2021_code")
    assert [(day.year, *rest) for day, *rest in accepted(checked, *names)] == [
        (2001, "ZZ99 3VZ", None, None),
        (2002, None, "E01000001", "E01000001"),
        (2003, "AB1 2CD", None, "E01000002"),
    ]
    assert rules_of(checked, 0) == {
        "2002-01-01.postcode": "POSTCODE_FORM",
        "2003-01-01.lsoa_2011_code": "LSOA_UNKNOWN",
        "2004-01-01": "ENDS_BEFORE_START",
        "2005-01-01": "END_UNREADABLE",
    }
    assert checked.notes() == {"nowhere": 1}


def test_registrations_diagnoses_and_events(spark: SparkSession, file_of: File, people: DataFrame) -> None:
    registrations = (
        "id_system,source_id,practice_code,from_date,to_date\ngp,b,A81001,2020-01-01,\ngp,b,GP,2020-01-01,\n"
    )
    checked = read(spark, file_of("r.csv", registrations), "registration_period", people)
    assert rules_of(checked, 0) == {"GP": "PRACTICE_CODE_FORM"}
    diagnoses = """id_system,source_id,code_system,code,diagnosis_date,source
gp,b,icd10,E11,2020-01-01,primary
gp,b,simulated,anything,2020-01-01,primary
gp,b,icd10,diabetes,2020-01-01,primary
gp,b,read2,C10,2020-01-01,primary
gp,b,icd10,E10,2020-01-01,pharmacy
gp,b,icd10,E12,2020-01-01,
"""
    checked = read(spark, file_of("d.csv", diagnoses), "diagnosis", people)
    assert accepted(checked, "code") == [("E11",), ("anything",)]
    assert rules_of(checked, 1) == {
        "diabetes": "ICD_10_FORM",
        "C10": "CODE_SYSTEM_UNKNOWN",
        "E10": "DIAGNOSIS_SOURCE_UNKNOWN",
        "E12": "KEY",
    }
    events = "id_system,source_id,event,event_date,referral_date\ngp,b,first visit,2024-01-01,2024-01-02\n"
    checked = read(spark, file_of("e.csv", events), "clinic_event", people)
    assert accepted(checked, "event", "referral_date") == [("first visit", None)]
    assert rules_of(checked, 0) == {"first visit.referral_date": "REFERRED_AFTER_EVENT"}


def test_a_link_needs_two_persons_and_a_lost_one_takes_it_along(
    spark: SparkSession, file_of: File, people: DataFrame
) -> None:
    text = """left_id_system,left_id,right_id_system,right_id,link_date
gp,a,gp,b,2024-01-01
gp,a,gp,a,
gp,a,gp,c,
gp,d,gp,a,
gp,b,gp,a,1700-01-01
"""
    checked = read(spark, file_of("l.csv", text), "identity_link", people)
    assert accepted(checked, "left_id", "right_id", "link_date") == [("a", "b", date(2024, 1, 1)), ("b", "a", None)]
    assert sorted(row["rule_code"] for row in checked.rejected.collect()) == [
        "DATE_RANGE",
        "LINKED_WITH_ITSELF",
        "PARENT_REJECTED",
        "PERSON_UNKNOWN",
    ]


def test_without_persons_identifiers_are_taken_as_they_come(spark: SparkSession, file_of: File) -> None:
    text = "id_system,source_id,measure,observation_date,value,unit\ngp,x,bmi,2024-01-01,31.5,kg/m2\ngp,x,bmi,,31,\n"
    checked = read(spark, file_of("o.csv", text), "observation")
    assert accepted(checked, "source_id", "value", "is_after_death") == [("x", 31.5, False)]
    assert rules_of(checked, 0) == {"bmi": "KEY"}


def test_the_artificial_hospital_statistics_are_read_by_maps_alone(
    spark: SparkSession, data: Any, root: Any, halves: Any
) -> None:
    from collections import Counter

    from icspark import config, plan

    environment = config.load(root / "conf/artificial_hes.yml", {n: job.config for n, job in plan.jobs().items()})
    found = {}
    for name in ("appointment", "admission", "emergency_attendance"):
        given = environment.sources[name].existing(name)
        found[name] = halves(read_records(spark, given, FEED[name], known=Known()))
    appointments, rules = found["appointment"]
    counts = Counter(row["attended_or_did_not_attend_code"] for row in appointments)
    assert counts == {"5": 806, "3": 91, "4": 51, "2": 40, "6": 12}
    assert rules == {"REFERRED_AFTER_APPOINTMENT": 172}
    admissions, rules = found["admission"]
    assert (len(admissions), rules) == (2074, {"DATE_RANGE": 1, "ICD_10_FORM": 1})
    assert sum(len(row["secondary_diagnosis_codes"] or []) for row in admissions) > 2000
    attendances, rules = found["emergency_attendance"]
    assert (len(attendances), rules) == (1000, {})
