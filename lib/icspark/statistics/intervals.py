"""Limits of counts, proportions and means, as columns over aggregated rows.

What Spark has no function for (quantiles of gamma and of Student's t) runs in numpy over whole Arrow batches. Each
worker imports this module, so it takes scipy.special and not scipy.stats, whose import costs more than the work here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
import pandas as pd
import scipy
from numpy.typing import NDArray
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.pandas.functions import pandas_udf

Floats = NDArray[np.float64]

Z = 1.959963984540054
"""Quantile of the normal distribution behind a 95 % interval."""

FEWEST_FOR_BYAR = 10
"""Events from which Byar's approximation serves; below it the exact limits are taken."""


def byar(events: Column) -> Column:
    """Return Byar's 95 % limits of a Poisson count as a struct of `lower` and `upper`; null where it is null or 0.

    With x events: x (1 - 1/(9x) - z/(3 sqrt x))^3 and, with y = x + 1, y (1 - 1/(9y) + z/(3 sqrt y))^3.
    Source: Breslow and Day 1987, Statistical Methods in Cancer Research II, p. 69; OHID, Public health technical
    guidance, Rates. Within 0.2 % of the exact limits from 10 events.
    """
    x = F.nullif(events.cast("double"), F.lit(0.0))
    lower = x * F.pow(1 - 1 / (9 * x) - Z / (3 * F.sqrt(x)), F.lit(3.0))
    upper = (x + 1) * F.pow(1 - 1 / (9 * (x + 1)) + Z / (3 * F.sqrt(x + 1)), F.lit(3.0))
    return F.struct(lower.alias("lower"), upper.alias("upper"))


def exact_poisson(events: Floats) -> tuple[Floats, Floats]:
    """Return the exact 95 % limits of Poisson counts: gamma quantiles of shape x and x + 1 (half those of chi-square).

    The lower limit of 0 is 0; NaN stays NaN. Counts may be fractions (effective numbers of events): the same gamma
    quantiles. Source: Garwood 1936, Biometrika 28:437; OHID, Public health technical guidance, Rates.
    """
    with np.errstate(invalid="ignore"):
        lower = np.where(events == 0, 0.0, scipy.special.gammaincinv(events, 0.025))
        upper = np.asarray(scipy.special.gammaincinv(events + 1, 0.975), dtype=np.float64)
    return lower, upper


def poisson_limits(events: Column) -> Column:
    """Return the 95 % limits of a Poisson count as a struct of `lower` and `upper`; null stays null.

    Exact below 10 events, Byar's from 10 on, as OHID's guidance has it. Counts may be fractions.
    """
    x = events.cast("double")
    by_byar, exact = byar(x), _over_batches(_exact_limits, "lower double, upper double")(x)
    return F.when(x >= FEWEST_FOR_BYAR, by_byar).when(x.isNotNull(), exact)


def wilson(successes: Column, trials: Column) -> Column:
    """Return Wilson's 95 % limits of a proportion as a struct of `lower` and `upper`; null where there are no trials.

    (2 n p + z^2 -+ z sqrt(z^2 + 4 n p q)) / (2 (n + z^2)). Numbers may be fractions (effective numbers).
    Source: Wilson 1927, J Am Stat Assoc 22:209; OHID, Public health technical guidance, Proportions.
    """
    n = F.nullif(trials.cast("double"), F.lit(0.0))
    x = successes.cast("double")
    half = Z * F.sqrt(Z**2 + 4 * x * (1 - x / n))
    lower, upper = ((2 * x + Z**2 + side * half) / (2 * (n + Z**2)) for side in (-1, 1))
    # The root leaves a trace beside 0 and 1, where the limit is exact.
    return F.struct(
        F.when(x == 0, 0.0).otherwise(lower).alias("lower"), F.when(x == n, 1.0).otherwise(upper).alias("upper")
    )


def mean_limits(mean: Column, variance: Column, count: Column) -> Column:
    """Return the 95 % limits of a mean as a struct: mean -+ t s / sqrt(n); null below two values.

    `variance` is that of the values, t Student's quantile on n - 1 degrees of freedom. Source: OHID, Public health
    technical guidance, Means.
    """
    n = F.when(count >= 2, count.cast("double"))
    half = _over_batches(_student, "double")(n - 1) * F.sqrt(variance / n)
    return F.struct((mean - half).alias("lower"), (mean + half).alias("upper"))


def _exact_limits(events: pd.Series) -> pd.DataFrame:
    lower, upper = exact_poisson(events.to_numpy(dtype=np.float64))
    return pd.DataFrame({"lower": lower, "upper": upper})


def _student(freedom: pd.Series) -> pd.Series:
    return pd.Series(scipy.special.stdtrit(freedom.to_numpy(dtype=np.float64), 0.975))


def _over_batches(function: Callable[..., Any], returned: str) -> Callable[..., Column]:
    made: Any = pandas_udf
    return cast(Callable[..., Column], made(function, returned))
