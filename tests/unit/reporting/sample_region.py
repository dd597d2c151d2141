"""A made-up region of twelve square areas: small enough to work out by hand, with names that try to be markup."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import shapely

from icspark.reporting.areas_page import About
from icspark.reporting.gathering import EASTING, NO_PLACE, NORTHING, PageTables
from icspark.reporting.provenance import Edition
from icspark.tables.areas import OUTCOMES, AreaSummary, PracticeSummary
from icspark.tables.codes import SEVEN_DOMAINS
from icspark.tables.inequality import AgeByDeprivation, AgeByDeprivationSlope, Correlation
from icspark.tables.reference import Boundary
from icspark.tables.table import Table

SCRIPT_NAME = "<script>window.broken_in = 1</script>\"'& 001A"
TAG_NAME = "</script><img src=x onerror='window.broken_in = 2'>"
CODES = [f"E0100000{i}" if i < 10 else f"E010000{i}" for i in range(1, 13)]
SIDE_METRES, WEST, SOUTH = 1000, 600_000, 240_000


def squares(epsg: int = 27700) -> pd.DataFrame:
    """Return the boundaries: four columns and three rows of squares, from the south-west."""
    rows = []
    for i, code in enumerate(CODES):
        x, y = WEST + SIDE_METRES * (i % 4), SOUTH + SIDE_METRES * (i // 4)
        box = (x, y, x + SIDE_METRES, y + SIDE_METRES)
        name = SCRIPT_NAME if i == 0 else f"{'Eastfield' if i % 4 > 1 else 'Westfield'} 001{'ABCDEFGHIJKL'[i]}"
        wkb = shapely.to_wkb(shapely.box(*box))
        rows.append(("lsoa_2011", code, name, epsg, wkb, *(float(v) for v in box)))
    return pd.DataFrame(rows, columns=list(Boundary.columns()))


def areas() -> pd.DataFrame:
    """Return the summary: the twelfth area has no figures, the eleventh is outside the region."""
    rows = [
        {name: _figure(name, spec.data_type.simpleString(), i) for name, spec in AreaSummary.columns().items()}
        for i in range(12)
    ]
    frame = pd.DataFrame(rows, columns=list(AreaSummary.columns()), dtype=object)
    names = squares()[Boundary.area_name]
    frame[AreaSummary.lsoa_2011_code], frame[AreaSummary.lsoa_2011_name] = CODES, names
    frame[AreaSummary.in_region] = [i != 10 for i in range(12)]
    frame[AreaSummary.summary_reason] = [None] * 11 + ["partial"]
    frame.loc[11, [*OUTCOMES, AreaSummary.registered_patients_count]] = None
    return frame


def practices() -> pd.DataFrame:
    """Return four practices: one with a place, three without, each for its own reason."""
    rows = [
        {name: _figure(name, spec.data_type.simpleString(), i) for name, spec in PracticeSummary.columns().items()}
        for i in range(4)
    ]
    frame = pd.DataFrame(rows, columns=list(PracticeSummary.columns()), dtype=object)
    frame[PracticeSummary.practice_code] = ["D81001", "D81002", "D81003", "D81004"]
    frame[PracticeSummary.practice_name] = ["THE SURGERY", TAG_NAME, "RIVER PRACTICE", "HILL PRACTICE"]
    frame[PracticeSummary.region_share] = [1.0, 0.9, 0.8, 0.7]
    frame[PracticeSummary.summary_reason] = None
    frame[PracticeSummary.postcode] = ["IP1 1AA", None, "CB1 1AA", "IP9 9ZZ"]
    frame[EASTING], frame[NORTHING] = [601_500.0, np.nan, np.nan, np.nan], [241_500.0, np.nan, np.nan, np.nan]
    frame[NO_PLACE] = [None, "no_postcode", "postcode_not_in_directory", "no_coordinates"]
    return frame


def _figure(name: str, kind: str, i: int) -> Any:
    if kind == "boolean":
        return True
    if kind == "string":
        return "unchanged" if i % 3 else "sum_of_parts"
    if kind == "date" or name.endswith("_local_bin"):
        return None
    if name.endswith(("_quintile", "_decile")):
        return 1 + i % 5
    if kind == "bigint":
        return 1000 + 37 * i
    if name == "cancer_prevalence":
        return round(0.03 + 0.0004 * i * i, 6)
    return round(0.4 + 0.01 * i, 4) if name.endswith("_share") else round(0.03 + 0.004 * i, 4)


def correlation() -> pd.DataFrame:
    """Return two heat maps: areas with clustered limits, practices with a cell that has no figure."""
    rows = []
    for o, outcome in enumerate(("diabetes_prevalence", "asthma_prevalence")):
        for f, domain in enumerate(SEVEN_DOMAINS):
            r = round(0.7 - 0.1 * f - 0.35 * o, 2)
            q = 0.2 if abs(r) < 0.12 else 0.001
            limits = (r - 0.05, r + 0.05, q / 2, q, r - 0.3, r + 0.3, 7, 200, None)
            rows.append(
                ("lsoa", "domains", outcome, f"{domain}_2019_score", "male_share,median_age_years", 441, r, *limits)
            )
    constant = (*[None] * 9, "constant")
    rows.append(
        (
            "practice",
            "unadjusted",
            "diabetes_prevalence",
            "imd_2019_score",
            None,
            87,
            -0.26,
            -0.45,
            -0.05,
            0.01,
            0.02,
            *[None] * 5,
        )
    )
    rows.append(("practice", "unadjusted", "asthma_prevalence", "imd_2019_score", None, 87, *constant))
    return pd.DataFrame(rows, columns=list(Correlation.columns()))


def ages() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the cells and the fitted lines of one outcome; the oldest band is sparse, one cell is empty."""
    cells, lines = [], []
    for q in range(1, 6):
        for start in (30, 35, 40):
            is_empty = q == 5 and start == 40
            mean = None if is_empty else 0.09 - 0.008 * q + 0.0006 * (start - 30)
            cells.append(
                ("diabetes_prevalence", "imd", start, q, start + 5, 0 if is_empty else 12, mean, mean, start == 40)
            )
        statistics = (0.06, 0.0006, 0.0001, 0.0004, 0.0008, 3.25, 0.012, 0.024, 0.31, None)
        lines.append(("diabetes_prevalence", "imd", q, 36, 180, *statistics))
    return (
        pd.DataFrame(cells, columns=list(AgeByDeprivation.columns())),
        pd.DataFrame(lines, columns=list(AgeByDeprivationSlope.columns())),
    )


def page_tables(**changed: Any) -> PageTables:
    """Return all that a page is made of."""
    cells, lines = ages()
    given = {
        "areas": areas(),
        "practices": practices(),
        "boundaries": squares(),
        "correlation": correlation(),
        "ages": cells,
        "slopes": lines,
        "counts": {"areas": 12, "areas_too_many": 0, "practices": 4, "practices_few": 2, "practices_partial": 3},
    }
    return PageTables(**{**given, **changed})


def about(**changed: Any) -> About:
    """Return what the page says of itself."""
    run = {
        "run_id": "20260102T030405-abcdef",
        "started_at": "2026-01-02 03:04:05 UTC",
        "config_hash": "0" * 64,
        "git_commit": "",
    }
    given = {"region": "Fieldshire", "run": run, "inputs": {"area_summary": "3", "postcode": "None"}}
    return About(**{**given, "editions": {"population": Edition("mid-2019")}, **changed})


def empty(table: type[Table]) -> pd.DataFrame:
    """Return a table without rows."""
    return pd.DataFrame(columns=list(table.columns()))
