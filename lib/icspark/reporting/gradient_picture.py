"""A picture of gradients over deprivation, for a README or a report: rate by fifth with intervals, and the line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from icspark.reporting.scales import strokes
from icspark.reporting.static_map import DOTS_PER_INCH, INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

QUIET, LINE = "#4a5866", "#7b8590"
COLUMNS, MOST = 3, 6
FIFTHS = 5


def save_gradients(pictures: Sequence[dict[str, Any]], *, to: Path, note: str = "") -> bool:
    """Draw up to six pictures of `gradient_pictures` as one PNG; say whether there was anything to draw.

    Each has the fifths from the least to the most deprived with their 95 % limits, the fitted line, and both indices in
    words. `note` stands below. The same input gives the same bytes.
    """
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    drawn = list(pictures[:MOST])
    if not drawn:
        return False
    rows = -(-len(drawn) // COLUMNS)
    room = ConstrainedLayoutEngine(rect=(0, 0.035, 1, 0.965), wspace=0.06, hspace=0.08)
    figure = Figure(figsize=(12.5, 4.1 * rows + 0.4), dpi=DOTS_PER_INCH, facecolor="white", layout=room)
    grid = figure.subplots(rows, COLUMNS, squeeze=False)
    for axes, picture in zip(grid.flat, drawn, strict=False):
        _draw(axes, picture)
    for axes in list(grid.flat)[len(drawn) :]:
        axes.set_visible(False)
    figure.text(0.012, 0.012, note, fontsize=8, color=QUIET)
    figure.savefig(to, format="png", metadata={"Software": None})
    return True


def _draw(axes: Axes, picture: dict[str, Any]) -> None:
    factor = 100.0 if picture["unit"] == "percent" else 1.0
    colours = strokes(FIFTHS)
    known = [point for point in picture["points"] if point[2] is not None and point[1] is not None]
    for fifth, rank, estimate, lower, upper, *_ in known:
        if lower is not None and upper is not None:
            axes.plot([rank, rank], [lower * factor, upper * factor], color=colours[fifth - 1], linewidth=2.2)
        axes.plot([rank], [estimate * factor], "o", color=colours[fifth - 1], markersize=8, markeredgecolor=INK)
        beside = (9, -13) if (picture["slope"][0] or 0) > 0 else (9, 6)  # off the line
        axes.annotate(str(fifth), (rank, estimate * factor), xytext=beside, textcoords="offset points", color=QUIET)
    for (_, rank, *_), value in zip(picture["points"], picture.get("planted", []), strict=False):
        if rank is not None and value is not None:
            axes.plot([rank], [value * factor], "D", color="none", markersize=7, markeredgecolor=INK, zorder=3)
    fitted = [(rank, value * factor) for _, rank, _, _, _, value, *_ in known if value is not None]
    if len(fitted) > 1 and picture["slope"][0] is not None:
        (x0, y0), (x1, y1) = fitted[0], fitted[-1]
        slope = (y1 - y0) / (x1 - x0)
        axes.plot([0, 1], [y0 - slope * x0, y1 + slope * (1 - x1)], color=LINE, linewidth=1.6, zorder=0)
    _dress(axes, picture, factor)


def _dress(axes: Axes, picture: dict[str, Any], factor: float) -> None:
    from matplotlib.ticker import FuncFormatter

    axes.set_xlim(0, 1)
    said = "; hollow: planted" if "planted" in picture else ""
    axes.set_xticks([0, 1], [f"least deprived\n({picture['domain']}{said})", "most"], fontsize=8, color=QUIET)
    least, most = axes.get_xticklabels()
    least.set_horizontalalignment("left")
    most.set_horizontalalignment("right")
    axes.margins(y=0.15)
    sign = " %" if picture["unit"] == "percent" else ""
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}{sign}"))
    axes.tick_params(axis="y", labelsize=9, labelcolor=QUIET, color=LINE)
    axes.grid(axis="y", color="#dfe4e8", linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    name, _, form = picture["label"].partition(": ")
    axes.set_title(f"{name}, {picture['year']}", loc="left", fontsize=11.5, fontweight="bold", color=INK, pad=50)
    for height, text in zip((1.135, 1.08, 1.025), (form, *_indices(picture, factor)), strict=True):
        axes.text(0, height, text, transform=axes.transAxes, fontsize=8.5, color=QUIET, in_layout=False)


def _indices(picture: dict[str, Any], factor: float) -> tuple[str, str]:
    value, lower, upper, _, reason = picture["slope"]
    if value is None:
        return f"no slope index: {reason}", ""
    slope = f"slope index {value * factor:+,.3g} ({lower * factor:,.3g} to {upper * factor:,.3g})"
    ratio, low, high, *_ = picture["relative"]
    return slope, "" if ratio is None else f"relative index {ratio:.2f} ({low:.2f} to {high:.2f})"
