"""The days that simulated records cover, and the seed of everything random in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from icspark.errors import ConfigurationError

DAYS_PER_YEAR = 365.25
_ORIGIN = date(1970, 1, 1)


@dataclass(frozen=True)
class Period:
    """The first and last day of the records, both included, and the seed. Day numbers count from 1 January 1970."""

    first_date: date
    last_date: date
    seed: int

    def __post_init__(self) -> None:
        """Raise ConfigurationError where the dates are reversed."""
        if self.first_date >= self.last_date:
            raise ConfigurationError(
                "last_date is not after first_date", where="last_date", expected=f"a date after {self.first_date}"
            )

    @property
    def first_day(self) -> int:
        """Return the number of the first day."""
        return (self.first_date - _ORIGIN).days

    @property
    def last_day(self) -> int:
        """Return the number of the last day."""
        return (self.last_date - _ORIGIN).days

    @property
    def days(self) -> int:
        """Return how many days there are, both ends included."""
        return self.last_day - self.first_day + 1
