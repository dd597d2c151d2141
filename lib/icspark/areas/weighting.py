"""Registration-weighted means, the same for any order of rows, with the share of the weight behind them."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F

FRACTION_DIGITS = 13
"""Decimals kept of a value between -1 and 1: weights may then add up to 900,000 in one group."""

SCORE_DIGITS = 11
"""Decimals kept of a value between -100 and 100, with the same room for weights."""


def fixed_point(value: Column, digits: int) -> Column:
    """Return a number as a whole multiple of 10^-digits, half to even; null stays null.

    Sums of whole numbers do not depend on their order, so the mean has the same bytes for any partitions. What is too
    large for 64 bits stops the query (ANSI mode): it never wraps round.
    """
    return F.rint(value * F.lit(10.0**digits)).cast("long")


def weighted_sums(names: Sequence[str], weight: str) -> list[Column]:
    """Return two sums for each fixed-point column x: `<name>`, of w x, and `_known_<name>`, of w where x is known.

    Null where nothing is known.
    """
    w = F.col(weight)
    products = [F.sum(w * F.col(name)).alias(name) for name in names]
    known = [F.sum(F.when(F.col(name).isNotNull(), w)).alias(f"_known_{name}") for name in names]
    return products + known


def weighted_mean(name: str, total: str, *, digits: int, floor: float) -> Column:
    """Return sum(w x) / sum(w) from `weighted_sums`; null where nothing is known, or less than `floor` of `total`."""
    known = F.col(f"_known_{name}")
    mean = F.try_divide(F.col(name) / F.lit(10.0**digits), known)
    return F.when(coverage(name, total) >= F.lit(floor), mean)


def coverage(name: str, total: str) -> Column:
    """Return the share of the weight that was known, 0 to 1; null where there is no weight at all."""
    return F.try_divide(F.coalesce(F.col(f"_known_{name}"), F.lit(0)), F.col(total))
