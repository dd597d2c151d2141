"""Diagnoses into the page of conditions through the one door: the jobs in the order of the plan, on 240 people."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pyspark.sql import SparkSession

from icspark import plan
from icspark.config import Environment, Source, Storage
from icspark.graphs.components import has_graphframes
from icspark.record import last_rows, read_record
from icspark.runner import Runner, Wanted
from icspark.storage import Tables
from icspark.tables.activity import PersonArea
from icspark.tables.areas import RegionArea
from icspark.tables.comorbidity import AreaMorbidity, ComorbidityCode, ConditionWeight, PersonMorbidity
from icspark.tables.morbidity import (
    ConditionCode,
    ConditionHistory,
    MorbidityEdge,
    MorbidityEnrichment,
    MorbidityNode,
    MorbidityPair,
    MorbidityPairByGroup,
    Trajectory,
)
from icspark.tables.records import Diagnosis, Person, RegistrationPeriod
from icspark.tables.reference import Deprivation2019
from icspark.tables.table import Table

JOBS = (
    "condition_cases", "condition_histories", "morbidity_pairs", "morbidity_pairs_by_group", "morbidity_network",
    "morbidity_trajectories", "morbidity_enrichment",
)  # fmt: skip
FURTHER = ("person_morbidity", "area_morbidity", "report_morbidity")
START, AREAS = date(1990, 1, 1), ("E01000001", "E01000002")
CODES = {"asthma": "J45", "copd": "J44", "gout": "M10"}


def _diagnoses(number: int) -> dict[str, int]:
    """Return condition -> year: two in six people have all three, a year apart; four in six have one, or none."""
    year = 2001 + number * 7 % 18
    alone = {2: {"asthma": year}, 3: {"copd": year}, 4: {"gout": year}, 5: {}}
    return alone.get(number % 6, {"asthma": year, "copd": year + 1, "gout": year + 2})


def _records() -> dict[type[Table], list[dict[str, Any]]]:
    people = range(240)
    held = {"is_after_death": False, "code_system": "icd10", "source": "primary"}
    coded = [
        {**held, "person_id": f"p{i}", "code": f"{CODES[name]}.0", "diagnosis_date": date(year, 3, 1)}
        for i in people for name, year in _diagnoses(i).items()
    ]  # fmt: skip
    placed = {"lsoa_2011_placed_by": "point", "lsoa_2021_placed_by": "point"}
    listed = {"mapping": "charlson_icd10_quan", "code_system": "icd10", "weighting": "charlson"}
    return {
        Person: [
            {"person_id": f"p{i}", "sex_code": str(1 + i // 120), "birth_month": date(1970, 1, 1)} for i in people
        ],
        RegistrationPeriod: [{"person_id": f"p{i}", "practice_code": "P1", "from_date": START} for i in people],
        PersonArea: [
            {**placed, "person_id": f"p{i}", "from_date": START, "lsoa_2011_code": AREAS[i // 6 % 2]} for i in people
        ],
        Diagnosis: coded,
        ConditionCode: [{"condition": n, "code_system": "icd10", "code": code} for n, code in CODES.items()],
        Deprivation2019: [
            {"lsoa_2011_code": code, "ranked_areas_count": 2, "imd_2019_decile": decile}
            for code, decile in zip(AREAS, (1, 10), strict=True)
        ],
        RegionArea: [{"lsoa_2011_code": code} for code in (*AREAS, "E01000003")],
        ComorbidityCode: [{**listed, "condition": "copd", "code": code} for code in ("J44", "J45")],
        ConditionWeight: [{**listed, "condition": "copd", "weight": 1.0}],
    }


class Made(NamedTuple):
    """What the jobs made, what runs them, and where."""

    tables: Tables
    runner: Runner
    folder: Path


@pytest.fixture(scope="module")
def made(spark: SparkSession, lay: Callable[..., None], tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("morbidity")
    storage = Storage(tables=str(folder / "tables"), pages=str(folder / "pages"))
    environment, found = Environment(name="house", storage=storage), Tables(spark, storage)
    for table, rows in _records().items():
        lay(found, table, rows)
    known = {name: plan.job_named(name) for name in (*JOBS, *FURTHER)}
    chosen: dict[str, dict[str, Any]] = {
        "condition_histories": {"as_of_date": date(2024, 1, 1), "strata": ("sex_code", "imd_2019_quintile")},
        "morbidity_network": {"replicates": 3, "references": ("asthma",)},
        "morbidity_enrichment": {"sets": {"lungs": {"conditions": ("asthma", "copd")}}},
    }
    environment.sections.update({name: job.config(**chosen.get(name, {})) for name, job in known.items()})
    _done(Runner(environment, found, known), JOBS)
    return Made(found, Runner(environment, found, known), folder)


def _done(runner: Runner, jobs: tuple[str, ...]) -> None:
    steps = runner.run(Wanted(jobs))
    assert [(step.job, step.outcome, step.why) for step in steps if step.outcome not in ("done", "skipped")] == []


def test_pairs_are_counted_and_arrows_follow_the_onsets(made: Made) -> None:
    tables = made.tables
    pairs = {(r.condition_a, r.condition_b): r for r in tables.read(MorbidityPair).collect()}
    one = pairs["asthma", "copd"]
    assert (one.both_count, one.a_count, one.b_count, one.people_count, one.strata_count) == (80, 120, 120, 240, 4)
    assert one.odds_ratio == 4.0 and (one.a_before_b_count, one.b_before_a_count) == (80, 0)
    edges = {(r.source, r.target): r.is_directed for r in tables.read(MorbidityEdge).collect()}
    assert edges == {("asthma", "copd"): True, ("copd", "gout"): True, ("asthma", "gout"): True}
    nodes = {r.condition: r for r in tables.read(MorbidityNode).collect()}
    assert (nodes["gout"].distance, nodes["gout"].community) == (0.25, 1)
    assert nodes["gout"].community_stability > 0.9


def test_paths_groups_and_enrichment_follow(made: Made) -> None:
    tables = made.tables
    paths = tables.read(Trajectory).collect()
    assert [(r.path, r.people_count) for r in paths] == [("asthma > copd > gout", 80)]
    assert paths[0].expected_count == pytest.approx(80 * 80 / 120)
    groups = tables.read(MorbidityPairByGroup).where("condition_a = 'asthma' and condition_b = 'copd'").collect()
    assert {(r.group, r.both_count, r.odds_ratio, r.heterogeneity_p_value) for r in groups} == {
        ("1", 40, 4.0, 1.0), ("5", 40, 4.0, 1.0)
    }  # fmt: skip
    subjects = {r.subject for r in tables.read(MorbidityEnrichment).select("subject").distinct().collect()}
    assert subjects == {*CODES, "set:lungs"}


def _rows(tables: Tables, table: type[Table]) -> list[dict[str, Any]]:
    return [row.asDict() for row in tables.read(table).orderBy(*table.key()).collect()]


@pytest.mark.graphframes
def test_graphframes_makes_the_same_network_and_paths(made: Made, spark: SparkSession) -> None:
    if not has_graphframes(spark):
        pytest.skip("GraphFrames is not here: `icspark setup` fetches it where a mirror has it")
    sections, jobs = made.runner.environment.sections, ("morbidity_network", "morbidity_trajectories")
    ours, theirs = ([], [])
    for engine, found in (("igraph", ours), ("graphframes", theirs)):
        sections.update({name: sections[name].model_copy(update={"engine": engine}) for name in jobs})
        _done(made.runner, jobs)
        found += [_rows(made.tables, table) for table in (MorbidityNode, MorbidityEdge, Trajectory)]
    record = last_rows(read_record(made.tables))
    assert record["morbidity_node"]["notes"]["is_graphframes"] == 1
    ranks = [[row.pop("pagerank") for row in tables[0]] for tables in (ours, theirs)]
    assert ranks[0] == pytest.approx(ranks[1], abs=1e-6) and sum(ranks[0]) == pytest.approx(1)
    assert ours == theirs and all(ours)


@pytest.mark.slow
def test_people_areas_and_the_page_follow(made: Made) -> None:
    tables, folder = made.tables, made.folder
    _done(made.runner, FURTHER)
    people = {r.person_id: r for r in tables.read(PersonMorbidity).collect()}
    assert len(people) == 240 and people["p0"].age_band == "50-54" and people["p0"].practice_code == "P1"
    weights = [people[f"p{i}"].charlson_weight for i in range(6)]
    assert weights == [1, 1, 1, 1, 0, 0] and people["p0"].elixhauser_reason == "no_list"
    assert (people["p0"].conditions_count, people["p0"].communities_count, people["p5"].centrality_sum) == (3, 1, 0)
    areas = {r.area_code: r for r in tables.read(AreaMorbidity).collect()}
    assert (areas[AREAS[0]].people_count, areas[AREAS[0]].two_or_more_count) == (120, 40)
    assert areas[AREAS[0]].conditions_standardised_reason == "empty_band"
    assert areas["E01000003"].people_count == 0 and areas[AREAS[0]].charlson_weight_mean == pytest.approx(2 / 3)
    page = (folder / "pages/morbidity/morbidity.html").read_text(encoding="utf-8")
    assert '"label":"Asthma"' in page and '"people":80' in page
    assert (folder / "pages/morbidity/morbidity_network.png").stat().st_size > 10_000


def test_a_wide_table_becomes_pairs(spark: SparkSession, tmp_path: Path) -> None:
    lines = [f"{40 + i % 2 * 5},{'a,5,b,9' if i % 3 else 'b,3,,'}" for i in range(60)]
    file = tmp_path / "wide.csv"
    file.write_text("\n".join(["Age,code1,time1,code2,time2", *lines]), encoding="utf-8")
    storage = Storage(tables=str(tmp_path / "tables"), pages=str(tmp_path / "pages"))
    environment, found = Environment(name="house", storage=storage), Tables(spark, storage)
    environment.sources["wide_record"] = Source(path=str(file))
    names = ("ingest_wide_record", "condition_histories", "morbidity_pairs")
    known = {name: plan.job_named(name) for name in names}
    environment.sections.update({name: job.config() for name, job in known.items()})
    _done(Runner(environment, found, known), names)
    pair = found.read(MorbidityPair).collect()[0]
    assert (pair.both_count, pair.a_count, pair.b_count, pair.a_before_b_count) == (40, 40, 60, 40)
    assert pair.reason == "no_contrast"  # everybody has b
    assert found.read(ConditionHistory).where("as_of_date is not null").count() == 0
