"""Write the page of areas: maps of any column, ranks, practices, correlations, age and deprivation, in one file."""

from __future__ import annotations

from pydantic import Field
from pyspark.sql import DataFrame

from icspark.config import JobConfig
from icspark.disclosure.gate import release
from icspark.job import Job
from icspark.reporting.activity_content import activity_measures, gradient_pictures, with_activity
from icspark.reporting.areas_page import About, areas_page
from icspark.reporting.gathering import Limits, gather
from icspark.reporting.gradient_picture import save_gradients
from icspark.reporting.provenance import Edition, map_note
from icspark.reporting.static_map import save_map
from icspark.tables.activity import ActivityGradient, AreaActivity
from icspark.tables.areas import AreaSummary, PracticeSummary
from icspark.tables.checks import SimulationCheck
from icspark.tables.inequality import AgeByDeprivation, AgeByDeprivationSlope, Correlation
from icspark.tables.reference import Boundary, Postcode
from icspark.tables.table import Table

READS = (AreaSummary, PracticeSummary, Correlation, AgeByDeprivation, AgeByDeprivationSlope)
READS_IF_PRESENT = (Boundary, Postcode, AreaActivity, ActivityGradient, SimulationCheck)
FOLDERS = ("areas",)


class Config(JobConfig):
    """How much the page holds, and which column the picture beside it shows."""

    most_areas: int = Field(5000, ge=1, description="areas that one page may hold; above it there is no map")
    most_practices: int = Field(2000, ge=0, description="practices that one page may hold, the largest first")
    local_patients: int = Field(50, ge=1, description="patients in the region that a practice needs to be shown")
    picture: str = Field(
        "diabetes_prevalence", description="column of area_summary, or rate of area_activity, in area_map.png"
    )


def run(job: Job[Config]) -> None:
    """Write areas.html, area_map.png and activity_gradient.png; all frames go through disclosure control first."""
    frames: dict[type[Table], DataFrame] = {table: job.read(table) for table in READS}
    present = ((table, job.read_if_present(table)) for table in READS_IF_PRESENT)
    frames.update((table, frame) for table, frame in present if frame is not None)
    config, environment = job.config, job.environment
    limits = Limits(areas=config.most_areas, practices=config.most_practices, local_patients=config.local_patients)
    tables = gather(release(frames, environment.disclosure), limits)
    about = About(
        region=environment.region.name if environment.region else environment.name,
        is_simulated=environment.is_simulated,
        run=job.run,
        inputs=job.inputs,
        editions={name: Edition(source.edition, source.as_of) for name, source in environment.sources.items()},
        limits=limits,
    )
    page, folder = areas_page(tables, about), job.folder("areas")
    (folder / "areas.html").write_text(page, encoding="utf-8")
    note = map_note(is_simulated=environment.is_simulated)
    areas, others = with_activity(tables.areas, tables.activity), activity_measures(tables.activity)
    save_map(areas, tables.boundaries, config.picture, to=folder / "area_map.png", note=note, others=others)
    save_gradients(gradient_pictures(tables.gradient, tables.checks), to=folder / "activity_gradient.png", note=note)
    job.note("page_bytes", len(page.encode()))
    job.note("areas_on_page", len(tables.areas))
    job.note("practices_on_page", len(tables.practices))
