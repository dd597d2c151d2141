"""The page of areas: a map of any column, ranks, practices, correlations, age and deprivation, in one file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from icspark.reporting import shell
from icspark.reporting.areas_content import content, in_region
from icspark.reporting.embedding import script_json, table_rows
from icspark.reporting.gathering import Limits, PageTables
from icspark.reporting.outlines import TOLERANCE_METRES
from icspark.reporting.provenance import Edition, source_rows
from icspark.tables.activity import ActivityGradient, AreaActivity
from icspark.tables.areas import AreaSummary, PracticeSummary
from icspark.tables.inequality import AgeByDeprivation, AgeByDeprivationSlope, Correlation
from icspark.tables.reference import Boundary, Postcode
from icspark.tables.table import Table

SCRIPTS = ("base.js", "map.js", "ranking.js", "statistics.js", "gradient.js", "page.js")
ASSETS = shell.Assets("areas.html", ("areas.css",), SCRIPTS)
TABLES = (AreaSummary, PracticeSummary, Correlation, AgeByDeprivation, AgeByDeprivationSlope, Boundary, Postcode)
OF_RECORDS = (AreaActivity, ActivityGradient)


@dataclass(frozen=True)
class About(shell.About):
    """What the page says of itself; the editions of its sources too."""

    editions: Mapping[str, Edition] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)


def areas_page(tables: PageTables, about: About) -> str:
    """Return the page as one HTML document that asks the network for nothing.

    Every name and text is escaped; the browser is told to run no script but the page's own.
    """
    data = content(tables, region=about.region) | {
        "practicesNote": _practices_note(tables, about),
        "leftOut": _left_out(tables, about),
    }
    values = {
        "title": f"Health and deprivation in {about.region}",
        "lede": _lede(tables, about),
        "tolerance": round(TOLERANCE_METRES),
        "sources": table_rows(source_rows(_tables(tables), about.editions)),
        "content": script_json(data),
    }
    return shell.page(ASSETS, about, values)


def _tables(tables: PageTables) -> tuple[type[Table], ...]:
    there = {AreaActivity: tables.activity, ActivityGradient: tables.gradient}
    return (*TABLES, *[table for table in OF_RECORDS if not there[table].empty])


def _lede(tables: PageTables, about: About) -> str:
    inside = int(in_region(tables.areas).sum()) if len(tables.areas) else 0
    made = "simulated data" if about.is_simulated else "published open data"
    started = f" on {about.run['started_at']}" if about.run.get("started_at") else ""
    return (
        f"{inside:,} small areas (LSOA 2011) and {len(tables.practices):,} general practices. "
        f"Made from {made}{started}; everything is in this one file."
    )


def _left_out(tables: PageTables, about: About) -> str:
    parts = []
    if too_many := tables.counts.get("areas_too_many", 0):
        most = f"a page holds at most {about.limits.areas:,}"
        parts.append(
            f"{too_many:,} areas are too many for one page ({most}), so there is no map: configure a smaller region."
        )
    elif (outside := tables.counts.get("areas", 0) - len(tables.areas)) > 0:
        parts.append(f"{outside:,} areas outside {about.region} are in the table area_summary and not on this page.")
    return " ".join(parts)


def _practices_note(tables: PageTables, about: About) -> str:
    counts, least = tables.counts, about.limits.local_patients
    notes = [f"Shown are practices with at least {least} patients in {about.region}."]
    if partial := counts.get("practices_partial", 0):
        notes.append(
            f"{partial:,} more have a few patients here, of whose registrations the extract holds only some: left out."
        )
    if few := counts.get("practices_few", 0):
        notes.append(f"{few:,} more have fewer: left out.")
    if (more := counts.get("practices", 0) - len(tables.practices)) > 0:
        notes.append(f"{more:,} of the smallest are left out: a page holds at most {about.limits.practices:,}.")
    return " ".join(notes)
