"""A session that does a little of what jobs do, and leaves the archive of the classes that this took."""

from __future__ import annotations

import shlex
import sys
import tempfile
from pathlib import Path

from pyspark import SparkContext
from pyspark.sql import SparkSession, Window
from pyspark.sql import functions as F

from icspark.session import SessionConfig, find_or_build


def main(archive: str) -> None:
    """Write the archive to a file; it is there once this returns."""
    told = {"spark.driver.extraJavaOptions": shlex.quote(f"-XX:ArchiveClassesAtExit={archive}")}
    spark, _ = find_or_build(SessionConfig(master="local[2]", driver_memory="1g", shuffle_partitions=2, conf=told))
    with tempfile.TemporaryDirectory() as folder:
        _work(spark, Path(folder))
    gateway = SparkContext._gateway
    spark.stop()
    if gateway is not None:  # Java writes the archive when it ends, and it ends when nobody writes to it any more
        java = gateway.proc
        java.stdin.close()
        java.wait()


def _work(spark: SparkSession, folder: Path) -> None:
    numbers = spark.range(1000).select("id", (F.col("id") % 7).alias("key"), F.col("id").cast("string").alias("text"))
    numbers.write.option("header", "true").csv(str(folder / "csv"))
    numbers.write.parquet(str(folder / "parquet"))
    text, rows = (
        spark.read.option("header", "true").csv(str(folder / "csv")),
        spark.read.parquet(str(folder / "parquet")),
    )
    first = F.row_number().over(Window.partitionBy("key").orderBy(F.desc("id")))
    ranked = rows.join(text.select(F.col("id").try_cast("long").alias("id")), "id").withColumn("rank", first)
    summed = ranked.groupBy("key").agg(F.sum("id").alias("sum"), F.collect_set("text").alias("texts"))
    table = str(folder / "table")
    for _ in range(2):
        summed.write.format("delta").mode("overwrite").save(table)
    read = spark.read.format("delta").load(table)
    read.join(F.broadcast(summed.select("key")), "key").mapInPandas(lambda parts: parts, read.schema).toPandas()
    read.mapInArrow(lambda parts: parts, read.schema).orderBy("key").collect()
    spark.createDataFrame([(1, "a")], "number int, text string").collect()


if __name__ == "__main__":
    main(sys.argv[1])
