"""Connected components of a graph of text nodes, by one of three engines that give the same answer.

Method of `spark_sql`: R. Kiveris, S. Lattanzi, V. Mirrokni, V. Rastogi and S. Vassilvitskii, Connected Components in
MapReduce and Beyond, Proceedings of the ACM Symposium on Cloud Computing 2014, alternating algorithm: edges are turned
towards the smallest label that either end has seen, until each component is a star around its smallest node.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, Observation, SparkSession, Window
from pyspark.sql import functions as F

from icspark import packages
from icspark.errors import IcsparkError, SetupError

if TYPE_CHECKING:
    from graphframes import GraphFrame

Engine = Literal["auto", "graphframes", "spark_sql", "igraph"]

LEFT, RIGHT = "left", "right"
NODE, COMPONENT = "node", "component"
MOST_ROUNDS = 12


def components(edges: DataFrame, *, engine: Engine = "auto", most_collected: int = 1_000_000) -> DataFrame:
    """Return `node` and its `component`, the smallest node that it is connected with, for each node of an edge.

    `edges` has text columns `left` and `right`; direction, repeats and loops do not matter, nulls are left out.
    `most_collected` is how many edges the engine igraph may collect. What comes back is held in Spark's memory and on
    its disks: `unpersist` it. Raises IcsparkError where spark_sql needs more than 12 rounds or igraph more edges than
    it may collect, SetupError where GraphFrames is asked for and is not there.
    """
    chosen = chosen_engine(edges.sparkSession, engine)
    if chosen == "graphframes":
        return _by_graphframes(edges)
    if chosen == "igraph":
        return _by_igraph(edges, most_collected).persist()
    return _by_spark_sql(edges)


def chosen_engine(spark: SparkSession, engine: Engine) -> Engine:
    """Return the engine that will be used: `auto` is graphframes where the session can load it, else spark_sql."""
    if engine != "auto":
        return engine
    return "graphframes" if has_graphframes(spark) else "spark_sql"


def has_graphframes(spark: SparkSession) -> bool:
    """Say whether the session has GraphFrames of the version that the Python package needs.

    Sedona's shaded package carries an older one, which would answer to the same names: it lacks local checkpoints.
    """
    loader = spark._jvm.Thread.currentThread().getContextClassLoader()  # type: ignore[union-attr]
    try:
        ours = loader.loadClass("org.graphframes.WithLocalCheckpoints")
    except (Py4JJavaError, PySparkException):
        return False
    return bool(ours.isAssignableFrom(loader.loadClass("org.graphframes.lib.ConnectedComponents")))


# Spark SQL


def _by_spark_sql(edges: DataFrame) -> DataFrame:
    tidy = edges.filter(F.col(LEFT).isNotNull() & F.col(RIGHT).isNotNull())
    stars, seen = _cut(_turned(tidy))
    for _ in range(MOST_ROUNDS):
        stars, now = _cut(_small_star(_large_star(stars)))
        if now == seen:
            return _labels(tidy, stars)
        seen = now
    raise IcsparkError(
        f"the components have not been found in {MOST_ROUNDS} rounds",
        where="components (spark_sql)",
        mend="look for an identifier that is linked with very many others, or use the engine graphframes",
    )


def _turned(edges: DataFrame) -> DataFrame:
    """Return each edge once, from the greater node to the lesser; loops are left out."""
    turned = edges.select(F.greatest(LEFT, RIGHT).alias(LEFT), F.least(LEFT, RIGHT).alias(RIGHT))
    return turned.filter(F.col(LEFT) != F.col(RIGHT)).distinct()


def _large_star(edges: DataFrame) -> DataFrame:
    """Return edges in which the greater neighbours of each node point to the smallest of it and its neighbours."""
    both = edges.union(edges.select(F.col(RIGHT).alias(LEFT), F.col(LEFT).alias(RIGHT)))
    smallest = F.least(F.min(RIGHT).over(Window.partitionBy(LEFT)), F.col(LEFT))
    turned = both.withColumn("_smallest", smallest).filter(F.col(RIGHT) > F.col(LEFT))
    return turned.select(F.col(RIGHT).alias(LEFT), F.col("_smallest").alias(RIGHT)).distinct()


def _small_star(edges: DataFrame) -> DataFrame:
    """Return edges in which each node and its lesser neighbours point to the smallest of them."""
    smallest = edges.withColumn("_smallest", F.min(RIGHT).over(Window.partitionBy(LEFT)))
    ends = F.explode(F.array(LEFT, RIGHT)).alias(LEFT)
    return smallest.select(ends, F.col("_smallest").alias(RIGHT)).filter(F.col(LEFT) != F.col(RIGHT)).distinct()


def _cut(edges: DataFrame) -> tuple[DataFrame, tuple[int, int]]:
    """Return the edges without the plan that made them, and their number and checksum, counted on the same pass.

    A plan that names its input twice doubles with each round, so it has to be cut; the blocks go when the frame does.
    """
    seen = Observation()
    counted = edges.observe(
        seen, F.count(F.lit(1)).alias("edges"), F.bit_xor(F.xxhash64(LEFT, RIGHT)).alias("checksum")
    )
    cut = counted.localCheckpoint(eager=True)
    numbers = seen.get
    return cut, (numbers["edges"], numbers["checksum"] or 0)


def _labels(edges: DataFrame, stars: DataFrame) -> DataFrame:
    """Return every node with the centre of its star; the centres, and nodes with a loop alone, label themselves."""
    leaves = stars.select(F.col(LEFT).alias(NODE), F.col(RIGHT).alias(COMPONENT))
    ends = edges.select(F.explode(F.array(LEFT, RIGHT)).alias(NODE)).distinct()
    labelled = ends.join(leaves, on=NODE, how="left")
    return labelled.select(NODE, F.coalesce(COMPONENT, NODE).alias(COMPONENT)).persist()


# GraphFrames


def _by_graphframes(edges: DataFrame) -> DataFrame:
    from graphframes import GraphFrame  # optional: importing it needs the JVM packages

    if not has_graphframes(edges.sparkSession):
        raise SetupError("the Spark session has no GraphFrames", mend=f"{packages.MEND}, or set `engine: spark_sql`")
    tidy = edges.filter(F.col(LEFT).isNotNull() & F.col(RIGHT).isNotNull())
    nodes = _numbered(tidy).persist()
    ends = [nodes.select(F.col(NODE).alias(end), F.col("id").alias(to)) for end, to in ((LEFT, "src"), (RIGHT, "dst"))]
    numbered = tidy.join(ends[0], on=LEFT, how="inner").join(ends[1], on=RIGHT, how="inner").select("src", "dst")
    graph = GraphFrame(nodes, numbered)
    found = connected(graph)
    parts = found.select(NODE, F.col("component").alias("_number"))
    smallest = nodes.select(F.col("id").alias("_number"), F.col(NODE).alias(COMPONENT))
    labelled = parts.join(smallest, on="_number", how="inner").select(NODE, COMPONENT)
    labelled = labelled.localCheckpoint(eager=True)
    found.unpersist()
    nodes.unpersist()
    return labelled


def connected(graph: GraphFrame) -> DataFrame:
    """Return the nodes of a graph with their component; to be unpersisted by the caller."""
    found: DataFrame = graph.connectedComponents(
        algorithm="two_phase", broadcastThreshold=-1, use_local_checkpoints=True
    )
    return found


def _numbered(edges: DataFrame) -> DataFrame:
    """Return every node with a number, in the order of the nodes: so the smallest number is the smallest node.

    GraphFrames numbers text by itself too, but never lets go of that numbering.
    """
    nodes = edges.select(F.explode(F.array(LEFT, RIGHT)).alias(NODE)).distinct().orderBy(NODE)
    return nodes.select(NODE, F.monotonically_increasing_id().alias("id"))


# igraph


def _by_igraph(edges: DataFrame, most: int) -> DataFrame:
    import igraph

    tidy = edges.select(LEFT, RIGHT).filter(F.col(LEFT).isNotNull() & F.col(RIGHT).isNotNull()).distinct()
    collected = tidy.limit(most + 1).collect()
    if len(collected) > most:
        raise IcsparkError(
            "more edges than may be collected",
            where="components (igraph)",
            expected=f"at most {most:,}",
            mend="use the engine spark_sql or graphframes, or raise `most_collected`",
        )
    graph = igraph.Graph.TupleList([tuple(row) for row in collected])
    names = graph.vs["name"] if collected else []
    parts = [[names[index] for index in part] for part in graph.connected_components()]
    rows = [(name, min(part)) for part in parts for name in part]
    return edges.sparkSession.createDataFrame(rows, f"{NODE} string, {COMPONENT} string")
