"""Settings of disclosure control may be stricter than their preset, never looser."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from icspark.disclosure.config import DisclosureConfig


def test_the_default_withholds_1_to_7_and_rounds_to_5() -> None:
    config = DisclosureConfig()
    assert (config.preset, config.threshold, config.base) == ("nhs_england", 7, 5)


def test_settings_may_be_stricter() -> None:
    config = DisclosureConfig(suppress_to=10, round_to=10)
    assert (config.threshold, config.base) == (10, 10)


@pytest.mark.parametrize(
    ("settings", "floor"),
    [
        ({"suppress_to": 6}, "below the floor of nhs_england, 7"),
        ({"suppress_to": 0}, "below the floor of nhs_england, 7"),
        ({"round_to": 1}, "multiple of the floor of nhs_england, 5"),
        ({"round_to": 0}, "multiple of the floor of nhs_england, 5"),
        ({"round_to": 7}, "multiple of the floor of nhs_england, 5"),
        ({"preset": "strict", "suppress_to": 7}, "below the floor of strict, 9"),
        ({"preset": "strict", "round_to": 5}, "multiple of the floor of strict, 10"),
        ({"round_to": 20}, "may not exceed twice suppress_to plus 2, here 16"),
    ],
)
def test_a_looser_setting_is_refused_and_the_floor_named(settings: dict[str, object], floor: str) -> None:
    with pytest.raises(ValidationError, match=floor):
        DisclosureConfig.model_validate(settings)


def test_an_unknown_key_and_an_unknown_preset_are_refused() -> None:
    with pytest.raises(ValidationError, match="extra"):
        DisclosureConfig.model_validate({"supress_to": 9})
    with pytest.raises(ValidationError, match="nhs_england"):
        DisclosureConfig.model_validate({"preset": "none"})


def test_a_permission_needs_table_purpose_and_recipient() -> None:
    with pytest.raises(ValidationError, match="purpose"):
        DisclosureConfig.model_validate({"recipients": [{"table": "dna_score", "recipient": "booking office"}]})
    with pytest.raises(ValidationError, match="at least 1 character"):
        DisclosureConfig.model_validate(
            {"recipients": [{"table": "dna_score", "purpose": "", "recipient": "booking office"}]}
        )
