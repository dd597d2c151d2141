"""All records of care: the same rows for any partitioning, and nothing impossible in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType

import pandas as pd
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from icspark.simulation.admissions import simulate_admissions
from icspark.simulation.appointments import simulate_appointments, truth_appointment
from icspark.simulation.care_config import CareConfig
from icspark.simulation.care_people import histories
from icspark.simulation.clinic import simulate_clinic_events
from icspark.simulation.emergency import simulate_emergency_attendances
from icspark.simulation.observations import simulate_observations
from icspark.tables.records import (
    AdmissionColumns,
    AppointmentColumns,
    ClinicEventColumns,
    EmergencyAttendanceColumns,
    ObservationColumns,
)
from icspark.tables.truth import TruthAppointment

PEOPLE = 300
Kind = Callable[..., DataFrame]
KINDS = {
    simulate_appointments: AppointmentColumns,
    truth_appointment: TruthAppointment,
    simulate_admissions: AdmissionColumns,
    simulate_emergency_attendances: EmergencyAttendanceColumns,
    simulate_observations: ObservationColumns,
    simulate_clinic_events: ClinicEventColumns,
}


@pytest.fixture(scope="module")
def people(spark: SparkSession, region: ModuleType) -> Iterator[DataFrame]:
    lives = region.small_lives(spark, PEOPLE)
    rows = histories(lives, place=region.small_place(), config=CareConfig(), period=region.PERIOD).persist()
    yield rows
    rows.unpersist()


@pytest.fixture(scope="module")
def whole(people: DataFrame, region: ModuleType) -> dict[str, pd.DataFrame]:
    return {kind.__name__: sorted_rows(made(kind, people.coalesce(1), region)) for kind in KINDS}


def made(kind: Callable[..., DataFrame], people: DataFrame, region: ModuleType) -> DataFrame:
    asked = {"config": CareConfig(), "period": region.PERIOD}
    if kind is not simulate_clinic_events:
        asked["place"] = region.small_place()
    return kind(people, **asked)


def sorted_rows(frame: DataFrame) -> pd.DataFrame:
    found = frame.toPandas()
    # Text shows every digit of a number, and a list can be sorted as text.
    return found.astype(str).sort_values(list(found.columns), ignore_index=True)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_the_same_rows_for_any_batches(
    spark: SparkSession, people: DataFrame, region: ModuleType, whole: dict[str, pd.DataFrame], kind: Kind
) -> None:
    spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", 5)
    try:
        shuffled = people.coalesce(1).sortWithinPartitions(F.xxhash64("person_number"))
        in_fives = sorted_rows(made(kind, shuffled, region))
    finally:
        spark.conf.unset("spark.sql.execution.arrow.maxRecordsPerBatch")

    assert len(in_fives) > 10
    assert in_fives.equals(whole[kind.__name__])


@pytest.mark.parametrize("parts", [7, pytest.param(64, marks=pytest.mark.slow)])
def test_the_same_rows_for_any_partitions(
    people: DataFrame, region: ModuleType, whole: dict[str, pd.DataFrame], parts: int
) -> None:
    kinds = list(KINDS) if parts > 7 else [truth_appointment]
    for kind in kinds:
        assert sorted_rows(made(kind, people.repartition(parts), region)).equals(whole[kind.__name__])


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_columns_are_the_tables_and_what_must_be_known_is(whole: dict[str, pd.DataFrame], kind: Kind) -> None:
    rows, table = whole[kind.__name__], KINDS[kind]

    assert set(rows) - {"person_number"} == set(table.columns()) - {"is_after_death", "person_number"}
    for name, spec in table.columns().items():
        if name in rows and not spec.nullable:
            assert not rows[name].isin(["None", "NaT", "nan"]).any(), name
    if keys := [name for name in table.key() if name in rows]:
        assert not rows.duplicated(["person_number", *keys]).any()
