"""Roads as edges between nodes, with their lengths and the nodes' coordinates.

Record specification: this project's own (the columns of the table, with a header), as CSV or Parquet; other files by
the names in the configuration. `options: {epsg: 4326}` says that the columns of eastings and northings are longitudes
and latitudes. A road joins its nodes both ways, so the node that sorts first comes first; of several roads between two
nodes the shortest is kept.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from icspark.config import Source
from icspark.quality.checks import Checked, Rule, check
from icspark.sources.headers import configured, demand
from icspark.sources.points import is_off_the_grid, on_the_grid
from icspark.sources.reading import read_any, typed
from icspark.tables.reference import Road

LAYOUT = {name: name for name in Road.columns()}
ENDS = ((Road.from_easting, Road.from_northing), (Road.to_easting, Road.to_northing))
TWINS = ((Road.from_node, Road.to_node), *zip(ENDS[0], ENDS[1], strict=True))
"""Columns of the one end and of the other."""

TOLERANCE = 0.99
"""Share of the straight line below which a road is shorter than can be; lines of the curved earth are a little off."""


def _straight_line() -> Column:
    east, north = (F.col(a) - F.col(b) for a, b in zip(*ENDS, strict=True))
    return F.hypot(east, north)


RULES = (
    Rule("LOOP", "A road joins two different nodes.", lambda: F.col(Road.from_node) == F.col(Road.to_node)),
    Rule("METRES_POSITIVE", "A road is longer than 0 metres.", lambda: F.col(Road.metres) <= 0),
    Rule(
        "POINT_ON_GRID",
        "Nodes lie in Great Britain: easting 0 to 700,000 m, northing 0 to 1,300,000 m.",
        lambda: is_off_the_grid(*ENDS[0]) | is_off_the_grid(*ENDS[1]),
    ),
    Rule(
        "SHORTER_THAN_LINE",
        "A road is not shorter than the straight line between its nodes.",
        lambda: F.col(Road.metres) < TOLERANCE * _straight_line() - 1.0,
    ),
    Rule(
        "LONGER_PARALLEL",
        "Between two nodes the shortest road is kept.",
        lambda: F.col(Road.metres) > F.col("_shortest"),
    ),
)


def read(spark: SparkSession, source: Source) -> Checked:
    """Return the roads of the source, one row per pair of nodes, checked; errors for an unknown header or `epsg`."""
    raw = read_any(spark, source)
    names = configured(raw.columns, source, Road, where="road") if source.columns else LAYOUT
    needed = (Road.from_node, Road.to_node, Road.metres)
    demand({our: name for our, name in names.items() if name in raw.columns}, needed, raw.columns, where="road")
    rows = typed(raw, Road, dict.fromkeys(LAYOUT, "") | names)
    placed = on_the_grid(rows, source, ENDS)
    return check(placed.transform(in_order).transform(_with_shortest), Road, RULES, ceiling=source.rejected_ceiling)


def in_order(roads: DataFrame) -> DataFrame:
    """Return the roads with the node that sorts first at the beginning, its coordinates with it."""
    is_turned = F.col(Road.from_node) > F.col(Road.to_node)
    turned = {}
    for one, other in TWINS:
        turned[one] = F.when(is_turned, F.col(other)).otherwise(F.col(one))
        turned[other] = F.when(is_turned, F.col(one)).otherwise(F.col(other))
    return roads.withColumns(turned)


def _with_shortest(roads: DataFrame) -> DataFrame:
    # A road that is none (of no length, say) is not one that another may be longer than.
    same = Window.partitionBy(Road.from_node, Road.to_node)
    return roads.withColumn("_shortest", F.min(F.when(F.col(Road.metres) > 0, F.col(Road.metres))).over(same))
