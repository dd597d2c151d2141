"""A simulated region whose truth comes back, for several seeds; and every planted bad row rejected, and no other."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from icspark import plan
from icspark.checking.simulation import RECORDS
from icspark.config import Environment, load
from icspark.record import last_rows, read_record
from icspark.runner import Runner, Wanted
from icspark.storage import Tables
from icspark.tables.checks import SimulationCheck
from icspark.tables.truth import TruthBadRow

pytestmark = pytest.mark.slow

JOBS = (
    "simulate_region",
    *(f"ingest_{name}" for name in ("person", "records", "postcode", "deprivation_2019", "condition_code")),
    "ingest_area_lookup",
    "person_identity",
    "check_simulation",
    "report_simulation",
)
RULES = {
    "unknown_code": {"ATTENDANCE_UNKNOWN", "PRACTICE_CODE_FORM", "DIAGNOSIS_SOURCE_UNKNOWN"},
    "impossible_date": {
        "ENDS_BEFORE_START",
        "DATE_RANGE",
        "DISCHARGED_BEFORE_ADMISSION",
        "TIMES_OUT_OF_ORDER",
        "DEATH_BEFORE_BIRTH",
    },
    "event_before_birth": {"BEFORE_BIRTH"},
    "unknown_identifier": {"PERSON_UNKNOWN"},
    "exact_duplicate": {"DUPLICATE"},
    "conflict": {"CONFLICT"},
    "rejected_parent": {"PARENT_REJECTED"},
}
"""Kind of bad row -> the rules that it may break."""


def environment(root: Path, folder: Path, **changed: object) -> Environment:
    """Return the demonstration's configuration with 2,000 people, another place, and other keys of the generator."""
    text = (root / "conf" / "demo.yml").read_text().replace("people: 50_000", "people: 2_000")
    for key, value in changed.items():
        text = text.replace("    people: 2_000\n", f"    people: 2_000\n    {key}: {value}\n")
    path = folder / "demo.yml"
    text = text.replace("    seed: 20240401\n", "").replace("../build/demo", str(folder))
    path.write_text(text.replace("    options: { delivery", "    rejected_ceiling: 0.5\n    options: { delivery"))
    return load(path, {name: job.config for name, job in plan.jobs().items()})


def made(spark: SparkSession, environment: Environment) -> Tables:
    """Run the jobs, and return their tables."""
    tables = Tables(spark, environment.storage)
    steps = Runner(environment, tables, plan.jobs()).run(Wanted(JOBS, frozenset(JOBS)))
    assert {step.job: (step.outcome, str(step.error or "")) for step in steps} == dict.fromkeys(JOBS, ("done", ""))
    return tables


@pytest.fixture(scope="module")
def tables(spark: SparkSession, root: Path, tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """Give the tables of a region with many bad rows of every kind."""
    extracts = "{ bad_row_share: 0.1, bad_person_share: 0.02 }"
    return made(spark, environment(root, tmp_path_factory.mktemp("bad"), extracts=extracts, seed=71))


def test_every_planted_bad_row_with_its_children_and_no_other_is_rejected(tables: Tables) -> None:
    planted: Counter[tuple[str, str]] = Counter()
    kinds: dict[tuple[str, str], set[str]] = {}
    for row in tables.read(TruthBadRow).collect():
        planted[row.record, row.row_key] += row.rows_count
        kinds.setdefault((row.record, row.row_key), set()).add(row.kind)
    found: Counter[tuple[str, str]] = Counter()
    for record, table in RECORDS.items():
        at = table.key().index("delivery_id")
        for row in tables.read(table.rejected()).where("scope = 'row'").collect():
            parts = row.row_key.split("|")
            key = record, "|".join(part for place, part in enumerate(parts) if place != at)
            found[key] += 1
            allowed = set().union(*(RULES[kind] for kind in kinds.get(key, ())))
            assert row.rule_code in allowed, (record, row.rule_code, kinds.get(key))
    assert found == planted
    every = {(row.record, kind) for row in tables.read(TruthBadRow).collect() for kind in [row.kind]}
    care = ("appointment", "admission", "emergency_attendance", "observation", "clinic_event")
    for kind in ("unknown_identifier", "exact_duplicate", "impossible_date", "event_before_birth", "conflict"):
        assert {(record, kind) for record in care} <= every
    assert {(record, "rejected_parent") for record in RECORDS if record != "person"} <= every


def test_the_check_says_what_links_cost_and_finds_all_in_its_limits(tables: Tables) -> None:
    checks = {(row.check_name, row.subject): row for row in tables.read(SimulationCheck).collect()}
    assert {row.verdict for row in checks.values()} == {"within", "noted"}
    persons = checks["linked_persons", ""]
    assert 2_000 < persons.planted == pytest.approx(2112, abs=1)
    assert persons.lower < persons.found < persons.upper
    assert checks["drift_ratio", ""].planted == 0.85
    assert checks["odds_ratio", "obesity|diabetes|1"].planted == pytest.approx(4.5)
    assert len([name for name, _ in checks if name == "odds_ratio"]) > 120
    assert last_rows(read_record(tables))["simulation_check"]["notes"]["findings"] == len(checks)


@pytest.mark.parametrize("seed", [3, 20_260_101])
def test_what_is_planted_comes_back_for_other_seeds(spark: SparkSession, root: Path, tmp_path: Path, seed: int) -> None:
    tables = made(spark, environment(root, tmp_path, seed=seed))
    assert tables.read(SimulationCheck).where("verdict = 'outside'").isEmpty()


def test_a_region_that_is_not_as_planted_fails_after_it_has_written(tables: Tables, spark: SparkSession) -> None:
    known = plan.jobs()
    environment = Environment(name="wrong", storage=tables.storage, is_simulated=True)
    environment.sections.update({name: job.config() for name, job in known.items()})
    environment.sections["check_simulation"] = known["check_simulation"].config(false_alarm_chance=0.5)
    before = tables.version(SimulationCheck)
    lost = tables.read(RECORDS["appointment"]).where("attended_or_did_not_attend_code != '3'").localCheckpoint()
    tables.write(RECORDS["appointment"], lost, run_id="test", properties={})
    (step,) = Runner(environment, tables, known).run(Wanted(("check_simulation",)))
    assert step.outcome == "failed"
    assert "non_attendances_share" in step.why
    assert tables.version(SimulationCheck) > (before or 0)
    assert not tables.read(SimulationCheck).where("verdict = 'outside'").isEmpty()
