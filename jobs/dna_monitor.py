"""Watch the champion week by week: whom it sees, what it says, and whether it comes true; alarms are rows.

Weeks after its test window are held against that window, and against the same season a year before. Scores made at the
time count where there are any; other weeks are scored now, from what was known at each appointment's own point. Where
contacts are known, whoever was reached is told apart: a call changes what the score foretells. Limits and their budget
of false alarms: docs/decisions/non-attendance-monitoring.md. Without a champion there is nothing to watch.
"""

from __future__ import annotations

from pydantic import AwareDatetime, Field

from icspark.config import JobConfig
from icspark.dna import feature_source
from icspark.dna.in_use import feature_rows, model_in_use, require_features
from icspark.dna.monitor import VERSION, Champion, Watched, findings, monitor_frame
from icspark.dna.promotion import started
from icspark.dna.scoring import moment_of
from icspark.dna.tracking import Store
from icspark.job import Job
from icspark.tables.dna import Contact, DnaModel, DnaMonitor, DnaPromotion, DnaScore

READS = (DnaModel, DnaPromotion)
READS_IF_PRESENT = (*feature_source.ONE_OF, DnaScore, Contact)
NEEDS_ONE_OF = feature_source.ONE_OF
WRITES = (DnaMonitor,)


class Config(JobConfig):
    """Which model is watched, up to when, and how many false alarms are borne."""

    model_name: str = Field("dna_risk", min_length=1, description="name of the model in the registry")
    as_of: AwareDatetime | None = Field(
        None, description="moment of the watch: weeks that have ended by then are told; null: the start of the run"
    )
    false_alarms_per_year: float = Field(
        1.0, gt=0, le=52, description="false alarms in 52 weeks without drift, over all measures and groups together"
    )
    zone: str = Field("Europe/London", description="zone in which a moment belongs to a week")


def run(job: Job[Config]) -> None:
    """Write the weeks of the champion to dna_monitor; those of other versions stay."""
    config, store = job.config, Store(job.environment)
    models = job.read(DnaModel)
    row = model_in_use(job.read(DnaPromotion), models, model_name=config.model_name)
    if row is None:
        job.keep(*WRITES)
        job.note("is_without_champion", 1)
        return
    features = feature_rows(row, job.read_if_present(feature_source.TABLES[row[DnaModel.feature_source]]))
    champion = Champion.of(row, models, store.load)
    require_features(champion.model, row, features)
    weeks = champion.weeks(moment_of(config.as_of, started(job.run)), config.zone)
    watched = Watched(features, job.read_if_present(DnaScore), job.read_if_present(Contact))
    rows = findings(champion, watched, weeks, per_year=config.false_alarms_per_year)
    job.write(DnaMonitor, monitor_frame(job.spark, rows), replacing=VERSION)
    job.note("alarms", sum(bool(one[DnaMonitor.is_alarm]) for one in rows))
    job.note("weeks", len(weeks.mondays))
