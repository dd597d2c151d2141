"""Many tests at once: the share of false calls among those that are called."""

from __future__ import annotations

import numpy as np
import scipy

from icspark.statistics.intervals import Floats


def benjamini_hochberg(p_values: Floats) -> Floats:
    """Return the q value of each p value: the least p_(j) m / j over j from its rank up, at most 1.

    Of any shape; NaN is no test, and stays NaN. Source: Benjamini and Hochberg 1995, J R Stat Soc B 57:289.
    """
    q_values = np.full(p_values.shape, np.nan)
    tested = ~np.isnan(p_values)
    if tested.any():
        q_values[tested] = scipy.stats.false_discovery_control(p_values[tested], method="bh")
    return q_values
