"""The extracts of a simulated region: what records hold, and the bad rows that are planted beside the true ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet
from pydantic import ValidationError
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from scipy import stats

from icspark.simulation.extracts import (
    RECORDS,
    bad_rows,
    extract_columns,
    recorded,
    recorded_links,
    recorded_people,
    recorded_residences,
    with_bad_rows,
    written_extracts,
)
from icspark.simulation.extracts_config import ExtractsConfig
from icspark.simulation.homes import Place
from icspark.simulation.identities import simulate_links
from icspark.simulation.people import simulate_people, simulate_registrations, simulate_residences
from icspark.simulation.people_config import PeopleConfig
from icspark.simulation.period import Period
from icspark.tables.truth import TruthBadRow

SEED = 11
PEOPLE = 600
MANY = ExtractsConfig(bad_row_share=0.2, bad_person_share=0.1)


def hand_made(spark: SparkSession, kind: str) -> DataFrame:
    """Return 400 rows of a kind of record, one a person."""
    who = spark.range(400).withColumnRenamed("id", "person_number")
    number = F.col("person_number").cast("string")
    at = F.to_timestamp_ntz(F.lit("2023-05-04 09:30:00"))
    values: dict[str, dict[str, Any]] = {
        "appointment": {
            "appointment_id": number,
            "appointment_booked_datetime": at - F.expr("INTERVAL 30 DAYS"),
            "appointment_datetime": at,
            "attended_or_did_not_attend_code": F.lit("5"),
        },
        "admission": {
            "spell_id": number,
            "admission_date": F.lit(date(2023, 5, 4)),
            "discharge_date": F.lit(date(2023, 5, 9)),
            "admission_method_code": F.lit("21"),
            "secondary_diagnosis_codes": F.array(F.lit("I10X"), F.lit("E119")),
        },
        "emergency_attendance": {
            "attendance_id": number,
            "arrival_datetime": at,
            "departure_datetime": at + F.expr("INTERVAL 3 HOURS"),
        },
        "diagnosis": {
            "code_system": F.lit("icd10"),
            "code": F.lit("I10X"),
            "diagnosis_date": F.lit(date(2023, 5, 4)),
            "source": F.lit("inpatient"),
        },
        "observation": {
            "measure": F.lit("bmi"),
            "observation_date": F.lit(date(2023, 5, 4)),
            "value": F.lit(27.5),
            "unit": F.lit("kg/m2"),
        },
        "clinic_event": {"event": F.lit("review"), "event_date": F.lit(date(2023, 5, 4)), "value": F.lit(48.0)},
    }
    types = {name: spec.data_type.simpleString() for name, spec in RECORDS[kind].columns().items()}
    types |= {name: "timestamp_ntz" for name, kind in types.items() if kind == "timestamp"}
    filled = {
        name: values[kind].get(name, F.lit(None)).cast(types[name])
        for name in extract_columns(kind)
        if name not in ("id_system", "source_id")
    }
    return who.withColumns(filled)


@pytest.fixture(scope="module")
def people(spark: SparkSession, place: Place, period: Period) -> DataFrame:
    return simulate_people(spark, place, PeopleConfig(), people=PEOPLE, period=period)


@pytest.fixture(scope="module")
def records(spark: SparkSession, people: DataFrame, place: Place, period: Period) -> Iterator[dict[str, DataFrame]]:
    """Every kind of record as it would stand in an extract without bad rows, made once."""
    config = PeopleConfig()
    found = {
        "person": recorded_people(people, seed=SEED),
        "residence": recorded_residences(simulate_residences(people, place, config, period=period), seed=SEED),
        "registration_period": recorded(
            "registration_period", simulate_registrations(people, place, config, period=period), seed=SEED
        ),
        "identity_link": recorded_links(simulate_links(people, config, people_count=PEOPLE, period=period)),
    }
    others = [kind for kind in RECORDS if kind not in found]
    found |= {kind: recorded(kind, hand_made(spark, kind), seed=SEED) for kind in others}
    yield {kind: rows.persist() for kind, rows in found.items()}
    for rows in found.values():
        rows.unpersist()


@pytest.fixture(scope="module")
def seen(records: dict[str, DataFrame]) -> dict[str, pd.DataFrame]:
    """Each kind of record with its bad rows."""
    return {kind: with_bad_rows(kind, rows, config=MANY, seed=SEED).toPandas() for kind, rows in records.items()}


def of_kind(rows: pd.DataFrame, kind: str) -> pd.DataFrame:
    return rows[rows["_kind"] == kind]


@pytest.mark.parametrize("kind", list(RECORDS))
def test_the_true_rows_are_all_there_and_unchanged(
    seen: dict[str, pd.DataFrame], records: dict[str, DataFrame], kind: str
) -> None:
    true = seen[kind][seen[kind]["_variant"] == 0]
    assert true["_kind"].isna().all()
    given = records[kind].toPandas()
    assert Counter(map(repr, given.itertuples(index=False, name=None))) == Counter(
        map(repr, true[extract_columns(kind)].itertuples(index=False, name=None))
    )


@pytest.mark.parametrize("kind", [kind for kind in RECORDS if kind != "person"])
def test_children_of_a_bad_person_carry_an_identifier_of_its_own(seen: dict[str, pd.DataFrame], kind: str) -> None:
    bad = seen["person"][seen["person"]["_kind"].isin(["impossible_date", "conflict"])]
    parents = set(bad["id_system"] + "|" + bad["source_id"])
    children = of_kind(seen[kind], "rejected_parent")
    assert len(children) > 0
    assert set(children["_parent_key"]) <= parents
    assert seen[kind].loc[seen[kind]["_kind"] != "rejected_parent", "_parent_key"].isna().all()
    true = seen["person"][seen["person"]["_variant"] == 0]
    assert parents.isdisjoint(true["id_system"] + "|" + true["source_id"])


def test_bad_persons_contradict_themselves(seen: dict[str, pd.DataFrame]) -> None:
    person = seen["person"]
    impossible, conflict = of_kind(person, "impossible_date"), of_kind(person, "conflict")
    assert (impossible["death_date"] < impossible["birth_month"]).all()
    both = conflict.groupby(["id_system", "source_id"])["sex_code"].agg(["size", "nunique"])
    assert (both == 2).all().all()
    assert len(impossible) > 30 and len(both) > 30


def test_rows_of_unknown_identifiers_belong_to_nobody(seen: dict[str, pd.DataFrame]) -> None:
    known = set(seen["person"]["source_id"])
    for kind in RECORDS:
        end = "right_id" if kind == "identity_link" else "source_id"
        if kind != "person":
            orphans = of_kind(seen[kind], "unknown_identifier")
            assert len(orphans) > 0
            assert known.isdisjoint(orphans[end])
            assert known >= set(seen[kind].loc[seen[kind]["_kind"] != "unknown_identifier", end])


def test_impossible_dates_are_impossible(seen: dict[str, pd.DataFrame]) -> None:
    def bad(kind: str) -> pd.DataFrame:
        rows = of_kind(seen[kind], "impossible_date")
        assert len(rows) > 0
        return rows

    for kind in ("residence", "registration_period"):
        assert (bad(kind)["to_date"] <= bad(kind)["from_date"]).all()
    assert (bad("admission")["discharge_date"] < bad("admission")["admission_date"]).all()
    attendance = bad("emergency_attendance")
    assert (attendance["departure_datetime"] < attendance["arrival_datetime"]).all()
    assert (bad("appointment")["appointment_datetime"] == pd.Timestamp("2190-01-01 10:00")).all()
    dated = {"diagnosis": "diagnosis_date", "observation": "observation_date", "clinic_event": "event_date"}
    for kind, column in dated.items():
        assert (bad(kind)[column] == date(2190, 1, 1)).all()


def test_events_before_birth_are_before_every_birth(seen: dict[str, pd.DataFrame]) -> None:
    dated = {
        "residence": "from_date",
        "registration_period": "from_date",
        "appointment": "appointment_datetime",
        "admission": "admission_date",
        "emergency_attendance": "arrival_datetime",
        "diagnosis": "diagnosis_date",
        "observation": "observation_date",
        "clinic_event": "event_date",
    }
    true = seen["person"][seen["person"]["_variant"] == 0]
    for kind, column in dated.items():
        rows = of_kind(seen[kind], "event_before_birth")
        assert len(rows) > 0
        assert (pd.to_datetime(rows[column]) < pd.Timestamp(true["birth_month"].min())).all()


def test_unknown_codes_are_in_no_list(seen: dict[str, pd.DataFrame]) -> None:
    assert set(of_kind(seen["appointment"], "unknown_code")["attended_or_did_not_attend_code"]) == {"8"}
    assert set(of_kind(seen["registration_period"], "unknown_code")["practice_code"]) == {"?"}
    assert set(of_kind(seen["diagnosis"], "unknown_code")["source"]) == {"ward"}


@pytest.mark.parametrize("kind", list(RECORDS))
def test_duplicates_say_the_same_and_conflicts_do_not(seen: dict[str, pd.DataFrame], kind: str) -> None:
    columns = extract_columns(kind)
    rows = seen[kind].assign(all=seen[kind][columns].apply(lambda row: repr(tuple(row)), axis=1))
    true = set(rows.loc[rows["_variant"] == 0, "all"])
    twice = of_kind(rows, "exact_duplicate")
    assert len(twice) > 0
    assert set(twice["all"]) <= true
    if kind not in ("diagnosis", "person"):
        key = [name for name in RECORDS[kind].key() if name != "delivery_id"]
        conflicts = of_kind(rows, "conflict")
        assert len(conflicts) > 0
        assert (conflicts.groupby(key)["all"].agg(["size", "nunique"]) == 2).all().all()
        whole = rows[rows["_kind"] != "exact_duplicate"].groupby(key, dropna=False)["_kind"].agg(set)
        assert all(kinds == {"conflict"} for kinds in whole if "conflict" in kinds)


def test_the_share_of_bad_rows_is_the_one_that_was_asked_for(spark: SparkSession) -> None:
    rows = recorded("diagnosis", hand_made(spark, "diagnosis"), seed=SEED)
    many = rows.crossJoin(spark.range(50).select(F.concat(F.lit("A"), F.col("id")).alias("tag")))
    many = many.withColumn("code", F.concat("code", "tag")).drop("tag")
    found = with_bad_rows("diagnosis", many, config=ExtractsConfig(bad_row_share=0.05), seed=SEED)
    counts = {row["_kind"]: row["count"] for row in found.groupBy("_kind").count().collect()}
    assert counts[None] == 20_000
    for kind in ("unknown_code", "impossible_date", "event_before_birth", "unknown_identifier", "exact_duplicate"):
        assert stats.binomtest(counts[kind], 20_000, 0.01).pvalue > 0.0005


def test_what_records_hold_of_people(people: DataFrame, records: dict[str, DataFrame]) -> None:
    truth = people.toPandas()
    rows = records["person"].toPandas()
    assert len(rows) == 3 * len(truth)
    assert all(month.day == 1 for month in rows["birth_month"])
    unknown = rows["ethnic_category_code"].isna() | rows["ethnic_category_code"].isin(["Z", "99"])
    assert unknown.sum() == 3 * (~truth["is_ethnicity_known"]).sum()
    assert rows["main_language_needs_interpreter"].isna().sum() == 3 * (~truth["is_interpreter_need_known"]).sum()
    homes = records["residence"].toPandas()
    nowhere = homes["postcode"].isna() | homes["postcode"].str.startswith("ZZ99", na=False)
    assert homes["easting"].isna().equals(nowhere)
    assert homes["lsoa_2011_code"].isna().all()
    assert 0 < nowhere.sum() < 0.1 * len(homes)


def test_extracts_are_written_in_order_with_the_list_of_bad_rows(
    records: dict[str, DataFrame], tmp_path: Path, spark: SparkSession
) -> None:
    chosen = {kind: records[kind] for kind in ("person", "admission")}
    with written_extracts(chosen, tmp_path / "a", config=MANY, seed=SEED) as truth:
        listed = truth.collect()
    again = {kind: rows.repartition(7) for kind, rows in chosen.items()}
    with written_extracts(again, tmp_path / "b", config=MANY, seed=SEED) as other:
        assert sorted(map(tuple, listed), key=repr) == sorted(map(tuple, other.collect()), key=repr)
    assert {path.name for path in (tmp_path / "a").iterdir()} == {*chosen, "SIMULATED.txt"}
    assert truth.schema.simpleString() == TruthBadRow.schema().simpleString()
    assert "simulated" in (tmp_path / "a" / "SIMULATED.txt").read_text()
    for kind, given in chosen.items():
        one, two = in_order(tmp_path / "a" / kind), in_order(tmp_path / "b" / kind)
        assert one.column_names == extract_columns(kind)
        assert one.equals(two)
        key = one.select([name for name in RECORDS[kind].key() if name != "delivery_id"]).to_pylist()
        assert [tuple(row.values()) for row in key] == sorted(tuple(row.values()) for row in key)
        planted = bad_rows(kind, with_bad_rows(kind, given, config=MANY, seed=SEED))
        assert planted.agg(F.sum("rows_count")).collect()[0][0] == one.num_rows - given.count()


def in_order(folder: Path) -> pa.Table:
    return pa.concat_tables([parquet.read_table(file) for file in sorted(folder.glob("part-*"))])


def test_too_many_bad_rows_are_refused() -> None:
    with pytest.raises(ValidationError, match="bad_row_share"):
        ExtractsConfig(bad_row_share=0.5)
