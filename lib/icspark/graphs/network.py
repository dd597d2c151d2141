"""A small network and what two engines can say of it, by the same definitions.

A network of conditions is small: it is held on the driver, and handed to Spark where the engine is GraphFrames. An
undirected edge is two arcs. What only igraph has (weighted betweenness, Leiden, distances) is in `network_igraph`.
"""

from __future__ import annotations

from typing import Literal

from pyspark.sql import SparkSession

from icspark.graphs import network_graphframes, network_igraph
from icspark.graphs.components import has_graphframes
from icspark.graphs.model import Edge, Network, Shape

Engine = Literal["auto", "graphframes", "igraph"]

__all__ = ["Edge", "Engine", "Network", "Shape", "chosen_engine", "paths", "shape"]


def chosen_engine(spark: SparkSession, engine: Engine) -> Engine:
    """Return the engine that will be used: `auto` is graphframes where the session can load it, else igraph.

    Raises SetupError where GraphFrames is asked for and is not there.
    """
    if engine == "graphframes":
        network_graphframes.demand(spark)
    if engine != "auto":
        return engine
    return "graphframes" if has_graphframes(spark) else "igraph"


def shape(spark: SparkSession, network: Network, engine: Engine) -> dict[str, Shape]:
    """Return component, PageRank and k-core of each node.

    The component is called by its smallest node; PageRank is unweighted along the arcs with damping 0.85 and sums to 1;
    the k-core is that of the undirected network.
    """
    if chosen_engine(spark, engine) == "graphframes":
        return network_graphframes.shape(spark, network)
    return network_igraph.shape(network)


def paths(spark: SparkSession, network: Network, length: int, engine: Engine) -> list[tuple[str, ...]]:
    """Return every directed path of `length` (3 or more) different nodes along directed edges only, in order."""
    if chosen_engine(spark, engine) == "graphframes":
        return network_graphframes.paths(spark, network, length)
    return network_igraph.paths(network, length)
