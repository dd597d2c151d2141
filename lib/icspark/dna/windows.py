"""Windows of time: a model is trained on the first, calibrated on the second and judged on the third."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from icspark.config import JobConfig
from icspark.errors import ConfigurationError

NAMES = ("train", "validate", "test")


class WindowConfig(JobConfig):
    """The dates of the windows; what is not given follows from the first and last day with an outcome."""

    train_from: date | None = Field(
        None, description="first day of training; null: a look-back of the features after the first day"
    )
    train_to: date | None = Field(None, description="day after training; null: `validate_days` before `validate_to`")
    validate_to: date | None = Field(None, description="day after validation; null: `test_days` before `test_to`")
    test_to: date | None = Field(None, description="day after the test; null: the day after the last outcome")
    validate_days: int = Field(91, ge=1, description="length of the validation window where no date is given")
    test_days: int = Field(91, ge=1, description="length of the test window where no date is given")


@dataclass(frozen=True)
class Windows:
    """Four days that part three half-open windows by appointment date."""

    train_from: date
    train_to: date
    validate_to: date
    test_to: date

    def bounds(self, window: str) -> tuple[date, date]:
        """Return the first day of a window and the day after its last."""
        days = (self.train_from, self.train_to, self.validate_to, self.test_to)
        at = NAMES.index(window)
        return days[at], days[at + 1]

    def mask(self, day: NDArray[np.datetime64], window: str) -> NDArray[np.bool_]:
        """Return which of the days lie within a window: train, validate or test."""
        start, end = (np.datetime64(bound, "D") for bound in self.bounds(window))
        return np.asarray((day >= start) & (day < end))


def windows_between(first: date, last: date, config: WindowConfig, *, look_back_days: int) -> Windows:
    """Return the windows of data whose outcomes lie between two days, both included.

    Training starts one look-back of the features after the first day, or their counts of earlier appointments would
    grow by themselves.
    Raises ConfigurationError where the days are in no order, or training would start before that.
    """
    test_to = config.test_to or last + timedelta(days=1)
    validate_to = config.validate_to or test_to - timedelta(days=config.test_days)
    train_to = config.train_to or validate_to - timedelta(days=config.validate_days)
    earliest = first + timedelta(days=look_back_days)
    train_from = config.train_from or earliest
    if train_from < earliest:
        raise ConfigurationError(
            "training would start before every row has its whole look-back of history",
            where="windows.train_from",
            expected=f"{earliest} or later: the extract begins on {first}",
            found=str(train_from),
            mend="start later, or shorten `jobs.dna_features.look_back_days` and make the features again",
        )
    if not train_from < train_to < validate_to < test_to:
        raise ConfigurationError(
            "the windows are in no order",
            where="windows",
            expected="train_from < train_to < validate_to < test_to",
            found=f"{train_from}, {train_to}, {validate_to}, {test_to}; outcomes from {first} to {last}",
            mend="give dates, or shorten `validate_days`, `test_days` or `jobs.dna_features.look_back_days`",
        )
    return Windows(train_from, train_to, validate_to, test_to)
