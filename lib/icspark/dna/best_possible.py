"""How far a model is from the best possible score: the planted chances of a simulated region on the same appointments.

The observable chance is what one could know at the prediction point; no score ranks better than it does, but for luck.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import scipy
from pydantic import Field
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from icspark.config import JobConfig
from icspark.dna.bootstrap import Resampling
from icspark.dna.comparison import Difference, compared
from icspark.dna.evaluation import ALL, Enough, Measured, Rows, Terms, evaluate
from icspark.dna.fitted import FittedModel
from icspark.dna.judging import gathered
from icspark.dna.ranking import Floats
from icspark.errors import ConfigurationError
from icspark.quality.findings import Finding
from icspark.tables.dna import DnaFeature
from icspark.tables.truth import TruthAppointment

QUINTILE = "imd_2019_quintile"
PLANTED = "planted_probability"
SHOWN = {
    "auroc": ("area", "area under the ROC curve: that of the planted observable chance, and the model's"),
    "brier": ("mean square", "Brier score: that of the planted observable chance, and the model's"),
    "calibration_in_the_large": ("log odds", "calibration in the large: of the planted chance, and the model's"),
    "calibration_slope": ("slope", "calibration slope: of the planted chance, and the model's"),
}
"""Measures that are compared -> their unit and meaning."""

_DAYS = {
    14: TruthAppointment.observable_14_days_before_probability,
    7: TruthAppointment.observable_7_days_before_probability,
    2: TruthAppointment.observable_2_days_before_probability,
}


class Bounds(JobConfig):
    """How near to the best the model has to be, and how well calibrated."""

    auroc_below_best: float = Field(0.01, ge=0, description="area under the ROC curve that the best may be above it")
    slope_from: float = Field(0.9, description="least calibration slope")
    slope_to: float = Field(1.1, description="greatest calibration slope")
    in_the_large: float = Field(0.1, ge=0, description="greatest calibration in the large, either way, in log odds")


def observable(point: str, days_before: int) -> Column:
    """Return the planted chance given what is observable at the prediction point of each row.

    A row whose point is its booking takes that of booking. Raises ConfigurationError for days that the truth lacks.
    """
    at_booking = F.col(TruthAppointment.observable_at_booking_probability)
    if point == "at_booking":
        return at_booking
    if days_before not in _DAYS:
        known = ", ".join(str(days) for days in _DAYS)
        raise ConfigurationError(
            "the truth knows no such prediction point", where="dna_features.days_before", expected=known
        )
    is_at_booking = F.col(DnaFeature.is_point_at_booking)
    return F.when(is_at_booking, at_booking).otherwise(F.coalesce(F.col(_DAYS[days_before]), at_booking))


def with_planted(rows: DataFrame, truth: DataFrame, chance: Column) -> DataFrame:
    """Return the rows that have a planted chance, with it. One row stays one row; TruthAppointment has one each."""
    columns = [name for name in truth.columns if name == DnaFeature.appointment_id or name.startswith("observable")]
    joined = rows.join(truth.select(*columns), DnaFeature.appointment_id, "inner")
    known = joined.withColumn(PLANTED, chance).where(F.col(PLANTED).isNotNull())
    return known.select(*rows.columns, PLANTED)


@dataclass(frozen=True)
class Chances:
    """Chances of the same appointments: the model's (in `rows`), the planted ones, those of other models by name."""

    rows: Rows
    planted: Floats
    others: Mapping[str, Floats] = field(default_factory=dict)


def all_chances(
    rows: DataFrame, model: FittedModel, others: Mapping[str, FittedModel], *, ceiling_bytes: int
) -> Chances:
    """Return the chances of rows of `with_planted`, gathered once for all models."""
    names = dict.fromkeys(name for one in (model, *others.values()) for name in one.features)
    extract = gathered(rows, tuple(names), ceiling_bytes)
    table = rows.select(DnaFeature.appointment_id, PLANTED).toArrow().sort_by(DnaFeature.appointment_id)
    nobody = np.zeros(len(extract), dtype=bool)
    scored = Rows(extract.is_dna, model.predict(extract.features), extract.person, nobody, extract.groups)
    beside = {name: other.predict(extract.features) for name, other in others.items()}
    return Chances(scored, np.asarray(table[1].to_numpy(), np.float64), beside)


def findings(chances: Chances, resampling: Resampling, bounds: Bounds) -> Iterator[Finding]:
    """Yield what the model and the planted chance make of the same appointments, overall and by deprivation quintile.

    Overall the model's figures must lie within the bounds. In a quintile the 95 % interval of calibration (Bonferroni
    over the quintiles) must meet them, as in the gates: the planted chance strays too. How far the model ranks above
    the planted chance, and above the other models, is noted with its limits.
    """
    own = replace(chances.rows, groups={QUINTILE: chances.rows.groups[QUINTILE]})
    planted = replace(own, probability=chances.planted)
    model, best = _figures(own, resampling), _figures(planted, Resampling(replicates=0))
    width = float(scipy.stats.norm.isf(0.025 / max(1, len({group for group, _ in model}) - 1)))
    for (group, measure), one in model.items():
        at_best = best[group, measure].value if (group, measure) in best else np.nan
        reach = 0.0 if group == ALL else width * one.standard_error
        lower, upper = _accepted(one, at_best, reach, bounds)
        unit, meaning = SHOWN[measure]
        yield Finding(measure, _subject(group), at_best, one.value, lower, upper, unit, meaning)
    for name, other in {"best": chances.planted, **chances.others}.items():
        yield from _difference(name, compared(own.outcome, (own.probability, other), own.person, resampling)["auroc"])


def _difference(name: str, found: Difference) -> Iterator[Finding]:
    meaning = f"the model's area under the ROC curve less that of {name.replace('_', ' ')}, same people drawn for both"
    for end, value in (("", found.value), ("lower 95 %", found.lower), ("upper 95 %", found.upper)):
        yield Finding(f"auroc_less_{name}", end, None, value, None, None, "difference of areas", meaning)


def _subject(group: str) -> str:
    return "" if group == ALL else f"{QUINTILE} {group}"


def _figures(rows: Rows, resampling: Resampling) -> dict[tuple[str, str], Measured]:
    """Return the figures of SHOWN of all and of each quintile that has enough outcomes."""
    found = evaluate(rows, Terms(resampling, Enough()))
    return {(one.group, one.measure): one for one in found if one.measure in SHOWN and one.reason is None}


def _accepted(one: Measured, best: float, reach: float, bounds: Bounds) -> tuple[float | None, float | None]:
    if one.measure == "auroc":
        return (best - bounds.auroc_below_best, None) if one.group == ALL else (None, None)
    limits = {
        "calibration_slope": (bounds.slope_from, bounds.slope_to),
        "calibration_in_the_large": (-bounds.in_the_large, bounds.in_the_large),
    }
    low, high = limits.get(one.measure, (None, None))
    return (None, None) if low is None or high is None else (low - reach, high + reach)
