"""Identifiers become persons, unless they contradict each other; whom that concerns is counted by deprivation."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from icspark.linkage.conflicts import identity_conflicts, quintile_by_identifier
from icspark.linkage.identity import edges, identifiers_of, person_identity

APRIL, MAY = date(1950, 4, 1), date(1950, 5, 1)
IDENTIFIERS = "id_system string, source_id string, birth_month date, sex_code string"
Row = tuple[Any, ...]


def identities(
    spark: SparkSession, people: list[Row], groups: dict[str, str], *, salt: str = ""
) -> dict[str, tuple[str | None, str | None]]:
    nodes = [(f"gp\x1f{one}", f"gp\x1f{all_of}") for one, all_of in groups.items()]
    components = spark.createDataFrame(nodes, "node string, component string")
    given = spark.createDataFrame([("gp", *row) for row in people], IDENTIFIERS)
    found = person_identity(given, components, most_identifiers=3, salt=salt).collect()
    assert {row["id_system"] for row in found} == {"gp"}
    return {row["source_id"]: (row["person_id"], row["held_apart_reason"]) for row in found}


def test_linked_identifiers_are_one_person_and_others_persons_alone(spark: SparkSession) -> None:
    people = [("a", APRIL, "1"), ("b", None, "0"), ("c", APRIL, "1"), ("d", None, None)]
    found = identities(spark, people, {"a": "a", "b": "a"})
    assert found["a"] == found["b"]
    assert len({person for person, _ in found.values()}) == 3
    assert {reason for _, reason in found.values()} == {None}
    assert all(person is not None and len(person) == 32 for person, _ in found.values())


def test_what_contradicts_itself_or_is_too_large_is_held_apart_whole_with_the_first_reason(spark: SparkSession) -> None:
    people = [
        *[("a", APRIL, "1"), ("b", MAY, "2"), ("c", None, None)],
        *[("d", APRIL, "1"), ("e", APRIL, "2")],
        *[("f", APRIL, "9"), ("g", None, "0"), ("h", APRIL, "2")],
        *[(name, APRIL, "1") for name in "ijkl"],
    ]
    groups = (
        dict(zip("abc", "aaa", strict=True)) | dict(zip("defgh", "ddfff", strict=True)) | dict.fromkeys("ijkl", "i")
    )
    found = identities(spark, people, groups)
    assert [found[name][1] for name in "abc"] == ["conflicting_birth_month"] * 3
    assert [found[name][1] for name in "de"] == ["conflicting_sex"] * 2
    assert [found[name][1] for name in "fgh"] == [None] * 3
    assert [found[name][1] for name in "ijkl"] == ["too_many_identifiers"] * 4
    assert all((person is None) == (reason is not None) for person, reason in found.values())


def test_a_pseudonym_is_the_same_again_and_another_under_another_salt(spark: SparkSession) -> None:
    people = [("a", APRIL, "1")]
    first, again, salted = (identities(spark, people, {}, salt=salt)["a"][0] for salt in ("", "", "secret"))
    assert first == again == hashlib.sha256(b"\x1fgp\x1fa").hexdigest()[:32]
    assert salted not in (None, first)


def test_identifiers_come_once_from_people_links_and_records(spark: SparkSession) -> None:
    delivered = [("d1", "gp", "a", APRIL, "1"), ("d2", "gp", "a", APRIL, None)]
    persons = spark.createDataFrame(delivered, f"delivery_id string, {IDENTIFIERS}")
    links = spark.createDataFrame(
        [("gp", "a", "hospital", "b"), ("gp", "a", "hospital", "b")],
        "left_id_system string, left_id string, right_id_system string, right_id string",
    )
    records = spark.createDataFrame(
        [("clinic", "c", 1), ("clinic", "c", 2)], "id_system string, source_id string, n int"
    )
    found = identifiers_of(persons, links, records=[records])
    assert sorted(tuple(row) for row in found.collect()) == [
        ("clinic", "c", None, None),
        ("gp", "a", APRIL, None),
        ("hospital", "b", None, None),
    ]
    assert {tuple(row) for row in edges(links).collect()} == {("gp\x1fa", "hospital\x1fb")}


def frame_of_places(spark: SparkSession) -> DataFrame:
    residences = [
        ("d1", "gp", "a", date(2001, 1, 1), None, "E01000001"),
        ("d1", "gp", "a", date(2010, 1, 1), "AB1 2CD", None),
        ("d1", "gp", "b", date(2001, 1, 1), "AB1 2CD", "E01000001"),
        ("d1", "gp", "c", date(2001, 1, 1), "ZZ99 3VZ", None),
    ]
    schema = (
        "delivery_id string, id_system string, source_id string, from_date date, postcode string, lsoa_2011_code string"
    )
    deprivation = spark.createDataFrame(
        [("E01000001", 1, 10), ("E01000002", 3, 10)],
        "lsoa_2011_code string, imd_2019_rank long, ranked_areas_count long",
    )
    postcodes = spark.createDataFrame([("AB1 2CD", "E01000002")], "postcode string, lsoa_2011_code string")
    return quintile_by_identifier(spark.createDataFrame(residences, schema), deprivation, postcodes=postcodes)


def test_the_latest_residence_says_the_quintile_and_a_pseudo_postcode_says_nothing(spark: SparkSession) -> None:
    found = {tuple(row) for row in frame_of_places(spark).collect()}
    assert found == {("gp", "a", "2"), ("gp", "b", "1")}


def test_conflicts_are_counted_by_quintile_zeros_included(spark: SparkSession) -> None:
    rows = [
        ("gp", "a", None, "conflicting_sex"),
        ("gp", "b", "p", None),
        ("gp", "c", "q", None),
        ("gp", "d", "r", None),
    ]
    held = spark.createDataFrame(rows, "id_system string, source_id string, person_id string, held_apart_reason string")
    found = identity_conflicts(held, frame_of_places(spark)).collect()
    assert len(found) == 18
    told = {(r["held_apart_reason"], r["imd_2019_quintile"]): tuple(r)[2:] for r in found}
    assert told["conflicting_sex", "2"] == (1, 1, 1.0)
    assert told["conflicting_sex", "1"] == (0, 1, 0.0)
    assert told["conflicting_birth_month", "unknown"] == (0, 2, 0.0)
    assert told["too_many_identifiers", "5"] == (0, 0, None)
