"""Records into areas through the one door: the jobs in the order of the plan, on a region of two areas."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pyspark.sql import SparkSession

from icspark import plan
from icspark.config import Environment, Storage
from icspark.runner import Runner, Wanted
from icspark.storage import Tables
from icspark.tables.activity import ActivityGradient, AreaActivity, AreaActivityByAgeSex, PersonArea, PersonAreaQuality
from icspark.tables.areas import RegionArea
from icspark.tables.records import (
    Admission,
    Appointment,
    EmergencyAttendance,
    Observation,
    Person,
    RegistrationPeriod,
    Residence,
)
from icspark.tables.reference import Deprivation2019, Postcode
from icspark.tables.table import Table

JOBS = ("person_area", "person_area_quality", "person_activity", "area_activity", "activity_gradient")
START, HELD = date(2018, 1, 1), {"is_after_death": False}


def _records() -> dict[type[Table], list[dict[str, Any]]]:
    people = [f"p{number}" for number in range(12)]
    booked = [
        {**HELD, "appointment_id": f"{who}-{place}", "person_id": who, "attended_or_did_not_attend_code": code,
         "appointment_datetime": datetime(2019, 5, 1 + place, tzinfo=UTC)}
        for who in people for place, code in enumerate("53")
    ]  # fmt: skip
    return {
        Person: [{"person_id": who, "sex_code": "1", "birth_month": date(1970, 1, 1)} for who in people],
        Residence: [
            {"person_id": who, "from_date": START, "postcode": f"ZY1 1A{'AB'[place % 2]}" if place else "ZZ99 3VZ"}
            for place, who in enumerate(people)
        ],
        RegistrationPeriod: [{"person_id": who, "practice_code": "P1", "from_date": START} for who in people],
        Appointment: booked,
        Admission: [{**HELD, "spell_id": "s", "person_id": "p1", "admission_date": date(2019, 3, 1)}],
        EmergencyAttendance: [],
        Observation: [],
        Postcode: [{"postcode": f"ZY1 1A{x}", "lsoa_2011_code": f"E01{x}"} for x in "AB"],
        RegionArea: [{"lsoa_2011_code": f"E01{x}"} for x in "ABC"],
        Deprivation2019: [
            {"lsoa_2011_code": f"E01{x}", "ranked_areas_count": 3, "imd_2019_decile": decile}
            for x, decile in zip("ABC", (1, 5, 10), strict=True)
        ],
    }


@pytest.fixture(scope="module")
def tables(spark: SparkSession, lay: Callable[..., None], tmp_path_factory: pytest.TempPathFactory) -> Tables:
    folder = tmp_path_factory.mktemp("activity")
    storage = Storage(tables=str(folder / "tables"), pages=str(folder / "pages"))
    environment, found = Environment(name="house", storage=storage), Tables(spark, storage)
    for table, rows in _records().items():
        lay(found, table, rows)
    known = {name: plan.job_named(name) for name in JOBS}
    environment.sections.update({name: module.config() for name, module in known.items()})
    environment.sections["person_activity"] = known["person_activity"].config(first_year=2019, last_year=2019)
    environment.sections["activity_gradient"] = known["activity_gradient"].config(domains=("imd",))
    steps = Runner(environment, found, known).run(Wanted(JOBS))
    assert [(step.job, step.outcome, step.why) for step in steps if step.outcome != "done"] == []
    return found


def test_people_are_placed_and_those_who_are_not_are_counted(tables: Tables) -> None:
    placed = tables.read(PersonArea).groupBy("lsoa_2011_code").count().collect()
    assert {tuple(row) for row in placed} == {(None, 1), ("E01A", 5), ("E01B", 6)}
    reasons = tables.read(PersonAreaQuality).where("not is_placed and area_type = 'lsoa_2011'").collect()
    assert [(row.outcome, row.practice_imd_2019_quintile, row.people_count) for row in reasons] == [
        ("no_fixed_abode_or_overseas", "no_quintile", 1)
    ]


def test_every_area_is_a_row_and_the_parts_add_up(tables: Tables) -> None:
    rows = {row.area_code: row for row in tables.read(AreaActivity).collect()}
    assert {code: (row.people_count, row.appointments_count, row.admissions_count) for code, row in rows.items()} == {
        "E01A": (5, 10, 0),
        "E01B": (6, 12, 1),
        "E01C": (0, 0, 0),
    }
    assert rows["E01A"].non_attendances_share == 0.5
    assert tables.read(AreaActivityByAgeSex).count() == 3 * 38


def test_a_gradient_over_two_fifths_says_that_they_are_too_few(tables: Tables) -> None:
    rows = tables.read(ActivityGradient).where("measure = 'appointments_rate_per_1000' and basis = 'crude'").collect()
    found = {row.part: (row.events_count, row.reason) for row in rows}
    assert found["1"] == (10, None)
    assert found["5"] == (0, "empty_fifth")
    assert found["slope_index"] == (22, "too_few_groups")
