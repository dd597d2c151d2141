"""A driver killed in the middle of a write: a real process, a real SIGKILL."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from icspark.config import Storage
from icspark.storage import Tables
from icspark.tables.table import Table, column

ROWS = 1000

WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from pyspark.sql import functions as F
from icspark.config import Storage
from icspark.session import SessionConfig, find_or_build
from icspark.storage import Tables
from test_killed import Counted, rows
conf = {"spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN"}
spark, _ = find_or_build(SessionConfig(master="local[2]", driver_memory="1g", shuffle_partitions=2, conf=conf))
sleep = F.reflect(F.lit("java.lang.Thread"), F.lit("sleep"), F.lit(20).cast("long"))
slow = rows(spark, 2).withColumn("generation", F.col("generation") + F.length(F.coalesce(sleep, F.lit(""))) * 0)
Path(sys.argv[3]).touch()
Tables(spark, Storage(tables=sys.argv[1], pages=sys.argv[1])).write(Counted, slow, run_id="killed", properties={})
"""


class Counted(Table):
    """One row per number."""

    number = column(T.LongType(), "number", key=True)
    generation = column(T.LongType(), "which write made it", required=True)


def rows(spark: SparkSession, generation: int):  # type: ignore[no-untyped-def]
    return spark.range(ROWS).select(F.col("id").alias("number"), F.lit(generation).cast("long").alias("generation"))


def test_a_driver_killed_in_the_middle_of_a_write_leaves_the_version_before_whole(
    spark: SparkSession, tmp_path: Path
) -> None:
    tables = Tables(spark, Storage(tables=str(tmp_path / "tables"), pages=str(tmp_path)))
    tables.write(Counted, rows(spark, 1), run_id="before", properties={})
    files_before = set((tmp_path / "tables" / "counted").glob("*.parquet"))
    begun = tmp_path / "begun"
    command = [sys.executable, "-c", WRITER, str(tmp_path / "tables"), str(Path(__file__).parent), str(begun)]
    writer = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        give_up = time.monotonic() + 90
        while set((tmp_path / "tables" / "counted").glob("*.parquet")) == files_before:
            assert writer.poll() is None, "the writer ended before it could be killed"
            assert time.monotonic() < give_up, "the writer never began to write"
            time.sleep(0.1)
    finally:
        os.killpg(writer.pid, signal.SIGKILL)
    assert writer.wait() == -signal.SIGKILL
    assert tables.version(Counted) == 1
    assert tables.read(Counted).groupBy("generation").count().collect() == [(1, ROWS)]
    tables.write(Counted, rows(spark, 3), run_id="after", properties={})
    assert tables.read(Counted).groupBy("generation").count().collect() == [(3, ROWS)]
