"""Which rows reach a page, from tables; and the job that writes it, through the one door."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest
from pyspark.sql import DataFrame, SparkSession

from icspark import plan
from icspark.config import Environment, Region, Storage
from icspark.errors import DisclosureError
from icspark.reporting.gathering import EASTING, NO_PLACE, NORTHING, Frames, Limits, gather
from icspark.runner import Runner, Wanted
from icspark.storage import Tables
from icspark.tables.areas import AreaSummary, PracticeSummary
from icspark.tables.inequality import AgeByDeprivation, AgeByDeprivationSlope, Correlation
from icspark.tables.reference import Boundary, Postcode
from icspark.tables.table import Release, Table

POSTCODES = [("IP1 1AA", 601_500, 241_500), ("IP9 9ZZ", None, None)]


def _frame(spark: SparkSession, table: type[Table], rows: pd.DataFrame) -> DataFrame:
    plain = rows[list(table.columns())].astype(object)
    values = plain.where(plain.notna(), None).itertuples(index=False, name=None)
    whole = {n for n, s in table.columns().items() if s.data_type.simpleString() == "bigint"}
    typed = [
        tuple(int(v) if v is not None and n in whole else v for n, v in zip(plain.columns, row, strict=True))
        for row in values
    ]
    return spark.createDataFrame(typed, table.schema())


@pytest.fixture(scope="module")
def frames(spark: SparkSession, sample: ModuleType) -> dict[type[Table], DataFrame]:
    cells, lines = sample.ages()
    postcodes = pd.DataFrame([(p, e, n, *[None] * 6) for p, e, n in POSTCODES], columns=list(Postcode.columns()))
    given = {
        AreaSummary: sample.areas(),
        PracticeSummary: sample.practices().drop(columns=[EASTING, NORTHING, NO_PLACE]),
        Correlation: sample.correlation(),
        AgeByDeprivation: cells,
        AgeByDeprivationSlope: lines,
        Boundary: sample.squares(),
        Postcode: postcodes,
    }
    return {table: _frame(spark, table, rows).cache() for table, rows in given.items()}


def test_practices_are_placed_by_their_postcode_or_say_why_not(frames: Frames) -> None:
    found = gather(frames, Limits()).practices.set_index(PracticeSummary.practice_code)
    assert found.loc["D81001", [EASTING, NORTHING]].tolist() == [601_500.0, 241_500.0]
    assert found[NO_PLACE].tolist() == [None, "no_postcode", "postcode_not_in_directory", "no_coordinates"]


def test_practices_with_few_local_patients_are_counted_and_left_out(frames: Frames) -> None:
    tables = gather(frames, Limits(local_patients=940))
    assert tables.practices[PracticeSummary.practice_code].tolist() == ["D81001"]
    assert (tables.counts["practices"], tables.counts["practices_few"]) == (1, 3)


def test_areas_outside_the_region_come_only_with_a_boundary(frames: Frames) -> None:
    whole = gather(frames, Limits())
    assert len(whole.areas) == 12
    assert len(whole.boundaries) == 12
    without = gather({t: f for t, f in frames.items() if t is not Boundary}, Limits())
    assert len(without.areas) == 11
    assert without.boundaries.empty


def test_more_areas_than_a_page_holds_are_counted_not_cut(frames: Frames) -> None:
    tables = gather(frames, Limits(areas=5))
    assert tables.areas.empty
    assert tables.counts["areas_too_many"] == 12


def test_without_a_directory_no_practice_has_a_place(frames: Frames) -> None:
    tables = gather({t: f for t, f in frames.items() if t is not Postcode}, Limits())
    assert set(tables.practices[NO_PLACE]) == {"no_directory"}


def test_an_aggregate_that_has_not_been_through_disclosure_control_is_refused(frames: Frames) -> None:
    class Visits(Table, release=Release.AGGREGATE):
        """One row per area."""

    with pytest.raises(DisclosureError, match="has not been through disclosure control"):
        gather({**frames, Visits: frames[AreaSummary]}, Limits())


@pytest.mark.parametrize("is_simulated", [False, True])
def test_the_job_writes_the_page_and_the_picture_and_keeps_their_hashes(
    spark: SparkSession,
    lay: Callable[..., None],
    frames: dict[type[Table], DataFrame],
    tmp_path: Path,
    is_simulated: bool,
) -> None:
    environment = Environment(
        name="house",
        is_simulated=is_simulated,
        region=Region(name="Fieldshire"),
        storage=Storage(tables=str(tmp_path / "tables"), pages=str(tmp_path / "pages")),
    )
    module = plan.job_named("report_areas")
    environment.sections[module.name] = module.config()
    tables = Tables(spark, environment.storage)
    for table in (*module.reads, Boundary):
        lay(tables, table, frames[table])
    (step,) = Runner(environment, tables, {module.name: module}).run(Wanted((module.name,)))
    assert step.outcome == "done", step.why
    page = (tmp_path / "pages/areas/areas.html").read_text(encoding="utf-8")
    data: dict[str, Any] = json.loads(re.search(r'id="content">(.*?)</script>', page, re.DOTALL).group(1))
    assert len(data["areas"]["code"]) == 12
    assert "Health and deprivation in Fieldshire" in page
    assert ('class="simulated"' in page) is is_simulated
    assert (tmp_path / "pages/areas/area_map.png").read_bytes().startswith(b"\x89PNG")
    assert "Versions of the tables read" in page
