"""Activity of areas: counts, person-years and rates of each area and period, whole and by age and sex."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from icspark.geography.levels import AREA
from icspark.statistics.estimates import sums_of_groups, with_crude, with_direct, with_indirect
from icspark.statistics.periods import Periods
from icspark.statistics.standardisation import BANDS, SEXES
from icspark.statistics.strata import sum_names, sums_by_person, sums_by_stratum
from icspark.tables.activity import AreaActivity, AreaActivityByAgeSex

STRATUM = ("age_band", "sex_code")


def strata_of_areas(activity: DataFrame, *, level: str, periods: Periods, areas: DataFrame | None = None) -> DataFrame:
    """Return the sums of each area, period, age band and sex: every combination is a row, zeros included.

    `activity` are rows of person_activity with `area_code`. `areas` lists the areas; without it those that have
    person-time stand. Rows of other areas are left out; strata of unknown age or sex stand where there are such people.
    """
    found = sums_by_stratum(sums_by_person(activity, AREA, periods), AREA)
    listed = found.select(AREA).distinct() if areas is None else areas.select(AREA).distinct()
    inside = found if areas is None else found.join(F.broadcast(listed), on=AREA, how="left_semi")
    zeros = _grid(listed, periods).withColumns({name: F.lit(0).cast("long") for name in sum_names()})
    together = inside.unionByName(zeros).groupBy(AREA, "year", *STRATUM)
    return together.agg(*[F.sum(name).alias(name) for name in sum_names()]).transform(_described, level, periods)


def _grid(areas: DataFrame, periods: Periods) -> DataFrame:
    years, bands, sexes = (F.array(*map(F.lit, values)) for values in (periods.ends, BANDS, SEXES))
    return (
        areas.withColumn("year", F.explode(years.cast("array<bigint>")))
        .withColumn("age_band", F.explode(bands))
        .withColumn("sex_code", F.explode(sexes))
    )


def _described(sums: DataFrame, level: str, periods: Periods) -> DataFrame:
    code = F.col(AREA) if level == "lsoa_2011" else F.lit(None).cast("string")
    return sums.withColumns(
        {
            AreaActivity.level: F.lit(level),
            AreaActivity.years_count: F.lit(periods.pooled).cast("long"),
            AreaActivity.lsoa_2011_code: code,
        }
    )


def build_area_activity_by_age_sex(strata: DataFrame) -> DataFrame:
    """Return the table area_activity_by_age_sex of `strata_of_areas`."""
    return with_crude(strata).select(*AreaActivityByAgeSex.columns())


def build_area_activity(strata: DataFrame) -> DataFrame:
    """Return the table area_activity of `strata_of_areas`.

    Events are expected at the rates by age and sex of all areas of the frame together, in the same period.
    """
    key = (AreaActivity.level, AREA, AreaActivity.year, AreaActivity.years_count, AreaActivity.lsoa_2011_code)
    sums = sums_of_groups(strata, *key)
    return sums.transform(with_crude).transform(with_direct).transform(with_indirect).select(*AreaActivity.columns())
