"""England's people in 2019: how many of each age and sex, and how likely each is to die within a year.

Residents: Office for National Statistics, population estimates for England, mid-2019, by single year of age and sex
(sum of the LSOAs), in thousands; the last entry is 90 and over. Licence: OGL v3.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MALE, FEMALE = 0, 1
SEX_CODES = ("1", "2")
"""Person stated gender codes of MALE and FEMALE."""

OLDEST = 105
"""No simulated person is this old on the first date."""

_MALES_THOUSANDS = (
    318, 330, 341, 352, 351, 354, 362, 372, 365, 358, 353, 357, 346, 338, 325, 320, 312, 308, 317, 330, 343, 350, 363,
    369, 367, 379, 378, 386, 398, 391, 384, 385, 372, 380, 379, 367, 370, 368, 371, 372, 359, 336, 330, 334, 341, 345,
    360, 375, 384, 375, 383, 382, 389, 386, 387, 383, 374, 365, 352, 335, 327, 319, 306, 294, 281, 280, 275, 265, 265,
    268, 274, 287, 310, 235, 225, 220, 200, 174, 152, 155, 149, 140, 128, 115, 104, 90, 79, 71, 61, 50, 166,
)  # fmt: skip
_FEMALES_THOUSANDS = (
    301, 314, 324, 334, 334, 337, 344, 355, 347, 342, 336, 339, 328, 322, 309, 304, 295, 291, 302, 310, 325, 329, 344,
    347, 350, 361, 364, 379, 385, 379, 379, 387, 381, 380, 381, 374, 377, 377, 378, 379, 362, 337, 332, 339, 345, 351,
    365, 380, 395, 385, 394, 393, 397, 398, 399, 394, 385, 375, 361, 346, 338, 330, 317, 305, 295, 296, 291, 283, 284,
    290, 296, 311, 335, 258, 249, 246, 228, 202, 180, 185, 181, 173, 162, 150, 139, 125, 115, 107, 97, 85, 351,
)  # fmt: skip

_HAZARD_AT_60 = np.array([0.0079, 0.0053])
_HAZARD_GROWTH = np.array([0.0997, 0.1053])
_HAZARD_ALWAYS = np.array([0.0004, 0.0002])
_INFANT_HAZARD = 0.004
_HIGHEST_AGE = 130


def residents() -> NDArray[np.float64]:
    """Return residents in thousands by sex (rows MALE, FEMALE) and single year of age from 0 to 104 (columns).

    90 and over is spread over its years by the survival that `yearly_hazard` implies.
    """
    table = np.array([_MALES_THOUSANDS, _FEMALES_THOUSANDS], dtype=np.float64)
    surviving = np.exp(-np.cumsum(yearly_hazard()[:, 89 : OLDEST - 1], axis=1))
    oldest = table[:, 90:] * surviving / surviving.sum(axis=1, keepdims=True)
    found: NDArray[np.float64] = np.hstack([table[:, :90], oldest])
    return found


def yearly_hazard() -> NDArray[np.float64]:
    """Return the hazard of death per year by sex (rows) and completed age from 0 to 129 (columns).

    Gompertz and Makeham's law, a constant and an exponential in age, with a hazard of its own in the first year. The
    parameters were chosen by eye to lie near the national life tables of England 2017-2019 (ONS); no fit was made.
    """
    middle = np.arange(_HIGHEST_AGE) + 0.5
    hazard: NDArray[np.float64] = _HAZARD_ALWAYS[:, None] + _HAZARD_AT_60[:, None] * np.exp(
        _HAZARD_GROWTH[:, None] * (middle - 60)
    )
    hazard[:, 0] += _INFANT_HAZARD
    return hazard


def cumulative_hazard(multiplier: float = 1.0) -> NDArray[np.float64]:
    """Return the hazard from birth to each whole age from 0 to 130, by sex (rows); linear within a year of age."""
    steps = np.cumsum(yearly_hazard() * multiplier, axis=1)
    found: NDArray[np.float64] = np.hstack([np.zeros((2, 1)), steps])
    return found
