"""From linked records to features and the proof that they know nothing of later, through the jobs' own door."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pyspark.sql import SparkSession

from icspark import plan
from icspark.config import Environment, Source, Storage
from icspark.dna.extra_features import with_extra_columns
from icspark.dna.features import NEEDED
from icspark.job import Job
from icspark.record import last_rows, read_record
from icspark.runner import Runner, Wanted
from icspark.storage import Tables
from icspark.tables.activity import PersonArea
from icspark.tables.dna import DnaFeature, DnaLeakAudit, ExtraFeature
from icspark.tables.records import Appointment, Person
from icspark.tables.table import Table

pytestmark = pytest.mark.slow

JOBS = ("dna_leak_audit", "dna_features", "ingest_extra_feature")
START = datetime(2024, 1, 3, 10, tzinfo=UTC)


def _appointment(who: int, number: int) -> dict[str, Any]:
    held = START + timedelta(days=23 * number + who)
    code = "0" if number == 9 else "2" if number == 5 else "35567"[(who * 3 + number) % 5]
    return {"appointment_id": f"{who}-{number}", "person_id": f"p{who}", "appointment_datetime": held,
            "appointment_booked_datetime": held - timedelta(days=4 * number + 1), "is_after_death": False,
            "attended_or_did_not_attend_code": code}  # fmt: skip


def _extra() -> str:
    """Return the debts of five, told anew every fifty days, and once at the very point of a person's fourth row."""
    told = [START + timedelta(days=23 * 3 - 10 + who) for who in range(5)]
    told += [START + timedelta(days=50 * number) for number in range(5) for _ in range(5)]
    lines = [f"p{at % 5},debt,{known:%Y-%m-%d %H:%M},{at}" for at, known in enumerate(told)]
    return "\n".join(["person_id,feature,known_from_datetime,value", *lines, "p1,lead_days,2024-01-01,1"])


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
    (folder / "extra.csv").write_text(_extra(), encoding="utf-8")
    source = Source(path=(str(folder / "extra.csv"),), options={"zone": "UTC"}, rejected_ceiling=0.1)
    environment.sources["extra_feature"] = source
    known = {name: plan.job_named(name) for name in JOBS}
    environment.sections["ingest_extra_feature"] = known["ingest_extra_feature"].config()
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
    not_audited = {"is_dna", "is_after_death", "extra_features"}
    assert {row.column_name for row in rows} == {*DnaFeature.columns(), "debt"} - not_audited
    assert [row.column_name for row in rows if row.is_leak] == []
    assert {row.feature_version for row in rows} == {tables.version(DnaFeature)}
    assert max(row.rows_compared_count for row in rows) > 50


def test_a_file_of_further_features_is_read_as_it_was_known_before_each_point(tables: Tables) -> None:
    assert [row.rule_code for row in tables.read(ExtraFeature.rejected()).collect()] == ["FEATURE_NAME"]
    said = tables.read(ExtraFeature).collect()
    rows = with_extra_columns(tables.read(DnaFeature), ("debt",)).collect()
    for row in rows:
        known = [
            (one.known_from_datetime, one.value)
            for one in said
            if one.person_id == row.person_id and one.known_from_datetime < row.prediction_datetime
        ]
        assert row.debt == (max(known)[1] if known else None)
    assert len({row.debt for row in rows}) > 10
    assert {row.prediction_datetime for row in rows} & {one.known_from_datetime for one in said}


def test_an_audit_of_features_made_anew_leaves_that_of_the_version_before(tables: Tables) -> None:
    before, first = tables.read(DnaLeakAudit).collect(), tables.version(DnaFeature)
    tables.write(DnaFeature, tables.read(DnaFeature), run_id="again", properties={})
    environment, module = Environment(name="house", storage=tables.storage), plan.job_named("dna_leak_audit")
    environment.sections["dna_features"] = plan.job_named("dna_features").config(days_before=10)
    environment.sections["dna_leak_audit"] = module.config()
    module.run(Job(module, environment, tables, {"run_id": "again"}))
    after = tables.read(DnaLeakAudit).collect()
    assert {row.feature_version for row in after} == {first, tables.version(DnaFeature)}
    assert sorted(row for row in after if row.feature_version == first) == sorted(before)
