"""A picture of the network of conditions, for a README or a report: placed and coloured as on the page."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from icspark.reporting.morbidity_content import content
from icspark.reporting.morbidity_gathering import MorbidityTables

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK, EDGE, ALONE = "#17212b", "#5b6875", "#9aa5b0"
MOST_NAMES = 70


def save_network(tables: MorbidityTables, *, seed: int, to: Path, note: str = "") -> bool:
    """Draw the network as a PNG; say whether there was an edge to draw. The same input gives the same bytes.

    Circles: conditions, larger where more common, coloured by community. Lines: edges, wider for a larger odds ratio,
    broken where it is withheld. Arrows point from what is known first. `note` stands below.
    """
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    data = content(tables, seed=seed)
    if not data["edges"]:
        return False
    figure = Figure(figsize=(13, 9.4), dpi=130, facecolor="white")
    axes = figure.add_axes((0.03, 0.06, 0.94, 0.86))
    sizes = _radii(data["nodes"])
    for edge in sorted(data["edges"], key=lambda e: (e["odds"] or 0, e["source"], e["target"])):
        _draw_edge(axes, edge, data["nodes"], sizes)
    _draw_nodes(axes, data, sizes)
    axes.set(xlim=(-0.06, 1.06), ylim=(1.06, -0.05))
    axes.axis("off")
    figure.text(0.03, 0.95, "Conditions that go together", fontsize=17, fontweight="bold", color=INK)
    figure.text(0.03, 0.018, note, fontsize=8.5, color="#4a5866")
    lines = [Line2D([], [], color=EDGE, linewidth=_width(odds), label=f"odds ratio {odds}") for odds in (1.5, 3, 8)]
    figure.legend(handles=lines, loc="lower right", frameon=False, ncols=3, fontsize=9.5, bbox_to_anchor=(0.98, 0.005))
    figure.savefig(to, format="png", metadata={"Software": None})
    return True


def _radii(nodes: list[dict[str, Any]]) -> list[float]:
    most = max((node["prevalence"] or 0.0) for node in nodes) or 1.0
    return [6 + 20 * float(np.sqrt((node["prevalence"] or 0.0) / most)) for node in nodes]


def _width(odds: float | None) -> float:
    return min(6.5, 0.7 + 1.9 * float(np.log(max(odds or 1.0, 1.0))))


def _draw_edge(axes: Axes, edge: dict[str, Any], nodes: list[dict[str, Any]], sizes: list[float]) -> None:
    from matplotlib.patches import FancyArrowPatch

    a, b = nodes[edge["source"]], nodes[edge["target"]]
    arrow = FancyArrowPatch(
        (a["x"], a["y"]),
        (b["x"], b["y"]),
        arrowstyle="-|>" if edge["arrow"] else "-",
        mutation_scale=13,
        shrinkA=sizes[edge["source"]],
        shrinkB=sizes[edge["target"]],
        linewidth=_width(edge["odds"]),
        linestyle="-" if edge["odds"] else (0, (4, 4)),
        color=EDGE,
        alpha=0.5,
    )
    axes.add_patch(arrow)


def _draw_nodes(axes: Axes, data: dict[str, Any], sizes: list[float]) -> None:
    from matplotlib.patheffects import withStroke

    of_community = Counter(node["community"] for node in data["nodes"])
    named = sorted(data["nodes"], key=lambda node: (-node["degree"], node["name"]))[:MOST_NAMES]
    for node, size in zip(data["nodes"], sizes, strict=True):
        at = node["community"] - 1
        is_alone = of_community[node["community"]] == 1 or at >= len(data["colours"])
        colour = ALONE if is_alone else data["colours"][at]
        place = (node["x"], node["y"])
        axes.plot(
            *place, "o", markersize=2 * size, color=colour, markeredgecolor="white", markeredgewidth=1.2, zorder=3
        )
        if node in named:
            axes.annotate(
                node["label"], place, (0, -size - 3), textcoords="offset points", ha="center", va="top", fontsize=8.5,
                color=INK, zorder=4, path_effects=[withStroke(linewidth=2.6, foreground="white")],
            )  # fmt: skip
