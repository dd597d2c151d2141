"""Sums over persons by group, period, age band and sex: what every rate of records is made from.

All are sums of whole numbers, so that they have the same bytes for any order of rows and any partitions.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from icspark.statistics.clusters import Sums
from icspark.statistics.periods import Periods
from icspark.statistics.standardisation import age_band
from icspark.tables.activity import COUNTS, MEANS, RATES, SHARES, PersonActivity

DAYS_PER_YEAR = 365.25
STEPS_PER_UNIT = 1000
"""Measurements are kept to a thousandth of their unit, so that their sums are exact."""


def sums_by_person(activity: DataFrame, group: str, periods: Periods) -> DataFrame:
    """Return one row per person, group and period: `year` (the last), `t` days, counts, values, age band and sex.

    Rows of person_activity of other years, or without a group, are left out. A person has one age in a period, that on
    1 July of its middle year, and so belongs to one stratum of a group.
    """
    year, end = F.col(PersonActivity.year), periods.end(F.col(PersonActivity.year))
    is_counted = F.col(PersonActivity.is_there_on_1_july) & (year == periods.middle(end))
    counted = [F.sum(f"{stem}_count").alias(stem) for stem in COUNTS]
    values = [F.max(_steps(F.col(f"{stem}_value"))).alias(stem) for stem in MEANS]
    born = F.col(PersonActivity.birth_month)
    july = F.make_date(periods.middle(F.col("_end")).cast("int"), F.lit(7), F.lit(1))
    return (
        activity.where(year.between(periods.first, periods.last) & F.col(group).isNotNull())
        .groupBy(PersonActivity.person_id, group, end.alias("_end"), PersonActivity.sex_code, born)
        .agg(
            F.sum(PersonActivity.days_count).alias("t"),
            F.max(is_counted.cast("long")).alias("people"),
            *counted,
            *values,
        )
        .withColumn("age_band", age_band(F.floor(F.months_between(july, born) / 12)))
        .withColumnRenamed("_end", "year")
        .drop(PersonActivity.birth_month)
    )


def sums_by_stratum(persons: DataFrame, group: str) -> DataFrame:
    """Return one row per group, period, age band and sex, with the names that `rate_sums` and the others read."""
    return persons.groupBy(group, "year", "age_band", PersonActivity.sex_code).agg(*_sums())


def sum_names() -> list[str]:
    """Return the names of all sums, in order."""
    names = ["people", "persons", "t", "tt"]
    names += [f"{stem}_{part}" for stem in RATES for part in ("y", "yy", "yt")]
    for stem, (denominator, _) in SHARES.items():
        names += [f"{stem}_y", f"{stem}_yy", f"{stem}_yt", f"{denominator}_persons"]
    return names + [f"{stem}_{part}" for stem in MEANS for part in ("n", "s", "ss")]


def _sums() -> list[Column]:
    t = F.col("t")
    found: dict[str, Column] = {"people": F.sum("people"), "persons": F.count("*"), "t": F.sum(t), "tt": F.sum(t * t)}
    for stem in RATES:
        found |= _of_ratio(stem, F.col(stem), t)
    for stem, (denominator, _) in SHARES.items():
        found |= _of_ratio(stem, F.col(stem), F.col(denominator))
        found[f"{denominator}_persons"] = F.count_if(F.col(denominator) > 0)
    for stem in MEANS:
        value = F.col(stem)
        found |= {f"{stem}_n": F.count(value), f"{stem}_s": F.sum(value), f"{stem}_ss": F.sum(value * value)}
    zero = F.lit(0).cast("long")
    return [F.coalesce(found[name], zero).alias(name) for name in sum_names()]


def _of_ratio(stem: str, y: Column, t: Column) -> dict[str, Column]:
    return {f"{stem}_y": F.sum(y), f"{stem}_yy": F.sum(y * y), f"{stem}_yt": F.sum(y * t)}


def _steps(value: Column) -> Column:
    return F.rint(value * F.lit(STEPS_PER_UNIT)).cast("long")


def rate_sums(stem: str) -> Sums:
    """Return the sums of events over days."""
    return _named(stem, t="t", tt="tt", persons="persons")


def share_sums(stem: str) -> Sums:
    """Return the sums of outcomes over other events."""
    denominator = SHARES[stem][0]
    return _named(stem, t=f"{denominator}_y", tt=f"{denominator}_yy", persons=f"{denominator}_persons")


def _named(stem: str, *, t: str, tt: str, persons: str) -> Sums:
    y, yy, yt = (F.col(f"{stem}_{part}") for part in ("y", "yy", "yt"))
    return Sums(y, F.col(t), yy, yt, F.col(tt), F.col(persons))


def person_years(days: Column) -> Column:
    """Return days / 365.25."""
    return days / F.lit(DAYS_PER_YEAR)


def mean_of(stem: str) -> Column:
    """Return the mean of first measurements in their unit; null without any."""
    return F.try_divide(F.col(f"{stem}_s") / F.lit(float(STEPS_PER_UNIT)), F.col(f"{stem}_n"))


def variance_of(stem: str) -> Column:
    """Return the variance of first measurements (n - 1 below), in their unit squared; null below two people."""
    n, s, ss = (F.col(f"{stem}_{part}").cast("decimal(19,0)") for part in ("n", "s", "ss"))
    # n x sum of squares less the square of the sum, in whole numbers: no digits are lost between two near ones.
    spread = (n * ss - s * s).cast("double") / F.lit(float(STEPS_PER_UNIT**2))
    below = F.when(F.col(f"{stem}_n") >= 2, (F.col(f"{stem}_n") * (F.col(f"{stem}_n") - 1)).cast("double"))
    return spread / below
