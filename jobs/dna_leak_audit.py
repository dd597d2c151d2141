"""Prove that no feature knows anything of later: change all that came after each cut, make them again, and compare.

For each cut everything known only after it is changed or taken away in the inputs; rows of dna_feature whose point is
at or before it must stay as they are, in every column. A leak is a finding, not an error: the gates of promotion read
it. The features are made by the rules of the section dna_features; audits of other versions of them stay.
docs/decisions/non-attendance-features.md.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field
from pyspark.sql import DataFrame

from icspark.config import JobConfig
from icspark.dna.extra_features import extra_names, with_extra_columns
from icspark.dna.features import NEEDED, USED_IF_PRESENT, Inputs, build_dna_feature
from icspark.dna.leak_audit import Audit, Cut, audited, cut_times, span_of_points
from icspark.dna.points import FeatureRules
from icspark.job import Job
from icspark.tables.dna import DnaFeature, DnaLeakAudit

READS = (DnaFeature, *NEEDED.values())
READS_IF_PRESENT = tuple(USED_IF_PRESENT.values())
WRITES = (DnaLeakAudit,)


class Config(JobConfig):
    """How many cuts, and over how many of the persons."""

    cuts: int = Field(12, ge=12, le=400, description="moments from which on everything is changed")
    sample_share: float = Field(
        1.0, gt=0, le=1, description="share of whole persons compared, by a hash; the region's rates are of everybody"
    )


def run(job: Job[Config]) -> None:
    """Write dna_leak_audit."""
    rules = FeatureRules(**job.environment.sections["dna_features"].model_dump())
    features = job.read(DnaFeature)
    names = extra_names(features)
    tables: dict[str, Any] = {name: job.read(table) for name, table in NEEDED.items()}
    perhaps: dict[str, Any] = {name: job.read_if_present(table) for name, table in USED_IF_PRESENT.items()}
    moments = cut_times(*span_of_points(features), count=job.config.cuts, zone=rules.zone)
    cuts = [Cut(moment, rules.zone) for moment in moments]
    audit = Audit(cuts, job.version_read(DnaFeature), job.config.sample_share)

    def made_again(inputs: Inputs) -> DataFrame:
        return with_extra_columns(build_dna_feature(inputs, rules), names)

    found = audited(with_extra_columns(features, names), Inputs(**tables, **perhaps), made_again, audit)
    job.write(DnaLeakAudit, found, replacing=(DnaLeakAudit.feature_version,))
