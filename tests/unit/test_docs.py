"""Pages and job files that are written from the code say what the code says."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from icspark import config, databricks, docs, packages, plan
from icspark.disclosure import declarations

MEND = "run `make docs` and commit what it writes"


def test_the_reference_pages_are_current(root: Path) -> None:
    stale = [
        name
        for name, text in docs.pages().items()
        if not (root / "docs" / name).exists() or (root / "docs" / name).read_text() != text
    ]
    assert not stale, MEND


def test_there_is_no_page_of_a_job_that_is_no_more(root: Path) -> None:
    assert {p.stem for p in (root / "docs/jobs").glob("*.md")} - {"README"} == set(plan.jobs()), MEND


def test_the_databricks_job_has_the_jobs_own_dependencies_and_packages(root: Path) -> None:
    written = (root / "resources/icspark.job.yml").read_text()
    assert written == databricks.job_file(plan.jobs()), MEND
    tasks = yaml.safe_load(written)["resources"]["jobs"]["icspark"]["tasks"]
    for task in tasks:
        assert {d["task_key"] for d in task.get("depends_on", [])} == plan.needs(
            plan.job_named(task["task_key"]), plan.jobs()
        )
    named = {library["maven"]["coordinates"] for library in tasks[0]["libraries"] if "maven" in library}
    assert named | {p.coordinate for p in packages.PACKAGES if p.group == "io.delta"} == set(
        packages.spark_packages().split(",")
    )


def test_the_coordinates_of_jvm_packages_stand_in_one_file(root: Path) -> None:
    holders = [
        path.relative_to(root).as_posix()
        for folder in ("lib", "jobs", "conf", "benchmarks", "notebooks")
        for path in sorted((root / folder).rglob("*"))
        if path.suffix in {".py", ".yml"} and "sedona-spark-shaded" in path.read_text()
    ]
    assert holders == ["lib/icspark/packages.py"]


@pytest.mark.parametrize("name", ["suffolk", "england", "cluster", "databricks", "artificial_hes"])
def test_every_shipped_configuration_is_valid(root: Path, name: str) -> None:
    environment = config.load(root / "conf" / f"{name}.yml", {n: job.config for n, job in plan.jobs().items()})
    assert environment.name == name
    unread = set(environment.sources) - {f for job in plan.jobs().values() for f in job.sources}
    assert not unread, "sources that no job reads"


def test_configurations_of_other_places_differ_in_storage_session_and_the_engine_of_graphs_only(root: Path) -> None:
    texts = {n: yaml.safe_load((root / "conf" / f"{n}.yml").read_text()) for n in ("suffolk", "cluster", "databricks")}
    for key in ("region", "sources"):
        assert texts["suffolk"].get(key) == texts["cluster"].get(key) == texts["databricks"].get(key)
    named = {name for name, job in plan.jobs().items() if "engine" in job.config.model_fields}
    assert (
        texts["cluster"]["jobs"] == texts["databricks"]["jobs"] == {name: {"engine": "graphframes"} for name in named}
    )
    assert "jobs" not in texts["suffolk"]


def test_every_table_and_column_is_described() -> None:
    for table in plan.tables().values():
        assert table.grain().startswith("One row per"), table.name()
        assert all(spec.description for spec in table.columns().values()), table.name()


def test_every_table_says_what_may_leave_of_it_without_contradiction() -> None:
    found = {table.name(): said for table in plan.tables().values() if (said := declarations.problems(table))}
    assert found == {}
