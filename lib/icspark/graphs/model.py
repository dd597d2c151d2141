"""What a small network is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Edge(NamedTuple):
    """Two nodes, the weight of what binds them and its length; undirected edges hold the smaller node first."""

    source: str
    target: str
    weight: float
    length: float
    is_directed: bool


class Shape(NamedTuple):
    """What two engines agree on of one node."""

    component: str
    pagerank: float
    k_core: int


@dataclass(frozen=True)
class Network:
    """Nodes in order, isolated ones too, and edges of which no two have the same two nodes."""

    nodes: tuple[str, ...]
    edges: tuple[Edge, ...]

    def arcs(self) -> list[tuple[str, str, float, float]]:
        """Return source, target, weight and length of every arc: an undirected edge is two."""
        there = [(e.source, e.target, e.weight, e.length) for e in self.edges]
        return there + [(e.target, e.source, e.weight, e.length) for e in self.edges if not e.is_directed]

    def directed(self) -> Network:
        """Return the network with its directed edges only."""
        return Network(self.nodes, tuple(e for e in self.edges if e.is_directed))
