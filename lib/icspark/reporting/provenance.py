"""What a page says about where its figures come from: sources, editions, licences, and the run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from icspark.tables import reference
from icspark.tables.table import Table

RUN_LABELS = {
    "run_id": "Run",
    "started_at": "Started",
    "environment": "Environment",
    "package_version": "Version of icspark",
    "git_commit": "Commit",
    "config_hash": "Configuration (SHA-256)",
    "source_hash": "Installed source (SHA-256)",
}
"""Keys of a run's identity, as a page names them; others follow under their own names."""


@dataclass(frozen=True)
class Edition:
    """Which edition of a source a configuration names, and the date that it describes."""

    edition: str | None = None
    as_of: date | None = None

    def __str__(self) -> str:
        """Return the edition and the date, as far as they are known."""
        as_of = f"as of {self.as_of.day} {self.as_of:%B %Y}" if self.as_of else None
        return ", ".join(filter(None, (self.edition, as_of)))


def source_rows(tables: Iterable[type[Table]], editions: Mapping[str, Edition]) -> list[tuple[object, ...]]:
    """Return (table, what it is, source, edition, licence) of the tables on a page and of the sources behind them.

    `editions` are the configured sources by name; those that are reference tables follow the page's own.
    """
    behind = [table for name, table in reference_tables().items() if name in editions and table not in set(tables)]
    return [_source_row(table, str(editions.get(table.name(), ""))) for table in (*tables, *behind)]


def reference_tables() -> dict[str, type[Table]]:
    """Return the tables of open reference data by name."""
    found = (value for value in vars(reference).values() if isinstance(value, type) and issubclass(value, Table))
    return {table.name(): table for table in found if table is not Table}


def run_rows(run: Mapping[str, str], inputs: Mapping[str, str]) -> list[tuple[object, ...]]:
    """Return (name, value) of a run's identity and of the versions of the tables that it read."""
    known = [(RUN_LABELS[key], run[key]) for key in RUN_LABELS if run.get(key)]
    others = [(key.replace("_", " "), value) for key, value in sorted(run.items()) if key not in RUN_LABELS and value]
    versions = ", ".join(f"{name} {version}" for name, version in sorted(inputs.items()) if version != "None")
    return [*known, *others, *([("Versions of the tables read", versions)] if versions else [])]


def map_note(*, is_simulated: bool) -> str:
    """Return what stands below a picture of a map: its sources and licence, or that its data are simulated."""
    if is_simulated:
        return "Simulated data: nothing here is real."
    licence = "Open Government Licence v3.0. Contains OS data © Crown copyright and database right."
    return f"Source: ONS, NHS England, MHCLG; {licence}"


def _source_row(table: type[Table], edition: str) -> tuple[object, ...]:
    """Take source and licence from the table's description, in which each ends with its sentence."""
    text = " ".join(table.description().split())
    source = re.search(r"Source: (.*?)\.? Licence:", text)
    licence = re.search(r"Licence: (.*?)\.(?= |$)", text)
    told = [found.group(1) if found else "" for found in (source, licence)]
    return table.name(), table.grain(), told[0], edition, told[1]
