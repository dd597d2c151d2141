"""The Suffolk extract on a real standalone cluster gives the tables that a laptop gives."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from pyspark.sql import SparkSession

from icspark.config import Storage
from icspark.storage import Tables
from icspark.tables.areas import AreaSummary, PracticeSummary
from icspark.tables.geography import LandArea2011
from icspark.tables.inequality import Correlation

pytestmark = pytest.mark.cluster

TABLES = (LandArea2011, AreaSummary, PracticeSummary, Correlation)


def run(root: Path, folder: Path, name: str, session: dict[str, object]) -> Storage:
    document = yaml.safe_load((root / "conf" / f"{name}.yml").read_text())
    document["data"] = str(root / "examples" / "suffolk")
    document["storage"] = {"tables": str(folder / name / "tables"), "pages": str(folder / name / "pages")}
    document["session"] = {**document.get("session", {}), **session}
    conf = folder / f"{name}.yml"
    conf.write_text(yaml.safe_dump(document))
    command = [sys.executable, "-c", "from icspark.cli import main; main()", "run", "correlation", "--conf", str(conf)]
    environment = os.environ | {"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return Storage(**document["storage"])


def test_the_extract_gives_the_same_tables_on_a_cluster(
    spark: SparkSession, root: Path, tmp_path: Path, cluster_master: str
) -> None:
    as_it_is = {"spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN"}  # as at home
    small = {"driver_memory": "1g", "shuffle_partitions": 4, "conf": as_it_is}
    there = Tables(spark, run(root, tmp_path, "cluster", {**small, "master": cluster_master}))
    here = Tables(spark, run(root, tmp_path, "suffolk", {"driver_memory": "1g"}))
    for table in TABLES:
        ours, theirs = here.read(table), there.read(table)
        assert ours.count() > 0
        assert ours.exceptAll(theirs).count() == theirs.exceptAll(ours).count() == 0, table.name()
