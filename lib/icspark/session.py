"""The one place that finds or builds a Spark session.

Where there is a session (Databricks, spark-submit, a notebook) it is used and never stopped. Elsewhere one is built,
with defaults that are right for a small machine; docs/decisions/session-start.md says which, and what they cost.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pyspark import SparkConf, SparkContext
from pyspark.sql import SparkSession

from icspark import class_archive, packages
from icspark.errors import SetupError

# What results depend on: the same in every session, found or built.
MEANING = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.databricks.delta.skipRecordingEmptyCommits": "false",  # a table that holds no rows has been written too
}

SMALL_MACHINE = {
    "spark.databricks.delta.snapshotPartitions": "2",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.debug.maxToStringFields": "200",
    # Batches for Python hold 10,000 rows at most; asking each row how many bytes there are costs a third of the way.
    "spark.sql.execution.arrow.maxBytesPerBatch": str(2**31 - 1),
}


COMPILERS = {
    # With one compiler the JVM keeps 48 MB for code, which some forty jobs fill: then it compiles nothing any more.
    "quick": ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:ReservedCodeCacheSize=256m"],
    # The full compiler for what has run about twenty times as often as it asks by itself.
    "balanced": [
        "-XX:+UseSerialGC",
        "-XX:Tier4InvocationThreshold=100000",
        "-XX:Tier4MinInvocationThreshold=20000",
        "-XX:Tier4CompileThreshold=300000",
        "-XX:Tier4BackEdgeThreshold=2000000",
    ],
    "full": [],
}
"""What the local JVM is told, by `compiler`: docs/decisions/session-start.md has what each costs."""


class SessionConfig(BaseModel):
    """How a session is built where none is found; a session that is found keeps its own settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    master: str = Field("local[*]", description="the Spark master: local[*], local[2], spark://host:7077, yarn, ...")
    driver_memory: str | None = Field(
        None, pattern=r"^\d+[mg]$", description="memory of the driver, such as 4g; null: from what the machine has"
    )
    shuffle_partitions: int | None = Field(
        None, ge=1, description="partitions of a shuffle; null: twice the cores in local mode, else Spark's own"
    )
    ui: bool = Field(False, description="serve Spark's web page while a job runs")
    log: Literal["off", "error", "warn", "info"] = Field(
        "off", description="Spark's own log, on standard error; its lines may hold values of rows, so it is off"
    )
    compiler: Literal["quick", "balanced", "full"] = Field(
        "quick",
        description="of the local JVM: quick costs a short run a third less CPU; balanced works hardest on what runs "
        "hottest, for national data; full is for runs of an hour",
    )
    ivysettings: Path | None = Field(None, description="Ivy settings of a Maven mirror, for `icspark setup`")
    conf: dict[str, str] = Field(default_factory=dict, description="further Spark settings; they win over our own")


def find_or_build(settings: SessionConfig | None = None) -> tuple[SparkSession, bool]:
    """Return the running session, or a new one, and whether it was built here (and may be stopped here).

    A found session has time zone, ANSI and Arrow set to what the suite's results depend on.
    Raises SetupError where Java or a required package is missing, or a found session lacks Delta.
    """
    found = _find()
    if found is not None:
        _require_delta(found)
        for key, value in MEANING.items():
            if found.conf.get(key, "") != value:
                found.conf.set(key, value)
        return found, False
    return _build(settings or SessionConfig()), True


@contextmanager
def session(settings: SessionConfig | None = None) -> Iterator[SparkSession]:
    """Give a session for the length of a `with` block, and stop it at its end only if it was built here."""
    spark, built = find_or_build(settings)
    try:
        yield spark
    finally:
        stop_if_built(spark, built=built)


def stop_if_built(spark: SparkSession, *, built: bool) -> None:
    """Stop a session that was built here; leave any other running."""
    if built:
        spark.stop()


def spark_settings(settings: SessionConfig) -> dict[str, str]:
    """Return every Spark setting of a session that is built with `settings`."""
    ours = {
        "spark.app.name": "icspark",
        "spark.master": settings.master,
        "spark.ui.enabled": str(settings.ui).lower(),
        **packages.CONFIGURATION,
        **MEANING,
    }
    ours |= _local(settings) if settings.master.startswith("local") else _remote(settings)
    if settings.shuffle_partitions:
        ours["spark.sql.shuffle.partitions"] = str(settings.shuffle_partitions)
    return ours | settings.conf


def cores(master: str = "local[*]") -> int:
    """Return how many cores a local master uses: the number in its brackets, or those that this process may use."""
    inside = master.partition("[")[2].rstrip("]").split(",")[0]
    return int(inside) if inside.isdigit() else len(os.sched_getaffinity(0)) if inside == "*" else 1


def driver_memory() -> str:
    """Return half of the machine's memory (or of the container's limit), at least 1 and at most 8 GiB."""
    return f"{min(8192, max(1024, machine_memory() // 2**21))}m"


def machine_memory() -> int:
    """Return the memory in bytes that this process may use: the machine's, or its container's limit if lower."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = Path("/sys/fs/cgroup/memory.max")
    text = limit.read_text().strip() if limit.is_file() else ""
    return min(total, int(text)) if text.isdigit() else total


def _find() -> SparkSession | None:
    active = SparkSession.getActiveSession()
    if active is not None:
        return active
    if SparkContext._active_spark_context is not None or "DATABRICKS_RUNTIME_VERSION" in os.environ:
        return SparkSession.builder.getOrCreate()
    if "PYSPARK_GATEWAY_PORT" in os.environ:  # spark-submit has started the JVM: what it was told wins over our own
        return _with_defaults(packages.CONFIGURATION | MEANING)
    return None


def _with_defaults(defaults: dict[str, str]) -> SparkSession:
    context_conf = SparkConf()
    for key, value in defaults.items():
        context_conf.setIfMissing(key, value)
    return SparkSession.builder.config(conf=context_conf).getOrCreate()


def _require_delta(spark: SparkSession) -> None:
    on_databricks = "DATABRICKS_RUNTIME_VERSION" in os.environ
    if not on_databricks and "DeltaSparkSessionExtension" not in (spark.conf.get("spark.sql.extensions", "") or ""):
        mend = f"start Spark with `{packages.submit_arguments()}`, or let icspark start it"
        raise SetupError("the Spark session that is running has no Delta Lake", mend=mend)


def _build(settings: SessionConfig) -> SparkSession:
    packages.java_for_spark()
    if settings.master.startswith("local"):
        os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder
    for key, value in spark_settings(settings).items():
        builder = builder.config(key, value)
    try:
        spark = builder.getOrCreate()
    except Exception as error:
        mend = "run `icspark doctor`; `log: warn` in the session's configuration shows Spark's own lines"
        told = subprocess.run([packages.java(), "-version"], check=False, capture_output=True, text=True)
        found = f"Java {packages.java_version(told.stderr) or 'of a version that cannot be read'}"
        what = f"Spark did not start ({type(error).__name__})"
        raise SetupError(what, where=settings.master, expected="Java 17", found=found, mend=mend) from error
    spark.sparkContext.setLogLevel(settings.log.upper())
    return spark


def _local(settings: SessionConfig) -> dict[str, str]:
    # Spark's own jars stand first: Sedona's jar carries classes (slf4j) that would hide Spark's otherwise.
    class_path = [f"{packages.spark_jars_folder()}/*", *map(str, packages.jars())]
    return {
        "spark.driver.extraClassPath": os.pathsep.join(class_path),
        "spark.driver.memory": settings.driver_memory or driver_memory(),
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.defaultJavaOptions": " ".join(_java_options(settings)),
        "spark.sql.shuffle.partitions": str(2 * cores(settings.master)),
        **SMALL_MACHINE,
    }


def _java_options(settings: SessionConfig) -> list[str]:
    """Return options of a local JVM: silent while it starts, and light (docs/decisions/session-start.md)."""
    log = Path(__file__).with_name("log4j2.properties").as_uri()
    said = [f"-Dlog4j2.configurationFile={log}", f"-Dicspark.log={settings.log}", *COMPILERS[settings.compiler]]
    return [*said, *class_archive.options()]


def _remote(settings: SessionConfig) -> dict[str, str]:
    ours = {"spark.driver.memory": settings.driver_memory or driver_memory()}
    if "spark.jars" not in settings.conf and "spark.jars.packages" not in settings.conf:
        ours["spark.jars"] = ",".join(str(jar) for jar in packages.jars())
    return ours
