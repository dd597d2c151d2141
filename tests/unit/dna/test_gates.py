"""Gates: each lets through and refuses what it should, and says value and limit."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import pytest
from scipy.stats import norm

from icspark.dna.comparison import Difference
from icspark.dna.gates import (
    Gate,
    GateLimits,
    calibration_gates,
    champion_gates,
    data_version_gate,
    decision,
    leak_gate,
    refit_gates,
)

LIMITS = GateLimits()
MODEL = {
    "feature_version": 4,
    "feature_source": "dna_feature",
    "trained_datetime": datetime(2025, 4, 1, tzinfo=UTC),
    "calibrator": "sigmoid",
    "features": ["age_years", "lead_days"],
    "mean_probability_change": 0.002,
    "largest_probability_change": 0.05,
}


def evaluation(*rows: tuple[str, str, str, float | None, float | None, int]) -> pd.DataFrame:
    """Return rows of dna_evaluation of (group_by, group, measure, value, standard error, non-attendances)."""
    names = ["group_by", "group", "measure", "value", "standard_error", "non_attendances_count"]
    frame = pd.DataFrame(rows, columns=names).astype({"value": float, "standard_error": float})
    frame["lower_95"] = frame["value"] - 1.96 * frame["standard_error"]
    frame["upper_95"] = frame["value"] + 1.96 * frame["standard_error"]
    frame["attendances_count"] = frame["non_attendances_count"] * 9
    frame["feature_version"] = 4
    return frame


GOOD = (
    ("overall", "all", "calibration_slope", 1.02, 0.03, 900),
    ("overall", "all", "calibration_in_the_large", -0.03, 0.03, 900),
)


def by_name(gates: list[Gate]) -> dict[tuple[str, str], Gate]:
    return {(gate.gate, gate.group): gate for gate in gates}


def test_overall_the_estimate_itself_must_lie_within_the_limits_ends_included() -> None:
    for slope, large, passed in ((1.02, -0.03, True), (0.9, 0.1, True), (0.899, 0.0, False), (1.0, -0.11, False)):
        rows = (
            ("overall", "all", "calibration_slope", slope, 0.5, 900),
            ("overall", "all", "calibration_in_the_large", large, 0.5, 900),
        )
        gates = calibration_gates(evaluation(*rows), LIMITS)
        assert all(gate.is_passed for gate in gates) is passed


def test_a_group_is_refused_only_where_its_interval_lies_wholly_outside() -> None:
    groups = (
        ("sex_code", "1", "calibration_slope", 1.2, 0.06, 400),
        ("sex_code", "2", "calibration_slope", 1.2, 0.03, 400),
        ("sex_code", "not known", "calibration_slope", None, None, 12),
    )
    found = by_name(calibration_gates(evaluation(*GOOD, *groups), LIMITS))
    z = norm.ppf(1 - 0.05 / 2 / 2)
    wide, narrow = found["calibration_slope", "sex_code=1"], found["calibration_slope", "sex_code=2"]
    assert wide.is_passed is True and narrow.is_passed is False
    assert (narrow.lower, narrow.upper) == pytest.approx((1.2 - z * 0.03, 1.2 + z * 0.03))
    assert "2 groups" in narrow.limit and narrow.value == 1.2
    unknown = found["calibration_slope", "sex_code=not known"]
    assert unknown.is_passed is None and unknown.value is None and "not assessed" in unknown.limit


def test_more_groups_widen_each_interval() -> None:
    """The interval of 1.2 with an error of 0.04 is outside alone, and inside among forty."""
    odd = ("site_code", "S0", "calibration_slope", 1.2, 0.035, 400)
    others = [("site_code", f"S{n}", "calibration_slope", 1.0, 0.04, 400) for n in range(1, 40)]
    alone = by_name(calibration_gates(evaluation(*GOOD, odd), LIMITS))["calibration_slope", "site_code=S0"]
    among = by_name(calibration_gates(evaluation(*GOOD, odd, *others), LIMITS))["calibration_slope", "site_code=S0"]
    assert (alone.is_passed, among.is_passed) == (False, True)


def test_overall_with_too_few_outcomes_is_refused_not_passed_over() -> None:
    few = [(*row[:5], 199) for row in GOOD]
    assert [gate.is_passed for gate in calibration_gates(evaluation(*few), LIMITS)] == [False, False]
    assert [gate.is_passed for gate in calibration_gates(evaluation(), LIMITS)] == [False, False]


def test_the_evaluation_must_be_on_the_version_that_the_model_claims() -> None:
    rows = evaluation(*GOOD)
    assert data_version_gate(rows, MODEL).is_passed is True
    other = data_version_gate(rows.assign(feature_version=5), MODEL)
    assert other.is_passed is False and "evaluated on 5" in other.limit
    assert data_version_gate(rows.iloc[:0], MODEL).is_passed is False


def audit(cuts: int, *, leaks: int = 0, version: int = 4) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "cut_datetime": [datetime(2024, 1, 1 + n, tzinfo=UTC) for n in range(cuts)],
            "column_name": [MODEL["features"][n % 2] for n in range(cuts)],
            "feature_version": version,
            "is_leak": [n < leaks for n in range(cuts)],
        }
    )


@pytest.mark.parametrize(
    ("table", "passed"),
    [
        (audit(12), True),
        (audit(12, leaks=1), False),
        (audit(11), False),
        (audit(12, version=3), False),
        (audit(0), False),
        (None, False),
    ],
)
def test_the_leak_audit_must_be_of_that_version_long_enough_and_clean(table: pd.DataFrame | None, passed: bool) -> None:
    assert leak_gate(table, MODEL, LIMITS).is_passed is passed


def test_a_feature_that_the_audit_passed_over_is_named_and_refused() -> None:
    found = leak_gate(audit(12), MODEL | {"features": ["age_years", "lead_days", "debt"]}, LIMITS)
    assert found.is_passed is False and "not audited: debt" in found.limit


def test_a_flat_table_has_no_audit_and_is_refused() -> None:
    gate = leak_gate(audit(12), {**MODEL, "feature_source": "flat_appointment"}, LIMITS)
    assert gate.is_passed is False and "cannot be audited" in gate.limit


def test_not_worse_means_the_lower_limit_and_without_a_champion_it_is_said() -> None:
    near, far = Difference(-0.002, -0.009, 0.005), Difference(0.0, -0.011, 0.02)
    unknown = Difference(float("nan"), float("nan"), float("nan"))
    for auroc, brier, expected in (
        (near, near, [True, True]),
        (far, near, [False, True]),
        (near, unknown, [True, False]),
    ):
        gates = champion_gates({"auroc": auroc, "scaled_brier": brier, "average_precision": far}, LIMITS)
        assert [gate.is_passed for gate in gates] == expected
    (alone,) = champion_gates(None, LIMITS)
    assert alone.is_passed is None and "no champion" in alone.limit


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({}, []),
        ({"mean_probability_change": 0.011}, ["refit_mean_change"]),
        ({"largest_probability_change": 0.21}, ["refit_largest_change"]),
        ({"largest_probability_change": None}, ["refit_largest_change"]),
        ({"calibrator": "isotonic"}, ["refit_alike"]),
        ({"features": ["lead_days", "age_years"]}, ["refit_alike"]),
    ],
)
def test_a_refit_must_be_near_its_parent(change: dict[str, object], refused: list[str]) -> None:
    gates = refit_gates({**MODEL, **change}, MODEL, datetime(2025, 6, 30, tzinfo=UTC), LIMITS)
    assert [gate.gate for gate in gates if not gate.is_passed] == refused


def test_a_refit_must_follow_within_90_days() -> None:
    for decided, passed in (
        (datetime(2025, 6, 30, tzinfo=UTC), True),
        (datetime(2025, 6, 30, 1, tzinfo=UTC), False),
        (datetime(2025, 3, 1, tzinfo=UTC), False),
    ):
        assert refit_gates(MODEL, MODEL, decided, LIMITS)[0].is_passed is passed


def test_one_refused_gate_refuses_unless_somebody_overrules() -> None:
    passed, unsaid, refused = (Gate("g", "limit", verdict) for verdict in (True, None, False))
    assert decision([passed, unsaid], is_overruled=False) == "promoted"
    assert decision([passed, unsaid], is_overruled=True) == "promoted"
    assert decision([passed, refused], is_overruled=False) == "refused"
    assert decision([passed, refused], is_overruled=True) == "overridden"
