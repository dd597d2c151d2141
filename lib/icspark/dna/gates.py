"""The gates between a model and the name `champion`: what each looks at, and whether it lets the model through.

docs/decisions/non-attendance-gates.md tells why the limits stand where they do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import numpy as np
import pandas as pd
import scipy
from pydantic import Field

from icspark.config import JobConfig
from icspark.dna.comparison import Difference
from icspark.dna.evaluation import OVERALL
from icspark.tables.dna import DnaEvaluation, DnaFeature, DnaLeakAudit

Decision = Literal["promoted", "refused", "overridden"]
SLOPE, LARGE = "calibration_slope", "calibration_in_the_large"
JUDGED_AGAINST_CHAMPION = ("auroc", "scaled_brier")
_ENOUGH = "_enough"


class GateLimits(JobConfig):
    """What a model is held to before it may be champion."""

    slope_from: float = Field(0.9, gt=0, lt=1, description="least calibration slope")
    slope_to: float = Field(1.1, gt=1, description="greatest calibration slope")
    in_the_large: float = Field(0.1, gt=0, description="greatest calibration in the large, either way, in log odds")
    fewest_outcomes: int = Field(
        200, ge=100, description="outcomes, and attendances, below which a group is not assessed"
    )
    margin: float = Field(
        0.01, ge=0, description="AUROC and scaled Brier may be this much below the champion's, lower 95 % limit"
    )
    fewest_cuts: int = Field(12, ge=1, description="cut times that the leak audit must have looked at")
    refit_days: int = Field(90, ge=0, description="days after its parent was trained within which a refit may follow")
    refit_mean_change: float = Field(0.01, ge=0, description="greatest mean change of probability by a refit")
    refit_largest_change: float = Field(0.2, ge=0, description="greatest change of any probability by a refit")


@dataclass(frozen=True)
class Gate:
    """What one gate found: a row of dna_promotion.

    `lower` and `upper` bound the interval that was judged, where one was. `is_passed` is None where the gate could not
    be assessed and need not be; `group` is `column=group`, or overall.
    """

    gate: str
    limit: str
    is_passed: bool | None
    value: float | None = None
    lower: float | None = None
    upper: float | None = None
    group: str = OVERALL


def decision(gates: Sequence[Gate], *, is_overruled: bool) -> Decision:
    """Return what follows from the gates: every one that was assessed must let the model through."""
    if all(gate.is_passed is not False for gate in gates):
        return "promoted"
    return "overridden" if is_overruled else "refused"


def data_version_gate(evaluation: pd.DataFrame, model: Mapping[str, Any]) -> Gate:
    """Return whether there is an evaluation on the version of the features that the model says it was trained on.

    `evaluation` holds the rows of the model and window that are judged, of any version.
    """
    versions = sorted({int(version) for version in evaluation[DnaEvaluation.feature_version]})
    claimed = int(model["feature_version"])
    found = f"; evaluated on {', '.join(map(str, versions)) or 'none'}"
    return Gate("data_version", f"evaluated on version {claimed}{found}", claimed in versions, float(claimed))


def leak_gate(audit: pd.DataFrame | None, model: Mapping[str, Any], limits: GateLimits) -> Gate:
    """Return whether every feature of the model was audited, in its version, at enough cut times, without a leak.

    The value is the number of columns and cut times with a leak; a flat table has no audit, and is refused.
    """
    asked = f"no leak at {limits.fewest_cuts} cut times or more of version {model['feature_version']}"
    if model["feature_source"] != DnaFeature.name():
        return Gate("leak_audit", f"{asked}; {model['feature_source']} cannot be audited", False)
    of_version = None if audit is None else audit[audit[DnaLeakAudit.feature_version] == model["feature_version"]]
    if of_version is None or of_version.empty:
        return Gate("leak_audit", f"{asked}; it has not been audited", False)
    leaks, cuts = int(of_version[DnaLeakAudit.is_leak].sum()), of_version[DnaLeakAudit.cut_datetime].nunique()
    if passed_over := sorted({*model["features"]} - {*of_version[DnaLeakAudit.column_name]}):
        return Gate("leak_audit", f"{asked}; not audited: {', '.join(passed_over)}", False, float(leaks))
    return Gate("leak_audit", f"{asked}; {cuts} looked at", leaks == 0 and cuts >= limits.fewest_cuts, float(leaks))


def calibration_gates(evaluation: pd.DataFrame, limits: GateLimits) -> list[Gate]:
    """Return the gates of calibration slope and in the large, overall and in every group with enough outcomes.

    Overall the estimate must lie within the limits. A group is refused only where its 95 % interval (value -+ z
    standard errors, Bonferroni over the groups assessed) lies wholly outside them; too few outcomes are not assessed.
    """
    measured = evaluation[evaluation[DnaEvaluation.measure].isin([SLOPE, LARGE])]
    is_group = measured[DnaEvaluation.group_by] != OVERALL
    enough = _are_enough(measured, limits) & measured[DnaEvaluation.standard_error].notna()
    groups = measured[is_group & enough].groupby([DnaEvaluation.group_by, DnaEvaluation.group]).ngroups
    width = float(scipy.stats.norm.isf(0.025 / max(groups, 1)))
    columns = list(measured.columns)
    rows = [
        {**dict(zip(columns, row, strict=True)), _ENOUGH: bool(is_enough)}
        for row, is_enough in zip(measured.itertuples(index=False), enough, strict=True)
    ]
    own = [row for row in rows if row[DnaEvaluation.group_by] == OVERALL]
    found = [_overall(measure, own, limits) for measure in (LARGE, SLOPE)]
    return found + [_group(row, limits, width, groups) for row in rows if row[DnaEvaluation.group_by] != OVERALL]


def champion_gates(differences: Mapping[str, Difference] | None, limits: GateLimits) -> list[Gate]:
    """Return whether the model is not worse than the champion on the same window, in ranking and in squared error.

    Not worse: the lower limit of the paired difference is not below the margin. Without a champion there is nothing to
    compare with, and the other gates decide alone.
    """
    if differences is None:
        return [Gate("not_worse_than_champion", "there is no champion: the other gates decide alone", None)]
    return [_not_worse(measure, differences[measure], limits.margin) for measure in JUDGED_AGAINST_CHAMPION]


def refit_gates(
    child: Mapping[str, Any], parent: Mapping[str, Any], decided: datetime, limits: GateLimits
) -> list[Gate]:
    """Return whether a refit is near enough to the version that was evaluated: soon after it, and little changed.

    `decided` has a zone; the times of the rows are as Spark gives them, in the zone of this process.
    """
    days = (decided - parent["trained_datetime"].astimezone(UTC)).total_seconds() / 86_400
    same = child["calibrator"] == parent["calibrator"] and list(child["features"]) == list(parent["features"])
    mean, largest = child["mean_probability_change"], child["largest_probability_change"]
    return [
        Gate("refit_age", f"at most {limits.refit_days} days", 0 <= days <= limits.refit_days, round(days, 6)),
        Gate("refit_alike", "same features and kind of calibrator as its parent", same),
        _at_most("refit_mean_change", mean, limits.refit_mean_change),
        _at_most("refit_largest_change", largest, limits.refit_largest_change),
    ]


def _are_enough(rows: pd.DataFrame, limits: GateLimits) -> pd.Series[bool]:
    counts = rows[[DnaEvaluation.non_attendances_count, DnaEvaluation.attendances_count]]
    return (counts.min(axis=1) >= limits.fewest_outcomes) & rows[DnaEvaluation.value].notna()


def _bounds(measure: str, limits: GateLimits) -> tuple[float, float]:
    return (limits.slope_from, limits.slope_to) if measure == SLOPE else (-limits.in_the_large, limits.in_the_large)


def _overall(measure: str, rows: Sequence[Mapping[str, Any]], limits: GateLimits) -> Gate:
    low, high = _bounds(measure, limits)
    limit = f"{low:g} to {high:g}"
    found = next((row for row in rows if row[DnaEvaluation.measure] == measure and row[_ENOUGH]), None)
    if found is None:
        return Gate(measure, f"{limit}; fewer than {limits.fewest_outcomes} outcomes, or not defined", False)
    value = float(found[DnaEvaluation.value])
    interval = (float(found[DnaEvaluation.lower_95]), float(found[DnaEvaluation.upper_95]))
    return Gate(measure, limit, low <= value <= high, value, *interval)


def _group(row: Mapping[str, Any], limits: GateLimits, width: float, groups: int) -> Gate:
    measure, label = str(row[DnaEvaluation.measure]), f"{row[DnaEvaluation.group_by]}={row[DnaEvaluation.group]}"
    low, high = _bounds(measure, limits)
    limit = f"interval (Bonferroni over {groups} groups) meets {low:g} to {high:g}"
    if not row[_ENOUGH]:
        few = f"not assessed: fewer than {limits.fewest_outcomes} outcomes, or not defined"
        return Gate(measure, few, None, group=label)
    value, half = float(row[DnaEvaluation.value]), width * float(row[DnaEvaluation.standard_error])
    if not np.isfinite(half):
        return Gate(measure, "not assessed: its interval is not defined", None, value, group=label)
    lower, upper = value - half, value + half
    return Gate(measure, limit, lower <= high and upper >= low, value, lower, upper, label)


def _not_worse(measure: str, found: Difference, margin: float) -> Gate:
    limit = f"lower limit of the difference to the champion at {-margin:g} or above"
    return Gate(f"{measure}_against_champion", limit, found.lower >= -margin, found.value, found.lower, found.upper)


def _at_most(gate: str, value: float | None, limit: float) -> Gate:
    return Gate(gate, f"at most {limit:g}", value is not None and value <= limit, value)
