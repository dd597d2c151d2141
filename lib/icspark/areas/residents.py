"""Who lives in an area: residents, median age, share of males."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from icspark.tables.areas import AreaSummary
from icspark.tables.reference import Population

MALE, UNKNOWN_SEX = "1", "9"
OLDEST = 90
AGES_IN_A_NUMBER, BITS = 3, 21
"""Three ages, of up to 2,097,151 people each, share one 64-bit sum: a third as many sums over millions of rows."""

PACKED = range(OLDEST // AGES_IN_A_NUMBER + 1)


def residents_by_area(population: DataFrame) -> DataFrame:
    """Return one row per LSOA 2011: population_count, median_age_years, male_share.

    The median is the mean of the ages of the lower and upper middle person, as `numpy.median` of the expanded list;
    90 and over count as 90. Null where nobody lives there. Male share is males / all (not its complement, as a tool in
    circulation has it); null where the file has persons only. One pass over the rows, then one short row per area.
    """
    people, sex = F.col(Population.residents_count), F.col(Population.sex_code)
    total = F.col(AreaSummary.population_count)
    known_sex = F.coalesce(F.col("_of_unknown_sex"), F.lit(0)) == 0
    sums = (
        population.withColumns(_packing())
        .groupBy(Population.lsoa_2011_code)
        .agg(
            F.sum(people).alias(AreaSummary.population_count),
            F.sum(F.when(sex == MALE, people)).alias("_males"),
            F.sum(F.when(sex == UNKNOWN_SEX, people)).alias("_of_unknown_sex"),
            *[F.sum(F.when(F.col("_number") == n, F.col("_shifted"))).alias(f"_ages_{n}") for n in PACKED],
        )
    )
    return sums.withColumn("_middle", _middle_ages(total)).select(
        Population.lsoa_2011_code,
        F.when(total < 2**BITS, total).otherwise(_crowded(total)).alias(AreaSummary.population_count),
        F.when(total > 0, (F.col("_middle.lower") + F.col("_middle.upper")) / 2).alias(AreaSummary.median_age_years),
        F.when(known_sex, F.try_divide(F.coalesce("_males", F.lit(0)), total)).alias(AreaSummary.male_share),
    )


def _crowded(total: Column) -> Column:
    """Stop the query where an area has more residents than a packed sum holds; null stays null."""
    stop = F.raise_error(F.lit(f"an area has {2**BITS:,} residents or more: that is no LSOA"))
    return F.when(total.isNotNull(), stop.cast("long"))


def _packing() -> dict[str, Column]:
    age, people = F.least(F.col(Population.age_years), F.lit(OLDEST)), F.col(Population.residents_count)
    place = age % AGES_IN_A_NUMBER
    shifted = F.when(place == 0, people)
    for number in range(1, AGES_IN_A_NUMBER):
        shifted = shifted.when(place == number, people * F.lit(2 ** (BITS * number)))
    return {"_number": F.floor(age / AGES_IN_A_NUMBER).cast("int"), "_shifted": shifted}


def _middle_ages(total: Column) -> Column:
    """Return the ages of the lower and upper middle person: how many ages end before each of them."""
    before_lower, before_upper = F.floor((total + 1) / 2), F.floor(total / 2) + 1
    none = F.lit(0).cast("long")
    return F.aggregate(
        F.array(*[_people_aged(age) for age in range(OLDEST + 1)]),
        F.struct(none.alias("people"), none.alias("lower"), none.alias("upper")),
        lambda so_far, people: F.struct(
            (so_far["people"] + people).alias("people"),
            (so_far["lower"] + (so_far["people"] + people < before_lower).cast("long")).alias("lower"),
            (so_far["upper"] + (so_far["people"] + people < before_upper).cast("long")).alias("upper"),
        ),
    )


def _people_aged(age: int) -> Column:
    number, place = divmod(age, AGES_IN_A_NUMBER)
    packed = F.coalesce(F.col(f"_ages_{number}"), F.lit(0).cast("long"))
    return F.shiftright(packed, BITS * place).bitwiseAND(F.lit(2**BITS - 1).cast("long"))
