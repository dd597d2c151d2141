"""What every test shares: one Spark session for the whole run, and the folder of real data where it is there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from icspark.session import SessionConfig, find_or_build, stop_if_built

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the root of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def data() -> Path:
    """Return the folder of real open data beside the repository; skip the test where it is absent."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the real data are not here: no ../shared/data beside the repository")
    return folder


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    """Give the one session of the test run, with every package, on two cores."""
    small = {"spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN"}
    settings = SessionConfig(master="local[2]", driver_memory="2g", shuffle_partitions=3, conf=small)
    session, built = find_or_build(settings)
    yield session
    stop_if_built(session, built=built)
