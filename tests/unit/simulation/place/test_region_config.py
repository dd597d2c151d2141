"""The section of the job that simulates a region: what is impossible is refused at once, what is planted is told."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from pydantic import Field, ValidationError

from icspark import plan
from icspark.config import JobConfig, load
from icspark.errors import ConfigurationError
from icspark.simulation.planted import planted
from icspark.simulation.region_config import RegionConfig


class Edge(JobConfig):
    ratio: float = Field(2.0, description="odds ratio")


class Planted(JobConfig):
    share: float = Field(0.5, description="share of all")
    is_on: bool = Field(True, description="whether it is")
    since: date = Field(date(2024, 1, 1), description="from when")
    by_group: dict[str, tuple[float, float]] = Field({"a": (1.0, 2.0)}, description="by group")
    edges: dict[str, Edge] = Field({"x > y": Edge()}, description="edges")
    inner: Edge = Field(Edge(ratio=3.0), description="one edge")
    nothing: float | None = Field(None, description="no limit")


def test_every_leaf_is_a_row_of_truth() -> None:
    assert list(planted(Planted())) == [
        ("share", "", 0.5, None, "share of all"),
        ("is_on", "", 1.0, None, "whether it is"),
        ("since", "", None, "2024-01-01", "from when"),
        ("by_group", "a|0", 1.0, None, "by group"),
        ("by_group", "a|1", 2.0, None, "by group"),
        ("edges.ratio", "x > y", 2.0, None, "odds ratio"),
        ("inner.ratio", "", 3.0, None, "odds ratio"),
        ("nothing", "", None, "None", "no limit"),
    ]


def test_parameters_and_subjects_are_a_key() -> None:
    rows = list(planted(RegionConfig()))
    assert len({row[:2] for row in rows}) == len(rows) > 20
    assert all((value is None) != (text is None) and meaning for _, _, value, text, meaning in rows)


def test_all_that_is_impossible_is_said_at_once_with_its_keys(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yml"
    path.write_text(
        "name: wrong\nstorage: {tables: t, pages: p}\njobs:\n  simulate_region:\n    people: 100\n"
        "    first_date: 2024-01-01\n    last_date: 2023-01-01\n    place: {town_share: 2, towns: 3}\n"
    )
    with pytest.raises(ConfigurationError) as problem:
        load(path, {name: job.config for name, job in plan.jobs().items()})
    said = str(problem.value)
    assert said.startswith("4 problem(s)")
    for key in ("people", "last_date", "place.town_share", "place.towns"):
        assert f"jobs.simulate_region.{key}: " in said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"people": 10_000_000, "place": {"households_per_postcode": 2}},
            "households_per_postcode would make 2,083,333",
        ),
        ({"people": 10_000_000, "place": {"patients_per_practice": 500}}, "patients_per_practice would make 20,000"),
        ({"place": {"reference_areas_2019": 30}}, "reference_areas_2019 would make 33 areas"),
        ({"first_date": "2024-12-31"}, "must be a year after first_date"),
    ],
)
def test_what_there_are_no_codes_or_ranks_for_is_refused(given: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        RegionConfig.model_validate(given)


@pytest.mark.parametrize(("last", "mid_year"), [("2025-03-31", date(2024, 6, 30)), ("2025-06-30", date(2025, 6, 30))])
def test_mid_year_is_the_last_30_june_of_the_period(last: str, mid_year: date) -> None:
    assert RegionConfig.model_validate({"last_date": last}).mid_year == mid_year


def test_the_demonstration_names_a_source_for_every_reference_feed(root: Path) -> None:
    environment = load(root / "conf" / "demo.yml", {name: job.config for name, job in plan.jobs().items()})
    wanted = {file for name, job in plan.jobs().items() if name.startswith("ingest_") for file in job.files}
    others = {"complete_practice", "practice_staff", "wide_record", "flat_appointment", "extra_feature", "contact"}
    assert wanted - set(environment.sources) <= others
    assert environment.is_simulated
    folder = Path(environment.storage.pages) / "simulated_region"
    real_lists = {"comorbidity_code", "condition_weight"}  # read where they lie, if they do
    for source in (source for name, source in environment.sources.items() if name not in real_lists):
        assert source.folder == "simulated_region"
        assert all(path.is_relative_to(folder) for path in source.paths)
