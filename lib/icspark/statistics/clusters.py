"""Ratios whose events come in clusters: several events of one person are not independent.

A ratio R = sum y / sum t over persons (events over person-time, or outcomes over occasions) has the linearised
variance n/(n-1) sum (y - R t)^2 / T^2 (Cochran 1977, Sampling Techniques, 6.3; Woodruff 1971, J Am Stat Assoc 66:411).
It is taken from five sums over persons, whole numbers all of them, so that it has the same bytes for any order of rows.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import Column
from pyspark.sql import functions as F

from icspark.statistics.intervals import poisson_limits, wilson


@dataclass(frozen=True)
class Sums:
    """Sums over persons: of y, t, y^2, y t and t^2; `persons` is their number."""

    y: Column
    t: Column
    yy: Column
    yt: Column
    tt: Column
    persons: Column


def sums_over(y: Column, t: Column, *, prefix: str) -> list[Column]:
    """Return the aggregates that `Sums` are read from, over rows of one person each: `<prefix>_y`, `_yy`, `_yt`."""
    named = {"y": y, "yy": y * y, "yt": y * t}
    return [F.sum(value).alias(f"{prefix}_{name}") for name, value in named.items()]


def squared_residuals(sums: Sums, ratio: Column) -> Column:
    """Return sum (y - R t)^2 = sum y^2 - 2 R sum y t + R^2 sum t^2, never below 0."""
    return F.greatest(sums.yy - 2 * ratio * sums.yt + ratio * ratio * sums.tt, F.lit(0.0))


def small_sample(persons: Column) -> Column:
    """Return n / (n - 1), the correction for the estimated ratio; null below two persons."""
    return F.try_divide(persons.cast("double"), persons - 1)


def ratio_variance(sums: Sums) -> Column:
    """Return the linearised variance of sum y / sum t by clusters of persons; null without t or below two persons."""
    total = F.nullif(sums.t.cast("double"), F.lit(0.0))
    return small_sample(sums.persons) * squared_residuals(sums, sums.y / total) / (total * total)


def rate_design_effect(sums: Sums) -> Column:
    """Return the variance by clusters over that of a Poisson count, (sum y) / T^2; null without events."""
    plain = F.try_divide(sums.y.cast("double"), sums.t.cast("double") * sums.t)
    return F.try_divide(ratio_variance(sums), plain)


def share_design_effect(sums: Sums) -> Column:
    """Return the variance by clusters over that of a binomial proportion, p (1 - p) / T; null where p is 0 or 1."""
    total = F.nullif(sums.t.cast("double"), F.lit(0.0))
    p = sums.y / total
    return F.try_divide(ratio_variance(sums), F.nullif(p * (1 - p), F.lit(0.0)) / total)


def effective(number: Column, design_effect: Column) -> Column:
    """Return a number over its design effect: the independent events, or trials, that would know as much.

    A design effect below 1 or unknown counts as 1: it is an estimate, and no interval becomes narrower by it (Parker et
    al. 2017, National Center for Health Statistics, Vital Health Stat 2(175)).
    """
    return number / F.greatest(F.coalesce(design_effect, F.lit(1.0)), F.lit(1.0))


def rate_limits(events: Column, time: Column, design_effect: Column) -> Column:
    """Return the 95 % limits of events / time as a struct: those of the effective number of events, scaled.

    With x = events / design effect: rate x limits(x) / x; without events limits(0) / time. Null without time.
    """
    x = effective(events.cast("double"), design_effect)
    limits = poisson_limits(x)
    per_event = F.when(x > 0, events / x).otherwise(1.0)
    return F.struct(*[F.try_divide(limits[side] * per_event, time).alias(side) for side in ("lower", "upper")])


def share_limits(successes: Column, trials: Column, design_effect: Column) -> Column:
    """Return the 95 % limits of a proportion as a struct: Wilson's on the effective number of trials.

    Null without trials. Source: Korn and Graubard 1998, Survey Methodology 24:193, for effective numbers.
    """
    n = effective(trials.cast("double"), design_effect)
    return wilson(F.try_divide(successes * n, trials), n)
