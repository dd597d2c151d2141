"""How measures, groups, gates and reasons of a model of non-attendance are called on a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

MEASURES = {
    "non_attendance_share": "Share not attended",
    "mean_probability": "Mean probability",
    "observed_over_expected": "Observed / expected",
    "auroc": "Area under the ROC curve",
    "average_precision": "Average precision",
    "brier": "Brier score",
    "scaled_brier": "Scaled Brier score",
    "calibration_in_the_large": "Calibration in the large",
    "calibration_slope": "Calibration slope",
    "e90": "E90",
    "eci": "Estimated calibration index",
    "listed_share": "Share on the list",
    "sensitivity_at_capacity": "Sensitivity at capacity",
    "precision_at_capacity": "Precision at capacity",
}
"""Measures in the order in which a page shows them; net benefit is drawn."""

GROUPS = {
    "imd_2019_quintile": "Deprivation, national fifth (1 most deprived)",
    "ethnic_group": "Ethnic group",
    "sex_code": "Sex",
    "age_band": "Age in years",
    "site_code": "Site",
    "is_first_attendance": "Kind of attendance",
    "is_without_history": "Known history",
}
_VALUES = {
    ("sex_code", "1"): "male",
    ("sex_code", "2"): "female",
    ("sex_code", "0"): "recorded as not known",
    ("sex_code", "9"): "not specified",
    ("is_first_attendance", "true"): "first attendance",
    ("is_first_attendance", "false"): "follow-up",
    ("is_without_history", "true"): "no earlier outcome",
    ("is_without_history", "false"): "some earlier outcome",
}
WINDOWS = {
    "validate": "Validation",
    "test": "Test",
    "test_unseen_people": "Test, people never seen before",
}
KINDS = {
    "logistic_regression": "logistic regression",
    "gradient_boosting": "gradient-boosted trees",
    "catboost": "gradient-boosted trees (CatBoost)",
}
GATES = {
    "data_version": "Evaluated on the data that it claims",
    "leak_audit": "No feature knows the future",
    "calibration_in_the_large": "Calibration in the large",
    "calibration_slope": "Calibration slope",
    "not_worse_than_champion": "Not worse than the champion",
    "auroc_against_champion": "Ranking against the champion",
    "scaled_brier_against_champion": "Squared error against the champion",
    "refit_age": "Refit soon after its parent",
    "refit_alike": "Refit of the same make",
    "refit_mean_change": "Mean change by the refit",
    "refit_largest_change": "Largest change by the refit",
}
REASONS = {
    "few_people": "too few people",
    "few_outcomes": "too few outcomes",
    "one_class": "one outcome only",
    "one_probability": "one probability only",
    "not_defined": "not defined",
    "outcomes_not_in": "outcomes not in yet",
}
DECISIONS = {"promoted": "Promoted", "refused": "Refused", "overridden": "Refused by a gate, and overruled by name"}
SHARES = (
    "non_attendance_share",
    "mean_probability",
    "listed_share",
    "sensitivity_at_capacity",
    "precision_at_capacity",
    "e90",
)
"""Measures told in percent."""


def group_name(group_by: str, group: str) -> str:
    """Return a group in words."""
    return _VALUES.get((group_by, group), group)


def kind_name(group_by: str) -> str:
    """Return what makes the groups, in words."""
    return GROUPS.get(group_by, group_by.replace("_", " "))


def place_of_kind(group_by: str) -> tuple[int, str]:
    """Return where a kind of groups stands among the others: the whole first, then as GROUPS has them."""
    order = ["overall", *GROUPS]
    return (order.index(group_by) if group_by in order else len(order)), group_by


def place_name(group_by: str, group: str) -> str:
    """Return a group with what makes it, in words."""
    return "overall" if group_by == "overall" else f"{kind_name(group_by)}: {group_name(group_by, group)}"


def told(measure: str, value: Any) -> str:
    """Return a measure as text: percent or three decimals; a dash where there is none."""
    if value is None or pd.isna(value):
        return "–"
    return f"{100 * value:.1f} %" if measure in SHARES else f"{value:.3f}"


def with_limits(row: Mapping[str, Any]) -> str:
    """Return the value of a row of dna_evaluation with its 95 % limits, or why there is none."""
    measure = str(row["measure"])
    if pd.isna(row["value"]):
        return REASONS.get(str(row["reason"]), "withheld")
    if pd.isna(row["lower_95"]) or pd.isna(row["upper_95"]):
        return told(measure, row["value"])
    return f"{told(measure, row['value'])} ({told(measure, row['lower_95'])} to {told(measure, row['upper_95'])})"
