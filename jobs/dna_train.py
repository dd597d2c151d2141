"""Train models of non-attendance on the past, calibrate them on what follows, and register them in MLflow.

A model of each kind is searched on folds in time, fitted on the training window, and given calibrator and threshold on
the validation window; the test window is not looked at: docs/decisions/non-attendance-model.md.
"""

from __future__ import annotations

from pydantic import Field

from icspark.dna.extract import MEGABYTE, compact, outcome_days, outcome_rows, sampled_people
from icspark.dna.feature_source import ONE_OF, TABLES, SourceName, chosen_names, feature_rows, look_back_days
from icspark.dna.model_table import model_frame
from icspark.dna.origin import Origin
from icspark.dna.pipelines import require_kinds
from icspark.dna.registering import register
from icspark.dna.tracking import Store
from icspark.dna.training import Rules
from icspark.dna.windows import WindowConfig, windows_between
from icspark.job import Job
from icspark.tables.dna import DnaModel

READS_IF_PRESENT = ONE_OF
NEEDS_ONE_OF = ONE_OF
WRITES = (DnaModel,)


class Config(Rules):
    """What is trained, on which features and windows, and how."""

    feature_source: SourceName = Field("dna_feature", description="dna_feature or flat_appointment")
    features: tuple[str, ...] = Field((), description="columns of the source; empty: all but protected ones")
    extra_features: tuple[str, ...] = Field((), description="extra features of dna_feature, beside `features`")
    protected_features: tuple[str, ...] = Field((), description="protected characteristics that are features too")
    groups: tuple[str, ...] | None = Field(None, description="columns to judge by; null: all the usual ones there are")
    windows: WindowConfig = Field(default_factory=WindowConfig)
    sample_share: float = Field(1, gt=0, le=1, description="share of the people, chosen by a hash")
    extract_ceiling_megabytes: int = Field(900, ge=1, description="memory of the driver that the extract may take")


def run(job: Job[Config]) -> None:
    """Write one row of dna_model for each version."""
    config, store = job.config, Store(job.environment)
    require_kinds(config.kinds)
    store.require_reachable(config.model_name)
    table = TABLES[config.feature_source]
    rows = feature_rows(config.feature_source, job.read_if_present(table))
    names = chosen_names(config.feature_source, rows, config.features, config.protected_features)
    back = look_back_days(config.feature_source, job.environment.sections["dna_features"].model_dump())
    windows = windows_between(*outcome_days(rows), config.windows, look_back_days=back)
    end = windows.test_to if config.refit else windows.validate_to
    sample = sampled_people(rows, config.sample_share, seed=config.seed)
    wanted = outcome_rows(sample, start=windows.train_from, end=end)
    chosen, ceiling = (*names, *config.extra_features), config.extract_ceiling_megabytes
    extract = compact(wanted, chosen, ceiling_bytes=ceiling * MEGABYTE, groups=config.groups)
    said, is_simulated = config.model_dump(exclude={"windows", "features"}), job.environment.is_simulated
    origin = Origin(config.feature_source, job.version_read(table), windows, job.run, said, is_simulated)
    versions = model_frame(job.spark, register(store, extract, origin, config))
    job.write(DnaModel, versions, replacing=("model_name", "model_version"))
