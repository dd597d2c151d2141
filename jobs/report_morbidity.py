"""Write the page of conditions: their network, two groups side by side, a matrix, for whom and in which order."""

from __future__ import annotations

from pydantic import Field
from pyspark.sql import DataFrame

from icspark.config import JobConfig
from icspark.disclosure.gate import release
from icspark.job import Job
from icspark.reporting.morbidity_gathering import FURTHER, NEEDED, Limits, gather
from icspark.reporting.morbidity_page import About, morbidity_page
from icspark.reporting.network_picture import save_network
from icspark.tables.table import Table

READS = NEEDED
READS_IF_PRESENT = FURTHER
FOLDERS = ("morbidity",)


class Config(JobConfig):
    """How much the page holds."""

    most_edges: int = Field(3000, ge=1, description="edges that the page draws, the strongest first")
    matrix_conditions: int = Field(120, ge=2, le=400, description="conditions of the matrix, best connected first")
    most_trajectories: int = Field(200, ge=0, description="paths that the page holds, the commonest first")
    seed: int = Field(20261125, description="of the layout: the same seed gives the same picture")


def run(job: Job[Config]) -> None:
    """Write morbidity.html and morbidity_network.png; all frames go through disclosure control first."""
    config, environment = job.config, job.environment
    frames: dict[type[Table], DataFrame] = {table: job.read(table) for table in READS}
    present = ((table, job.read_if_present(table)) for table in READS_IF_PRESENT)
    frames.update((table, frame) for table, frame in present if frame is not None)
    limits = Limits(edges=config.most_edges, matrix=config.matrix_conditions, trajectories=config.most_trajectories)
    tables = gather(release(frames, environment.disclosure), limits)
    about = About(
        region=environment.region.name if environment.region else environment.name,
        is_simulated=environment.is_simulated,
        run=job.run,
        inputs=job.inputs,
        limits=limits,
        disclosure=environment.disclosure,
        seed=config.seed,
    )
    page, folder = morbidity_page(tables, about), job.folder("morbidity")
    (folder / "morbidity.html").write_text(page, encoding="utf-8")
    note = "Simulated data: nothing here is real." if environment.is_simulated else about.region
    save_network(tables, seed=config.seed, to=folder / "morbidity_network.png", note=note)
    job.note("page_bytes", len(page.encode()))
    job.note("edges_on_page", len(tables.edges))
