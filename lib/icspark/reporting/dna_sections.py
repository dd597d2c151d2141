"""Tables of a model card: windows, groups, gates and weeks, as escaped rows."""

from __future__ import annotations

from typing import Any

import pandas as pd

from icspark.reporting.dna_tables import CardTables, Row, rows_of
from icspark.reporting.dna_words import GATES, MEASURES, REASONS, WINDOWS, place_name, place_of_kind, with_limits
from icspark.reporting.embedding import Markup, escaped, table_rows

OF_GROUPS = (
    "non_attendance_share",
    "auroc",
    "calibration_in_the_large",
    "calibration_slope",
    "observed_over_expected",
)


def windows_head(card: CardTables) -> Markup:
    """Return the heads of the table of windows."""
    heads = "".join(f'<th scope="col">{escaped(WINDOWS.get(window, window))}</th>' for window in _windows(card))
    return Markup(f'<tr><th scope="col">Measure</th>{heads}</tr>')


def window_rows(card: CardTables) -> list[tuple[object, ...]]:
    """Return a row per measure with its value and limits in each window, and the counts above them."""
    windows, rows = _windows(card), list[tuple[object, ...]]()
    counts = card.overall("auroc")
    for name, column in (("Appointments", "appointments_count"), ("People", "people_count")):
        rows.append((name, *[_count(counts[window][column]) if window in counts else "" for window in windows]))
    for measure, label in MEASURES.items():
        by_window = card.overall(measure)
        rows.append((label, *[with_limits(by_window[w]) if w in by_window else "" for w in windows]))
    return rows


def _windows(card: CardTables) -> list[str]:
    found = set(card.overall("auroc"))
    return [*[w for w in WINDOWS if w in found], *sorted(found - set(WINDOWS))]


def group_rows(card: CardTables) -> list[tuple[object, ...]]:
    """Return a row per group with its rounded counts and measures."""
    groups: dict[tuple[str, str], dict[str, Row]] = {}
    for row in rows_of(card.of_window()):
        if row["group_by"] != "overall":
            groups.setdefault((row["group_by"], row["group"]), {})[row["measure"]] = row
    ordered = sorted(groups, key=lambda place: (place_of_kind(place[0]), place[1]))
    return [_group_row(place_name(*place), groups[place]) for place in ordered]


def _group_row(name: str, measures: dict[str, Row]) -> tuple[object, ...]:
    first = next(iter(measures.values()))
    counts = (_count(first[column]) for column in ("people_count", "appointments_count"))
    return name, *counts, *(with_limits(measures[measure]) for measure in OF_GROUPS if measure in measures)


def _count(value: Any) -> str:
    return "withheld" if pd.isna(value) else f"{int(value):,}"


def gate_rows(card: CardTables) -> Markup:
    """Return a row per gate: what was found, the interval judged, the limit; refusals first."""
    order = card.decision.assign(_place=card.decision["is_passed"].map({False: 0, True: 1}).fillna(2).astype(int))
    rows = order.sort_values(["_place", "gate", "group"]).itertuples(index=False)
    return Markup("".join(_gate_row(row) for row in rows))


def _gate_row(row: Any) -> str:
    passed = {True: "yes", False: "no"}.get(row.is_passed, "not assessed")
    style = {"yes": "", "no": ' class="refused"'}.get(passed, ' class="unassessed"')
    kind, _, group = row.group.partition("=")
    place = place_name(kind, group)
    value = "" if pd.isna(row.value) else f"{row.value:.4g}"
    interval = "" if pd.isna(row.lower) or pd.isna(row.upper) else f"{row.lower:.3f} to {row.upper:.3f}"
    cells = (place, value, interval, row.limit, passed)
    told_cells = "".join(f"<td>{escaped(cell)}</td>" for cell in cells)
    return f'<tr{style}><th scope="row">{escaped(GATES.get(row.gate, row.gate))}</th>{told_cells}</tr>'


def override_text(card: CardTables) -> str:
    """Return when it was decided, who was champion, and who overruled a refusal and why."""
    if card.decision.empty:
        return "The job dna_promote has not been run for this version."
    first = card.decision.iloc[0]
    before = first["champion_version"]
    champion = "There was no champion before" if pd.isna(before) else f"The champion before was version {int(before)}"
    text = f"Decided on {first['decided_datetime']:%d %B %Y, %H:%M} UTC. {champion}."
    if not pd.isna(first["override_by"]):
        text += f" Overruled by {first['override_by']}: {first['override_reason']}."
    return text


def monitoring(card: CardTables) -> Markup:
    """Return the alarms and the overall figures of the latest weeks; words where nothing has been monitored yet."""
    if card.monitor.empty:
        return Markup('<p class="card">This version has not been monitored yet (job dna_monitor).</p>')
    alarms = card.monitor[card.monitor["is_alarm"].eq(True)]
    weeks = card.monitor["week_start_date"].nunique()
    newest = card.monitor["week_start_date"].max()
    text = f"Weeks: {weeks}, the newest beginning on {newest}. Alarms: {len(alarms)}."
    own = card.monitor[(card.monitor["group_by"] == "overall") | card.monitor["is_alarm"].eq(True)]
    rows = table_rows([_week_row(row) for row in own.itertuples(index=False)])
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("Week", "Measure", "Group", "Value", "Limits", "Alarm"))
    return Markup(
        f'<p>{escaped(text)}</p><div class="card scroll tall"><table><thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _week_row(row: Any) -> tuple[object, ...]:
    measure = row.measure.replace("_", " ") + (f" of {row.feature}" if row.feature else "")
    group = place_name(row.group_by, row.group)
    value = REASONS.get(row.reason, "withheld") if pd.isna(row.value) else f"{row.value:.4g}"
    low, high = ("" if pd.isna(end) else f"{end:.4g}" for end in (row.lower_limit, row.upper_limit))
    alarm = {True: "alarm", False: "no"}.get(row.is_alarm, "not assessed")
    return row.week_start_date, measure, group, value, f"{low} to {high}" if low or high else "", alarm
