"""Pictures of checks: for each subject the limits within which a number passes, what was planted, what was found."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, log10

import pandas as pd

from icspark.quality.findings import Finding
from icspark.reporting.embedding import Markup, escaped
from icspark.reporting.labels import sentence
from icspark.tables.checks import CheckColumns

C = CheckColumns
WIDTH, LABEL, RIGHT, ROW, TOP, BOTTOM = 900, 300, 24, 22, 8, 34
WIDE_RATIO = 20.0
"""Greatest over least planted value from which an axis is logarithmic."""

TICKS = 6
DOMAINS = {"imd": "Deprivation fifth", "adult_skills": "Adult Skills fifth", "tenth": "Tenth of the true chance"}


@dataclass(frozen=True)
class Axis:
    """From values to places: linear, or logarithmic (what is not above the least value stands at its edge)."""

    low: float
    high: float
    is_log: bool

    @classmethod
    def over(cls, rows: pd.DataFrame) -> Axis:
        """Return the axis that holds all numbers of the rows."""
        numbers = rows[[C.planted, C.found, C.lower, C.upper]].to_numpy(dtype=float)
        known = [float(value) for value in numbers.ravel() if pd.notna(value)]
        planted = [float(value) for value in rows[C.planted].dropna()]
        is_log = bool(planted) and min(planted) > 0 and max(planted) >= WIDE_RATIO * min(planted)
        if is_log:
            positive = [value for value in known if value > 0]
            return cls(max(0.8 * min(positive), min(planted) / WIDE_RATIO), max(positive) * 1.1, True)
        pad = (max(known, default=1.0) - min(known, default=0.0) or 1.0) * 0.06
        return cls(min(known, default=0.0) - pad, max(known, default=1.0) + pad, False)

    def x(self, value: float) -> float:
        """Return the place of a value across the picture."""
        if self.is_log:
            share = (log10(max(value, self.low)) - log10(self.low)) / (log10(self.high) - log10(self.low))
        else:
            share = (value - self.low) / (self.high - self.low)
        return round(LABEL + min(max(share, 0.0), 1.0) * (WIDTH - LABEL - RIGHT), 1)

    def ticks(self) -> list[float]:
        """Return round values along the axis."""
        if self.is_log:
            decades = range(floor(log10(self.low)), floor(log10(self.high)) + 1)
            steps = [step * 10.0**decade for decade in decades for step in (1, 2, 5)]
            return [step for step in steps if self.low <= step <= self.high]
        raw = (self.high - self.low) / TICKS
        size = 10.0 ** floor(log10(raw))
        step = next(each * size for each in (1, 2, 5, 10) if each * size >= raw)
        return [k * step for k in range(floor(self.low / step) + 1, floor(self.high / step) + 1)]


def number(value: float | None, unit: str) -> str:
    """Return a number as the page writes it: shares in per cent, four digits that count."""
    if value is None or pd.isna(value):
        return "none"
    by, sign = (100.0, " %") if unit.startswith("share") else (1.0, "")
    shown = value * by
    digits = 0 if shown == 0 or abs(shown) >= 1000 else max(0, 3 - floor(log10(abs(shown))))
    return f"{shown:,.{min(digits, 6)}f}{sign}".replace("-", "\u2212")


def named(subject: str) -> str:
    """Return what a check's subject is called: `imd|1` is a fifth, `a|b` a pair, `a|b|1` a pair in a fifth."""
    parts = subject.split("|") if subject else []
    if not parts:
        return "Whole region"
    if parts[0] in DOMAINS:
        which = " ".join(part.replace("_", " ") for part in parts[1:])
        return f"{DOMAINS[parts[0]]}{'' if which.isdigit() else 's:'} {which}".removesuffix(": ")
    fifth = f", fifth {parts.pop()}" if len(parts) > 1 and parts[-1].isdigit() else ""
    return sentence(" \u2192 ".join(part.replace("_", " ") for part in parts)) + fifth


def picture(rows: pd.DataFrame) -> Markup:
    """Return the picture of one check as SVG: a line a subject, hovering tells its numbers."""
    axis, unit = Axis.over(rows), str(rows[C.unit].iloc[0])
    bottom = TOP + ROW * len(rows)
    height = bottom + BOTTOM
    lines = [_line(one, TOP + ROW * (place + 0.5), axis) for place, one in enumerate(_findings(rows))]
    ticks = [_tick(value, axis, unit, bottom=bottom) for value in axis.ticks()]
    title = escaped(f"{len(rows)} comparisons; the table below has the figures")
    inside = "".join([*ticks, *lines])
    return Markup(f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{title}">{inside}</svg>')


def _findings(rows: pd.DataFrame) -> list[Finding]:
    names = [C.check_name, C.subject, C.planted, C.found, C.lower, C.upper, C.unit, C.meaning]
    listed = rows[names].astype(object).where(rows[names].notna(), None)
    return [Finding(*values) for values in listed.itertuples(index=False, name=None)]


def _line(one: Finding, y: float, axis: Axis) -> str:
    parts = [f"<title>{escaped(told(one))}</title>", f'<rect x="0" y="{y - ROW / 2}" width="{WIDTH}" height="{ROW}"/>']
    parts.append(f'<text x="{LABEL - 12}" y="{y + 4}" class="subject">{escaped(named(one.subject))}</text>')
    if one.lower is not None or one.upper is not None:
        low = axis.x(axis.low if one.lower is None else one.lower)
        high = axis.x(axis.high if one.upper is None else one.upper)
        parts.append(f'<line x1="{low}" x2="{high}" y1="{y}" y2="{y}" class="limits"/>')
    if one.planted is not None:
        x = axis.x(one.planted)
        parts.append(f'<line x1="{x}" x2="{x}" y1="{y - 7}" y2="{y + 7}" class="planted"/>')
    if one.found is not None:
        parts.append(f'<circle cx="{axis.x(one.found)}" cy="{y}" r="4.5" class="found"/>')
    return f'<g class="check {one.verdict}">{"".join(parts)}</g>'


def _tick(value: float, axis: Axis, unit: str, *, bottom: float) -> str:
    x = axis.x(value)
    digits = number(value, unit)
    shown = digits.replace(" %", "").rstrip("0").rstrip(".") if "." in digits else digits.replace(" %", "")
    sign = " %" if digits.endswith("%") else ""
    line = f'<line x1="{x}" x2="{x}" y1="{TOP}" y2="{bottom}" class="grid"/>'
    return f'{line}<text x="{x}" y="{bottom + 18}" class="tick" text-anchor="middle">{shown or 0}{sign}</text>'


def told(one: Finding) -> str:
    """Return a check in one line of words."""
    planted, found, lower, upper = (number(value, one.unit) for value in numbers(one))
    return f"{named(one.subject)}: planted {planted}, found {found}, limits {lower} to {upper}: {one.verdict}"


def numbers(one: Finding) -> tuple[float | None, float | None, float | None, float | None]:
    """Return planted, found and both limits."""
    return one.planted, one.found, one.lower, one.upper


def table(rows: pd.DataFrame) -> Markup:
    """Return the same as rows of a table."""
    return Markup("".join(_table_row(one) for one in _findings(rows)))


def _table_row(one: Finding) -> str:
    cells = "".join(f'<td class="num">{escaped(number(value, one.unit))}</td>' for value in numbers(one))
    return f'<tr><th scope="row">{escaped(named(one.subject))}</th>{cells}<td>{one.verdict}</td></tr>'
