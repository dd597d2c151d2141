"""Many tests at once: the share of false calls."""

from __future__ import annotations

import numpy as np
from scipy import stats

from icspark.morbidity.cells import Floats


def q_values(p_values: Floats) -> Floats:
    """Return the q value of each p value (Benjamini and Hochberg 1995, JRSS B 57:289); NaN is not a test, and stays."""
    q = np.full_like(p_values, np.nan, dtype=np.float64)
    tested = ~np.isnan(p_values)
    if tested.any():
        q[tested] = stats.false_discovery_control(p_values[tested], method="bh")
    return q
