"""What is told of a small network: by hand, against networkx-free counting, and the same from both engines."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from icspark.errors import SetupError
from icspark.graphs import network as graphs
from icspark.graphs import network_graphframes, network_igraph
from icspark.graphs.components import has_graphframes
from icspark.graphs.model import Edge, Network

# a > b > c and a > c, c - d undirected, e alone.
SMALL = Network(
    tuple("abcde"),
    (
        Edge("a", "b", 1.0, 0.5, True),
        Edge("b", "c", 1.0, 0.5, True),
        Edge("a", "c", 0.1, 2.0, True),
        Edge("c", "d", 1.0, 1.0, False),
    ),
)

NODES = tuple("abcdefg")
networks = st.lists(
    st.tuples(st.sampled_from(NODES), st.sampled_from(NODES), st.integers(1, 5), st.booleans()), max_size=15
).map(
    lambda drawn: Network(
        NODES,
        tuple({frozenset((a, b)): Edge(a, b, w, 1 / w, directed) for a, b, w, directed in drawn if a < b}.values()),
    )
)


def test_shape_by_hand(spark) -> None:
    shapes = graphs.shape(spark, SMALL, "igraph")
    assert {node: shape.component for node, shape in shapes.items()} == dict(zip("abcde", "aaaae", strict=True))
    assert {node: shape.k_core for node, shape in shapes.items()} == dict(zip("abcde", [2, 2, 2, 1, 0], strict=True))
    assert sum(shape.pagerank for shape in shapes.values()) == pytest.approx(1)


@given(networks)
@settings(max_examples=50, deadline=None)
def test_pagerank_is_the_fixed_point_of_its_definition(network: Network) -> None:
    n = len(network.nodes)
    walk = np.zeros((n, n))
    for source, target, *_ in network.arcs():
        walk[network.nodes.index(target), network.nodes.index(source)] = 1
    out = walk.sum(axis=0)
    walk = np.where(out > 0, walk / np.maximum(out, 1), 1 / n)
    rank = np.full(n, 1 / n)
    for _ in range(300):
        rank = 0.15 / n + 0.85 * walk @ rank
    shapes = network_igraph.shape(network)
    assert [shapes[node].pagerank for node in network.nodes] == pytest.approx(rank.tolist(), abs=1e-8)


def test_paths_go_along_arrows_only_and_never_back() -> None:
    assert network_igraph.paths(SMALL, 3) == [("a", "b", "c")]
    circle = Network(tuple("abc"), tuple(Edge(a, b, 1, 1, True) for a, b in ("ab", "bc", "ca")))
    assert network_igraph.paths(circle, 3) == [("a", "b", "c"), ("b", "c", "a"), ("c", "a", "b")]
    assert network_igraph.paths(circle, 4) == []


def test_betweenness_counts_shortest_ways_by_length() -> None:
    # Ordered pairs with b between: a-c and a-d (by b, 1.0, not straight, 2.0); with c between: a-d and b-d.
    found = network_igraph.betweenness(SMALL)
    assert found == pytest.approx({"a": 0, "b": 2 / 12, "c": 2 / 12, "d": 0, "e": 0})


def test_distances_from_the_nearest_reference() -> None:
    assert network_igraph.distances(SMALL, ["b"]) == {"b": 0, "c": 0.5, "d": 1.5}
    assert network_igraph.distances(SMALL, ["a", "d"]) == {"a": 0, "b": 0.5, "c": 1.0, "d": 0}


def test_communities_of_two_triangles_and_a_hermit() -> None:
    triangles = [("abc", 3.0), ("def", 3.0)]
    edges = [Edge(a, b, w, 1 / w, False) for nodes, w in triangles for a, b in (nodes[:2], nodes[1:], nodes[::2])]
    network = Network(tuple("abcdefg"), (*edges, Edge("c", "d", 0.1, 10, True)))
    found = network_igraph.communities(network, seed=1)
    assert found == {"a": 1, "b": 1, "c": 1, "d": 2, "e": 2, "f": 2, "g": 3}
    assert found == network_igraph.communities(network, seed=2)


def test_agreement_of_two_partitions() -> None:
    assert network_igraph.adjusted_rand([1, 1, 2, 2], [5, 5, 9, 9]) == pytest.approx(1)
    # Contingency 2 1 / 0 3: sum C(nij,2) = 1 + 3 = 4, rows 3 + 3 = 6, columns 1 + 6 = 7, expected 42/15.
    expected = (4 - 42 / 15) / ((6 + 7) / 2 - 42 / 15)
    assert network_igraph.adjusted_rand([1, 1, 1, 2, 2, 2], [1, 1, 2, 2, 2, 2]) == pytest.approx(expected)


def test_a_network_without_edges() -> None:
    alone = Network(("a", "b"), ())
    assert network_igraph.betweenness(alone) == {"a": 0, "b": 0}
    assert network_igraph.communities(alone, seed=1) == {"a": 1, "b": 2}
    assert network_igraph.distances(alone, ["a"]) == {"a": 0}
    assert {shape.pagerank for shape in network_igraph.shape(alone).values()} == {0.5}
    assert math.isclose(network_igraph.adjusted_rand([1, 2], [1, 2]), 1)


def test_an_engine_that_is_not_there_says_how_to_mend_it(spark) -> None:
    if has_graphframes(spark):
        pytest.skip("GraphFrames is here")
    assert graphs.chosen_engine(spark, "auto") == "igraph"
    with pytest.raises(SetupError, match="icspark setup"):
        graphs.chosen_engine(spark, "graphframes")


def scattered(seed: int) -> Network:
    """Return the small network, and 40 nodes, some alone, most in groups, with 45 edges of which half are arrows."""
    chance, nodes = random.Random(seed), [f"n{number:02d}" for number in range(40)]
    edges: dict[tuple[str, ...], Edge] = {}
    for _ in range(45):
        group = chance.choice((nodes[:8], nodes[8:20], nodes[20:34]))
        a, b = chance.sample(group, 2)
        is_arrow, ends = chance.random() < 0.5, (min(a, b), max(a, b))
        edges[ends] = Edge(*((a, b) if is_arrow else ends), 1.0, 1.0, is_arrow)
    return Network((*nodes, *SMALL.nodes), (*edges.values(), *SMALL.edges))


@pytest.mark.graphframes
def test_both_engines_say_the_same_and_nothing_stays_in_memory(with_graphframes: SparkSession) -> None:
    network = scattered(1)
    with_graphframes.catalog.clearCache()
    ours, theirs = network_igraph.shape(network), network_graphframes.shape(with_graphframes, network)
    assert len({shape.component for shape in ours.values()}) > 8
    assert list(ours) == list(theirs)
    for node in network.nodes:
        assert (ours[node].component, ours[node].k_core) == (theirs[node].component, theirs[node].k_core)
        assert ours[node].pagerank == pytest.approx(theirs[node].pagerank, abs=1e-6)
    for length in (3, 4):
        paths = network_igraph.paths(network, length)
        assert network_graphframes.paths(with_graphframes, network, length) == paths != []
    assert with_graphframes._jsparkSession.sharedState().cacheManager().isEmpty()


@pytest.mark.graphframes
def test_both_engines_know_a_network_without_edges(
    with_graphframes: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network_graphframes, "ITERATIONS", 3)  # nothing moves
    for network in (Network(("b", "a"), ()), Network((), ())):
        assert network_graphframes.shape(with_graphframes, network) == network_igraph.shape(network)
        assert network_graphframes.paths(with_graphframes, network, 3) == []


def test_a_layout_is_the_same_twice_lies_in_the_unit_square_and_has_the_lonely_below() -> None:
    ring = [Edge(f"n{i}", f"n{(i + 1) % 6}", 1.0 + i % 2, 1.0, False) for i in range(6)]
    edges = [
        edge if edge.source < edge.target else edge._replace(source=edge.target, target=edge.source) for edge in ring
    ]
    network = Network((*(f"n{i}" for i in range(6)), "x", "y"), tuple(edges))
    places = network_igraph.layout(network, seed=4)
    assert places == network_igraph.layout(network, seed=4)
    assert all(0 <= at <= 1 for place in places.values() for at in place)
    assert places["x"] == (0.25, 1.0) and places["y"] == (0.75, 1.0)
    assert max(y for node, (_, y) in places.items() if node not in "xy") < 0.93
    near = [math.dist(places[e.source], places[e.target]) for e in network.edges]
    assert np.mean(near[1::2]) < np.mean(near[::2])  # heavy edges are short
    assert network_igraph.layout(Network(("x",), ()), seed=4) == {"x": (0.5, 1.0)}
