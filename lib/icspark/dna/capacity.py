"""The list of those to call: the highest probabilities of each site and day, up to what can be done there."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from pydantic import Field, model_validator

from icspark.config import JobConfig
from icspark.dna.ranking import Floats, Whole
from icspark.errors import ConfigurationError

DIGITS = 10
"""Decimal places to which probabilities are rounded before they are ranked: machines agree on these."""


class Capacity(JobConfig):
    """How many appointments of a site and day can be called: the same words in every section that needs them."""

    per_day: int | None = Field(None, ge=0, description="appointments of each site and day; or give `percent`")
    percent: float | None = Field(None, ge=0, le=100, description="percentage of each site's appointments of a day")

    @model_validator(mode="after")
    def _exactly_one(self) -> Capacity:
        if (self.per_day is None) == (self.percent is None):
            raise ValueError("give either per_day or percent")
        return self

    def ranks(self, site: ArrayLike, day: ArrayLike, probability: ArrayLike, appointment_id: ArrayLike) -> Whole:
        """Return the rank of each appointment: see `top_per_site_day`."""
        return top_per_site_day(site, day, probability, appointment_id, per_day=self.per_day, percent=self.percent)


def top_per_site_day(
    site: ArrayLike,
    day: ArrayLike,
    probability: ArrayLike,
    appointment_id: ArrayLike,
    *,
    per_day: int | None = None,
    percent: float | None = None,
) -> Whole:
    """Return each appointment's rank on the list of its site and day, 1 first; 0 where it is below capacity.

    Ties go by appointment_id, so the order of the rows does not matter. An unknown site is a site of its own. Capacity
    is `per_day` appointments of a site and day, or `percent` of them, rounded half up; exactly one must be given, else
    ConfigurationError. Whoever must not be called (the dead) is left out before.
    """
    if (per_day is None) == (percent is None):
        raise ConfigurationError("capacity is either a number a day or a percentage", mend="give exactly one of them")
    rounded = np.round(np.asarray(probability, dtype=np.float64), DIGITS)
    clinic = _clinic(site, day)
    tie = pd.factorize(np.asarray(appointment_id, dtype=object), sort=True)[0]
    order = np.lexsort((tie, -rounded, clinic))
    place, size = _places(clinic[order])
    room = np.full(len(order), per_day) if per_day is not None else _share(size, float(percent or 0))
    rank = np.zeros(len(order), dtype=np.int64)
    rank[order] = np.where(place <= room, place, 0)
    return rank


def _clinic(site: ArrayLike, day: ArrayLike) -> Whole:
    sites = pd.factorize(np.asarray(site, dtype=object))[0].astype(np.int64)
    days = pd.factorize(np.asarray(day))[0].astype(np.int64)
    clinic: Whole = sites * (days.max(initial=0) + 1) + days
    return clinic


def _places(clinic: Whole) -> tuple[Whole, Whole]:
    """Return, for rows sorted by clinic, each one's place within its clinic from 1, and the size of the clinic."""
    starts = np.flatnonzero(np.append(True, clinic[1:] != clinic[:-1])) if len(clinic) else np.zeros(0, dtype=np.int64)
    sizes = np.diff(np.append(starts, len(clinic)))
    return np.arange(len(clinic)) - np.repeat(starts, sizes) + 1, np.repeat(sizes, sizes)


def _share(size: Whole, percent: float) -> Floats:
    return np.asarray(np.floor(size * percent / 100 + 0.5), dtype=np.float64)
