"""A small network by igraph, on the driver."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from icspark.graphs.model import Network, Shape

if TYPE_CHECKING:
    import igraph

Places = NDArray[np.float64]

DAMPING = 0.85
SOFTENING = 0.3
"""Added to a weight before its spring is made, so that the weakest edges are not endlessly long."""

LEAST_APART = 0.62
"""Of two nodes in a layout, times the square root of how many there are: an even grid would have 1."""

PUSHES = 300
ROW_ABOVE = 0.92
"""Height above the row of nodes without edges, of a layout's 1."""


def shape(network: Network) -> dict[str, Shape]:
    """Return component, PageRank and k-core of each node; see `network.shape`."""
    arcs, edges = _arcs(network), _edges(network)
    component = {index: min(network.nodes[i] for i in part) for part in edges.connected_components() for index in part}
    ranks = arcs.pagerank(damping=DAMPING) if network.nodes else []
    cores = edges.coreness()
    return {
        node: Shape(component[i], rank, core)
        for i, (node, rank, core) in enumerate(zip(network.nodes, ranks, cores, strict=True))
    }


def paths(network: Network, length: int) -> list[tuple[str, ...]]:
    """Return every directed path of `length` different nodes along directed edges, in order."""
    following: dict[str, list[str]] = {node: [] for node in network.nodes}
    for edge in network.directed().edges:
        following[edge.source].append(edge.target)
    found: list[tuple[str, ...]] = [(node,) for node in network.nodes]
    for _ in range(length - 1):
        found = [(*path, node) for path in found for node in following[path[-1]] if node not in path]
    return sorted(found)


def betweenness(network: Network) -> dict[str, float]:
    """Return the share of shortest paths (by length, along the arcs) between two other nodes that pass each node.

    Divided by (n-1)(n-2), the number of ordered pairs of other nodes; 0 in a network of fewer than three.
    """
    arcs = _arcs(network)
    pairs = (len(network.nodes) - 1) * (len(network.nodes) - 2)
    found = arcs.betweenness(directed=True, weights=arcs.es["length"]) if arcs.ecount() else [0.0] * len(network.nodes)
    return {node: value / pairs if pairs > 0 else 0.0 for node, value in zip(network.nodes, found, strict=True)}


def communities(network: Network, *, seed: int) -> dict[str, int]:
    """Return the community of each node by the Leiden method, largest first from 1; an isolated node is its own.

    Modularity with the edges' weights, direction left aside, repeated until nothing changes (Traag, Waltman and van
    Eck 2019, Scientific Reports 9:5233). Equal sizes are in the order of their smallest node.
    """
    import igraph

    edges = _edges(network)
    igraph.set_random_number_generator(random.Random(seed))
    weights = edges.es["weight"] if edges.ecount() else None
    parts = edges.community_leiden(objective_function="modularity", weights=weights, n_iterations=-1)
    named = [sorted(network.nodes[i] for i in part) for part in parts]
    ordered = sorted(named, key=lambda part: (-len(part), part))
    return {node: number for number, part in enumerate(ordered, start=1) for node in part}


def distances(network: Network, references: Sequence[str]) -> dict[str, float]:
    """Return the length of the shortest way along the arcs from the nearest reference; absent where there is none."""
    arcs = _arcs(network)
    weights = arcs.es["length"] if arcs.ecount() else None
    known = {node: index for index, node in enumerate(network.nodes)}
    rows = arcs.distances(source=[known[node] for node in references], weights=weights)
    nearest = [min(column) for column in zip(*rows, strict=True)]
    return {node: away for node, away in zip(network.nodes, nearest, strict=True) if away != float("inf")}


def layout(network: Network, *, seed: int) -> dict[str, tuple[float, float]]:
    """Return a place in the unit square for each node: heavy edges near, the same for the same network and seed.

    Nodes with edges by Kamada and Kawai 1989 (Inf Process Lett 31:7), springs 1 / (weight + 0.3) long, from a circle in
    the order of the communities, which the seed tells, then pushed apart where they are too near for their names; those
    without edges stand in a row below.
    """
    linked = [node for node in network.nodes if any(node in (e.source, e.target) for e in network.edges)]
    alone = [node for node in network.nodes if node not in set(linked)]
    placed = _by_springs(Network(tuple(linked), network.edges), seed) if linked else {}
    row = {node: ((index + 0.5) / len(alone), 1.0) for index, node in enumerate(alone)}
    height = ROW_ABOVE if alone else 1.0
    return {node: (x, y * height) for node, (x, y) in placed.items()} | row


def _by_springs(network: Network, seed: int) -> dict[str, tuple[float, float]]:
    community = communities(network, seed=seed)
    order = sorted(network.nodes, key=lambda node: (community[node], node))
    turn = {node: 2 * math.pi * index / len(order) for index, node in enumerate(order)}
    circle = [(math.cos(turn[node]), math.sin(turn[node])) for node in network.nodes]
    springs = [1 / (edge.weight + SOFTENING) for edge in network.edges]
    places = _in_unit_square(np.array(_edges(network).layout_kamada_kawai(seed=circle, weights=springs).coords))
    apart = _in_unit_square(_spread(places, LEAST_APART / math.sqrt(len(circle))))
    return {node: (float(x), float(y)) for node, (x, y) in zip(network.nodes, apart, strict=True)}


def _in_unit_square(places: Places) -> Places:
    low, span = places.min(axis=0), np.ptp(places, axis=0)
    found: Places = (places - low) / np.where(span > 0, span, 1.0)
    return found


def _spread(places: Places, least: float) -> Places:
    """Return places of which those nearer to one another than `least` have been pushed apart, half the way each."""
    moved = places.copy()
    for _ in range(PUSHES):
        gap = moved[:, np.newaxis] - moved[np.newaxis]
        distance = np.hypot(gap[..., 0], gap[..., 1])
        np.fill_diagonal(distance, np.inf)
        lack = np.maximum(least - distance, 0) / 2
        if not lack.any():
            break
        moved += (gap / np.maximum(distance, 1e-9)[..., np.newaxis] * lack[..., np.newaxis]).sum(axis=1)
    return moved


def adjusted_rand(first: Iterable[int], second: Iterable[int]) -> float:
    """Return the adjusted Rand index of two partitions of the same nodes (Hubert and Arabie 1985).

    It is 1 where both leave every node alone, or all together, and the index itself is 0/0.
    """
    import igraph

    found: float = igraph.compare_communities(list(first), list(second), method="adjusted_rand")
    return 1.0 if math.isnan(found) else found


def _arcs(network: Network) -> igraph.Graph:
    import igraph

    known = {node: index for index, node in enumerate(network.nodes)}
    arcs = network.arcs()
    graph = igraph.Graph(len(network.nodes), [(known[a], known[b]) for a, b, _, _ in arcs], directed=True)
    graph.es["length"] = [length for *_, length in arcs]
    return graph


def _edges(network: Network) -> igraph.Graph:
    import igraph

    known = {node: index for index, node in enumerate(network.nodes)}
    graph = igraph.Graph(len(network.nodes), [(known[e.source], known[e.target]) for e in network.edges])
    graph.es["weight"] = [edge.weight for edge in network.edges]
    return graph
