"""From linked records to features and the proof that they know nothing of later, through the jobs' own door."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pyspark.sql import SparkSession

from icspark import plan
from icspark.config import Environment, Storage
from icspark.dna.features import NEEDED
from icspark.record import last_rows, read_record
from icspark.runner import Runner, Wanted
from icspark.storage import Tables
from icspark.tables.activity import PersonArea
from icspark.tables.dna import DnaFeature, DnaLeakAudit
from icspark.tables.records import Appointment, Person
from icspark.tables.table import Table

pytestmark = pytest.mark.slow

JOBS = ("dna_features", "dna_leak_audit")
START = datetime(2024, 1, 3, 10, tzinfo=UTC)


def _appointment(who: int, number: int) -> dict[str, Any]:
    held = START + timedelta(days=23 * number + who)
    code = "0" if number == 9 else "2" if number == 5 else "35567"[(who * 3 + number) % 5]
    return {"appointment_id": f"{who}-{number}", "person_id": f"p{who}", "appointment_datetime": held,
            "appointment_booked_datetime": held - timedelta(days=4 * number + 1), "is_after_death": False,
            "attended_or_did_not_attend_code": code}  # fmt: skip


def _records() -> dict[type[Table], list[dict[str, Any]]]:
    return {
        **{table: [] for table in NEEDED.values()},
        Appointment: [_appointment(who, number) for who in range(8) for number in range(10)],
        Person: [{"person_id": f"p{who}", "birth_month": date(1970, 1, 1)} for who in range(8)],
        PersonArea: [
            {"person_id": f"p{who}", "from_date": date(2024, 2, 1), "lsoa_2011_code": "E01A",
             "lsoa_2011_placed_by": "supplied", "lsoa_2021_placed_by": "none"} for who in range(8)
        ],
    }  # fmt: skip


@pytest.fixture(scope="module")
def tables(spark: SparkSession, lay: Callable[..., None], tmp_path_factory: pytest.TempPathFactory) -> Tables:
    folder = tmp_path_factory.mktemp("dna")
    storage = Storage(tables=str(folder / "tables"), pages=str(folder / "pages"))
    environment, found = Environment(name="house", storage=storage), Tables(spark, storage)
    for table, rows in _records().items():
        lay(found, table, rows)
    known = {name: plan.job_named(name) for name in JOBS}
    environment.sections["dna_features"] = known["dna_features"].config(days_before=10)
    environment.sections["dna_leak_audit"] = known["dna_leak_audit"].config()
    steps = Runner(environment, found, known).run(Wanted(JOBS))
    assert [(step.job, step.outcome, step.why) for step in steps if step.outcome != "done"] == []
    return found


def test_every_appointment_is_a_row_or_a_number_of_the_record(tables: Tables) -> None:
    rows = tables.read(DnaFeature).collect()
    notes = last_rows(read_record(tables))["dna_feature"]["notes"]
    assert len(rows) + notes["cancelled_by_patient"] == 80 and notes["cancelled_by_patient"] == 8
    assert sum(row.is_dna is None for row in rows) == notes["to_come"] == 8
    assert sum(row.is_point_at_booking for row in rows) == notes["point_at_booking"] == 8 * 3
    assert max(row.past_outcomes_count for row in rows) > 5


def test_the_audit_finds_no_leak_in_any_column_at_any_of_its_cuts(tables: Tables) -> None:
    rows = tables.read(DnaLeakAudit).collect()
    assert len({row.cut_datetime for row in rows}) == 12
    assert {row.column_name for row in rows} == {*DnaFeature.columns()} - {"is_dna", "is_after_death"}
    assert [row.column_name for row in rows if row.is_leak] == []
    assert {row.feature_version for row in rows} == {tables.version(DnaFeature)}
    assert max(row.rows_compared_count for row in rows) > 50
