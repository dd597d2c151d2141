"""What a page shows of records: rates of areas as columns of the map, and their gradients over deprivation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

import numpy as np
import pandas as pd

from icspark.reporting.labels import REASONS, THEMES, Measure, subject
from icspark.tables.activity import MEANS, RATES, SHARES, ActivityGradient, AreaActivity
from icspark.tables.areas import AreaSummary
from icspark.tables.checks import SimulationCheck

THEME = THEMES[-1]
PER = "per 1,000 person-years"
SIGNIFICANT_DIGITS = 6

_TITLES = {
    "appointments": "Outpatient appointments",
    "admissions": "Admissions",
    "emergency_admissions": "Emergency admissions",
    "emergency_attendances": "Emergency attendances",
    "non_attendances": "Appointments not attended",
    "first_hba1c": "First HbA1c (mmol/mol)",
    "first_bmi": "First body mass index (kg/m²)",
}
_FORMS = {
    "rate_per_1000": PER,
    "standardised_rate_per_1000": f"age and sex standardised, {PER}",
    "standardised_ratio": "observed / expected for its age and sex",
    "share": "share",
    "mean": "mean",
}


def activity_measures(activity: pd.DataFrame) -> list[Measure]:
    """Return the columns of area_activity that a map can show; none where the table has no rows."""
    if activity.empty:
        return []
    forms = [(stem, form) for form in ("standardised_rate_per_1000", "rate_per_1000") for stem in RATES]
    forms += [(stem, "standardised_ratio") for stem in RATES]
    forms += [(stem, "share") for stem in SHARES] + [(stem, "mean") for stem in MEANS]
    last, years = int(activity[AreaActivity.year].iloc[0]), int(activity[AreaActivity.years_count].iloc[0])
    when = f"in {last}" if years == 1 else f"in the {years} years to {last}"
    return [_measure(stem, form, when) for stem, form in forms]


def _measure(stem: str, form: str, when: str) -> Measure:
    unit = "percent" if form == "share" else ""
    about = {**RATES, **{s: meaning for s, (_, meaning) in (SHARES | MEANS).items()}}[stem]
    name = f"{stem}_{form}"
    return Measure(
        name, f"{_TITLES[stem]}: {_FORMS[form]}", THEME, unit, "sequential", f"{about[:1].upper()}{about[1:]}, {when}"
    )


def with_activity(areas: pd.DataFrame, activity: pd.DataFrame) -> pd.DataFrame:
    """Return the areas with the columns of their activity; an area without any has nulls, and no row is added."""
    names = [measure.name for measure in activity_measures(activity)]
    own = activity.set_index(AreaActivity.lsoa_2011_code)[names] if names else None
    return areas if own is None else areas.join(own, on=AreaSummary.lsoa_2011_code)


def title(measure: str, basis: str = "crude") -> str:
    """Return what a measure of activity_gradient is called."""
    stem = _stem(measure)
    form = "standardised_rate_per_1000" if basis == "standardised" else measure.removeprefix(f"{stem}_")
    return f"{_TITLES[stem]}: {_FORMS[form]}"


def _stem(measure: str) -> str:
    return next(stem for stem in _TITLES if measure.startswith(f"{stem}_"))


def gradient_pictures(rows: pd.DataFrame, checks: pd.DataFrame | None = None) -> list[dict[str, Any]]:
    """Return one picture a measure, basis, index and year: points of the fifths, the line's ends, and both indices.

    A point is [fifth, rank, estimate, lower, upper, fitted, events, denominator, reason], from the least deprived; an
    index [value, lower, upper, p, reason]. Pictures without any estimate are left out. In a simulated region `checks`
    (rows of simulation_check) tell what was planted: crude figures have it by fifth and as slope.
    """
    g = ActivityGradient
    planted = {} if checks is None else _planted(checks)
    found = []
    for key, part in rows.groupby([g.measure, g.basis, g.domain, g.year], sort=True):
        measure, basis, domain, year = cast(tuple[str, str, str, int], key)
        by_part = part.set_index(g.part)
        fifths = by_part.drop(index=["slope_index", "relative_index"], errors="ignore").sort_index(ascending=False)
        if fifths[g.estimate].isna().all():
            continue
        names = [g.rank, g.estimate, g.lower_95, g.upper_95, g.fitted, g.events_count, g.denominator]
        rows_of_fifths = zip(fifths.index, fifths[names].to_numpy(), fifths[g.reason], strict=True)
        points = [[int(fifth), *_numbers(numbers), _reason(code)] for fifth, numbers, code in rows_of_fifths]
        found.append(
            {
                "measure": measure,
                "label": title(measure, basis),
                "domain": subject(f"{domain}_2019_score"),
                "year": int(year),
                "years": int(part[g.years_count].iloc[0]),
                "unit": "percent" if measure.endswith("_share") else "",
                "points": points,
                "slope": _index(by_part, "slope_index"),
                "relative": _index(by_part, "relative_index"),
                **(_planted_of(measure, domain, planted) if basis == "crude" else {}),
            }
        )
    return sorted(found, key=_place)


def _planted(checks: pd.DataFrame) -> dict[tuple[str, str], float]:
    c = SimulationCheck
    known = checks[checks[c.planted].notna()]
    return {
        (check, subject): float(value)
        for check, subject, value in known[[c.check_name, c.subject, c.planted]].to_numpy()
    }


def _planted_of(measure: str, domain: str, planted: Mapping[tuple[str, str], float]) -> dict[str, Any]:
    """Return what was planted in each fifth of a measure, from the least deprived, and in its slope; else nothing."""
    fifths = [planted.get((measure, f"{domain}|{fifth}")) for fifth in (5, 4, 3, 2, 1)]
    if all(value is None for value in fifths):
        return {}
    slope = planted.get((f"{measure}_slope_index", domain))
    values = _numbers(np.nan if value is None else value for value in (*fifths, slope))
    return {"planted": values[:-1], "plantedSlope": values[-1]}


def _place(picture: dict[str, Any]) -> tuple[Any, ...]:
    """Order the whole index before its domains, newest years first, measures as the tables have them."""
    whole = subject("imd_2019_score")
    place = list(_TITLES).index(_stem(picture["measure"]))
    return picture["domain"] != whole, picture["domain"], -picture["year"], place, picture["label"]


def _index(by_part: pd.DataFrame, part: str) -> list[Any]:
    g = ActivityGradient
    if part not in by_part.index:
        return [None] * 4 + ["no figure"]
    row = cast("pd.Series[Any]", by_part.loc[part])
    return [*_numbers(row[[g.estimate, g.lower_95, g.upper_95, g.p_value]]), _reason(row[g.reason])]


def _numbers(values: Iterable[Any]) -> list[float | None]:
    known = (None if pd.isna(value) or not np.isfinite(float(value)) else float(value) for value in values)
    return [None if value is None else float(f"{value:.{SIGNIFICANT_DIGITS}g}") for value in known]


def _reason(code: Any) -> str | None:
    return None if pd.isna(code) else REASONS.get(code, str(code))
