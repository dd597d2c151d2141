"""A small network by GraphFrames, on Spark: for networks that outgrow one machine, and to hold igraph to account."""

from __future__ import annotations

from functools import reduce
from itertools import pairwise
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from icspark import packages
from icspark.errors import SetupError
from icspark.graphs.components import has_graphframes
from icspark.graphs.model import Network, Shape

RESET = 0.15
ITERATIONS = 100
"""Of PageRank: 20 differ from igraph by 9e-5."""


def demand(spark: SparkSession) -> None:
    """Raise SetupError where the session has no GraphFrames."""
    if not has_graphframes(spark):
        raise SetupError("the Spark session has no GraphFrames", mend=f"{packages.MEND}, or set `engine: igraph`")


def shape(spark: SparkSession, network: Network) -> dict[str, Shape]:
    """Return component, PageRank and k-core of each node; see `network.shape`."""
    arcs, edges = _graph(spark, network, both_ways=True), _graph(spark, network, both_ways=False)
    of_component = edges.connectedComponents(algorithm="graphframes", broadcastThreshold=-1, use_local_checkpoints=True)
    of_rank = arcs.pageRank(resetProbability=RESET, maxIter=ITERATIONS).vertices
    of_core = edges.k_core(use_local_checkpoints=True)
    component = {row["id"]: row["component"] for row in of_component.collect()}
    rank = {row["id"]: row["pagerank"] for row in of_rank.collect()}
    core = {row["id"]: row["kcore"] for row in of_core.collect()}
    for frame in (of_component, of_rank, of_core):
        frame.unpersist()
    smallest: dict[Any, str] = {}
    for node in sorted(component, reverse=True):
        smallest[component[node]] = node
    total = sum(rank.values())
    return {
        node: Shape(smallest[component[node]], rank[node] / total, int(core.get(node, 0))) for node in network.nodes
    }


def paths(spark: SparkSession, network: Network, length: int) -> list[tuple[str, ...]]:
    """Return every directed path of `length` different nodes along directed edges, found as motifs, in order."""
    graph = _graph(spark, network.directed(), both_ways=False)
    names = [f"n{i}" for i in range(length)]
    motif = "; ".join(f"({a})-[]->({b})" for a, b in pairwise(names))
    ids = [F.col(f"{name}.id") for name in names]
    apart = reduce(Column.__and__, [a != b for i, a in enumerate(ids) for b in ids[i + 1 :]])
    found: DataFrame = graph.find(motif).filter(apart).select(*ids)
    return sorted(tuple(row) for row in found.collect())


def _graph(spark: SparkSession, network: Network, *, both_ways: bool) -> Any:
    from graphframes import GraphFrame  # importing it needs the optional JVM packages

    arcs = network.arcs() if both_ways else [(e.source, e.target, e.weight, e.length) for e in network.edges]
    nodes = spark.createDataFrame([(node,) for node in network.nodes], "id string")
    return GraphFrame(nodes, spark.createDataFrame([(a, b) for a, b, *_ in arcs], "src string, dst string"))
