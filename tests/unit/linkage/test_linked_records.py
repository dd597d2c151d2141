"""Records of identifiers become records of persons: the newest delivery, one place at a time, opt-outs applied."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from icspark.config import Source
from icspark.errors import ConfigurationError
from icspark.linkage.opt_outs import LISTS_BY_PURPOSE, lists_to_apply, people_included, people_opted_out
from icspark.linkage.records import PAIRS, linked, person, with_death
from icspark.linkage.salt import salt_of
from icspark.sources.opt_out import read_list
from icspark.tables.records import Appointment, Person, Residence, SourceAppointment, SourcePerson, SourceResidence
from icspark.tables.table import Table

PAIR = {pair.table: pair for pair in PAIRS}
Row = tuple[Any, ...]


def frame(spark: SparkSession, table: type[Table], names: str, rows: list[Row]) -> DataFrame:
    """Return rows of some columns of a table, the others null (false where required)."""
    given = names.split()
    specs = table.columns()
    listed = spark.createDataFrame(rows, ", ".join(f"{name} {specs[name].data_type.simpleString()}" for name in given))
    others = {name: F.lit(None).cast(spec.data_type) for name, spec in specs.items() if name not in given}
    if "is_after_death" in others:
        others["is_after_death"] = F.lit(False)
    return listed.withColumns(others).select(*specs)


@pytest.fixture
def people(spark: SparkSession) -> DataFrame:
    """Two identifiers of p, who died on 2024-05-01, and one of q."""
    rows = [("gp", "1", "p", date(2024, 5, 1)), ("hospital", "1", "p", date(2024, 5, 1)), ("gp", "2", "q", None)]
    return spark.createDataFrame(rows, "id_system string, source_id string, person_id string, _death_date date")


def test_the_newest_delivery_of_an_appointment_stays_and_strangers_go(spark: SparkSession, people: DataFrame) -> None:
    names = "appointment_id delivery_id id_system source_id appointment_datetime attended_or_did_not_attend_code"
    rows = [
        ("a", "2024-05", "gp", "1", datetime(2024, 5, 1, tzinfo=UTC), "0"),
        ("a", "2024-06", "hospital", "1", datetime(2024, 5, 1, tzinfo=UTC), "3"),
        ("b", "2024-05", "gp", "1", datetime(2024, 5, 2, tzinfo=UTC), "5"),
        ("c", "2024-05", "gp", "2", datetime(2024, 5, 2, tzinfo=UTC), "5"),
        ("d", "2024-05", "gp", "3", datetime(2024, 5, 2, tzinfo=UTC), "5"),
    ]
    found = linked(frame(spark, SourceAppointment, names, rows), PAIR[Appointment], people)
    assert found.columns == list(Appointment.columns())
    told = found.select("appointment_id", "person_id", "attended_or_did_not_attend_code", "is_after_death")
    assert sorted(tuple(row) for row in told.collect()) == [
        ("a", "p", "3", False),
        ("b", "p", "5", True),
        ("c", "q", "5", False),
    ]


def test_a_person_lives_where_they_moved_to_last(spark: SparkSession, people: DataFrame) -> None:
    names = "delivery_id id_system source_id from_date to_date postcode"
    first, second, third = date(2001, 1, 1), date(2005, 1, 1), date(2010, 1, 1)
    rows = [
        ("d1", "gp", "1", first, None, "AB1 1AA"),
        ("d1", "hospital", "1", first, None, "AB1 1AB"),
        ("d1", "hospital", "1", second, date(2006, 1, 1), "AB1 1AC"),
        ("d1", "gp", "1", third, None, None),
        ("d1", "gp", "2", second, third, "AB1 1AD"),
    ]
    found = linked(frame(spark, SourceResidence, names, rows), PAIR[Residence], people)
    told = found.select("person_id", "from_date", "to_date", "postcode").collect()
    assert sorted((tuple(row) for row in told), key=str) == [
        ("p", first, second, "AB1 1AA"),
        ("p", second, date(2006, 1, 1), "AB1 1AC"),
        ("p", third, None, None),
        ("q", second, third, "AB1 1AD"),
    ]


def test_a_person_is_what_the_newest_that_knows_says(spark: SparkSession, people: DataFrame) -> None:
    names = "delivery_id id_system source_id sex_code ethnic_category_code birth_month death_date"
    rows = [
        ("d1", "gp", "1", "1", "A", date(1950, 1, 1), date(2024, 5, 1)),
        ("d2", "hospital", "1", "0", "99", date(1950, 1, 1), None),
        ("d1", "gp", "2", "9", None, None, date(2024, 1, 1)),
        ("d2", "gp", "2", "9", None, None, None),
    ]
    identifiers = people.drop("_death_date")
    persons = person(identifiers, frame(spark, SourcePerson, names, rows))
    told = persons.select("person_id", "sex_code", "ethnic_category_code", "birth_month", "death_date")
    assert {tuple(row) for row in told.collect()} == {
        ("p", "1", "A", date(1950, 1, 1), date(2024, 5, 1)),
        ("q", "9", None, None, None),
    }
    deaths = {(row["source_id"], row["_death_date"]) for row in with_death(identifiers, persons).collect()}
    assert deaths == {("1", date(2024, 5, 1)), ("2", None)}
    alone = person(identifiers, None)
    assert alone.columns == list(Person.columns())
    assert {tuple(row) for row in alone.select("person_id", "sex_code").collect()} == {("p", None), ("q", None)}


def test_an_opt_out_of_one_identifier_is_one_of_the_whole_person(spark: SparkSession) -> None:
    rows = [("gp", "1", "p"), ("hospital", "1", "p"), ("gp", "2", "q"), ("gp", "3", None), ("hospital", "2", "r")]
    identities = spark.createDataFrame(rows, "id_system string, source_id string, person_id string")
    lists = [
        spark.createDataFrame([("hospital", "1"), ("gp", "99")], "id_system string, source_id string"),
        spark.createDataFrame([("gp", "2"), ("gp", "3")], "id_system string, source_id string"),
    ]
    opted_out = people_opted_out(identities, lists)
    assert sorted(row[0] for row in opted_out.collect()) == ["p", "q"]
    assert [tuple(row) for row in people_included(identities, opted_out).collect()] == [("hospital", "2", "r")]
    nobody = people_opted_out(identities, [])
    assert people_included(identities, nobody).count() == 4


def test_the_purpose_says_which_lists_are_needed() -> None:
    both = ["national_data_opt_out", "type_1_opt_out"]
    for purpose, expected in {"research": both, "planning": both, "direct_care": [], "required_by_law": []}.items():
        assert lists_to_apply(purpose, configured=both, applied_by_supplier=()) == expected
    assert lists_to_apply("planning", configured=both[:1], applied_by_supplier=both[1:]) == both[:1]
    assert set(LISTS_BY_PURPOSE) == {"research", "planning", "direct_care", "required_by_law"}
    with pytest.raises(ConfigurationError, match="the purpose planning needs lists that are not there"):
        lists_to_apply("planning", configured=(), applied_by_supplier=both[:1])


def test_a_list_is_read_with_or_without_a_header_and_needs_a_date_and_a_system(
    spark: SparkSession, tmp_path: Any
) -> None:
    (tmp_path / "with.csv").write_text("NHS,system\n 1 ,gp\n1,gp\n,gp\n2,hospital\n")
    (tmp_path / "without.csv").write_text("1,\n2,\n")
    day, bare = date(2024, 6, 30), str(tmp_path / "without.csv")
    columns = {"source_id": "NHS", "id_system": "system"}
    headed = read_list(spark, Source(path=str(tmp_path / "with.csv"), columns=columns, as_of=day), name="x")
    assert sorted(tuple(row) for row in headed.collect()) == [("gp", "1"), ("hospital", "2")]
    plain = read_list(spark, Source(path=bare, options={"header": "none", "id_system": "nhs"}, as_of=day), name="x")
    assert sorted(tuple(row) for row in plain.collect()) == [("nhs", "1"), ("nhs", "2")]
    with pytest.raises(ConfigurationError, match="the list has no date"):
        read_list(spark, Source(path=bare, options={"id_system": "nhs"}), name="x")
    with pytest.raises(ConfigurationError, match="which system"):
        read_list(spark, Source(path=bare, as_of=day), name="x")


def test_a_named_secret_must_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert salt_of(None) == ""
    monkeypatch.setenv("ICS_SALT", "pepper")
    assert salt_of("ICS_SALT") == "pepper"
    monkeypatch.delenv("ICS_SALT")
    with pytest.raises(ConfigurationError, match="ICS_SALT"):
        salt_of("ICS_SALT")
