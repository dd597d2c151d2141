"""Place a million points in the LSOAs of Suffolk: ours, a bare Sedona join, and geopandas, side by side.

    python benchmarks/area_assignment.py [--points 1000000] [--rounds 5] [--boundaries FILE]

All three read the same Parquet file of points and write what they find. Ours and the bare join share the distinct, the
broadcast index join, the join back to every row and the Delta write; ours has the tie rule, the mark of points on an
edge, the reasons of points without an area and the check of the coordinate system besides. Rounds take turns, the first
of each is not counted (class loading, code generation), and the median of the rest is shown. The claim: ours within 1.5
of the bare join. Half of the points are uniform in the box of the county, half lie about 300 m around random points of
outlines, where edges are. Any boundary file with LSOA 2011 will do.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import shapely
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from icspark.config import Source
from icspark.geography import sedona
from icspark.geography.assignment import assign_areas
from icspark.geography.projection import BRITISH_GRID, reproject_boundaries
from icspark.session import SessionConfig, session
from icspark.sources import boundary
from icspark.tables.reference import Boundary

ROOT = Path(__file__).resolve().parent.parent
EXTRACT = ROOT / "examples/suffolk/lsoa11.geojson.gz"
LIMIT, SEED = 1.5, 20260101
XY = ["easting", "northing"]


def main() -> int:
    """Run the three, print the table, and return 0 only if the claim holds and all three agree."""
    options = arguments()
    with session(SessionConfig(master="local[2]")) as spark, tempfile.TemporaryDirectory() as folder:
        layer = boundaries(spark, options.boundaries).cache()
        polygons = layer.select(Boundary.area_code, Boundary.geometry_wkb).toPandas()
        file = Path(folder) / "points.parquet"
        points(polygons, options.points).to_parquet(file)
        outputs = {name: Path(folder) / name for name in ("ours", "bare Sedona", "geopandas")}
        contenders: dict[str, Callable[[], None]] = {
            "ours": lambda: write(ours(spark.read.parquet(str(file)), layer), outputs["ours"]),
            "bare Sedona": lambda: write(bare(spark.read.parquet(str(file)), layer), outputs["bare Sedona"]),
            "geopandas": lambda: by_geopandas(file, polygons, outputs["geopandas"]),
        }
        seconds = timed(contenders, options.rounds)
        is_equal = agree(spark, outputs)
    return report(seconds, options.points, is_equal=is_equal)


def arguments() -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--boundaries", type=Path, default=EXTRACT)
    return parser.parse_args()


def boundaries(spark: SparkSession, file: Path) -> DataFrame:
    """Return the areas of 2011 in metres, as the table Boundary holds them."""
    rows = boundary.read(spark, Source(path=str(file))).checked.accepted
    return reproject_boundaries(rows.where(F.col(Boundary.area_type) == "lsoa_2011"), epsg=BRITISH_GRID).coalesce(1)


def points(polygons: pd.DataFrame, count: int) -> pd.DataFrame:
    """Return seeded points on whole metres: half uniform in the box, half scattered about vertices of outlines."""
    random = np.random.default_rng(SEED)
    vertices = shapely.get_coordinates(shapely.from_wkb(polygons[Boundary.geometry_wkb].to_numpy()))
    uniform = random.uniform(vertices.min(axis=0), vertices.max(axis=0), (count // 2, 2))
    near = random.choice(vertices, count - count // 2) + random.normal(0, 300, (count - count // 2, 2))
    every = random.permutation(np.concatenate([uniform, near]).round())
    return pd.DataFrame({"point_id": np.arange(count), XY[0]: every[:, 0], XY[1]: every[:, 1]})


def ours(given: DataFrame, layer: DataFrame) -> DataFrame:
    """Return every point with its area, as the suite places it."""
    return assign_areas(given, layer, area_type="lsoa_2011", epsg=BRITISH_GRID)


def bare(given: DataFrame, layer: DataFrame) -> DataFrame:
    """Return every point with its areas by Sedona alone: two rows on a shared edge."""
    places = given.select(*XY).distinct().withColumn("_point", sedona.point(F.col(XY[0]), F.col(XY[1])))
    shapes = layer.select(Boundary.area_code, sedona.geometry(F.col(Boundary.geometry_wkb)).alias("_shape"))
    met = places.join(F.broadcast(shapes), sedona.intersects(F.col("_shape"), F.col("_point")), how="inner")
    return given.join(met.select(*XY, Boundary.area_code), on=XY, how="left")


def write(frame: DataFrame, to: Path) -> None:
    """Write a frame as a Delta table."""
    frame.write.format("delta").mode("overwrite").save(str(to))


def by_geopandas(file: Path, polygons: pd.DataFrame, to: Path) -> None:
    """Place the points by geopandas and write them as Parquet."""
    given = pd.read_parquet(file)
    places = given[XY].drop_duplicates()
    shapes = geopandas.GeoDataFrame(
        polygons[[Boundary.area_code]], geometry=shapely.from_wkb(polygons[Boundary.geometry_wkb].to_numpy())
    )
    at = geopandas.GeoDataFrame(places, geometry=geopandas.points_from_xy(places[XY[0]], places[XY[1]]))
    met = geopandas.sjoin(at, shapes, predicate="intersects").groupby(XY, as_index=False)[Boundary.area_code].min()
    given.merge(met, on=XY, how="left").to_parquet(to)


def timed(contenders: dict[str, Callable[[], None]], rounds: int) -> dict[str, list[float]]:
    """Return the seconds of each contender's rounds, the cold one first."""
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds + 1):
        for name, run in contenders.items():
            start = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - start)
    return seconds


def agree(spark: SparkSession, outputs: dict[str, Path]) -> bool:
    """Return whether ours has one row a point, and the same area of each as geopandas."""
    placed = spark.read.format("delta").load(str(outputs["ours"])).select("point_id", "lsoa_2011_code").toPandas()
    theirs = pd.read_parquet(outputs["geopandas"]).set_index("point_id")[Boundary.area_code]
    codes = placed.set_index("point_id").lsoa_2011_code
    return codes.index.is_unique and codes.fillna("").sort_index().equals(
        theirs.fillna("").sort_index().rename(codes.name)
    )


def report(seconds: dict[str, list[float]], count: int, *, is_equal: bool) -> int:
    """Print the table and return 0 if the claim holds and the areas are equal."""
    medians = {name: statistics.median(each[1:]) for name, each in seconds.items()}
    ratio = medians["ours"] / medians["bare Sedona"]
    print(f"{count:,} points, {os.cpu_count()} cores of this machine, 2 used by Spark; seconds\n")
    print(f"{'':<12} {'median':>8} {'least':>8} {'cold':>8}  rounds")
    for name, each in seconds.items():
        rounds = " ".join(f"{one:.2f}" for one in each[1:])
        print(f"{name:<12} {medians[name]:>8.2f} {min(each[1:]):>8.2f} {each[0]:>8.2f}  {rounds}")
    print(f"\nours / bare Sedona: {ratio:.2f} (limit {LIMIT}); same areas as geopandas, row for row: {is_equal}")
    return 0 if ratio <= LIMIT and is_equal else 1


if __name__ == "__main__":
    sys.exit(main())
