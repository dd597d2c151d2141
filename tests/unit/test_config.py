"""One YAML file, checked as a whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import Field

from icspark.config import JobConfig, load
from icspark.errors import ConfigurationError, InputError
from icspark.fingerprint import digest

GOOD = """\
name: tiny
data: files
storage: {tables: out/tables, pages: out/pages}
sources:
  practice: {path: practices.csv}
jobs:
  area_summary: {bins: 5}
"""


class AreaConfig(JobConfig):
    bins: int = Field(5, ge=2, le=100, description="number of bins")


MODELS: dict[str, type[JobConfig]] = {"area_summary": AreaConfig, "other": JobConfig}


def written(folder: Path, text: str) -> Path:
    path = folder / "tiny.yml"
    path.write_text(text)
    return path


def test_relative_paths_are_taken_from_the_files_own_folder(tmp_path: Path) -> None:
    environment = load(written(tmp_path, GOOD), MODELS)
    assert environment.sources["practice"].paths == [tmp_path / "files" / "practices.csv"]
    assert environment.storage.tables == str(tmp_path / "out/tables")
    assert environment.sections["area_summary"] == AreaConfig(bins=5)
    assert environment.sections["other"] == JobConfig()


def test_every_problem_is_reported_at_once_with_line_path_and_nearest_key(tmp_path: Path) -> None:
    text = (
        GOOD.replace("bins: 5", "bins: 1")
        .replace("pages:", "pagess:")
        .replace("path:", "pth:")
        .replace("data:", "dta:")
    )
    with pytest.raises(ConfigurationError) as caught:
        load(written(tmp_path, text), MODELS)
    message = str(caught.value)
    assert "line 2: dta: unknown key. Did you mean data?" in message
    assert "storage.pagess: unknown key. Did you mean pages?" in message
    assert "storage.pages: required, and missing" in message
    assert "sources.practice.pth: unknown key. Did you mean path?" in message
    assert "line 7: jobs.area_summary.bins: Input should be greater than or equal to 2; found '1'" in message


def test_an_unknown_job_gets_the_nearest_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"jobs\.area_sumary: no such job\. Did you mean area_summary\?"):
        load(written(tmp_path, GOOD.replace("area_summary", "area_sumary")), MODELS)


def test_a_key_that_stands_twice_is_an_error_not_a_silent_choice(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="line 8: not YAML: the key 'name' stands twice"):
        load(written(tmp_path, GOOD + "name: again\n"), MODELS)


@pytest.mark.parametrize("text", ["name: [", "a: b: c"])
def test_broken_yaml_says_the_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigurationError, match="line 1.*not YAML"):
        load(written(tmp_path, text), MODELS)


def test_an_absent_configuration_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load(tmp_path / "none.yml", MODELS)


def test_a_frozen_section_cannot_be_changed(tmp_path: Path) -> None:
    section = load(written(tmp_path, GOOD), MODELS).sections["area_summary"]
    with pytest.raises(Exception, match="frozen"):
        section.bins = 6  # type: ignore[attr-defined]


def test_an_absent_source_file_names_its_key(tmp_path: Path) -> None:
    source = load(written(tmp_path, GOOD), MODELS).sources["practice"]
    with pytest.raises(InputError, match=r"sources\.practice: a source file is absent"):
        source.existing("practice")


def test_patterns_expand_in_order(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    for name in ("b.csv", "a.csv"):
        (tmp_path / "files" / name).write_text("x")
    source = load(written(tmp_path, GOOD.replace("practices.csv", '"*.csv"')), MODELS).sources["practice"]
    assert [path.name for path in source.paths] == ["a.csv", "b.csv"]


def test_the_hash_follows_the_content(tmp_path: Path) -> None:
    first = load(written(tmp_path, GOOD), MODELS).sha256
    assert first != load(written(tmp_path, GOOD + "# a comment\n"), MODELS).sha256


def test_a_folder_is_a_source_and_what_spark_writes_beside_the_data_does_not_count(tmp_path: Path) -> None:
    folder = tmp_path / "files" / "practices.csv"
    folder.mkdir(parents=True)
    (folder / "part-00000.parquet").write_bytes(b"a")
    source = load(written(tmp_path, GOOD), MODELS).sources["practice"].existing("practice")
    before = digest(source.paths)
    for beside in ("_SUCCESS", ".part-00000.parquet.crc"):
        (folder / beside).write_bytes(b"x")
    assert digest(source.paths) == before
    (folder / "part-00001.parquet").write_bytes(b"b")
    assert digest(source.paths) != before
