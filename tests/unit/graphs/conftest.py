"""What tests of graphs share: the session, where it has GraphFrames."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession

from icspark.graphs.components import has_graphframes


@pytest.fixture
def with_graphframes(spark: SparkSession) -> SparkSession:
    """Return the session of the tests; skip the test where it has no GraphFrames."""
    if not has_graphframes(spark):
        pytest.skip("GraphFrames is not here: `icspark setup` fetches it where a mirror has it")
    return spark
