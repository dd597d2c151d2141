"""The command line: what it lists, and how it refuses, in one sentence and with its own exit code."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from icspark import cli, plan


def said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], root: Path, *words: str
) -> tuple[int, str]:
    monkeypatch.chdir(root)
    monkeypatch.setattr("sys.argv", ["icspark", *words])
    code = 0
    try:
        cli.main()
    except SystemExit as end:
        code = int(end.code or 0)
    caught = capsys.readouterr()
    return code, " ".join((caught.out + caught.err).split())


REFUSED = [
    (("run", "area_sumary"), 11, "no job is called area_sumary. Did you mean area_summary?"),
    (("show", "area_sumary"), 11, "no table is called area_sumary. Did you mean area_summary?"),
    (
        ("show", "area_summary", "--columns", "lsoa_2011_nam"),
        11,
        "no column is called lsoa_2011_nam. Did you mean lsoa_",
    ),
    (("config", "corelation"), 11, "Did you mean correlation?"),
    (("run", "--all", "--conf", "none.yml"), 3, "the configuration cannot be read"),
    (("rnu",), 2, "No such command"),
]


@pytest.mark.parametrize(("words", "code", "message"), REFUSED, ids=[" ".join(r[0]) for r in REFUSED])
def test_what_cannot_be_done_is_one_sentence_with_its_own_exit_code(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    root: Path,
    words: tuple[str, ...],
    code: int,
    message: str,
) -> None:
    found, text = said(monkeypatch, capsys, root, *words)
    assert (found, message in text, "Traceback" in text) == (code, True, False), text


def test_a_misspelt_key_of_a_configuration_is_refused_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], root: Path, tmp_path: Path
) -> None:
    conf = tmp_path / "bad.yml"
    conf.write_text((root / "conf" / "suffolk.yml").read_text() + "\njobs:\n  correlation: {replicate: 3}\n")
    code, text = said(monkeypatch, capsys, root, "run", "correlation", "--conf", str(conf))
    assert code == 3
    assert "jobs.correlation.replicate: unknown key. Did you mean replicates?" in text


def test_a_job_that_lacks_its_file_fails_or_is_left_out_where_that_is_asked_for(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], root: Path, tmp_path: Path
) -> None:
    conf = tmp_path / "few.yml"
    conf.write_text(f"name: few\nstorage: {{tables: {tmp_path}/tables, pages: {tmp_path}/pages}}\n")
    asked = ("run", "ingest_practice", "simulate_region", "--only", "--conf", str(conf))
    code, text = said(monkeypatch, capsys, root, *asked)
    assert code != 0 and "the environment is not a simulated one" in text and "0 done" not in text
    code, text = said(monkeypatch, capsys, root, *asked, "--if-possible")
    assert (code, "failed" in text) == (0, False), text
    assert "ingest_practice not run: no source practice (not in the configuration)" in text
    assert "simulate_region not run: no simulated environment (is_simulated is false in the configuration)" in text
    code, text = said(monkeypatch, capsys, root, "run", "check_simulation", "--if-possible", "--conf", str(conf))
    assert code == 0 and "check_simulation not run: no table" in text and "✓" not in text
    assert not (tmp_path / "pages").exists()


def test_the_jobs_are_listed_and_a_success_is_no_system_exit(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], root: Path
) -> None:
    monkeypatch.setattr("sys.argv", ["icspark", "jobs"])
    monkeypatch.setenv("COLUMNS", "200")
    cli.main()
    listed = capsys.readouterr().out
    assert all(name in listed for name in plan.jobs())


def test_an_error_that_nobody_foresaw_is_one_sentence_without_what_it_holds(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], root: Path
) -> None:
    def broken() -> None:
        raise RuntimeError("[CAST_INVALID_INPUT] the value 'born on 1 May' cannot be cast")

    monkeypatch.setattr(plan, "jobs", broken)
    code, text = said(monkeypatch, capsys, root, "jobs")
    assert (code, "(CAST_INVALID_INPUT)" in text, "--traceback" in text) == (1, True, True)
    assert "born" not in text
    assert "Traceback" not in text
