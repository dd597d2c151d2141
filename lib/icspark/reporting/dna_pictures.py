"""Pictures of a model of non-attendance, each from a table of points and as the bytes of a PNG.

The points come from `icspark.dna.curves`, held to the floor of disclosure there: a picture shows what its table holds.
The same points give the same bytes.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from icspark.reporting.scales import CATEGORIES
from icspark.reporting.static_map import DOTS_PER_INCH, INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

QUIET, LINE, MODEL, OTHER = "#4a5866", "#7b8590", CATEGORIES[0], CATEGORIES[5]
SIZE = (6.4, 5.2)
MOST_FEATURES = 25

Draw = Callable[["Axes", pd.DataFrame], None]


def roc_picture(points: pd.DataFrame, *, title: str, note: str = "") -> bytes:
    """Return the ROC curve of `false_positive_share` and `sensitivity`, with the line of chance."""
    return _picture(_draw_roc, points, title=title, note=note)


def precision_recall_picture(points: pd.DataFrame, *, title: str, note: str = "") -> bytes:
    """Return the curve of `precision` by `sensitivity`; its right end is the share not attended."""
    return _picture(_draw_precision_recall, points, title=title, note=note)


def gain_picture(points: pd.DataFrame, *, title: str, note: str = "") -> bytes:
    """Return the `sensitivity` of the lists by `listed_share`, with the line of calling at random."""
    return _picture(_draw_gain, points, title=title, note=note)


def decision_picture(points: pd.DataFrame, *, title: str, note: str = "") -> bytes:
    """Return the net benefit of `model` and of acting on `all` by `threshold`; acting on nobody is the line at 0."""
    return _picture(_draw_decision, points, title=title, note=note)


def importance_picture(points: pd.DataFrame, *, title: str, note: str = "") -> bytes:
    """Return the `fall` of the AUROC of each `feature` with its limits, the 25 largest."""
    height = 1.4 + 0.26 * min(len(points), MOST_FEATURES)
    return _picture(_draw_importance, points.head(MOST_FEATURES), title=title, note=note, height=height)


def calibration_picture(points: pd.DataFrame, histogram: pd.DataFrame, *, title: str, note: str = "") -> bytes:
    """Return `observed` by `probability` with the line of agreement, above a histogram of the probabilities.

    A bar is absent where its count is withheld.
    """
    figure = _figure(SIZE[1] + 0.8)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    end = _end(points, histogram)
    above.plot([0, end], [0, end], color=LINE, linestyle="--", linewidth=1)
    above.plot(points["probability"], points["observed"], "o-", color=MODEL, linewidth=1.8, markersize=5)
    _dress(above, "", "observed share not attended")
    width = histogram["to_probability"] - histogram["from_probability"]
    below.bar(histogram["from_probability"], histogram["appointments_count"], width, align="edge", color=MODEL)
    _dress(below, "probability", "appointments")
    above.set_xlim(0, end)
    above.set_ylim(0, end)
    _in_percent(below.xaxis)
    _in_percent(above.yaxis)
    return _bytes(figure, above, title=title, note=note)


def _end(points: pd.DataFrame, histogram: pd.DataFrame) -> float:
    shown = histogram.loc[histogram["appointments_count"] > 0, "to_probability"]
    highest = np.array([points["probability"].max(), points["observed"].max(), shown.max(), 0.1])
    return float(min(1.0, np.nanmax(highest) * 1.03))


def _draw_roc(axes: Axes, points: pd.DataFrame) -> None:
    axes.plot([0, 1], [0, 1], color=LINE, linestyle="--", linewidth=1)
    axes.plot(points["false_positive_share"], points["sensitivity"], color=MODEL, linewidth=2)
    _dress(axes, "attended, and ranked as high (1 - specificity)", "not attended, and ranked as high (sensitivity)")
    _shares(axes)


def _draw_precision_recall(axes: Axes, points: pd.DataFrame) -> None:
    axes.axhline(points["precision"].iloc[-1], color=LINE, linestyle="--", linewidth=1)
    axes.plot(points["sensitivity"], points["precision"], color=MODEL, linewidth=2)
    _dress(axes, "share of non-attendances found (sensitivity)", "share of those found that were not attended")
    _shares(axes)


def _draw_gain(axes: Axes, points: pd.DataFrame) -> None:
    axes.plot([0, 1], [0, 1], color=LINE, linestyle="--", linewidth=1)
    axes.plot(points["listed_share"], points["sensitivity"], "o-", color=MODEL, linewidth=2, markersize=3.5)
    _dress(axes, "share of each site's day that is called", "share of non-attendances on the lists")
    _shares(axes)


def _draw_decision(axes: Axes, points: pd.DataFrame) -> None:
    axes.axhline(0, color=LINE, linestyle="--", linewidth=1)
    axes.plot(points["threshold"], points["all"], color=OTHER, linewidth=1.5, label="act on everybody")
    axes.plot(points["threshold"], points["model"], color=MODEL, linewidth=2, label="act by the model")
    top = max(float(points["model"].max()), float(points["all"].max()), 0.001)
    axes.set_ylim(-0.25 * top, 1.1 * top)
    axes.legend(frameon=False, fontsize=9)
    _dress(axes, "probability from which one acts", "net benefit")
    _in_percent(axes.xaxis)


def _draw_importance(axes: Axes, points: pd.DataFrame) -> None:
    places = np.arange(len(points))[::-1]
    limits = [points["fall"] - points["lower_95"], points["upper_95"] - points["fall"]]
    axes.axvline(0, color=LINE, linewidth=1)
    axes.errorbar(points["fall"], places, xerr=limits, fmt="o", color=MODEL, markersize=4.5, elinewidth=1.6)
    axes.set_yticks(places, list(points["feature"]), fontsize=8.5)
    _dress(axes, "fall of the AUROC when shuffled", "")


def _picture(draw: Draw, points: pd.DataFrame, *, title: str, note: str, height: float = SIZE[1]) -> bytes:
    figure = _figure(height)
    axes = figure.subplots()
    if points.empty:
        axes.text(0.5, 0.5, "Too few people to show.", color=QUIET, ha="center", transform=axes.transAxes)
    else:
        draw(axes, points)
    return _bytes(figure, axes, title=title, note=note)


def _figure(height: float) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=(SIZE[0], height), dpi=DOTS_PER_INCH, facecolor="white", layout="constrained")


def _shares(axes: Axes) -> None:
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    for axis in (axes.xaxis, axes.yaxis):
        _in_percent(axis)


def _in_percent(axis: Axis) -> None:
    from matplotlib.ticker import PercentFormatter

    axis.set_major_formatter(PercentFormatter(1, decimals=0))


def _dress(axes: Axes, x: str, y: str) -> None:
    axes.set_xlabel(x, fontsize=9.5, color=QUIET)
    axes.set_ylabel(y, fontsize=9.5, color=QUIET)
    axes.tick_params(labelsize=9, labelcolor=QUIET, color=LINE)
    axes.grid(color="#dfe4e8", linewidth=0.7)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _bytes(figure: Figure, axes: Axes, *, title: str, note: str) -> bytes:
    axes.set_title(title, loc="left", fontsize=12, fontweight="bold", color=INK)
    if note:
        figure.supxlabel(note, fontsize=7.5, color=QUIET, x=0.01, ha="left")
    written = io.BytesIO()
    figure.savefig(written, format="png", metadata={"Software": None})
    return written.getvalue()
