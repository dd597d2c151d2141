"""A picture of the map, for a README or a report: the same classes and colours as the page."""

from __future__ import annotations

from collections.abc import Collection
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from icspark.reporting.areas_content import in_region, scales_of
from icspark.reporting.labels import Measure, measures
from icspark.reporting.outlines import DISTRICT, TOLERANCE_METRES, grid_shapes, label_place, simplified
from icspark.reporting.scales import NO_FIGURE, Scale, class_of
from icspark.tables.areas import AreaSummary
from icspark.tables.reference import Boundary

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.path import Path as Outline

INK, SEA = "#17212b", "#e3ebf0"
WIDTH_INCHES, DOTS_PER_INCH = 10.0, 150


def save_map(
    areas: pd.DataFrame,
    boundaries: pd.DataFrame,
    column: str,
    *,
    to: Path,
    note: str = "",
    others: Collection[Measure] = (),
) -> bool:
    """Draw one column of the summary, or of `others`, as a PNG; say whether there was anything to draw.

    `areas` are rows of AreaSummary, `boundaries` of Boundary; `others` are measures beside those of the summary, whose
    columns the areas hold. Areas without a figure are hatched, those outside the region pale. `note` stands below the
    map: source, or that the data are simulated. The same input gives the same bytes.
    """
    from matplotlib.patches import Patch

    known = {measure.name: measure for measure in (*measures(AreaSummary), *others)}
    if boundaries.empty or column not in known:
        return False
    measure = known[column]
    inside = areas[in_region(areas)]
    if inside[column].isna().all() or measure.kind == "category":
        return False
    scale = next(iter(scales_of(measure, inside[column]).values()))
    figure, axes = _canvas()
    _draw_areas(axes, areas, boundaries, column, scale=scale)
    labels = class_labels(scale, measure.unit)
    swatches = [Patch(color=colour, label=text) for colour, text in zip(scale.colours, labels, strict=True)][::-1]
    swatches.append(Patch(facecolor=NO_FIGURE, hatch="////", edgecolor="#7b8590", label="no figure"))
    axes.legend(handles=swatches, loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize=10)
    axes.set_title(measure.label, loc="left", fontsize=15, fontweight="bold", color=INK, pad=12)
    figure.text(0.012, 0.015, note, fontsize=8, color="#4a5866")
    figure.savefig(to, format="png", metadata={"Software": None})
    return True


def class_labels(scale: Scale, unit: str) -> list[str]:
    """Return what each class holds, low to high, such as `5.0 to under 6.0 %`."""
    if unit == "class":
        last = len(scale.colours)
        return [{1: "1, most deprived", last: f"{last}, least deprived"}.get(i, str(i)) for i in range(1, last + 1)]
    factor, sign = (100.0, " %") if unit == "percent" else (1.0, "" if unit in ("score", "") else f" {unit}")
    if not scale.breaks:
        return ["one value"]
    spread = (scale.breaks[-1] - scale.breaks[0]) * factor or 1.0
    digits = max(0, 1 - int(np.floor(np.log10(spread) + 1e-9)))
    edges = [f"{edge * factor:,.{digits}f}" for edge in scale.breaks]
    between = [f"{low} to under {high}{sign}" for low, high in pairwise(edges)]
    return [f"under {edges[0]}{sign}", *between, f"{edges[-1]}{sign} and over"]


def _canvas() -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_INCHES, WIDTH_INCHES * 0.62), dpi=DOTS_PER_INCH, facecolor="white")
    axes = figure.add_axes((0.012, 0.06, 0.73, 0.86))
    axes.set_aspect("equal")
    axes.set_facecolor(SEA)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)
    return figure, axes


def _draw_areas(axes: Axes, areas: pd.DataFrame, boundaries: pd.DataFrame, column: str, *, scale: Scale) -> None:
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import PathPatch

    rows = boundaries.sort_values(Boundary.area_code, ignore_index=True)
    shapes = simplified(grid_shapes(rows), tolerance=TOLERANCE_METRES)
    by_code = areas.set_index(AreaSummary.lsoa_2011_code)
    values = by_code[column].reindex(rows[Boundary.area_code]).tolist()
    inside = in_region(by_code).reindex(rows[Boundary.area_code]).fillna(False).tolist()
    for known in (True, False):
        at = [i for i, value in enumerate(values) if pd.notna(value) is known]
        patches = PatchCollection([PathPatch(_outline(shapes[i])) for i in at], linewidth=0.3, edgecolor="white")
        patches.set_facecolor([(_colour(values[i], scale), 1.0 if inside[i] else 0.4) for i in at])
        patches.set_hatch(None if known else "////")  # type: ignore[arg-type]
        axes.add_collection(patches)
    _draw_districts(axes, rows[Boundary.area_name].fillna("").tolist(), shapes)
    west, south, east, north = shapely.total_bounds(shapes)
    axes.set_xlim(west - 2000, east + 2000)
    axes.set_ylim(south - 2000, north + 2000)


def _colour(value: Any, scale: Scale) -> str:
    return scale.colours[class_of(float(value), scale)] if pd.notna(value) else NO_FIGURE


def _draw_districts(axes: Axes, names: Collection[str], shapes: Any) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.patheffects import withStroke

    found = np.array([match.group(1) if (match := DISTRICT.match(name)) else "" for name in names])
    for district in sorted(set(found) - {""}):
        merged = shapely.union_all(shapely.make_valid(shapes[found == district]))
        axes.add_patch(PathPatch(_outline(merged), fill=False, edgecolor=INK, linewidth=0.7, alpha=0.6))
        halo = [withStroke(linewidth=2.5, foreground="white")]
        style: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 9, "fontweight": "bold", "color": INK}
        axes.text(*label_place(merged), district, path_effects=halo, **style)


def _outline(shape: BaseGeometry) -> Outline:
    from matplotlib.path import Path as Outline

    polygons = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    rings = [ring for polygon in polygons for ring in (polygon.exterior, *polygon.interiors)]
    return Outline.make_compound_path(*[Outline(np.asarray(ring.coords)[:, :2], closed=True) for ring in rings])
