"""The nights on which local time in the United Kingdom skips or repeats an hour, as day numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from icspark.simulation.care_people import Flags, Whole

MINUTES_PER_DAY = 1440
_FROM, _TO = 60, 120
"""Minutes since midnight between which clock times do not exist, or exist twice."""


def last_sundays(first_day: int, last_day: int) -> Whole:
    """Return the days of the clock changes: the last Sundays of March and October of each year that the days touch."""
    years = np.arange(_year(first_day), _year(last_day) + 1)
    after = np.concatenate([_day(years, 4), _day(years, 11)]) - 1
    return np.sort(after - (after + 4) % 7)


def touches_a_change(start_minute: Whole, end_minute: Whole) -> Flags:
    """Return whether a stretch of local time holds a moment that clocks do not show just once.

    Minutes are local, since 1 January 1970; both ends belong to the stretch.
    """
    if not len(start_minute):
        return np.zeros(0, dtype=bool)
    days = last_sundays(int(start_minute.min()) // MINUTES_PER_DAY - 1, int(end_minute.max()) // MINUTES_PER_DAY + 1)
    # The first change whose doubtful hour ends after the start.
    ends = days * MINUTES_PER_DAY + _TO
    place = np.minimum(np.searchsorted(ends, start_minute, side="right"), len(days) - 1)
    doubtful = days[place] * MINUTES_PER_DAY + _FROM
    return (start_minute < ends[place]) & (end_minute >= doubtful)


def _year(day: int) -> int:
    return int(np.datetime64(day, "D").astype("datetime64[Y]").astype(int)) + 1970


def _day(years: NDArray[np.int64], month: int) -> Whole:
    months = (years - 1970) * 12 + month - 1
    return months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
