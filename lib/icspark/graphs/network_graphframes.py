"""A small network by GraphFrames, on Spark: where the rest of the work is, and to hold igraph to account.

Nodes go to Spark as their places in the network: GraphFrames numbers text by itself, and keeps that numbering for as
long as the session lives. They go as one partition, so that a round of a hundred is one task and not a task for each
core of a cluster.
"""

from __future__ import annotations

import math
from functools import reduce
from itertools import pairwise
from typing import TYPE_CHECKING

from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F

from icspark import packages
from icspark.errors import SetupError
from icspark.graphs.components import connected, has_graphframes
from icspark.graphs.model import Network, Shape

if TYPE_CHECKING:
    from graphframes import GraphFrame

RESET = 0.15
ITERATIONS = 100
"""Of PageRank: 20 differ from igraph by 9e-5."""


def demand(spark: SparkSession) -> None:
    """Raise SetupError where the session has no GraphFrames."""
    if not has_graphframes(spark):
        raise SetupError("the Spark session has no GraphFrames", mend=f"{packages.MEND}, or set `engine: igraph`")


def shape(spark: SparkSession, network: Network) -> dict[str, Shape]:
    """Return component, PageRank and k-core of each node; see `network.shape`."""
    edges = [(edge.source, edge.target) for edge in network.edges]
    arcs = [(source, target) for source, target, *_ in network.arcs()]
    undirected = _graph(spark, network, edges)
    component, core = _components(undirected), _cores(undirected)
    rank = _ranks(_graph(spark, network, arcs))
    total, smallest = math.fsum(rank.values()), _smallest(network, component)
    return {node: Shape(smallest[component[i]], rank[i] / total, core[i]) for i, node in enumerate(network.nodes)}


def paths(spark: SparkSession, network: Network, length: int) -> list[tuple[str, ...]]:
    """Return every directed path of `length` different nodes along directed edges, found as motifs, in order."""
    graph = _graph(spark, network, [(edge.source, edge.target) for edge in network.directed().edges])
    names = [f"n{i}" for i in range(length)]
    motif = "; ".join(f"({a})-[]->({b})" for a, b in pairwise(names))
    ids = [F.col(f"{name}.id") for name in names]
    apart = reduce(Column.__and__, [a != b for i, a in enumerate(ids) for b in ids[i + 1 :]])
    found = graph.find(motif).filter(apart).select(*ids).collect()
    return sorted(tuple(network.nodes[place] for place in row) for row in found)


def _graph(spark: SparkSession, network: Network, pairs: list[tuple[str, str]]) -> GraphFrame:
    from graphframes import GraphFrame  # importing it needs the optional JVM packages

    place = {node: i for i, node in enumerate(network.nodes)}
    nodes = spark.createDataFrame([(i,) for i in place.values()], "id long")
    edges = spark.createDataFrame([(place[a], place[b]) for a, b in pairs], "src long, dst long")
    return GraphFrame(nodes.coalesce(1), edges.coalesce(1))


def _components(graph: GraphFrame) -> dict[int, int]:
    found = connected(graph)
    numbers = {row["id"]: row["component"] for row in found.collect()}
    found.unpersist()
    return numbers


def _smallest(network: Network, component: dict[int, int]) -> dict[int, str]:
    smallest: dict[int, str] = {}
    for i, node in enumerate(network.nodes):
        smallest[component[i]] = min(node, smallest.get(component[i], node))
    return smallest


def _cores(graph: GraphFrame) -> dict[int, int]:
    found = graph.k_core(use_local_checkpoints=True)
    cores = {row["id"]: row["kcore"] for row in found.collect()}
    found.unpersist()
    return cores


def _ranks(graph: GraphFrame) -> dict[int, float]:
    ranked = graph.pageRank(resetProbability=RESET, maxIter=ITERATIONS)
    ranks = {row["id"]: row["pagerank"] for row in ranked.vertices.collect()}
    ranked.unpersist()
    return ranks
