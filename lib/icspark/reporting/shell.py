"""What every page has: its head, the word that its data are simulated, its styles and scripts, and the run's record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import icspark
from icspark.reporting.embedding import asset, fill, self_contained, table_rows
from icspark.reporting.provenance import run_rows

SIMULATED = "Simulated data. No person, practice or figure on this page is real; nothing here describes a real place."


@dataclass(frozen=True)
class About:
    """What a page says of itself: its region, and the run that made it."""

    region: str
    is_simulated: bool = False
    run: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Assets:
    """Names of the files of a page: the template of its body, its styles and its scripts, in order."""

    body: str
    styles: tuple[str, ...]
    scripts: tuple[str, ...]


def page(assets: Assets, about: About, values: Mapping[str, object], *, simulated: str = SIMULATED) -> str:
    """Return a page as one HTML document that asks the network for nothing; every value is escaped.

    The body may name `values` (`title` is one of them), and must name `banner` (`simulated`, where the data are) and
    `run` (the section with the run's record).
    """
    banner = fill('<div class="simulated" role="note">$said</div>', {"said": simulated}) if about.is_simulated else ""
    run = fill(asset("run.html"), {"rows": table_rows(run_rows(about.run, about.inputs))})
    body = fill(asset(assets.body), {**values, "banner": banner, "run": run})
    styles, scripts = ("\n".join(map(asset, names)) for names in (assets.styles, assets.scripts))
    shared = {"title": values["title"], "version": icspark.__version__, "body": body}
    return self_contained(asset("shell.html"), styles=styles, scripts=scripts, values=shared)
