"""A tiny extract from its files to the records of persons: through four jobs, delivery by delivery."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from icspark import plan
from icspark.config import Environment, Source, Storage
from icspark.graphs.components import has_graphframes
from icspark.record import last_rows, read_record
from icspark.runner import Runner, Step, Wanted
from icspark.storage import Tables
from icspark.tables.linkage import IdentityConflict
from icspark.tables.records import Appointment, Diagnosis, Person, PersonIdentity, Residence, SourceAppointment
from icspark.tables.table import Table

pytestmark = pytest.mark.slow

JOBS = ("ingest_person", "ingest_records", "person_identity", "linked_records")

PERSON = """id_system,source_id,sex_code,birth_month,ethnic_category_code,death_date
gp,1,1,1950-01-01,Z,
hospital,1,0,1950-01-01,A,2024-05-01
gp,2,2,1960-01-01,B,
gp,3,2,1970-01-01,C,
hospital,3,2,1971-01-01,C,
gp,4,2,1980-01-01,,
gp,9,X,1980-01-01,,1970-01-01
"""
LINKS = """left_id_system,left_id,right_id_system,right_id
gp,1,hospital,1
gp,3,hospital,3
gp,9,gp,1
"""
RESIDENCE = """id_system,source_id,from_date,to_date,postcode
gp,1,2000-01-01,,AB1 1AA
hospital,1,2010-01-01,2011-01-01,AB1 1AB
gp,2,2000-01-01,,ZZ99 3VZ
"""
APPOINTMENTS = """appointment_id,id_system,source_id,appointment_datetime,attended_or_did_not_attend_code
1,gp,1,2024-06-01 10:00,0
2,gp,2,2024-06-01 10:00,5
3,gp,3,2024-06-01 10:00,5
4,gp,4,2024-06-01 10:00,5
9,gp,9,2024-06-01 10:00,5
"""
NEWER = """appointment_id,id_system,source_id,appointment_datetime,attended_or_did_not_attend_code
1,gp,1,2024-06-01 10:00,3
"""


class Region:
    """Files of feeds, the jobs' own tables, and the records of their runs."""

    def __init__(self, spark: SparkSession, folder: Path) -> None:
        self.folder = folder
        storage = Storage(tables=str(folder / "tables"), pages=str(folder / "pages"))
        self.environment = Environment(name="tiny", storage=storage)
        self.environment.sections.update({name: job.config() for name, job in plan.jobs().items()})
        self.tables = Tables(spark, storage)

    def feed(self, name: str, text: str, *, as_of: date | None = None, **options: str) -> None:
        path = self.folder / f"{name}.csv"
        path.write_text(text)
        self.environment.sources[name] = Source(path=str(path), options=options, as_of=as_of, rejected_ceiling=0.4)

    def run(self, *names: str) -> list[Step]:
        return Runner(self.environment, self.tables, plan.jobs()).run(Wanted(names or JOBS))

    def rows(self, table: type[Table], *names: str) -> list[tuple[Any, ...]]:
        return sorted((tuple(row) for row in self.tables.read(table).select(*names).collect()), key=str)


@pytest.fixture(scope="module")
def region(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Region:
    made = Region(spark, tmp_path_factory.mktemp("region"))
    made.feed("person", PERSON, delivery="2024-06")
    made.feed("identity_link", LINKS, delivery="2024-06")
    made.feed("residence", RESIDENCE, delivery="2024-06")
    made.feed("appointment", APPOINTMENTS, delivery="2024-06", zone="Europe/London")
    made.feed("national_data_opt_out", "source_id\n2\n77\n", as_of=date(2024, 6, 30), id_system="gp")
    made.feed("type_1_opt_out", "1\n", as_of=date(2024, 5, 31), id_system="hospital", header="none")
    made.environment.sections["linked_records"] = plan.jobs()["linked_records"].config(
        applied_by_supplier=("type_1_opt_out",)
    )
    steps = made.run()
    assert [(step.outcome, step.why) for step in steps if step.outcome != "done"] == []
    return made


def persons_of(region: Region) -> dict[tuple[str, str], str | None]:
    return {(a, b): c for a, b, c in region.rows(PersonIdentity, "id_system", "source_id", "person_id")}


def test_linked_identifiers_are_a_person_and_contradictions_none(region: Region) -> None:
    found = persons_of(region)
    assert found["gp", "1"] == found["hospital", "1"] is not None
    assert found["gp", "3"] is found["hospital", "3"] is None
    assert ("gp", "9") not in found
    conflicts = region.rows(IdentityConflict, *IdentityConflict.key(), "held_apart_count", "identifiers_count")
    assert ("conflicting_birth_month", "unknown", 2, 6) in conflicts


def test_persons_have_what_any_identifier_knows_and_opted_out_ones_are_not_there(region: Region) -> None:
    found, said = persons_of(region), ("sex_code", "ethnic_category_code", "birth_month", "death_date")
    assert region.rows(Person, "person_id", *said) == sorted(
        [
            (found["gp", "1"], "1", "A", date(1950, 1, 1), date(2024, 5, 1)),
            (found["gp", "4"], "2", None, date(1980, 1, 1), None),
        ],
        key=str,
    )


def test_records_are_those_of_persons_and_the_child_of_a_rejected_person_is_rejected(region: Region) -> None:
    found = persons_of(region)
    assert region.rows(Appointment, "appointment_id", "person_id", "is_after_death") == [
        ("1", found["gp", "1"], True),
        ("4", found["gp", "4"], False),
    ]
    lost = region.rows(SourceAppointment.rejected(), "row_key", "rule_code", "delivery_id")
    assert lost == [("9|2024-06", "PARENT_REJECTED", "2024-06")]
    assert region.rows(Residence, "from_date", "to_date", "postcode") == [
        (date(2000, 1, 1), date(2010, 1, 1), "AB1 1AA"),
        (date(2010, 1, 1), date(2011, 1, 1), "AB1 1AB"),
    ]
    assert region.rows(Diagnosis, "person_id") == []


def test_the_record_tells_dates_and_totals_and_no_member(region: Region) -> None:
    record = read_record(region.tables)
    notes = last_rows(record)["appointment"]["notes"]
    assert notes == {
        "identifiers": 3.0,
        "people_opted_out": 1.0,
        "held_apart": 2.0,
        "national_data_opt_out.as_of": 20240630.0,
    }
    assert last_rows(record)["source_appointment"]["rejected_by_rule"] == {"PARENT_REJECTED": 1}


@pytest.mark.graphframes
def test_graphframes_finds_the_same_persons(region: Region, spark: SparkSession) -> None:
    if not has_graphframes(spark):
        pytest.skip("GraphFrames is not here: `icspark setup` fetches it where a mirror has it")
    model, found = plan.jobs()["person_identity"].config, []
    for engine in ("spark_sql", "graphframes"):
        region.environment.sections["person_identity"] = model(engine=engine)
        region.run("person_identity")
        assert last_rows(read_record(region.tables))["person_identity"]["notes"][f"engine_{engine}"] == 1
        found.append(region.rows(PersonIdentity, *PersonIdentity.columns()))
    assert found[0] == found[1] != []


def test_a_new_delivery_wins_and_the_purpose_says_whom_it_holds(region: Region) -> None:
    region.feed("appointment", NEWER, delivery="2024-07", zone="Europe/London")
    model = plan.jobs()["linked_records"].config
    region.environment.sections["linked_records"] = model(purpose="direct_care")
    assert {step.outcome for step in region.run("ingest_records", "linked_records")} == {"done"}
    attended = region.rows(Appointment, "appointment_id", "attended_or_did_not_attend_code")
    assert attended == [("1", "3"), ("2", "5"), ("4", "5")]
    region.environment.sections["linked_records"] = model(purpose="research")
    assert region.run("linked_records")[0].outcome == "done"
    assert region.rows(Appointment, "appointment_id") == [("4",)]
    del region.environment.sources["type_1_opt_out"]
    (step,) = region.run("linked_records")
    assert "the purpose research needs lists that are not there" in step.why
    assert region.rows(Appointment, "appointment_id") == [("4",)]
