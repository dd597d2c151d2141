"""Write the page of a simulated region's checks: planted beside found, in one file of pictures.

Where a check fails, the jobs that need it are not run; `icspark run report_simulation --only` then draws what it wrote.
"""

from __future__ import annotations

from icspark.config import JobConfig
from icspark.job import Job
from icspark.reporting.checks_page import checks_page
from icspark.reporting.shell import About
from icspark.tables.checks import DnaCheck, MorbidityCheck, SimulationCheck

READS_IF_PRESENT = (SimulationCheck, DnaCheck, MorbidityCheck)
NEEDS_ONE_OF = READS_IF_PRESENT
FOLDERS = ("simulation",)


class Config(JobConfig):
    """Nothing to set: the page shows every check that was written."""


def run(job: Job[Config]) -> None:
    """Write simulation.html: a picture for each check of each table that is there."""
    environment = job.environment
    present = ((table.name(), job.read_if_present(table)) for table in READS_IF_PRESENT)
    found = {name: frame.toPandas() for name, frame in present if frame is not None}
    about = About(
        region=environment.region.name if environment.region else environment.name, run=job.run, inputs=job.inputs
    )
    page = checks_page(found, about)
    (job.folder("simulation") / "simulation.html").write_text(page, encoding="utf-8")
    job.note("page_bytes", len(page.encode()))
