"""The data of the areas page: what its script draws, as plain lists, numbers and words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, cast

import numpy as np
import pandas as pd

from icspark.reporting import scales
from icspark.reporting.activity_content import activity_measures, gradient_pictures, with_activity
from icspark.reporting.gathering import EASTING, NO_PLACE, NORTHING, PageTables
from icspark.reporting.labels import MIDPOINTS, REASONS, Measure, head, label, measures, subject, unit
from icspark.reporting.outlines import METRES_PER_STEP, Drawing, draw
from icspark.reporting.scales import CATEGORIES, Scale
from icspark.tables.areas import DIABETES_MEASURES, AreaSummary, PracticeSummary
from icspark.tables.inequality import AgeByDeprivation, AgeByDeprivationSlope, Correlation

SIGNIFICANT_DIGITS = 6
PRACTICE_MEASURES = (
    PracticeSummary.registered_patients_count,
    PracticeSummary.region_share,
    "imd_2019_score",
    "diabetes_prevalence",
    *DIABETES_MEASURES,
    PracticeSummary.patients_per_practitioner,
    PracticeSummary.staff_turnover_per_year,
)
"""Columns of a practice that its point shows."""


def content(tables: PageTables, *, region: str) -> dict[str, Any]:
    """Return the data of the page. Names are given as they are: they become text, never markup.

    Numbers have six significant digits; what is null stays null.
    """
    areas = with_activity(tables.areas.sort_values(AreaSummary.lsoa_2011_code, ignore_index=True), tables.activity)
    known = [*measures(AreaSummary), *activity_measures(tables.activity)]
    inside = in_region(areas)
    drawing = draw(tables.boundaries, areas[AreaSummary.lsoa_2011_code][inside].tolist())
    shown = [m for m in known if not areas[m.name][inside].isna().all()]
    return {
        "region": region,
        "noFigure": scales.NO_FIGURE,
        "measures": [_measure(m, areas[m.name][inside]) for m in shown],
        "withoutFigures": [m.label for m in known if m not in shown],
        "areas": _areas(areas, shown, drawing),
        "map": _map(drawing),
        "practices": _practices(tables.practices, drawing),
        "correlation": correlation_tables(tables.correlation),
        "ages": age_pictures(tables.ages, tables.slopes),
        "gradients": gradient_pictures(tables.gradient, tables.checks),
        "diverging": list(scales.palette(21, two_hues=True)),
        "fifths": list(scales.strokes(5)),
    }


def in_region(areas: pd.DataFrame) -> pd.Series[bool]:
    """Return which areas the page is about: those of the region, or all where no region is given."""
    flag = areas[AreaSummary.in_region]
    return pd.Series(True, index=areas.index) if flag.isna().all() else flag.fillna(False).astype(bool)


def scales_of(measure: Measure, values: pd.Series[Any]) -> dict[str, Scale]:
    """Return the scales that a measure offers, by the name of the method; the first is the default."""
    if measure.kind == "ordered":
        classes = {"_quintile": 5, "_decile": 10}.get(measure.name[measure.name.rindex("_") :], int(values.max()))
        return {"classes": scales.ordered(classes)}
    numbers = values.astype(float)
    if measure.kind == "diverging":
        middle = MIDPOINTS[measure.name]
        return {
            "quantiles": scales.diverging(numbers, midpoint=middle),
            "equal": scales.diverging(numbers, midpoint=middle, equal=True),
        }
    return {"quantiles": scales.sequential(numbers), "equal": scales.sequential(numbers, equal=True)}


def numbers(values: Iterable[Any]) -> list[float | int | None]:
    """Return numbers of six significant digits, whole ones as integers; null, NaN and infinity are None."""
    return [_number(v) for v in values]


def _number(value: Any) -> float | int | None:
    if value is None or pd.isna(value) or not np.isfinite(float(value)):
        return None
    rounded = float(f"{float(value):.{SIGNIFICANT_DIGITS}g}")
    return int(rounded) if rounded.is_integer() else rounded


def words(values: Iterable[Any]) -> list[str | None]:
    """Return texts, codes of reasons in words and booleans as yes and no; null is None."""
    plain = {True: "yes", False: "no"}
    told = (plain[bool(v)] if isinstance(v, (bool, np.bool_)) else v for v in values)
    return [None if pd.isna(v) else REASONS.get(v, str(v)) for v in told]


def _measure(measure: Measure, values: pd.Series[Any]) -> dict[str, Any]:
    said: dict[str, Any] = asdict(measure)
    if measure.kind == "category":
        found = sorted({w for w in words(values) if w is not None})
        colours = [CATEGORIES[i % len(CATEGORIES)] for i in range(len(found))]
        return {**said, "categories": found, "scales": {"categories": {"breaks": [], "colours": colours}}}
    return {**said, "scales": {name: asdict(scale) for name, scale in scales_of(measure, values).items()}}


def _areas(areas: pd.DataFrame, shown: list[Measure], drawing: Drawing | None) -> dict[str, Any]:
    codes = areas[AreaSummary.lsoa_2011_code].tolist()
    parts = [drawing.areas.get(code) if drawing else None for code in codes]
    return {
        "code": codes,
        "name": words(areas[AreaSummary.lsoa_2011_name]),
        "inRegion": in_region(areas).tolist(),
        "reason": words(areas[AreaSummary.summary_reason]),
        "path": [part.path if part else None for part in parts],
        "box": [part.box if part else None for part in parts],
        "values": {m.name: (words if m.kind == "category" else numbers)(areas[m.name]) for m in shown},
    }


def _map(drawing: Drawing | None) -> dict[str, Any] | None:
    if drawing is None:
        return None
    districts = [{"name": d.name, "path": d.path, "at": d.label_at} for d in drawing.districts]
    size = {"width": drawing.width, "height": drawing.height, "metresPerStep": METRES_PER_STEP}
    return {**size, "districts": districts, "region": drawing.region}


def _practices(practices: pd.DataFrame, drawing: Drawing | None) -> dict[str, Any]:
    places, reasons = _places(practices, drawing)
    return {
        "code": practices[PracticeSummary.practice_code].tolist(),
        "name": words(practices[PracticeSummary.practice_name]),
        "at": places,
        "noPlace": words(reasons),
        "measures": [{"name": n, "label": _practice_label(n), "unit": unit(n)} for n in PRACTICE_MEASURES],
        "values": {name: numbers(practices[name]) for name in PRACTICE_MEASURES},
    }


def _practice_label(name: str) -> str:
    """Return the label of a practice's own figure, which is attributed from nowhere."""
    return label(name).replace(": attributed prevalence", ": prevalence")


def _places(practices: pd.DataFrame, drawing: Drawing | None) -> tuple[list[tuple[int, int] | None], list[str | None]]:
    places, reasons = list[tuple[int, int] | None](), list[str | None]()
    for row in practices[[EASTING, NORTHING, NO_PLACE]].itertuples(index=False):
        has_place = pd.isna(row[2])
        place = drawing.place(row[0], row[1]) if drawing and has_place else None
        outside = "outside_map" if drawing else "no_boundaries"
        places.append(place)
        reasons.append(None if place else outside if has_place else cast(str, row[2]))
    return places, reasons


def correlation_tables(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Return one heat map for each level and analysis: outcomes down, factors across, one cell for each pair.

    A cell is [n, coefficient, lower, upper, p, q, clustered lower, clustered upper, reason], or None where no row is.
    """
    found = []
    for (level, analysis), part in rows.groupby([Correlation.level, Correlation.analysis], sort=True):
        outcomes, factors = _in_order(part[Correlation.outcome]), _in_order(part[Correlation.factor])
        rows_of_cells = part[[Correlation.outcome, Correlation.factor, *_CELL]].itertuples(index=False)
        cells = {(row[0], row[1]): _cell(row[2:]) for row in rows_of_cells}
        controls = sorted({c for text in part[Correlation.controls].dropna() for c in text.split(",")} - set(factors))
        found.append(
            {
                "level": level,
                "analysis": analysis,
                "outcomes": [subject(o) for o in outcomes],
                "factors": [subject(f) for f in factors],
                "heads": [head(f) for f in factors],
                "controls": [label(c) for c in controls],
                "isPartial": bool(part[Correlation.controls].notna().any()),
                "clusters": _number(part[Correlation.clusters_count].max()),
                "replicates": _number(part[Correlation.replicates_count].max()),
                "cells": [[cells.get((o, f)) for f in factors] for o in outcomes],
            }
        )
    return found


_CELL = (
    Correlation.n_count,
    Correlation.coefficient,
    Correlation.lower_95,
    Correlation.upper_95,
    Correlation.p_value,
    Correlation.q_value,
    Correlation.clustered_lower_95,
    Correlation.clustered_upper_95,
    Correlation.reason,
)


def _cell(values: Iterable[Any]) -> list[Any]:
    *figures, reason = values
    return [*numbers(figures), None if pd.isna(reason) else REASONS.get(reason, reason)]


def _in_order(names: pd.Series[str]) -> list[str]:
    """Order columns as the area summary has them (scores by domain, outcomes by register); others follow by name."""
    place = {name: i for i, name in enumerate((*PracticeSummary.columns(), *AreaSummary.columns()))}
    return sorted(names.unique(), key=lambda n: (place.get(n, len(place)), n))


def age_pictures(ages: pd.DataFrame, slopes: pd.DataFrame) -> list[dict[str, Any]]:
    """Return one picture for each outcome and domain: points by band and fifth, and the fitted line of each fifth.

    A point is [fifth, from, to, areas, mean, fitted, is sparse]; a line is [fifth, intercept, slope, lower, upper,
    areas]. Outcomes without any mean are left out.
    """
    key = [AgeByDeprivation.outcome, AgeByDeprivation.domain]
    lines = dict(iter(slopes.groupby(key)))
    known = ages.groupby(key).filter(lambda part: part[AgeByDeprivation.mean_prevalence].notna().any())
    found = [_age_picture(name, part, lines.get(name)) for name, part in known.groupby(key)]
    place = {name: i for i, name in enumerate(AreaSummary.columns())}
    return sorted(found, key=lambda picture: (place.get(picture["outcome"], 0), picture["domain"]))


def _age_picture(name: Any, part: pd.DataFrame, lines: pd.DataFrame | None) -> dict[str, Any]:
    a, s = AgeByDeprivation, AgeByDeprivationSlope
    age = [a.median_age_from_years, a.median_age_to_years]
    points = part[[a.quintile, *age, a.areas_count, a.mean_prevalence, a.fitted_prevalence]].itertuples(index=False)
    picture: dict[str, Any] = {
        "outcome": name[0],
        "label": subject(name[0]),
        "domain": subject(f"{name[1]}_2019_score"),
        "unit": "points" if name[0].endswith("_points") else "percent",
        "points": [[*numbers(p), bool(flag)] for p, flag in zip(points, part[a.is_sparse], strict=True)],
        "lines": [],
    }
    if lines is not None and len(lines):
        columns = [s.quintile, s.intercept, s.slope_per_year, s.slope_lower_95, s.slope_upper_95, s.areas_count]
        picture["lines"] = [numbers(row) for row in lines[columns].itertuples(index=False)]
        first = lines.iloc[0]
        picture["test"] = numbers(first[[s.interaction_f, s.interaction_p_value, s.interaction_q_value, s.r_squared]])
        picture["n"] = _number(first[s.n_count])
        picture["reason"] = None if pd.isna(first[s.reason]) else REASONS.get(first[s.reason], first[s.reason])
    return picture
