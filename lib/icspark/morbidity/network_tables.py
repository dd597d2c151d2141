"""The rows of nodes and edges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from pyspark.sql import DataFrame, SparkSession

from icspark.graphs.model import Network, Shape
from icspark.graphs.network_igraph import betweenness, communities, distances
from icspark.morbidity.network import degrees, strengths
from icspark.morbidity.pair_table import Columns, significant
from icspark.morbidity.stability import Stability
from icspark.tables.morbidity import MorbidityEdge, MorbidityNode, MorbidityPair

OF_PAIR = (MorbidityPair.both_count, MorbidityPair.a_count, MorbidityPair.b_count, MorbidityPair.odds_ratio)


@dataclass(frozen=True)
class Told:
    """What is told of a network besides its edges: shape by node, communities' seed, references, stability."""

    shapes: Mapping[str, Shape]
    seed: int
    references: Sequence[str] = ()
    stability: Stability | None = None


def node_frame(spark: SparkSession, network: Network, cases: Mapping[str, tuple[int, int]], told: Told) -> DataFrame:
    """Return morbidity_node; `cases` are, by condition, the people who have it and all people."""
    between, community = betweenness(network), communities(network, seed=told.seed)
    away = distances(network, told.references) if told.references else {}
    degree, strength = degrees(network.nodes, network.edges), strengths(network)
    stable = told.stability.community if told.stability else {}
    rows = []
    for node in network.nodes:
        shape, (with_it, people) = told.shapes[node], cases[node]
        row = {
            MorbidityNode.condition: node,
            MorbidityNode.cases_count: with_it,
            MorbidityNode.people_count: people,
            MorbidityNode.prevalence: with_it / people,
            MorbidityNode.degree: degree[node],
            MorbidityNode.strength: _rounded(strength[node]),
            MorbidityNode.betweenness: _rounded(between[node]),
            MorbidityNode.pagerank: _rounded(shape.pagerank),
            MorbidityNode.k_core: shape.k_core,
            MorbidityNode.component: shape.component,
            MorbidityNode.community: community[node],
            MorbidityNode.community_stability: stable.get(community[node]),
            MorbidityNode.distance: _rounded(away[node]) if node in away else None,
        }
        rows.append(tuple(row[name] for name in MorbidityNode.columns()))
    return spark.createDataFrame(rows, MorbidityNode.schema())


def edge_frame(spark: SparkSession, network: Network, columns: Columns, stability: Stability | None) -> DataFrame:
    """Return morbidity_edge; `columns` are those of morbidity_pair."""
    named = zip(columns[MorbidityPair.condition_a], columns[MorbidityPair.condition_b], strict=True)
    place = {frozenset(pair): index for index, pair in enumerate(named)}
    rows = []
    for edge in network.edges:
        pair = frozenset((edge.source, edge.target))
        of_pair = {name: columns[name][place[pair]] for name in OF_PAIR}
        row = {
            MorbidityEdge.source: edge.source,
            MorbidityEdge.target: edge.target,
            MorbidityEdge.is_directed: edge.is_directed,
            MorbidityEdge.condition_a: min(pair),
            MorbidityEdge.condition_b: max(pair),
            MorbidityEdge.both_count: int(of_pair[MorbidityPair.both_count]),
            MorbidityEdge.a_count: int(of_pair[MorbidityPair.a_count]),
            MorbidityEdge.b_count: int(of_pair[MorbidityPair.b_count]),
            MorbidityEdge.odds_ratio: float(of_pair[MorbidityPair.odds_ratio]),
            MorbidityEdge.weight: _rounded(edge.weight),
            MorbidityEdge.length: _rounded(edge.length),
            MorbidityEdge.kept_share: stability.kept[pair] if stability else None,
        }
        rows.append(tuple(row[name] for name in MorbidityEdge.columns()))
    return spark.createDataFrame(rows, MorbidityEdge.schema())


def _rounded(value: float) -> float:
    return float(significant(np.array([value]))[0])
