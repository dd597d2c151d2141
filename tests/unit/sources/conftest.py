"""What the tests of the readers of places share: a file written by hand, and the two halves of what was read."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from icspark.quality.checks import Checked
from icspark.sources.reading import BOOKKEEPING

Halves = tuple[list[dict[str, object]], Counter[str]]


@pytest.fixture(autouse=True)
def _uncompiled(request: pytest.FixtureRequest) -> Iterator[None]:
    """Leave out the compilation of plans over a handful of rows: it takes longer than the rows do."""
    if "spark" not in request.fixturenames:
        yield
        return
    spark: SparkSession = request.getfixturevalue("spark")
    settings = {"spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN"}
    before = {name: spark.conf.get(name, None) for name in settings}
    if "data" not in request.fixturenames:
        for name, value in settings.items():
            spark.conf.set(name, value)
    yield
    for name, value in before.items():
        spark.conf.unset(name) if value is None else spark.conf.set(name, value)


@pytest.fixture
def file_of(tmp_path: Path) -> Callable[[str, str], str]:
    """Give a function that writes text under a name (gzipped if it ends so) and returns the path."""

    def write(name: str, text: str) -> str:
        path = tmp_path / name
        content = text.encode("utf-8")
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return str(path)

    return write


@pytest.fixture
def halves() -> Callable[[Checked], Halves]:
    """Give a function that returns the accepted rows in order of their keys, and how many were rejected by each rule.

    It holds the numbers that are counted on the way against the rows of both halves: nothing is lost or made.
    """

    def split(checked: Checked) -> Halves:
        rejected = checked.rejected.collect()
        accepted = [row.asDict() for row in checked.accepted.collect()]
        numbers = checked.numbers()
        rows = [row for row in rejected if row["scope"] == "row"]
        assert len(accepted) + len(rows) == numbers["read"]
        assert checked.accepted.columns == list(checked.table.columns())
        assert not set(checked.accepted.columns) & set(BOOKKEEPING)
        key = checked.table.key()
        return sorted(accepted, key=lambda row: [str(row[name]) for name in key]), Counter(
            row["rule_code"] for row in rejected
        )

    return split
