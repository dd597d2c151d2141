"""Activity of areas: counts, person-years and rates of each area and period, whole and by age and sex."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from icspark.errors import TableError
from icspark.statistics.estimates import sums_of_groups, with_crude, with_direct, with_indirect
from icspark.statistics.periods import Periods
from icspark.statistics.standardisation import BANDS, SEXES
from icspark.statistics.strata import sum_names, sums_by_person, sums_by_stratum
from icspark.tables.activity import AreaActivity, AreaActivityByAgeSex, PersonActivity
from icspark.tables.areas import RegionArea
from icspark.tables.reference import AreaLookup

OWN_LEVELS = {
    "lsoa_2011": PersonActivity.lsoa_2011_code,
    "lsoa_2021": PersonActivity.lsoa_2021_code,
    "practice": PersonActivity.practice_code,
}
"""Levels whose codes person_activity holds."""

AREA, STRATUM = AreaActivity.area_code, ("age_band", "sex_code")


def with_area(activity: DataFrame, level: str, lookup: DataFrame | None) -> DataFrame:
    """Add `area_code`, the area of a level: the row's own code, or that which area_lookup gives for it.

    Where best fit gives an area to several, the first by code is taken. Null where the row has no code, or the code has
    no area there. Raises TableError where area_lookup leads to no such level.
    """
    if level in OWN_LEVELS:
        return activity.withColumn(AREA, F.col(OWN_LEVELS[level]))
    below = level_below(level, lookup)
    pairs = _pairs(lookup, below, level)
    own = F.col(OWN_LEVELS[below]).alias("_own")
    return activity.select("*", own).join(F.broadcast(pairs), on="_own", how="left").drop("_own")


def level_below(level: str, lookup: DataFrame | None) -> str:
    """Return the level, of those that person_activity holds, from which area_lookup leads to another."""
    found: list[str] = []
    if lookup is not None:
        leading = lookup.where(F.col(AreaLookup.to_level) == level).select(AreaLookup.from_level).distinct()
        found = [row[0] for row in leading.take(100)]  # a handful of levels
    below = next((own for own in OWN_LEVELS if own in found), None)
    if below is None:
        raise TableError(
            f"no area_lookup leads to {level}",
            where="jobs.area_activity.level",
            expected=f"{', '.join(OWN_LEVELS)}, or a level to which one of them leads",
            mend="ingest the lookup (ingest_area_lookup), or name another level",
        )
    return below


def areas_of(level: str, region: DataFrame | None, lookup: DataFrame | None) -> DataFrame | None:
    """Return the codes of a level that the region has, as `area_code`; None where no region is given.

    Practices and their networks are no areas of the region: None for them too, and those that have patients stand.
    """
    if region is None:
        return None
    codes = region.select(F.col(RegionArea.lsoa_2011_code).alias("_own"))
    if level == "lsoa_2011":
        return codes.withColumnRenamed("_own", AREA)
    if level == "practice" or lookup is None:
        return None
    below = "lsoa_2011" if level == "lsoa_2021" else level_below(level, lookup)
    if below == "practice":
        return None
    if below == "lsoa_2021":
        codes = codes.join(_all_pairs(lookup, "lsoa_2011", below), on="_own", how="inner").select(
            F.col(AREA).alias("_own")
        )
    pairs = _all_pairs(lookup, below, level) if level == "lsoa_2021" else _pairs(lookup, below, level)
    return codes.join(pairs, on="_own", how="inner").select(AREA).distinct()


def _all_pairs(lookup: DataFrame, below: str, level: str) -> DataFrame:
    leads = (F.col(AreaLookup.from_level) == below) & (F.col(AreaLookup.to_level) == level)
    return lookup.where(leads).select(F.col(AreaLookup.from_code).alias("_own"), F.col(AreaLookup.to_code).alias(AREA))


def _pairs(lookup: DataFrame | None, below: str, level: str) -> DataFrame:
    if lookup is None:
        raise TableError("there is no area_lookup", where=level, mend="ingest it (ingest_area_lookup)")
    return _all_pairs(lookup, below, level).groupBy("_own").agg(F.min(AREA).alias(AREA))


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
