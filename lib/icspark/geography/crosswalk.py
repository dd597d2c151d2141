"""Counts of LSOAs of 2011 carried to those of 2021, to the person. Scores and rates are never carried."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T

from icspark.errors import TableError, VintageError
from icspark.geography.vintages import check_vintage
from icspark.tables.geography import Population2021
from icspark.tables.reference import AreaLookup

OLD, NEW = "lsoa_2011_code", "lsoa_2021_code"


def crosswalk_weights(lookup: DataFrame, *, population_2021: DataFrame, population_2011: DataFrame) -> DataFrame:
    """Return one row per LSOA 2011 and LSOA 2021 that it lies in: `lsoa_2011_code`, `lsoa_2021_code`, `weight` (whole).

    An area of 2011 in one of 2021 (U, M, and the nested ones of X) has weight 1. One in several is weighed by their
    residents of 2021, less the residents of the 2011 areas that lie wholly in the same one (none for S), never below 0;
    where all are 0, alike. `lookup` is area_lookup, `population_2021` rows of that table, `population_2011` has
    `lsoa_2011_code` and `residents_count` (rows of one area are added up).
    Raises TableError where the lookup lacks 2011 to 2021, or a population of an area whose weight needs it.
    Method: data-model, area_lookup; the weights are residents, so shares are exact fractions of whole numbers.
    """
    pairs = _pairs(lookup)
    nested = F.col("_areas_2021") == 1
    of_old, of_new = Window.partitionBy(OLD), Window.partitionBy(NEW)
    counted = pairs.withColumn("_areas_2021", F.count("*").over(of_old))
    old_people = population_2011.groupBy(OLD).agg(F.sum("residents_count").alias("_old_residents"))
    new_people = population_2021.select(NEW, F.col(Population2021.residents_count).alias("_new_residents"))
    joined = counted.join(old_people, on=OLD, how="left").join(new_people, on=NEW, how="left")
    _require_residents(joined.withColumn("_split_parts", F.count_if(~nested).over(of_new)), nested)
    inside = F.coalesce(F.sum(F.when(nested, F.col("_old_residents"))).over(of_new), F.lit(0))
    rest = F.greatest(F.lit(0), F.col("_new_residents") - inside)
    weighed = joined.withColumn("weight", F.when(nested, F.lit(1)).otherwise(rest).cast("long"))
    is_empty = F.sum("weight").over(of_old) == 0
    return weighed.select(OLD, NEW, F.when(is_empty, F.lit(1)).otherwise(F.col("weight")).cast("long").alias("weight"))


def crosswalk_counts(
    counts: DataFrame, weights: DataFrame, *, columns: Sequence[str], by: Sequence[str] = ()
) -> DataFrame:
    """Return counts by LSOA 2011 (and `by`) as counts by LSOA 2021 (and `by`), every total kept to the person.

    Each count is split by its area's weights with the largest remainder, ties to the code that sorts first, in whole
    numbers throughout; then the parts of an area of 2021 are added up. Rows of one area and group are added up first.
    A null area stays a row with a null area. A null count makes the areas that it reaches null: unknown, not 0.
    Raises VintageError for a column that is no count (a score, rank or rate can be neither split nor added) and
    for codes that are none of 2011. Method: Hamilton's apportionment.
    """
    _require_counts(counts, columns)
    known = weights.select(OLD).distinct()
    check_vintage(counts, OLD, known, table="the counts", vintage="lsoa_2011")
    totals = counts.groupBy(*by, OLD).agg(*[_sum_of_known(name).alias(name) for name in columns])
    parts = totals.join(weights, on=OLD, how="left")
    for name in columns:
        parts = parts.transform(_apportioned, name=name, group=(*by, OLD))
    return parts.groupBy(*by, NEW).agg(*[_sum_of_known(name).alias(name) for name in columns])


def _pairs(lookup: DataFrame) -> DataFrame:
    is_pair = (F.col(AreaLookup.from_level) == "lsoa_2011") & (F.col(AreaLookup.to_level) == "lsoa_2021")
    pairs = lookup.where(is_pair)
    if pairs.isEmpty():
        raise TableError(
            "there is no lookup of LSOA 2011 to 2021",
            where=AreaLookup.name(),
            mend="add its file to the source `area_lookup`",
        )
    return pairs.select(F.col(AreaLookup.from_code).alias(OLD), F.col(AreaLookup.to_code).alias(NEW)).distinct()


def _require_residents(joined: DataFrame, nested: Column) -> None:
    lacks_new = ~nested & F.col("_new_residents").isNull()
    lacks_old = nested & (F.col("_split_parts") > 0) & F.col("_old_residents").isNull()
    row = joined.agg(F.count_if(lacks_new), F.count_if(lacks_old)).take(1)[0]  # one small row
    for missing, name in zip(row, (Population2021.name(), "population of 2011"), strict=True):
        if missing:
            raise TableError(
                f"{missing:,} areas that the crosswalk weighs have no residents",
                where=name,
                mend="give the population of the whole country",
            )


def _require_counts(counts: DataFrame, columns: Sequence[str]) -> None:
    types = {field.name: field.dataType for field in counts.schema}
    wrong = [name for name in columns if not (name.endswith("_count") and isinstance(types.get(name), T.IntegralType))]
    if wrong:
        raise VintageError(
            f"{', '.join(wrong)} cannot be carried from 2011 to 2021",
            expected="whole numbers in columns whose names end in _count",
            found=", ".join(f"{name} {types[name].simpleString() if name in types else 'absent'}" for name in wrong),
            mend="scores, ranks and rates belong to the areas that they were made for: read them in their own vintage",
        )


def _apportioned(parts: DataFrame, *, name: str, group: tuple[str, ...]) -> DataFrame:
    """Return the rows with the count `name` of each group split over its rows by `weight`."""
    rows = Window.partitionBy(*group)
    weight = F.coalesce(F.col("weight"), F.lit(1))
    whole = F.sum(weight).over(rows)
    product = F.col(name).cast("long") * weight  # whole numbers: an overflow raises, nothing is ever rounded
    halves = parts.withColumns({"_floor": F.call_function("div", product, whole), "_rest": product % whole})
    ranked = halves.withColumn("_rank", F.row_number().over(rows.orderBy(F.desc("_rest"), NEW)))
    left_over = F.col(name) - F.sum("_floor").over(rows)
    share = F.col("_floor") + (F.col("_rank") <= left_over).cast("long")
    return ranked.withColumn(name, share.cast("long")).drop("_floor", "_rest", "_rank")


def _sum_of_known(name: str) -> Column:
    return F.when(F.count(name) == F.count("*"), F.sum(name).cast("long"))
