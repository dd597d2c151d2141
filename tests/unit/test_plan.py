"""The order of jobs follows from what they read and write."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import icspark.jobs
import pytest
from pyspark.sql import types as T

import icspark
from icspark import plan
from icspark.config import Environment, JobConfig, Source, Storage
from icspark.errors import PlanError
from icspark.fingerprint import source_hash
from icspark.plan import JobModule
from icspark.tables.table import Table, column
from icspark.tables.truth import Truth


class Raw(Table):
    """One row per a."""

    a = column(T.StringType(), "a", key=True)


class Middle(Table):
    """One row per a."""

    a = column(T.StringType(), "a", key=True)


class Last(Table):
    """One row per a."""

    a = column(T.StringType(), "a", key=True)


def job(
    name: str,
    reads: Sequence[type[Table]] = (),
    writes: Sequence[type[Table]] = (),
    *,
    files: Sequence[str] = (),
    folders: Sequence[str] = (),
    perhaps: Sequence[type[Table]] = (),
) -> JobModule:
    return JobModule(
        name, "", tuple(reads), tuple(perhaps), tuple(writes), tuple(files), tuple(folders), JobConfig, lambda _: None
    )


def known(*jobs: JobModule) -> dict[str, JobModule]:
    return {j.name: j for j in jobs}


def environment(**sources: Source) -> Environment:
    return Environment(name="t", storage=Storage(tables="/nowhere", pages="/nowhere"), sources=dict(sources))


CHAIN = known(job("c", [Middle], [Last]), job("b", [Raw], [Middle]), job("a", [], [Raw], files=["raw"]))


def test_a_reader_comes_after_its_writer() -> None:
    assert plan.ordered(CHAIN) == ["a", "b", "c"]


def test_free_jobs_stand_in_the_order_of_the_alphabet() -> None:
    assert plan.ordered(known(job("z"), job("m"), job("a"))) == ["a", "m", "z"]


def test_reading_a_rejected_half_is_reading_its_writer() -> None:
    assert plan.ordered(known(job("a", [], [Middle], perhaps=[Raw.rejected()]), job("b", [], [Raw]))) == ["b", "a"]


def test_a_folder_orders_as_a_table_does() -> None:
    jobs = known(job("a_reads", files=["extract"]), job("z_makes", folders=["simulated"]))
    made = environment(extract=Source(path="/x", folder="simulated"))
    assert plan.ordered(jobs, made) == ["z_makes", "a_reads"]
    assert plan.missing_inputs(jobs, made, lambda _: False) == {}


def test_a_cycle_is_named() -> None:
    with pytest.raises(PlanError, match="in a circle: .*a.*b"):
        plan.ordered(known(job("a", [Middle], [Raw]), job("b", [Raw], [Middle])))


def test_two_writers_of_one_table_are_named() -> None:
    with pytest.raises(PlanError, match="two jobs write raw: a and b"):
        plan.ordered(known(job("a", [], [Raw]), job("b", [], [Raw])))


def test_ancestors_at_any_distance_come_along() -> None:
    assert plan.with_ancestors(["c"], CHAIN, environment()) == {"a", "b", "c"}


def test_what_only_a_job_that_is_left_out_needs_does_not_come_along() -> None:
    assert plan.with_ancestors(["c"], CHAIN, environment(), left_out={"b"}) == {"c"}
    assert plan.with_ancestors(["b", "c"], CHAIN, environment(), left_out={"b"}) == {"a", "b", "c"}


def test_what_cannot_be_met_is_listed_with_what_is_missing_and_so_is_what_hangs_on_it() -> None:
    missing = plan.missing_inputs(CHAIN, environment(), lambda _: False)
    assert missing == {
        "a": ["source raw (not in the configuration)"],
        "b": ["table raw"],
        "c": ["table middle"],
    }


def test_a_table_that_is_there_already_meets_its_reader() -> None:
    missing = plan.missing_inputs(CHAIN, environment(), lambda table: table is Raw)
    assert list(missing) == ["a"]


def test_an_absent_file_is_named() -> None:
    missing = plan.missing_inputs(CHAIN, environment(raw=Source(path="/not/there.csv")), lambda _: False)
    assert missing["a"] == ["source raw (no file /not/there.csv)"]


def test_only_checks_read_the_truth() -> None:
    plan.require_only_checks_read_truth(known(job("check_links", [Truth]), job("simulate", writes=[Truth])))
    for reader in (job("report", [Truth]), job("report", perhaps=[Truth])):
        with pytest.raises(PlanError, match="report: the job reads truth, which only jobs called check_"):
            plan.require_only_checks_read_truth(known(reader))


def test_a_region_is_simulated_in_a_simulated_environment_only() -> None:
    jobs = known(job("simulate", writes=[Truth]), job("check_links", [Truth], [Raw]), job("report", perhaps=[Raw]))
    left_out = plan.missing_inputs(jobs, environment(), lambda _: False)
    assert list(left_out) == ["simulate", "check_links"] and "is_simulated is false" in left_out["simulate"][0]
    simulated = environment().model_copy(update={"is_simulated": True})
    assert plan.missing_inputs(jobs, simulated, lambda _: False) == {}


def test_sources_that_may_be_absent_are_optional_but_not_all_of_them_where_there_is_nothing_else() -> None:
    jobs = known(replace(job("a", [], [Raw]), files_if_present=("one", "two")))
    assert plan.missing_inputs(jobs, environment(), lambda _: False) == {"a": ["any of the sources one, two"]}
    made = environment(two=Source(path="/x", folder="simulated"))
    assert plan.missing_inputs(jobs, made, lambda _: False) == {}
    absent = environment(two=Source(path="/not/there.csv"))
    assert plan.missing_inputs(jobs, absent, lambda _: False) == {"a": ["source two (no file /not/there.csv)"]}
    reader = known(replace(job("b", [Raw]), files_if_present=("one",)))
    assert plan.missing_inputs(reader, environment(), lambda _: True) == {}


def test_a_folder_of_a_source_that_may_be_absent_orders_as_a_table_does() -> None:
    jobs = known(replace(job("a_reads"), files_if_present=("extract",)), job("z_makes", folders=["simulated"]))
    assert plan.ordered(jobs, environment(extract=Source(path="/x", folder="simulated"))) == ["z_makes", "a_reads"]


def test_unknown_names_get_the_nearest() -> None:
    with pytest.raises(PlanError, match="no job is called area_sumary. Did you mean area_summary"):
        plan.job_named("area_sumary")


def test_every_job_of_the_suite_says_what_it_does_and_has_a_place_in_the_order() -> None:
    jobs = plan.jobs()
    assert set(plan.ordered(jobs)) == set(jobs)
    assert all(j.sentence.endswith(".") and len(j.sentence) < 160 for j in jobs.values())


def test_of_several_tables_one_is_enough() -> None:
    choosy = replace(job("z", [], [Last], perhaps=[Raw, Middle]), needs_one_of=(Raw, Middle))
    assert plan.missing_inputs(known(choosy), environment(), lambda _: False) == {
        "z": ["one of the tables raw, middle"]
    }
    assert plan.missing_inputs(known(choosy), environment(), lambda table: table is Middle) == {}
    made = known(choosy, job("a", [], [Raw]))
    assert plan.missing_inputs(made, environment(), lambda _: False) == {}
    assert plan.ordered(made, environment()) == ["a", "z"]


def test_the_jobs_are_known_without_what_takes_long_to_import() -> None:
    heavy = (
        "catboost",
        "igraph",
        "matplotlib",
        "mlflow",
        "openpyxl",
        "pyogrio",
        "scipy.special",
        "scipy.stats",
        "shap",
    )
    code = f"import sys; from icspark import plan; plan.jobs(); print(*{{*{heavy}, 'sklearn'}} & set(sys.modules))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.split() == []


def test_one_job_is_known_without_the_others() -> None:
    code = "import sys; from icspark import plan; plan.job_named('ingest_land_area'); print(*sys.modules, sep='\\n')"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert [name for name in told.stdout.split() if name.startswith("icspark.jobs.")] == [
        "icspark.jobs.ingest_land_area"
    ]


def test_an_edited_function_reruns_its_job_even_where_no_job_imports_it_at_its_top(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    inner = tmp_path / "dna" / "imported_in_a_function.py"
    inner.parent.mkdir()
    inner.write_text("def half(x): return x / 2\n")
    for package in (icspark, icspark.jobs):
        monkeypatch.setattr(package, "__path__", [str(tmp_path)])
    before = source_hash.__wrapped__()
    inner.write_text("def half(x): return x // 2\n")
    assert source_hash.__wrapped__() != before
