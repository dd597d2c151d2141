"""Tables in a notebook: `tables = open_tables("conf/suffolk.yml")`, then `tables.read(AreaSummary)`."""

from __future__ import annotations

from pathlib import Path

from icspark import config, plan, session
from icspark.storage import Tables


def open_tables(conf: Path | str) -> Tables:
    """Return the tables of a configuration file, in the running session, or in one that is started."""
    environment = config.load(Path(conf), {name: job.config for name, job in plan.jobs().items()})
    return Tables(session.find_or_build(environment.session)[0], environment.storage)
