"""The smallest region from end to end: files that the readers take whole, and a truth whose parts agree."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import cast

import pyarrow as pa
import pytest
from pyarrow import parquet
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from icspark import plan
from icspark.config import Environment, load
from icspark.record import last_rows, read_record
from icspark.runner import Runner, Wanted
from icspark.simulation.extracts import RECORDS, written_extracts
from icspark.simulation.region import simulated_region
from icspark.simulation.region_config import RegionConfig
from icspark.storage import Tables
from icspark.tables.reference import PracticePrevalence
from icspark.tables.truth import Truth, TruthAppointment, TruthBadRow, TruthPair, TruthPerson

FEEDS = ("practice", "practice_prevalence", "population", "registration", "ethnicity", "english_proficiency")


@pytest.fixture(scope="module")
def environment(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Give the demonstration's configuration with 2,000 people and another place for what is made."""
    folder = tmp_path_factory.mktemp("demo")
    text = (root / "conf" / "demo.yml").read_text().replace("people: 50_000", "people: 2_000")
    path = folder / "demo.yml"
    path.write_text(text.replace("../build/demo", str(folder)))
    return load(path, {name: job.config for name, job in plan.jobs().items()})


def digest(content: object) -> str:
    return hashlib.sha256(repr(content).encode()).hexdigest()


def rows_of(frame: DataFrame) -> str:
    return digest(sorted(map(repr, frame.collect())))


def contents(spark: SparkSession, folder: Path, config: RegionConfig) -> dict[str, str]:
    """Return the digest of every file and truth table of a region: files by bytes, extracts row by row in order."""
    with simulated_region(spark, config) as region:
        region.write_feeds(folder / "reference")
        records = region.records()
        with written_extracts(records, folder / "records", config=config.extracts, seed=config.seed) as bad_rows:
            found = {"truth_bad_row": rows_of(bad_rows)}
        found |= {
            "truth": rows_of(region.truth(spark)),
            "truth_person": rows_of(region.truth_people()),
            "truth_identity": rows_of(region.truth_identities()),
            "truth_pair": rows_of(region.truth_pairs(spark)),
            "truth_appointment": rows_of(region.truth_appointments()),
        }
    found |= {file.name: digest(file.read_bytes()) for file in sorted((folder / "reference").iterdir())}
    for kind in RECORDS:
        parts = [parquet.read_table(part) for part in sorted((folder / "records" / kind).glob("part-*"))]
        found[kind] = digest(pa.concat_tables(parts).to_pydict())
    return found


@pytest.mark.slow
def test_the_whole_region_is_the_same_from_any_number_of_partitions(
    spark: SparkSession, environment: Environment, tmp_path: Path
) -> None:
    config = cast(RegionConfig, environment.sections["simulate_region"])
    keys = ("spark.sql.leafNodeDefaultParallelism", "spark.sql.shuffle.partitions")
    before = {key: spark.conf.get(key, None) for key in keys}
    found = {}
    try:
        for partitions in (1, 7, 64):
            for key in keys:
                spark.conf.set(key, str(partitions))
            found[partitions] = contents(spark, tmp_path / str(partitions), config)
    finally:
        for key, value in before.items():
            spark.conf.unset(key) if value is None else spark.conf.set(key, value)
    assert len(found[1]) > 30
    for partitions in (7, 64):
        assert {name for name in found[1] if found[1][name] != found[partitions][name]} == set()


@pytest.mark.slow
def test_the_smallest_region_is_read_whole_and_its_truth_agrees(spark: SparkSession, environment: Environment) -> None:
    tables = Tables(spark, environment.storage)
    jobs = ("simulate_region", *(f"ingest_{feed}" for feed in FEEDS))
    steps = Runner(environment, tables, plan.jobs()).run(Wanted(jobs, frozenset(jobs)))
    assert {step.job: step.outcome for step in steps} == dict.fromkeys(jobs, "done")
    record = last_rows(read_record(tables))
    assert {feed: record[feed]["rejected_count"] for feed in FEEDS} == dict.fromkeys(FEEDS, 0)
    folder = Path(environment.storage.pages) / "simulated_region"
    assert {path.name for path in (folder / "records").iterdir()} == {*RECORDS, "SIMULATED.txt"}
    assert tables.read(TruthPerson).count() == 2_000
    assert tables.read(TruthPair).count() == 40 * 39 / 2
    people = tables.read(Truth).where("parameter = 'people'").select(Truth.value).collect()
    assert [row[0] for row in people] == [2_000.0]
    appointments = tables.read(TruthAppointment)
    extract = spark.read.parquet(str(folder / "records" / "appointment"))
    assert appointments.join(extract, "appointment_id", "left_anti").isEmpty()
    chance = appointments.agg(F.avg(TruthAppointment.non_attendance_probability)).collect()[0][0]
    assert 0.05 < chance < 0.12
    assert not tables.read(TruthBadRow).isEmpty()
    shares = tables.read(PracticePrevalence).select("hypertension_prevalence", "diabetes_hba1c_share").toPandas()
    assert shares["hypertension_prevalence"].between(0.05, 0.35).all()
    assert shares["diabetes_hba1c_share"].between(0, 1).all()
