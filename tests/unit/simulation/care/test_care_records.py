"""All records of care: the same rows for any partitioning, and nothing impossible in them."""

from __future__ import annotations

from collections.abc import Callable
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
KINDS = {
    simulate_appointments: AppointmentColumns,
    truth_appointment: TruthAppointment,
    simulate_admissions: AdmissionColumns,
    simulate_emergency_attendances: EmergencyAttendanceColumns,
    simulate_observations: ObservationColumns,
    simulate_clinic_events: ClinicEventColumns,
}


@pytest.fixture(scope="module")
def people(spark: SparkSession, region: ModuleType) -> DataFrame:
    asked = {"place": region.small_place(), "config": CareConfig(), "period": region.PERIOD}
    rows = histories(region.small_lives(spark, PEOPLE), **asked).toPandas()
    # Two numbers in the lists of one row are one type in Spark, whatever the session that reads it back.
    return spark.createDataFrame(rows, histories(region.small_lives(spark, 1), **asked).schema).persist()


def made(kind: Callable[..., DataFrame], people: DataFrame, region: ModuleType) -> DataFrame:
    asked = {"config": CareConfig(), "period": region.PERIOD}
    return (
        kind(people, **asked) if kind is simulate_clinic_events else kind(people, place=region.small_place(), **asked)
    )


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_the_same_rows_for_any_partitioning(
    people: DataFrame, region: ModuleType, kind: Callable[..., DataFrame]
) -> None:
    key = list(made(kind, people, region).columns)

    def rows(parts: int, order: F.Column) -> pd.DataFrame:
        found = made(kind, people.orderBy(order).repartition(parts), region).toPandas()
        return found.astype(str).sort_values(key, ignore_index=True)

    one = rows(1, F.col("person_number"))
    assert len(one) > 10
    assert one.equals(rows(7, F.col("person_number").desc()))
    assert one.equals(rows(64, F.xxhash64("person_number")))
