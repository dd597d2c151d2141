"""People drawn from the planted network of conditions, without the rest of a region."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from icspark.simulation import england_2019
from icspark.simulation.condition_model import BAND_YEARS, BANDS, STRATA, ConditionModel
from icspark.simulation.conditions_config import ConditionsConfig
from icspark.simulation.draws import Draws
from icspark.simulation.onsets import ABSENT, _Subjects, ages_at_onset

DAYS_PER_YEAR = 365.25


class Drawn(NamedTuple):
    """A stratum of each person (0 to 189), and person, condition (in alphabetical order) and day of each onset.

    Days count to 0, the day on which the people are described, and are in the order of persons and conditions.
    """

    stratum: NDArray[np.int32]
    person: NDArray[np.int64]
    condition: NDArray[np.int32]
    day: NDArray[np.int32]


def england() -> NDArray[np.float64]:
    """Return the share of England's people by age band, sex and quintile, quintiles alike."""
    residents = england_2019.residents()
    band = np.minimum(np.arange(residents.shape[1]) // BAND_YEARS, BANDS - 1)
    by_band = np.array([np.bincount(band, row, minlength=BANDS) for row in residents]).T
    shares = np.repeat(by_band[:, :, None], STRATA[2], axis=2)
    return np.asarray(shares / shares.sum())


def drawn(model: ConditionModel, people: int, seed: int) -> Drawn:
    """Return so many people."""
    random = np.random.default_rng(seed)
    flat = random.choice(np.prod(STRATA), size=people, p=england().ravel())
    stratum = tuple(np.asarray(axis) for axis in np.unravel_index(flat, STRATA))
    age = stratum[0] * BAND_YEARS + random.uniform(0, BAND_YEARS, people)
    subjects = _Subjects(Draws.of(seed, "test", np.arange(people)), stratum, age)
    onset = ages_at_onset(subjects, model, ConditionsConfig())[np.argsort(list(model.nodes))]
    person, condition = np.nonzero((onset != ABSENT).T)
    day = np.floor((onset[condition, person] - age[person]) * DAYS_PER_YEAR).astype(np.int32)
    return Drawn(flat.astype(np.int32), person, condition.astype(np.int32), day)
