"""The JVM packages: what is asked for, what is kept, and what is said when it cannot be had."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from icspark import databricks, packages
from icspark.errors import SetupError

REQUIRED = [package for package in packages.PACKAGES if package.required]
OPTIONAL = [package for package in packages.PACKAGES if not package.required]

# Stands in for `java`: finds the arguments of the resolver and leaves the jars that it would have fetched.
RESOLVER = """#!/bin/sh
while [ $# -gt 0 ]; do
  case "$1" in
    -dependency) artifact="$3"; version="$4";;
    -retrieve) to="${2%/*}";;
    -settings) settings="$2";;
  esac
  shift
done
echo "$artifact $settings" >> "$ASKED"
case "$artifact" in $REFUSED) echo ":: $artifact: not found"; exit 1;; esac
echo jar > "$to/$artifact-$version.jar"
echo jar > "$to/antlr4-runtime-4.13.1.jar"
echo jar > "$to/companion-1.0.jar"
"""


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    java = tmp_path / "java" / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(RESOLVER)
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "java"))
    monkeypatch.setenv("REFUSED", "graphframes*")
    monkeypatch.setenv("ASKED", str(tmp_path / "asked"))
    (tmp_path / "asked").touch()
    return tmp_path / "asked"


def test_required_packages_are_fetched_with_a_line_each_and_graphframes_is_one_line(
    asked: Path, tmp_path: Path
) -> None:
    lines: list[str] = []
    packages.fetch(tmp_path / "cache", report=lines.append)
    assert len(lines) == len(REQUIRED) + 1
    assert all(re.fullmatch(r"\S+: \d+\.\d MB in \d+\.\d s", line) for line in lines[:-1])
    assert lines[-1].startswith("GraphFrames: not here")


def test_a_second_time_asks_only_for_what_is_optional_and_absent(asked: Path, tmp_path: Path) -> None:
    packages.fetch(tmp_path / "cache", report=lambda line: None)
    asked.write_text("")
    packages.fetch(tmp_path / "cache", report=lambda line: None)
    assert {line.split()[0] for line in asked.read_text().splitlines()} <= {package.artifact for package in OPTIONAL}


def test_jars_that_spark_carries_are_left_out(asked: Path, tmp_path: Path) -> None:
    names = [jar.name for jar in packages.fetch(tmp_path / "cache", report=lambda line: None)]
    assert names == sorted([*(f"{package.folder}.jar" for package in REQUIRED), "companion-1.0.jar"])


def test_graphframes_that_can_be_had_is_said_to_be_here(
    asked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REFUSED", "nothing")
    lines: list[str] = []
    packages.fetch(tmp_path / "cache", report=lines.append)
    assert lines[-1] == "GraphFrames: here"
    assert packages.has_graphframes(tmp_path / "cache")


def test_a_required_package_that_cannot_be_had_is_an_error_and_leaves_nothing_half_done(
    asked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REFUSED", "delta*")
    with pytest.raises(SetupError, match=r"io\.delta.*not found.*--ivysettings"):
        packages.fetch(tmp_path / "cache", report=lambda line: None)
    assert sorted(path.name for path in (tmp_path / "cache" / "jars").iterdir()) == sorted(
        package.folder for package in REQUIRED if package.group != "io.delta"
    )


def test_a_mirror_s_settings_reach_the_resolver(asked: Path, tmp_path: Path) -> None:
    packages.fetch(tmp_path / "cache", ivysettings=Path("/mirror.xml"), report=lambda line: None)
    assert all(line.endswith(" /mirror.xml") for line in asked.read_text().splitlines())


def test_absent_jars_are_named_with_the_command_that_mends_it(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"io\.delta:delta-spark_2\.13.*icspark setup"):
        packages.jars(tmp_path)


def test_no_java_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(SetupError, match="no Java is found.*Java 17"):
        packages.java()
    monkeypatch.delenv("JAVA_HOME")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SetupError, match="PATH: no Java is found"):
        packages.java()


@pytest.mark.parametrize(("release", "refused"), [('JAVA_VERSION="25.0.3"', "25"), ('JAVA_VERSION="1.8.0_392"', "8")])
def test_a_java_that_spark_does_not_run_on_is_refused_before_it_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, release: str, refused: str
) -> None:
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\nexit 1\n")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert packages.java_for_spark() == str(java)  # a Java without a release file is taken at its word
    (tmp_path / "release").write_text(f'IMPLEMENTOR="a"\n{release}\n')
    with pytest.raises(SetupError, match=f"does not run on this Java.*Expected 17.*Found {refused}.*JAVA_HOME"):
        packages.java_for_spark()


def test_the_cache_follows_the_user_s_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert packages.default_cache() == tmp_path / "icspark"


@pytest.mark.skipif(os.geteuid() == 0, reason="the administrator may write anywhere")
def test_a_cache_without_write_permission_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(SetupError, match="cannot be written"):
        packages.fetch(tmp_path / "cache", report=lambda line: None)


def test_spark_submit_is_given_coordinates_that_are_those_of_the_packages() -> None:
    assert packages.spark_packages(optional=False).split(",") == [package.coordinate for package in REQUIRED]
    assert len(packages.spark_packages().split(",")) == len(packages.PACKAGES)


def test_graphframes_stands_before_sedona_which_carries_an_older_one(
    asked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REFUSED", "nothing")
    found = packages.fetch(tmp_path / "cache", report=lambda line: None)
    listed = [library["maven"]["coordinates"] for library in databricks.libraries() if "maven" in library]
    for names in ([jar.name for jar in found], packages.spark_packages().split(","), listed):
        ours = [place for place, name in enumerate(names) if "graphframes" in name]
        assert len(ours) == 2
        assert max(ours) < next(place for place, name in enumerate(names) if "sedona" in name)


def test_what_spark_submit_is_told_is_what_a_session_of_ours_has() -> None:
    words = packages.submit_arguments().split()
    assert words[:2] == ["--packages", packages.spark_packages(optional=False)]
    assert dict(word.split("=", 1) for word in words[3::2]) == packages.CONFIGURATION
    assert set(words[2::2]) == {"--conf"}
