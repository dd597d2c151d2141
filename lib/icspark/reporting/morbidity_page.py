"""The page of conditions: their network, two groups side by side, a matrix, for whom, in which order; in one file."""

from __future__ import annotations

from dataclasses import dataclass, field

from icspark.disclosure.config import DisclosureConfig
from icspark.errors import QualityError
from icspark.reporting import shell
from icspark.reporting.embedding import script_json, table_rows
from icspark.reporting.morbidity_content import content
from icspark.reporting.morbidity_gathering import FURTHER, NEEDED, Limits, MorbidityTables
from icspark.reporting.provenance import source_rows
from icspark.tables.morbidity import MorbidityNode
from icspark.tables.table import Table

SCRIPTS = ("base.js", "network.js", "neighbourhood.js", "contrast.js", "matrix.js", "enrichment.js", "flows.js",
           "morbidity.js")  # fmt: skip
ASSETS = shell.Assets("morbidity.html", ("areas.css", "morbidity.css"), SCRIPTS)
MOST_BYTES = 10_000_000
SIMULATED = "Simulated data. No person or figure on this page is real; what goes together here was planted."


@dataclass(frozen=True)
class About(shell.About):
    """What the page says of itself, and the seed of its layout."""

    limits: Limits = field(default_factory=Limits)
    disclosure: DisclosureConfig = field(default_factory=DisclosureConfig)
    seed: int = 1


def morbidity_page(tables: MorbidityTables, about: About) -> str:
    """Return the page as one HTML document that asks the network for nothing.

    Every name is escaped; the browser runs no script but the page's own. Raises QualityError where it would pass 10 MB.
    """
    data = content(tables, seed=about.seed) | {"leftOut": _left_out(tables, about), "firstSubject": _commonest(tables)}
    values = {
        "title": f"Conditions that go together in {about.region}",
        "lede": _lede(tables, about),
        "matrixnote": _matrix_note(tables),
        "threshold": about.disclosure.threshold,
        "base": about.disclosure.base,
        "sources": table_rows(source_rows(_tables(tables), {})),
        "content": script_json(data),
    }
    page = shell.page(ASSETS, about, values, simulated=SIMULATED)
    if len(page.encode()) > MOST_BYTES:
        raise QualityError(
            "the page would be too large to open",
            where="report_morbidity",
            expected=f"at most {MOST_BYTES // 10**6} MB",
            found=f"{len(page.encode()) / 1e6:.1f} MB",
            mend="lower most_edges or matrix_conditions of jobs.report_morbidity",
        )
    return page


def _tables(tables: MorbidityTables) -> tuple[type[Table], ...]:
    there = dict(zip(FURTHER, (tables.groups, tables.enrichment, tables.trajectories), strict=True))
    return (*NEEDED, *(table for table in FURTHER if not there[table].empty))


def _lede(tables: MorbidityTables, about: About) -> str:
    counted = tables.nodes[MorbidityNode.people_count].dropna()
    people = f", among {int(counted.iloc[0]):,} people" if len(counted) else ""
    of_simulated = " of simulated data" if about.is_simulated else ""
    started = f" Made on {about.run['started_at']}." if about.run.get("started_at") else ""
    return (
        f"{len(tables.nodes):,} conditions and {tables.counts['edges']:,} pairs{of_simulated} that go together more "
        f"often than chance{people}.{started} Everything is in this one file."
    )


def _left_out(tables: MorbidityTables, about: About) -> str:
    more = tables.counts["edges"] - len(tables.edges)
    return f"The weakest {more:,} edges are left out: a page holds {about.limits.edges:,}." if more > 0 else ""


def _matrix_note(tables: MorbidityTables) -> str:
    shown, every = tables.counts["matrix"], len(tables.nodes)
    which = (
        f"The {shown:,} conditions with the most edges, of {every:,}" if shown < every else f"All {every:,} conditions"
    )
    return f"{which}: the odds ratio of each with each other, whether it became an edge or not."


def _commonest(tables: MorbidityTables) -> str:
    """Return the condition that the page shows first of those of the enrichment: the one with the most edges."""
    if tables.nodes.empty:
        return ""
    ranked = tables.nodes.sort_values([MorbidityNode.degree, MorbidityNode.condition], ascending=[False, True])
    return str(ranked[MorbidityNode.condition].iloc[0])
