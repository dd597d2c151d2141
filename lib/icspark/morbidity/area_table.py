"""How many conditions the people of each area have: crude, and standardised by age and sex."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from icspark.geography.levels import AREA
from icspark.statistics import standardisation as std
from icspark.statistics.estimates import with_limits
from icspark.statistics.intervals import mean_limits, wilson
from icspark.tables.comorbidity import SHARES, WEIGHTS, AreaMorbidity, PersonMorbidity

STRATUM = (PersonMorbidity.age_band, PersonMorbidity.sex_code)
KINDS = {**dict.fromkeys(SHARES, "share"), "conditions": "mean"}
"""What is standardised: stem of its columns -> what it is called."""

FEWEST = {"two_or_more": 2, "four_or_more": 4}


def build_area_morbidity(people: DataFrame, *, level: str, areas: DataFrame | None = None) -> DataFrame:
    """Return area_morbidity of rows of person_morbidity with `area_code`; those without one are left out.

    `areas` lists the areas, each of which is a row; without it those that have people. Expected numbers are those of
    all areas of the frame together, by age and sex.
    """
    strata = sums_by_stratum(people, areas)
    sums = [F.sum(name).alias(name) for name in _sum_names()]
    of_areas = strata.transform(_with_reference).groupBy(AREA).agg(*sums, _strata_array())
    listed = of_areas if areas is None else areas.select(AREA).distinct().join(of_areas, on=AREA, how="left")
    nobody = F.array().cast(of_areas.schema["strata"].dataType)
    filled = listed.fillna(0, subset=_sum_names()).withColumn("strata", F.coalesce("strata", nobody))
    filled = filled.transform(_described, level)
    return filled.transform(with_crude).transform(with_standardised).select(*AreaMorbidity.columns())


def sums_by_stratum(people: DataFrame, areas: DataFrame | None) -> DataFrame:
    """Return one row per area, age band and sex: whole numbers, which add up the same in any order.

    A person is one unit of `t`, the denominator, and so `tt` and `persons` are the same number.
    """
    placed = people.filter(F.col(AREA).isNotNull())
    inside = placed if areas is None else placed.join(F.broadcast(areas.select(AREA).distinct()), AREA, "left_semi")
    values = _values()
    found: dict[str, Column] = dict.fromkeys(("t", "tt", "persons"), F.count(F.lit(1)))
    for stem in KINDS:
        y = values[stem]
        found |= {f"{stem}_y": F.sum(y), f"{stem}_yy": F.sum(y * y), f"{stem}_yt": F.sum(y)}
    for stem in WEIGHTS:
        weight = F.col(f"{stem}_weight")
        steps = F.rint(weight * 1000).cast("long")
        found |= {f"{stem}_n": F.count(weight), f"{stem}_s": F.sum(steps), f"{stem}_ss": F.sum(steps * steps)}
    zero = F.lit(0).cast("long")
    return inside.groupBy(AREA, *STRATUM).agg(*[F.coalesce(found[n], zero).alias(n) for n in _sum_names()])


def with_crude(sums: DataFrame) -> DataFrame:
    """Add counts, shares with Wilson's limits, and means with Student's."""
    people = F.col("t")
    values: dict[str, Column] = {
        AreaMorbidity.people_count: people,
        AreaMorbidity.conditions_count: F.col("conditions_y"),
        AreaMorbidity.under_two_count: people - F.col("two_or_more_y"),
        AreaMorbidity.two_or_three_count: F.col("two_or_more_y") - F.col("four_or_more_y"),
        "conditions_mean": F.try_divide("conditions_y", people),
    }
    limits = {"conditions_mean": mean_limits(F.col("conditions_mean"), _variance("conditions", "t", 1), people)}
    for stem in SHARES:
        y = F.col(f"{stem}_y")
        values |= {f"{stem}_count": y, f"{stem}_share": F.try_divide(y, people)}
        limits[f"{stem}_share"] = wilson(y, people)
    for stem in WEIGHTS:
        n = F.col(f"{stem}_n")
        values |= {f"{stem}_people_count": n, f"{stem}_weight_mean": F.try_divide(F.col(f"{stem}_s") / 1000.0, n)}
        mean = F.col(f"{stem}_weight_mean")
        limits[f"{stem}_weight_mean"] = mean_limits(mean, _variance(stem, f"{stem}_n", 1000), n)
    return with_limits(sums.withColumns(values), limits)


def with_standardised(sums: DataFrame) -> DataFrame:
    """Add directly standardised shares and means, and observed over expected, with limits and reasons.

    A share's events are people, at most one each; a mean's are conditions, in clusters of persons.
    """
    strata, persons = F.col("strata"), F.col("persons")
    parts = {f"_{stem}_direct": std.standardised_parts(strata, stem, persons) for stem in KINDS}
    parts |= {f"_{stem}_expected": std.expected_parts(strata, stem, persons) for stem in KINDS}
    values: dict[str, Column] = {}
    limits: dict[str, Column] = {}
    for stem, kind in KINDS.items():
        direct, expected = F.col(f"_{stem}_direct"), F.col(f"_{stem}_expected")
        name, reason = f"{stem}_standardised_{kind}", std.no_standardised_rate(direct)
        values |= {f"{stem}_standardised_reason": reason, name: F.when(reason.isNull(), direct["rate"])}
        limits[name] = F.when(F.col(name).isNotNull(), _within(std.standardised_limits(direct), kind))
        values[f"{stem}_expected_count"] = expected["expected"]
        values[f"{stem}_standardised_ratio"] = F.try_divide(F.col(f"{stem}_y"), expected["expected"])
        limits[f"{stem}_standardised_ratio"] = std.ratio_limits(F.col(f"{stem}_y"), expected)
    return with_limits(sums.withColumns(parts).withColumns(values), limits)


def _values() -> Mapping[str, Column]:
    count = F.col(PersonMorbidity.conditions_count)
    return {"conditions": count} | {stem: (count >= fewest).cast("long") for stem, fewest in FEWEST.items()}


def _sum_names() -> list[str]:
    names = ["t", "tt", "persons", *(f"{stem}_{part}" for stem in KINDS for part in ("y", "yy", "yt"))]
    return names + [f"{stem}_{part}" for stem in WEIGHTS for part in ("n", "s", "ss")]


def _with_reference(strata: DataFrame) -> DataFrame:
    everywhere = Window.partitionBy(*STRATUM).rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    t = F.sum("t").over(everywhere)
    rates = {f"{stem}_reference": F.try_divide(F.sum(f"{stem}_y").over(everywhere), t) for stem in KINDS}
    return strata.withColumns(rates)


def _strata_array() -> Column:
    weight = std.standard_weight(*map(F.col, STRATUM)).alias("weight")
    sums = [F.col(f"{stem}_{part}") for stem in KINDS for part in ("y", "yy", "yt", "reference")]
    return F.array_sort(F.collect_list(F.struct(*STRATUM, weight, "t", "tt", "persons", *sums))).alias("strata")


def _described(sums: DataFrame, level: str) -> DataFrame:
    code = F.col(AREA) if level == "lsoa_2011" else F.lit(None).cast("string")
    return sums.withColumns({AreaMorbidity.level: F.lit(level), AreaMorbidity.lsoa_2011_code: code})


def _variance(stem: str, number: str, steps: int) -> Column:
    """Return the variance (n - 1 below) of values that were summed in whole steps of 1/`steps`; null below two."""
    n, s, ss = (F.col(name).cast("decimal(19,0)") for name in (number, *_sums_of(stem)))
    spread = (n * ss - s * s).cast("double") / F.lit(float(steps**2))
    below = F.when(F.col(number) >= 2, (F.col(number) * (F.col(number) - 1)).cast("double"))
    return spread / below


def _sums_of(stem: str) -> tuple[str, str]:
    return (f"{stem}_y", f"{stem}_yy") if stem in KINDS else (f"{stem}_s", f"{stem}_ss")


def _within(limits: Column, kind: str) -> Column:
    if kind != "share":
        return limits
    highest = F.least(limits["upper"], F.lit(1.0))
    return F.struct(F.greatest(limits["lower"], F.lit(0.0)).alias("lower"), highest.alias("upper"))
