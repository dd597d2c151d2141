"""A picture of measures by group, with their limits: the whole model as a line, each group as a point."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from icspark.reporting.dna_pictures import LINE, MODEL, QUIET
from icspark.reporting.dna_tables import rows_of
from icspark.reporting.dna_words import MEASURES, REASONS, group_name, kind_name, place_of_kind
from icspark.reporting.static_map import DOTS_PER_INCH, INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Lines = Sequence[tuple[str, str | None]]
BAND = "#e4eff6"
ROW_INCHES = 0.235


def forest_picture(
    rows: pd.DataFrame, measures: Sequence[str], *, bands: dict[str, tuple[float, float]], note: str = ""
) -> bytes:
    """Return one column of points a measure, one line a group, as the bytes of a PNG; empty where no group has any.

    `rows` are of dna_evaluation, of one version and window. A band stands between the limits of a gate; the dotted
    line is the figure overall; a group whose figure is withheld has no point.
    """
    from matplotlib.figure import Figure

    groups = rows[rows["group_by"] != "overall"]
    lines = _lines(groups)
    if not lines:
        return b""
    height = 1.1 + ROW_INCHES * len(lines)
    figure = Figure(figsize=(3.1 + 3.0 * len(measures), height), dpi=DOTS_PER_INCH, layout="constrained")
    figure.set_facecolor("white")
    grid = figure.subplots(1, len(measures), sharey=True, squeeze=False)[0]
    for axes, measure in zip(grid, measures, strict=True):
        _draw(axes, rows[rows["measure"] == measure], lines, bands.get(measure))
        axes.set_title(MEASURES[measure], fontsize=10, fontweight="bold", color=INK, loc="left")
    _name(grid[0], lines)
    if note:
        figure.supxlabel(note, fontsize=7.5, color=QUIET, x=0.01, ha="left")
    written = io.BytesIO()
    figure.savefig(written, format="png", metadata={"Software": None})
    return written.getvalue()


def _lines(groups: pd.DataFrame) -> list[tuple[str, str | None]]:
    """Return a heading (group None) and then the groups of each kind, from the top."""
    found: list[tuple[str, str | None]] = []
    for kind in sorted(set(groups["group_by"]), key=place_of_kind):
        names = dict.fromkeys(groups.loc[groups["group_by"] == kind, "group"])
        found += [(kind, None), *[(kind, str(name)) for name in names]]
    return found


def _draw(axes: Axes, rows: pd.DataFrame, lines: Lines, band: tuple[float, float] | None) -> None:
    if band:
        axes.axvspan(*band, color=BAND, zorder=0)
    whole = rows[rows["group_by"] == "overall"]["value"].dropna()
    if len(whole):
        axes.axvline(float(whole.iloc[0]), color=LINE, linestyle=":", linewidth=1.2)
    by_group = {(row["group_by"], row["group"]): row for row in rows_of(rows)}
    for place, line in enumerate(lines):
        row = by_group.get((line[0], line[1] or ""))
        if row is None:
            continue
        if pd.isna(row["value"]):
            why = REASONS.get(row["reason"], "withheld")
            axes.text(0.02, -place, why, transform=axes.get_yaxis_transform(), fontsize=7.5, color=LINE, va="center")
            continue
        if not (pd.isna(row["lower_95"]) or pd.isna(row["upper_95"])):
            axes.plot([row["lower_95"], row["upper_95"]], [-place, -place], color=MODEL, linewidth=1.6)
        axes.plot([row["value"]], [-place], "o", color=MODEL, markersize=4.5)
    axes.tick_params(axis="x", labelsize=8.5, labelcolor=QUIET, color=LINE)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color="#dfe4e8", linewidth=0.7)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)


def _name(axes: Axes, lines: Lines) -> None:
    axes.set_ylim(-len(lines) + 0.4, 0.6)
    labels = [kind_name(kind) if group is None else group_name(kind, group) for kind, group in lines]
    axes.set_yticks([-place for place in range(len(lines))], labels, fontsize=8.5, color=QUIET)
    for text, (_, group) in zip(axes.get_yticklabels(), lines, strict=True):
        if group is None:
            text.set_fontweight("bold")
            text.set_color(INK)
