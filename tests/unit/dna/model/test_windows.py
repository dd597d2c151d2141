"""Windows by date: what is not given follows from the days that have outcomes."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from icspark.dna.windows import NAMES, WindowConfig, Windows, windows_between
from icspark.errors import ConfigurationError

FIRST, LAST = date(2022, 4, 1), date(2025, 3, 31)


def test_by_default_the_last_days_are_the_test_and_training_waits_for_a_look_back() -> None:
    found = windows_between(FIRST, LAST, WindowConfig(validate_days=90, test_days=60), look_back_days=365)
    assert found == Windows(date(2023, 4, 1), date(2024, 11, 2), date(2025, 1, 31), date(2025, 4, 1))


def test_given_dates_stand() -> None:
    given = WindowConfig(train_to=date(2024, 9, 1), validate_to=date(2024, 12, 1), test_to=date(2025, 2, 1))
    assert windows_between(FIRST, LAST, given, look_back_days=730) == Windows(
        date(2024, 3, 31), date(2024, 9, 1), date(2024, 12, 1), date(2025, 2, 1)
    )


def test_the_windows_part_the_days_without_a_gap_or_an_overlap(windows: Windows) -> None:
    days = np.arange(np.datetime64("2023-03-20"), np.datetime64("2025-04-10"))
    inside = np.sum([windows.mask(days, name) for name in NAMES], axis=0)
    assert inside.max() == 1
    assert [windows.bounds(name)[1] for name in NAMES] == [windows.train_to, windows.validate_to, windows.test_to]
    assert days[inside == 1][[0, -1]].tolist() == [windows.train_from, date(2025, 3, 31)]


@pytest.mark.parametrize(
    ("config", "back", "message"),
    [
        (WindowConfig(train_from=date(2023, 1, 1)), 730, "whole look-back.*jobs.dna_features.look_back_days"),
        (WindowConfig(), 1000, "in no order.*jobs.dna_features.look_back_days"),
        (WindowConfig(train_to=date(2025, 1, 1), validate_to=date(2024, 12, 1)), 730, "in no order"),
    ],
)
def test_what_cannot_be_is_refused(config: WindowConfig, back: int, message: str) -> None:
    with pytest.raises(ConfigurationError, match=f"(?s){message}"):
        windows_between(FIRST, LAST, config, look_back_days=back)
