"""Write the card of a model of non-attendance: use, performance, groups, promotion, effect and TRIPOD+AI, in one file.

It is kept with the model's run in the tracking store too. All frames go through disclosure control first.
"""

from __future__ import annotations

from pydantic import Field
from pyspark.sql import DataFrame

from icspark.config import JobConfig
from icspark.disclosure.gate import release
from icspark.dna.champion import reported_rows
from icspark.dna.judging import KNOWN_WINDOWS, TEST
from icspark.dna.tracking import Store
from icspark.job import Job
from icspark.reporting.dna_page import model_card
from icspark.reporting.dna_tables import gather
from icspark.reporting.shell import About
from icspark.tables.checks import DnaCheck
from icspark.tables.dna import DnaCurve, DnaEvaluation, DnaLeakAudit, DnaModel, DnaMonitor, DnaPromotion
from icspark.tables.table import Table

READS = (DnaModel, DnaEvaluation, DnaCurve)
READS_IF_PRESENT = (DnaPromotion, DnaLeakAudit, DnaMonitor, DnaCheck)
FOLDERS = ("dna",)
PAGE = "model_card.html"


class Config(JobConfig):
    """Which version the card is of, and which window it shows."""

    model_name: str = Field("dna_risk", min_length=1, description="name of the model in the registry")
    version: int | None = Field(None, ge=1, description="version of the card; null: the champion, else the newest")
    window: str = Field(TEST, description=f"window that is drawn: {KNOWN_WINDOWS}")


def run(job: Job[Config]) -> None:
    """Write model_card.html, and keep it with the run that made the model."""
    config, environment = job.config, job.environment
    frames: dict[type[Table], DataFrame] = {table: job.read(table) for table in READS}
    present = ((table, job.read_if_present(table)) for table in READS_IF_PRESENT)
    frames.update((table, frame) for table, frame in present if frame is not None)
    model, judged = reported_rows(
        frames[DnaModel], frames.get(DnaPromotion), model_name=config.model_name, version=config.version
    )
    card = gather(release(frames, environment.disclosure), model, judged, window=config.window)
    region = environment.region.name if environment.region else environment.name
    page = model_card(card, About(region, environment.is_simulated, job.run, job.inputs))
    (job.folder("dna") / PAGE).write_text(page, encoding="utf-8")
    Store(environment).log_artifacts(model[DnaModel.mlflow_run_id], {PAGE: page.encode()})
    job.note("page_bytes", len(page.encode()))
