"""Components by each engine: the smallest node labels its component, whatever the order of edges."""

from __future__ import annotations

import itertools
import random
from collections import Counter

import igraph
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from icspark.errors import IcsparkError, SetupError
from icspark.graphs import components as graphs
from icspark.graphs.components import Engine, chosen_engine, components, has_graphframes

Edges = list[tuple[str | None, str | None]]
GIVEN: Edges = [("b", "a"), ("a", "b"), ("c", "b"), ("z", "z"), ("y", "x"), (None, "a"), ("w", None)]
THEN = {"a": "a", "b": "a", "c": "a", "x": "x", "y": "x", "z": "z"}


def found(spark: SparkSession, edges: Edges, engine: Engine) -> dict[str, str]:
    labelled = components(spark.createDataFrame(edges, "left string, right string"), engine=engine)
    rows = [tuple(row) for row in labelled.select("node", "component").collect()]
    labelled.unpersist()
    assert len(rows) == len(dict(rows))
    return dict(rows)


def by_igraph(edges: list[tuple[str, str]]) -> dict[str, str]:
    graph = igraph.Graph.TupleList(edges)
    parts = [[graph.vs[index]["name"] for index in part] for part in graph.connected_components()] if edges else []
    return {name: min(part) for part in parts for name in part}


@pytest.mark.parametrize("engine", ["spark_sql", "igraph"])
def test_the_smallest_node_labels_its_component(spark: SparkSession, engine: Engine) -> None:
    assert found(spark, GIVEN, engine) == THEN
    assert found(spark, [], engine) == {}


@pytest.mark.graphframes
def test_graphframes_gives_the_same_and_leaves_nothing_in_memory(with_graphframes: SparkSession) -> None:
    chance, nodes = random.Random(3), [f"n{number:03d}" for number in range(400)]
    links = [(chance.choice(nodes), chance.choice(nodes)) for _ in range(300)]
    assert max(Counter(by_igraph(links).values()).values()) > 30
    with_graphframes.catalog.clearCache()
    assert found(with_graphframes, [*links, *GIVEN], "graphframes") == by_igraph(links) | THEN
    assert found(with_graphframes, [], "graphframes") == {}
    assert with_graphframes._jsparkSession.sharedState().cacheManager().isEmpty()


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.randoms(use_true_random=False), st.integers(0, 80))
def test_any_graph_has_the_components_that_igraph_finds(spark: SparkSession, chance: random.Random, size: int) -> None:
    nodes = [f"n{number:02d}" for number in range(80)]
    edges = [(chance.choice(nodes), chance.choice(nodes)) for _ in range(size)]
    assert found(spark, list(edges), "spark_sql") == by_igraph(edges)


@pytest.mark.parametrize("seed", [1, 2])
def test_long_branching_components_are_those_that_igraph_finds(spark: SparkSession, seed: int) -> None:
    chance, nodes = random.Random(seed), [f"n{number:03d}" for number in range(300)]
    edges = [(chance.choice(nodes), chance.choice(nodes)) for _ in range(170)]
    expected = by_igraph(edges)
    assert max(Counter(expected.values()).values()) > 30
    assert found(spark, list(edges), "spark_sql") == expected


def test_a_chain_in_the_worst_order_needs_few_rounds(spark: SparkSession) -> None:
    names = [f"n{number:03d}" for number in range(200)]
    random.Random(4).shuffle(names)
    chain = list(itertools.pairwise(names))
    assert set(found(spark, list(chain), "spark_sql").values()) == {"n000"}


def test_too_many_rounds_or_edges_are_errors(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    chain = spark.createDataFrame([(f"n{n:02d}", f"n{n + 1:02d}") for n in range(20)], "left string, right string")
    monkeypatch.setattr(graphs, "MOST_ROUNDS", 1)
    with pytest.raises(IcsparkError, match="not been found in 1 rounds"):
        components(chain, engine="spark_sql")
    with pytest.raises(IcsparkError, match="more edges than may be collected"):
        components(chain, engine="igraph", most_collected=19)


def test_auto_takes_what_can_be_loaded(spark: SparkSession) -> None:
    there = has_graphframes(spark)
    assert chosen_engine(spark, "auto") == ("graphframes" if there else "spark_sql")
    if not there:
        with pytest.raises(SetupError, match="no GraphFrames"):
            components(spark.createDataFrame(GIVEN, "left string, right string"), engine="graphframes")
