"""What the suite needs of a machine, and for each thing that is missing the command that mends it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from icspark import packages, session
from icspark.errors import SetupError

PYTHON_VERSIONS = ((3, 11), (3, 12))
LEAST_MEMORY_GIB = 3.0
LEAST_SPACE_GB = 1.0
INSTALL_JAVA = "apt install openjdk-17-jre-headless (Debian, Ubuntu), or set JAVA_HOME to a Java 17"


@dataclass(frozen=True)
class Check:
    """One thing looked at: whether it is as it should be, what was found, and what mends it."""

    name: str
    ok: bool
    required: bool
    found: str
    mend: str


def checks(
    folders: Sequence[Path] = (), *, cache: Path | None = None, settings: session.SessionConfig | None = None
) -> list[Check]:
    """Return every check of this machine; `folders` are those that the configuration writes to.

    Nothing is started but `java -version`, and nothing is left behind.
    """
    where = packages.default_cache() if cache is None else cache
    places = {"cache": where, "scratch": Path(tempfile.gettempdir())} | {str(folder): folder for folder in folders}
    return [
        python(),
        java(),
        *versions(),
        spark_home(),
        *fetched(where),
        memory(),
        *(folder(name, path) for name, path in places.items() if not _is_remote(path)),
        time_zone(settings or session.SessionConfig()),
    ]


def python(version: tuple[int, int] = sys.version_info[:2]) -> Check:
    """Check that this Python is one that Spark and its companions were seen on."""
    mend = "install Python 3.11 or 3.12, then `make clean setup`"
    return Check("Python 3.11 or 3.12", version in PYTHON_VERSIONS, True, ".".join(map(str, version)), mend)


def java() -> Check:
    """Check the version of the Java that Spark will start."""
    try:
        path = packages.java()
        told = subprocess.run([path, "-version"], check=False, capture_output=True, text=True, timeout=30)
    except (SetupError, OSError, subprocess.TimeoutExpired) as error:
        found = error.what if isinstance(error, SetupError) else f"java does not run ({type(error).__name__})"
        return Check("Java 17", False, True, found, INSTALL_JAVA)
    version = packages.java_version(told.stderr + told.stdout)
    found = f"{version or 'a version that cannot be read'} ({path})"
    return Check("Java 17", version in packages.JAVA_VERSIONS, True, found, INSTALL_JAVA)


def versions(distribution: str = "icspark") -> Iterator[Check]:
    """Check that what is installed is what the suite's own requirements say, and that the JVM half belongs to it."""
    try:
        required = [Requirement(line) for line in metadata.requires(distribution) or []]
    except metadata.PackageNotFoundError:
        yield Check("Python packages", False, True, f"{distribution} itself is not installed", "make setup")
        return
    needed = [requirement for requirement in required if not requirement.marker]
    wrong = [problem for requirement in needed if (problem := _wrong(requirement))]
    found = "; ".join(wrong) if wrong else f"{len(needed)} as required"
    yield Check("Python packages", not wrong, True, found, "make clean setup")
    yield _halves()


def spark_home() -> Check:
    """Check that SPARK_HOME, which would win over pip's Spark, is unset or the same Spark."""
    home, version = os.environ.get("SPARK_HOME"), _installed("pyspark") or "?"
    same = not home or (Path(home) / "jars" / f"spark-core_2.13-{version}.jar").is_file()
    return Check("SPARK_HOME", same, True, home or "not set", f"unset SPARK_HOME (Spark {version} came with the suite)")


def fetched(cache: Path) -> Iterator[Check]:
    """Check that the JVM packages are in the cache: the required ones, then the optional GraphFrames."""
    absent = [p.folder for p in packages.PACKAGES if p.required and not packages.is_fetched(p, cache)]
    found = f"not in {cache}: {', '.join(absent)}" if absent else str(cache)
    yield Check("JVM packages", not absent, True, found, "icspark setup")
    here = packages.has_graphframes(cache)
    found = "here" if here else "not here; graph work uses igraph instead"
    yield Check("GraphFrames", here, False, found, "icspark setup --ivysettings FILE (a mirror that serves it)")


def memory() -> Check:
    """Check that the machine, or the container, has the least memory that a session needs."""
    has = session.machine_memory() / 2**30
    mend = "use a machine or container with more memory, or a Spark cluster (conf/cluster.yml)"
    return Check(f"memory, {LEAST_MEMORY_GIB:.0f} GiB", has >= LEAST_MEMORY_GIB, True, f"{has:.1f} GiB", mend)


def folder(name: str, path: Path) -> Check:
    """Check that a folder, or the nearest one above it that exists, can be written and has room."""
    there = next((place for place in (path, *path.absolute().parents) if place.exists()), Path("/"))
    title = f"can write: {name}"
    try:
        with tempfile.NamedTemporaryFile(dir=there, prefix=".icspark-"):
            pass
    except OSError as error:
        mend = f"sudo chown -R $USER {there}, or name another folder in the configuration"
        return Check(title, False, True, f"{there}: {error.strerror}", mend)
    free = shutil.disk_usage(there).free / 1e9
    mend = f"free some space below {there}, or name another folder in the configuration"
    return Check(title, free >= LEAST_SPACE_GB, True, f"{path}: {free:.1f} GB free", mend)


def time_zone(settings: session.SessionConfig) -> Check:
    """Check that sessions keep UTC, whatever the machine's own time zone."""
    key = "spark.sql.session.timeZone"
    zone = settings.conf.get(key, session.MEANING[key])
    found = f"sessions: {zone}; this machine: {time.tzname[0]}"
    return Check("time zone UTC", zone == "UTC", True, found, f"remove {key} from session.conf in the configuration")


def _halves() -> Check:
    """Check that the Python half and the JVM half of Sedona, and Spark and what is built for it, are of one version."""
    sedona = next(package for package in packages.PACKAGES if package.artifact.startswith("sedona"))
    spark, python_half = _installed("pyspark") or "none", _installed("apache-sedona") or "none"
    built_for = re.search(r"-(\d+\.\d+)_", sedona.artifact)
    fits = bool(built_for) and spark.startswith(f"{built_for.group(1) if built_for else ''}.")
    ok = fits and python_half == sedona.version
    found = f"pyspark {spark}, apache-sedona {python_half}, {sedona.coordinate}"
    return Check("versions that belong together", ok, True, found, "make clean setup")


def _wrong(requirement: Requirement) -> str:
    version = _installed(requirement.name)
    if version is None:
        return f"{requirement.name} is missing"
    return (
        "" if requirement.specifier.contains(version) else f"{requirement.name} {version}, not {requirement.specifier}"
    )


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _is_remote(path: Path) -> bool:
    return ":/" in str(path)
