"""The few rows that the page of conditions holds: nodes, edges, pairs, groups, enrichment, trajectories."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from icspark.disclosure.gate import check_released
from icspark.errors import QualityError
from icspark.tables.morbidity import (
    MorbidityEdge,
    MorbidityEnrichment,
    MorbidityNode,
    MorbidityPair,
    MorbidityPairByGroup,
    Trajectory,
)
from icspark.tables.table import Table

Frames = Mapping[type[Table], DataFrame]
NEEDED = (MorbidityPair, MorbidityNode, MorbidityEdge)
FURTHER = (MorbidityPairByGroup, MorbidityEnrichment, Trajectory)


@dataclass(frozen=True)
class Limits:
    """How much a page holds: conditions, the strongest edges, conditions of the matrix, paths."""

    conditions: int = 1000
    edges: int = 3000
    matrix: int = 120
    trajectories: int = 200


@dataclass(frozen=True)
class MorbidityTables:
    """What the page is made of, on the driver, each in the order of its key; edges and paths the strongest first."""

    nodes: pd.DataFrame
    edges: pd.DataFrame
    pairs: pd.DataFrame
    groups: pd.DataFrame
    enrichment: pd.DataFrame
    trajectories: pd.DataFrame
    counts: Mapping[str, int]


def gather(frames: Frames, limits: Limits) -> MorbidityTables:
    """Return the rows of the page: they grow with conditions, never with people.

    The tables of FURTHER may be absent. Raises DisclosureError for a frame that has not been through `release`, and
    QualityError where there are more conditions than a page holds.
    """
    for table, frame in frames.items():
        check_released(table, frame)
    nodes = frames[MorbidityNode].orderBy(MorbidityNode.condition).limit(limits.conditions + 1).toPandas()
    if len(nodes) > limits.conditions:
        raise QualityError(
            "more conditions than a page may hold",
            where=MorbidityNode.name(),
            expected=f"at most {limits.conditions:,}",
            mend="name some in jobs.morbidity_network.excluded, or raise its smallest_degree",
        )
    strongest = (F.desc_nulls_last(MorbidityEdge.odds_ratio), MorbidityEdge.source, MorbidityEdge.target)
    edges = frames[MorbidityEdge].orderBy(*strongest).limit(limits.edges).toPandas()
    shown = _central(nodes, limits.matrix)
    return MorbidityTables(
        nodes=nodes,
        edges=edges,
        pairs=_of_pairs(frames[MorbidityPair], shown, edges),
        groups=_groups(frames, edges),
        enrichment=_ordered(frames, MorbidityEnrichment),
        trajectories=_commonest(frames, limits.trajectories),
        counts={"edges": frames[MorbidityEdge].count(), "matrix": len(shown)},
    )


def matrix_conditions(tables: MorbidityTables) -> list[str]:
    """Return the conditions of the matrix, in order."""
    return sorted(_central(tables.nodes, tables.counts["matrix"]))


def _central(nodes: pd.DataFrame, most: int) -> list[str]:
    keys = [MorbidityNode.degree, MorbidityNode.condition]
    ranked = nodes.sort_values(keys, ascending=[False, True]).head(most)
    return list(ranked[MorbidityNode.condition])


def _of_pairs(pairs: DataFrame, shown: list[str], edges: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs of the matrix, and those behind the edges."""
    ends = F.array(F.col(MorbidityPair.condition_a), F.col(MorbidityPair.condition_b))
    in_matrix = F.col(MorbidityPair.condition_a).isin(shown) & F.col(MorbidityPair.condition_b).isin(shown)
    is_edge = F.array_join(ends, "|").isin(_keys(edges))
    return pairs.filter(in_matrix | is_edge).orderBy(*MorbidityPair.key()).toPandas()


def _groups(frames: Frames, edges: pd.DataFrame) -> pd.DataFrame:
    if MorbidityPairByGroup not in frames:
        return _empty(MorbidityPairByGroup)
    ends = F.array(F.col(MorbidityPairByGroup.condition_a), F.col(MorbidityPairByGroup.condition_b))
    of_edges = frames[MorbidityPairByGroup].filter(F.array_join(ends, "|").isin(_keys(edges)))
    return of_edges.orderBy(*MorbidityPairByGroup.key()).toPandas()


def _keys(edges: pd.DataFrame) -> list[str]:
    ends = zip(edges[MorbidityEdge.source], edges[MorbidityEdge.target], strict=True)
    return ["|".join(sorted(pair)) for pair in ends]


def _commonest(frames: Frames, most: int) -> pd.DataFrame:
    if Trajectory not in frames:
        return _empty(Trajectory)
    return (
        frames[Trajectory].orderBy(F.desc_nulls_last(Trajectory.people_count), Trajectory.path).limit(most).toPandas()
    )


def _ordered(frames: Frames, table: type[Table]) -> pd.DataFrame:
    return frames[table].orderBy(*table.key()).toPandas() if table in frames else _empty(table)


def _empty(table: type[Table]) -> pd.DataFrame:
    return pd.DataFrame(columns=list(table.columns()))
