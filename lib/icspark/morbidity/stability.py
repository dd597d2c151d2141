"""How far a network depends on who happened to be counted: the same network of bootstrap replicates of the people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from pyspark.sql import DataFrame

from icspark.graphs.model import Network
from icspark.graphs.network_igraph import adjusted_rand, communities
from icspark.morbidity.counting import Counts, Survey, replicate_counts, replicates_at_once
from icspark.morbidity.network import EdgeRules, network_of
from icspark.morbidity.pair_table import Columns, PairRules, edge_columns

MOST_BYTES = 1 << 30
"""Memory of one task for the counts of replicates; what does not fit is counted in further passes."""


@dataclass(frozen=True)
class Resampling:
    """How many replicates of the people are drawn, and with which seed (of the replicates and of Leiden)."""

    replicates: int
    seed: int


@dataclass(frozen=True)
class Stability:
    """What replicates say: mean adjusted Rand index, kept share by pair of conditions, stability by community."""

    adjusted_rand: float
    kept: Mapping[frozenset[str], float]
    community: Mapping[int, float]


def replicate_networks(
    histories: DataFrame, found: Survey, columns: Columns, *, rules: tuple[PairRules, EdgeRules], resampling: Resampling
) -> Iterator[Network]:
    """Yield the network of each replicate, made as the whole one is; order is not told again.

    `columns` are those of morbidity_pair: pairs that had no q value (shared codes, nothing to test) have none here.
    As many replicates are counted in one pass as fit into the memory of a task.
    """
    step = replicates_at_once(found, most_bytes=MOST_BYTES)
    untested, with_risks = _without_q_value(columns), rules[1].statistic == "risk_ratio"
    for begin in range(0, resampling.replicates, step):
        some = range(begin, min(begin + step, resampling.replicates))
        counts = replicate_counts(histories, found, some, seed=resampling.seed)
        for index in range(len(some)):
            told = edge_columns(_one(counts, index), rules[0], untested, with_risks=with_risks)
            yield network_of(told, rules[1])


def stability(network: Network, replicates: Iterable[Network], *, seed: int) -> Stability | None:
    """Return how the communities and edges of a network fare in its replicates; None where there are none.

    The adjusted Rand index is over all nodes, isolates each alone; a community's stability is the mean over replicates
    of its best Jaccard index with a community there.
    """
    whole = communities(network, seed=seed)
    indices, best, kept = [], [], list[set[frozenset[str]]]()
    for replicate in replicates:
        there = communities(Network(network.nodes, _within(replicate, network.nodes)), seed=seed)
        indices.append(adjusted_rand([whole[n] for n in network.nodes], [there[n] for n in network.nodes]))
        best.append(best_jaccard(whole, there))
        kept.append({frozenset((edge.source, edge.target)) for edge in replicate.edges})
    if not indices:
        return None
    pairs = [frozenset((edge.source, edge.target)) for edge in network.edges]
    return Stability(
        float(np.mean(indices)),
        {pair: float(np.mean([pair in edges for edges in kept])) for pair in pairs},
        {community: float(np.mean([each[community] for each in best])) for community in set(whole.values())},
    )


def best_jaccard(whole: Mapping[str, int], there: Mapping[str, int]) -> dict[int, float]:
    """Return, for each community of `whole`, its greatest Jaccard index with a community of `there`."""
    parts, others = _parts(whole), _parts(there).values()
    return {
        name: max(len(part & other) / len(part | other) for other in others if part & other)
        for name, part in parts.items()
    }


def _parts(membership: Mapping[str, int]) -> dict[int, set[str]]:
    parts: dict[int, set[str]] = {}
    for node, community in membership.items():
        parts.setdefault(community, set()).add(node)
    return parts


def _within(network: Network, nodes: Sequence[str]) -> tuple:  # type: ignore[type-arg]
    known = set(nodes)
    return tuple(edge for edge in network.edges if edge.source in known and edge.target in known)


def _one(counts: Counts, index: int) -> Counts:
    arrays = {name: counts.arrays[name][index : index + 1] for name in counts.arrays}
    return Counts(counts.survey, arrays)


def _without_q_value(columns: Columns) -> frozenset[tuple[str, str]]:
    return frozenset(
        (a, b)
        for a, b, q in zip(columns["condition_a"], columns["condition_b"], columns["q_value"], strict=True)
        if np.isnan(q)
    )
