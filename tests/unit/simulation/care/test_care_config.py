"""Impossible strengths are refused with their key; every planted parameter is told."""

from __future__ import annotations

from types import ModuleType

import pytest
from pydantic import ValidationError

from icspark.simulation.care_config import CareConfig
from icspark.simulation.planted_care import planted_care


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("appointments", "cancelled_by_patient", 1.2),
        ("appointments", "late_but_seen", -0.1),
        ("appointments", "medium_weights", {"01": 0.0}),
        ("appointments", "lead_days", (42, 14)),
        ("non_attendance", "drift_ratio", 0.0),
        ("non_attendance", "drift_ratio", 1.1),
        ("non_attendance", "effect_standard_deviation", -1),
        ("non_attendance", "age_log_odds", {50: 0.0, 20: 0.1}),
        ("non_attendance", "imd_quintile_log_odds", (1, 2, 3)),
        ("emergency", "admitted", 2),
        ("observations", "bmi_standard_deviation", 0),
        ("clinic", "referred_share", "many"),
        ("clinic", "no_such_key", 1),
    ],
)
def test_an_impossible_strength_is_refused_with_its_key(section: str, key: str, value: object) -> None:
    with pytest.raises(ValidationError) as refused:
        CareConfig.model_validate({section: {key: value}})

    assert all(error["loc"][:2] == (section, key) for error in refused.value.errors())


def test_all_impossible_strengths_are_told_at_once() -> None:
    rate = {"per_person_year": -1, "age_rate_ratio": {0: 1, 90: 0}, "imd_quintile_rate_ratio": (1, 1, 1, 1, 1)}
    wrong = {"appointments": {"late_not_seen": 3}, "emergency": {"rate": rate}}

    with pytest.raises(ValidationError) as refused:
        CareConfig.model_validate(wrong)

    assert len(refused.value.errors()) == 3


def test_shares_of_cancellations_leave_something_to_be_held() -> None:
    with pytest.raises(ValidationError, match="below 1"):
        CareConfig.model_validate({"appointments": {"cancelled_by_patient": 0.6, "cancelled_by_provider": 0.5}})


def test_every_planted_parameter_is_told_with_its_meaning(region: ModuleType) -> None:
    rows = list(planted_care(CareConfig(), place=region.small_place(), period=region.PERIOD))

    told = {(parameter, subject): (value, text) for parameter, subject, value, text, _ in rows}
    assert len(told) == len(rows)
    assert told["care.non_attendance.imd_quintile_log_odds", "0"] == (0.70, None)
    assert told["care.emergency.rate.imd_quintile_rate_ratio", "4"] == (1.0, None)
    assert told["care.observations.hba1c_gradient", ""] == (6.0, None)
    assert told["care.admissions.icd_10_codes", "diabetes"] == (None, "E119")
    assert len([name for name, _ in told if name == "care.non_attendance.site_log_odds"]) == 3
    assert all(meaning for *_, meaning in rows)
