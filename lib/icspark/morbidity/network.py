"""From pairs to a network: which edges are kept, which have an arrow, and what is told of each condition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import DataFrame

from icspark.errors import ConfigurationError, QualityError
from icspark.graphs.model import Edge, Network
from icspark.morbidity.cells import Booleans, Floats
from icspark.morbidity.pair_table import Columns
from icspark.tables.morbidity import MorbidityPair

NUMBERS = (
    MorbidityPair.both_count,
    MorbidityPair.a_count,
    MorbidityPair.b_count,
    MorbidityPair.people_count,
    MorbidityPair.smallest_stratum_count,
    MorbidityPair.odds_ratio,
    MorbidityPair.odds_ratio_lower_95,
    MorbidityPair.risk_ratio_b_given_a,
    MorbidityPair.risk_ratio_b_given_a_lower_95,
    MorbidityPair.risk_ratio_a_given_b,
    MorbidityPair.risk_ratio_a_given_b_lower_95,
    MorbidityPair.q_value,
    MorbidityPair.a_before_b_share,
    MorbidityPair.a_before_b_expected_share,
    MorbidityPair.direction_q_value,
    MorbidityPair.order_q_value,
)


@dataclass(frozen=True)
class EdgeRules:
    """Which pairs become edges, and which edges arrows."""

    statistic: Literal["odds_ratio", "risk_ratio"] = "odds_ratio"
    above_one: Literal["ratio", "lower_95"] = "ratio"
    alpha: float = 0.05
    smallest_both: int = 10
    smallest_stratum: int = 0
    excluded: tuple[str, ...] = ()
    smallest_degree: int = 0


def pair_arrays(pairs: DataFrame, *, most_conditions: int) -> Columns:
    """Return morbidity_pair on the driver, in order: it grows with pairs of conditions, never with people.

    Raises QualityError where there are more pairs than `most_conditions` can have.
    """
    most = most_conditions * (most_conditions - 1) // 2
    names = [MorbidityPair.condition_a, MorbidityPair.condition_b]
    gathered = pairs.select(*names, *NUMBERS).limit(most + 1).toArrow().to_pandas()
    if len(gathered) > most:
        raise QualityError(
            "more pairs than a network may have", where=MorbidityPair.name(), expected=f"at most {most:,}"
        )
    ordered = gathered.sort_values(names)
    columns: Columns = {name: ordered[name].to_numpy(dtype=object) for name in names}
    return columns | {name: ordered[name].to_numpy(dtype=np.float64) for name in NUMBERS}


def is_kept(columns: Mapping[str, NDArray[Any]], rules: EdgeRules) -> Booleans:
    """Return which pairs are edges: q below alpha, the ratio (or its lower limit) above 1, the floors reached."""
    above = _ratio(columns, rules, "_lower_95" if rules.above_one == "lower_95" else "")
    kept: Booleans = (
        (columns[MorbidityPair.q_value] < rules.alpha)
        & (above > 1)
        & (columns[MorbidityPair.both_count] >= rules.smallest_both)
        & (columns[MorbidityPair.smallest_stratum_count] >= rules.smallest_stratum)
    )
    excluded = set(rules.excluded)
    named = zip(columns[MorbidityPair.condition_a], columns[MorbidityPair.condition_b], strict=True)
    allowed = np.array([a not in excluded and b not in excluded for a, b in named], dtype=bool)
    both: Booleans = kept & allowed
    return both


def arrows(columns: Mapping[str, NDArray[Any]], rules: EdgeRules) -> NDArray[np.int8]:
    """Return 1 where a precedes b, -1 where b precedes a, 0 where neither can be told.

    The share of a-first must differ, at `alpha` after Benjamini-Hochberg, from one half and from what independent
    onsets would give, and on the same side of both.
    """
    share = columns[MorbidityPair.a_before_b_share]
    expected = columns[MorbidityPair.a_before_b_expected_share]
    told = (columns[MorbidityPair.direction_q_value] < rules.alpha) & (
        columns[MorbidityPair.order_q_value] < rules.alpha
    )
    forward, backward = told & (share > 0.5) & (share > expected), told & (share < 0.5) & (share < expected)
    return forward.astype(np.int8) - backward.astype(np.int8)


def network_of(columns: Mapping[str, NDArray[Any]], rules: EdgeRules) -> Network:
    """Return the network of the pairs that are kept; its weight is ln ratio, its length 1/ratio.

    Every condition is a node but the excluded ones; those with fewer than `smallest_degree` edges are then taken out
    once, with their edges.
    """
    kept, direction = is_kept(columns, rules), arrows(columns, rules)
    ratio = _ratio(columns, rules, "")
    first, second = columns[MorbidityPair.condition_a], columns[MorbidityPair.condition_b]
    edges = [_edge(first[i], second[i], float(ratio[i]), int(direction[i])) for i in np.flatnonzero(kept)]
    nodes = sorted({*first, *second} - set(rules.excluded))
    if rules.smallest_degree:
        degree = degrees(nodes, edges)
        nodes = [node for node in nodes if degree[node] >= rules.smallest_degree]
        edges = [edge for edge in edges if edge.source in set(nodes) and edge.target in set(nodes)]
    return Network(tuple(nodes), tuple(edges))


def degrees(nodes: Sequence[str], edges: Sequence[Edge]) -> dict[str, int]:
    """Return the number of edges of each node."""
    degree = dict.fromkeys(nodes, 0)
    for edge in edges:
        degree[edge.source] += 1
        degree[edge.target] += 1
    return degree


def strengths(network: Network) -> dict[str, float]:
    """Return the sum of ln ratio over the edges of each node."""
    strength = dict.fromkeys(network.nodes, 0.0)
    for edge in network.edges:
        strength[edge.source] += edge.weight
        strength[edge.target] += edge.weight
    return strength


def check_references(network: Network, references: Sequence[str]) -> None:
    """Raise ConfigurationError for a reference condition that is not a node of the network."""
    missing = sorted(set(references) - set(network.nodes))
    if missing:
        raise ConfigurationError(
            "a reference condition is not in the network",
            where="jobs.morbidity_network.references",
            found=", ".join(missing),
            mend="name conditions of morbidity_node, or loosen what takes nodes out",
        )


def prevalences(columns: Mapping[str, NDArray[Any]]) -> dict[str, tuple[int, int]]:
    """Return, by condition, the people who have it and all people."""
    found: dict[str, tuple[int, int]] = {}
    for name, count in (
        (MorbidityPair.condition_a, MorbidityPair.a_count),
        (MorbidityPair.condition_b, MorbidityPair.b_count),
    ):
        for condition, people, every in zip(
            columns[name], columns[count], columns[MorbidityPair.people_count], strict=True
        ):
            found[condition] = (int(people), int(every))
    return found


def _edge(first: str, second: str, ratio: float, direction: int) -> Edge:
    source, target = (second, first) if direction < 0 else (first, second)
    return Edge(source, target, float(np.log(ratio)), 1 / ratio, direction != 0)


def _ratio(columns: Mapping[str, NDArray[Any]], rules: EdgeRules, suffix: str) -> Floats:
    if rules.statistic == "odds_ratio":
        found: Floats = columns[f"odds_ratio{suffix}"]
        return found
    readings = columns[f"risk_ratio_b_given_a{suffix}"] * columns[f"risk_ratio_a_given_b{suffix}"]
    mean: Floats = np.sqrt(readings)  # an edge has one length: the geometric mean of the two readings
    return mean
