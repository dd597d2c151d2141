"""The audit finds nothing in the features as they are, and names each column that knows of later."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from icspark.dna.extra_features import with_extra_columns
from icspark.dna.features import Inputs, build_dna_feature
from icspark.dna.leak_audit import Audit, Cut, audited, cut_times, sampled, span_of_points
from icspark.dna.points import FeatureRules
from icspark.errors import QualityError
from icspark.tables.dna import DnaFeature

RULES = FeatureRules(point="at_booking", look_back_days=300, dna_codes=("3", "7"))
CODE, PERSON, ROW = "attended_or_did_not_attend_code", "person_id", "appointment_id"
MIDNIGHT = datetime(2023, 9, 14, 23, tzinfo=UTC)  # local, in summer
CLINIC_DAY = datetime(2024, 5, 8, 9, 15, tzinfo=UTC)
AT_MIDNIGHT = Audit([Cut(MIDNIGHT, "Europe/London")], feature_version=7, share=0.5)
ON_A_CLINIC_DAY = Audit([Cut(CLINIC_DAY, "Europe/London")], feature_version=7)


def with_planted_leaks(inputs: Inputs) -> DataFrame:
    """Return the features, and beside them what nobody can know at the point."""
    appointments = inputs.appointments.withColumn("_missed", F.col(CODE).isin("3", "7").cast("int"))
    own, by_id = Window.partitionBy(PERSON), Window.partitionBy(PERSON).orderBy(ROW)
    of_row = appointments.select(
        ROW,
        F.avg("_missed").over(own).alias("leak_rate_of_person"),
        F.sum("_missed").over(by_id.rowsBetween(Window.unboundedPreceding, -1)).alias("leak_history_by_id"),
        F.col(CODE).alias("leak_attendance_code"),
        F.count("*").over(own).alias("leak_bookings"),
        F.avg("_missed").over(Window.partitionBy()).alias("leak_rate_of_region"),
        _at_once(own).alias("leak_history_of_the_day"),
    )
    newest = inputs.areas.groupBy(PERSON).agg(
        F.max_by("lsoa_2011_code", "from_date").alias("leak_newest_area"), F.count("to_date").alias("leak_moves")
    )
    deaths = inputs.people.select(PERSON, F.col("death_date").alias("leak_death"))
    assert inputs.extra is not None
    of_extra = inputs.extra.groupBy(PERSON).agg(
        F.max_by("value", "known_from_datetime").alias("leak_newest_extra"), F.count("*").alias("leak_extra_rows")
    )
    features = with_extra_columns(build_dna_feature(inputs, RULES), ("debt", "late"))
    of_person = newest.join(deaths, PERSON, "full").join(of_extra, PERSON, "full")
    return features.join(of_row, ROW, "left").join(of_person, PERSON, "left")


def _at_once(own: Any) -> Any:
    """Count non-attendances from the moment of their appointments on, without waiting for the day after."""
    held, booked = F.col("appointment_datetime"), F.col("appointment_booked_datetime")
    missed = F.collect_list(F.when(F.col(CODE).isin("3", "7"), held)).over(own)
    return F.size(F.filter(missed, lambda one: one < F.coalesce(booked, held)))


@pytest.fixture(scope="module")
def inputs(inputs_of: Callable[..., Inputs], patients: ModuleType) -> Inputs:
    rows = patients.patients(seed=11, people=60)
    rows["appointments"] += [
        _of_the_clinic_day("missed", CLINIC_DAY - timedelta(minutes=75), CLINIC_DAY - timedelta(days=9), "3"),
        _of_the_clinic_day("booked-at-it", CLINIC_DAY + timedelta(days=9), CLINIC_DAY, "5"),
        _of_the_clinic_day("booked-after-it", CLINIC_DAY + timedelta(days=9), CLINIC_DAY - timedelta(minutes=30), "5"),
    ]
    rows["extra"] = [
        *(_extra(number, "debt", CLINIC_DAY + timedelta(days=30 * (number % 9 - 4))) for number in range(60)),
        *(_extra(number, "late", CLINIC_DAY + timedelta(days=number)) for number in range(60)),  # none before the cut
    ]
    return inputs_of(rows)


def _extra(number: int, feature: str, known_from: datetime) -> dict[str, Any]:
    return {PERSON: f"p{number}", "feature": feature, "known_from_datetime": known_from, "value": float(number)}


def _of_the_clinic_day(row: str, held: datetime, booked: datetime, code: str) -> dict[str, Any]:
    return {ROW: row, PERSON: "p0", "appointment_datetime": held, "appointment_booked_datetime": booked, CODE: code}


def test_planted_leaks_are_named_and_nothing_else_is(inputs: Inputs) -> None:
    features = with_planted_leaks(inputs).persist()
    rows = audited(features, inputs, with_planted_leaks, ON_A_CLINIC_DAY).collect()
    features.unpersist()
    leaks = {row["column_name"] for row in rows if row["is_leak"]}
    assert leaks == {name for name in features.columns if name.startswith("leak_")}
    assert {row["column_name"] for row in rows} == {*features.columns} - {"is_dna", "is_after_death"}
    assert len(rows) == len(features.columns) - 2 and {row["feature_version"] for row in rows} == {7}
    assert all(row["is_leak"] == (row["rows_changed_count"] > 0) for row in rows)
    assert min(row["rows_compared_count"] for row in rows) > 50
    assert {"debt", "late"} <= {row["column_name"] for row in rows}


def test_days_before_leak_nothing_either_and_a_sample_of_persons_has_the_rates_of_all(inputs: Inputs) -> None:
    rules = FeatureRules(days_before=2, look_back_days=300)
    build = partial(build_dna_feature, rules=rules)
    features = build(inputs).persist()
    rows = audited(features, inputs, build, AT_MIDNIGHT).collect()
    assert [row["column_name"] for row in rows if row["is_leak"]] == []
    in_sample = features.where((F.col("prediction_datetime") <= F.lit(MIDNIGHT)) & sampled(0.5)).count()
    features.unpersist()
    assert {row["rows_compared_count"] for row in rows} == {in_sample} and 10 < in_sample < 60


def test_cuts_are_spread_over_clinic_days_and_some_are_midnights() -> None:
    first, last = datetime(2024, 1, 1, 8, tzinfo=UTC), datetime(2024, 12, 30, 17, tzinfo=UTC)
    cuts = cut_times(first, last, count=12, zone="Europe/London")
    local = [cut.astimezone(ZoneInfo("Europe/London")) for cut in cuts]
    assert len(set(cuts)) == 12 and first < min(cuts) and max(cuts) < last
    assert {one.isoweekday() for one in local} <= {1, 2, 3, 4, 5}
    assert {one.strftime("%H:%M") for one in local} == {"10:15", "00:00", "12:30", "15:05"}


def test_at_midnight_nothing_of_the_day_that_ends_is_known() -> None:
    assert Cut(MIDNIGHT, "Europe/London").day == date(2023, 9, 14)
    assert Cut(datetime(2023, 9, 14, 23, 0, 1, tzinfo=UTC), "Europe/London").day == date(2023, 9, 15)


def test_without_an_outcome_there_is_nothing_to_audit(rows_of: Any) -> None:
    with pytest.raises(QualityError, match="no appointment has an outcome"):
        span_of_points(rows_of(DnaFeature))
