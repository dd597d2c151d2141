"""The JVM packages beside Spark: their coordinates (here and nowhere else), their configuration, and how they come.

They are fetched once, by the resolver that Spark itself carries, into a folder of the user's cache; from then on a
session starts from that folder, offline.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import util
from pathlib import Path

from icspark.errors import SetupError


@dataclass(frozen=True)
class Package:
    """One JVM package: its Maven coordinates, and whether the suite works without it."""

    group: str
    artifact: str
    version: str
    required: bool = True

    @property
    def coordinate(self) -> str:
        """Return `group:artifact:version`."""
        return f"{self.group}:{self.artifact}:{self.version}"

    @property
    def folder(self) -> str:
        """Return the name of its folder in the cache."""
        return f"{self.artifact}-{self.version}"


JAVA_VERSIONS = (17, 21)  # those that Spark 4.0 runs on; everything here was seen on 17

# The order is that of the class path where Spark fetches them. GraphFrames stands before Sedona, whose shaded package
# carries an older GraphFrames under the same class names: whichever comes first is the one that is there.
PACKAGES = (
    Package("io.graphframes", "graphframes-spark4_2.13", "0.11.0", required=False),
    Package("io.graphframes", "graphframes-graphx-spark4_2.13", "0.11.0", required=False),
    Package("org.apache.sedona", "sedona-spark-shaded-4.0_2.13", "1.8.0"),
    Package("org.datasyslab", "geotools-wrapper", "1.8.0-33.1"),
    Package("io.delta", "delta-spark_2.13", "4.0.1"),
)

# What a session must be told for these packages to work; all of it static, so it is set before the session starts.
CONFIGURATION = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension,org.apache.sedona.sql.SedonaSqlExtensions",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.serializer": "org.apache.spark.serializer.KryoSerializer",
    "spark.kryo.registrator": "org.apache.sedona.core.serde.SedonaKryoRegistrator",
}

MEND = "run `icspark setup`"


def default_cache() -> Path:
    """Return the suite's folder in the user's cache: `$XDG_CACHE_HOME/icspark`, or `~/.cache/icspark`."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "icspark"


def spark_packages(*, optional: bool = True) -> str:
    """Return the coordinates as the comma list that spark-submit's `--packages` takes."""
    return ",".join(package.coordinate for package in PACKAGES if optional or package.required)


def submit_arguments(*, optional: bool = False) -> str:
    """Return what spark-submit must be told: coordinates of packages (`optional`: of all), and their configuration."""
    told = [f"--conf {key}={value}" for key, value in CONFIGURATION.items()]
    return " ".join([f"--packages {spark_packages(optional=optional)}", *told])


def jars(cache: Path | None = None) -> list[Path]:
    """Return the jars of the cache that a session needs beside Spark's own, by name: GraphFrames before Sedona.

    Raises SetupError, naming the coordinates, where a required package has not been fetched.
    """
    folder = _jars_folder(cache)
    absent = [package.coordinate for package in PACKAGES if package.required and not is_fetched(package, cache)]
    if absent:
        what = f"{len(absent)} of the JVM packages that Spark needs have not been fetched: {', '.join(absent)}"
        raise SetupError(what, where=str(folder), mend=MEND)
    found = {jar.name: jar for package in PACKAGES for jar in sorted((folder / package.folder).glob("*.jar"))}
    return [found[name] for name in sorted(found)]


def is_fetched(package: Package, cache: Path | None = None) -> bool:
    """Say whether the cache holds the package whole (its folder appears in one rename, when all of it is there)."""
    return (_jars_folder(cache) / package.folder).is_dir()


def has_graphframes(cache: Path | None = None) -> bool:
    """Say whether the optional GraphFrames packages are all in the cache."""
    return all(is_fetched(package, cache) for package in PACKAGES if not package.required)


def fetch(
    cache: Path | None = None, *, ivysettings: Path | None = None, report: Callable[[str], None] = print
) -> list[Path]:
    """Fetch what the cache lacks, one line each to `report`, and return the jars.

    `ivysettings` is the Ivy settings file of a mirror; without it Maven Central is asked. What is there already is
    not asked for again, so a second time needs no network. An optional package that cannot be had is one line, an
    absence and no error; it is asked for again at the next call.
    Raises SetupError where Java is missing, or a required package cannot be had.
    """
    folder = _jars_folder(cache)
    _make(folder)
    for package in (package for package in PACKAGES if package.required):
        _fetch_required(package, folder, ivysettings=ivysettings, report=report)
    _fetch_optional([package for package in PACKAGES if not package.required], folder, ivysettings, report)
    return jars(cache)


def java() -> str:
    """Return the path of the `java` that Spark will start: `$JAVA_HOME`'s, or the first on the path."""
    home = os.environ.get("JAVA_HOME")
    found = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    if not found or not Path(found).exists():
        where = f"JAVA_HOME={home}" if home else "PATH"
        mend = "install a Java 17 runtime (Debian and Ubuntu: `apt install openjdk-17-jre-headless`)"
        raise SetupError("no Java is found", where=where, expected="Java 17", mend=mend)
    return found


def java_for_spark() -> str:
    """Return the path of `java` once its release file, where it has one, names a version that Spark runs on.

    The file costs nothing to read; a wrong Java takes seconds to fail, with many lines of its own. Raises SetupError.
    """
    path = java()
    release = Path(path).resolve().parent.parent / "release"
    version = java_version(release.read_text(encoding="utf-8", errors="replace")) if release.is_file() else None
    if version is not None and version not in JAVA_VERSIONS:
        mend = "set JAVA_HOME to a Java 17 (Debian and Ubuntu: `apt install openjdk-17-jre-headless`)"
        raise SetupError("Spark does not run on this Java", where=path, expected="17", found=str(version), mend=mend)
    return path


def java_version(text: str) -> int | None:
    """Return the main version in what `java -version` prints, or a release file says (`1.8.0_392` is 8), else None."""
    match = re.search(r'(?:version |JAVA_VERSION=)"(?:1\.)?(\d+)', text)
    return int(match.group(1)) if match else None


def spark_jars_folder() -> Path:
    """Return the folder of the jars that the Python package of Spark carries."""
    spec = util.find_spec("pyspark")
    if spec is None or spec.origin is None:
        raise SetupError("the Python package pyspark is not installed", mend="run `make setup`")
    return Path(spec.origin).parent / "jars"


def _jars_folder(cache: Path | None) -> Path:
    return (default_cache() if cache is None else cache) / "jars"


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        mend = "make the folder writable, or set XDG_CACHE_HOME to one that is"
        raise SetupError(f"the cache cannot be written ({error.strerror})", where=str(folder), mend=mend) from error


def _fetch_required(package: Package, folder: Path, *, ivysettings: Path | None, report: Callable[[str], None]) -> None:
    if (folder / package.folder).is_dir():
        report(f"{package.folder}: there already")
        return
    start = time.monotonic()
    problem = _retrieve(package, folder, ivysettings)
    if problem:
        mend = "check the network, or name the settings file of your Maven mirror: `icspark setup --ivysettings FILE`"
        raise SetupError(f"{package.coordinate} could not be fetched ({problem})", where=str(folder), mend=mend)
    report(f"{package.folder}: {_megabytes(folder / package.folder):.1f} MB in {time.monotonic() - start:.1f} s")


def _fetch_optional(
    packages: Iterable[Package], folder: Path, ivysettings: Path | None, report: Callable[[str], None]
) -> None:
    missing = [package for package in packages if not (folder / package.folder).is_dir()]
    if any(_retrieve(package, folder, ivysettings) for package in missing):
        report("GraphFrames: not here (optional; graph work uses igraph instead)")
    else:
        report("GraphFrames: here")


def _retrieve(package: Package, folder: Path, ivysettings: Path | None) -> str:
    """Fetch one package and what it depends on; return an empty string, or why it could not be had."""
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder) as scratch:
        arrived = Path(scratch) / package.folder
        arrived.mkdir()
        done = subprocess.run(
            _ivy(package, arrived, Path(scratch) / "ivy", ivysettings), check=False, capture_output=True, text=True
        )
        if done.returncode or not (arrived / f"{package.folder}.jar").is_file():
            return _reason(done.stdout + done.stderr)
        carried = {_artifact(jar) for jar in spark_jars_folder().glob("*.jar")}
        for jar in arrived.glob("*.jar"):
            if _artifact(jar) in carried:
                jar.unlink()
        try:
            arrived.rename(folder / package.folder)
        except OSError:  # another set-up was quicker; what it brought is the same
            if not (folder / package.folder).is_dir():
                raise
    return ""


def _ivy(package: Package, to: Path, ivy_cache: Path, ivysettings: Path | None) -> list[str]:
    settings = ["-settings", str(ivysettings)] if ivysettings else []
    return [
        *(java(), "-cp", f"{spark_jars_folder()}/*", "org.apache.ivy.Main", *settings),
        *("-cache", str(ivy_cache), "-dependency", package.group, package.artifact, package.version),
        *("-confs", "default", "-retrieve", f"{to}/[artifact]-[revision].[ext]"),
    ]


def _reason(output: str) -> str:
    """Return the line of the resolver's report that says what went wrong."""
    lines = [line.strip(": \t") for line in output.splitlines()]
    telling = [
        line
        for line in lines
        if re.search(r"not found|unresolved|exception|error|denied|no space", line, re.IGNORECASE)
    ]
    return (telling or [line for line in lines if line] or ["the resolver said nothing"])[-1][:200]


def _artifact(jar: Path) -> str:
    """Return a jar's name without its version: `antlr4-runtime-4.13.1.jar` is `antlr4-runtime`."""
    return re.sub(r"-\d[\w.\-]*\.jar$", "", jar.name)


def _megabytes(folder: Path) -> float:
    return sum(jar.stat().st_size for jar in folder.glob("*.jar")) / 1e6
