"""Who is in the records, what their records lack, how often they moved and were registered twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from icspark.checking.comparisons import PER_1000, SHARE, Comparison, equal, scaled
from icspark.checking.limits import poisson_limits, sum_limits
from icspark.checking.planted import Planted
from icspark.tables.records import RegistrationPeriod, Residence, SourcePerson
from icspark.tables.truth import TruthPerson

NUMBER, QUINTILE = TruthPerson.person_number, TruthPerson.imd_2019_quintile
ETHNICITY_NOT_TOLD = ("Z", "99")
NOWHERE = "ZZ99"
DAYS_PER_YEAR = 365.25
NEVER = "9999-12-31"


def people_by_quintile(
    people: DataFrame, persons: DataFrame, residences: DataFrame, *, registrations: DataFrame, days: Column
) -> pd.DataFrame:
    """Return five rows: what the records of the people of each quintile (of the last home) hold and lack.

    `people` are TruthPerson; the others are rows of the source with the true `person_number`, one a person for
    `persons`. `days` are the days on which a person can move.
    """
    said = persons.groupBy(NUMBER).agg(
        F.max(_is_vague(SourcePerson.ethnic_category_code).cast("int")).alias("ethnicity_unknown"),
        F.max(F.col(SourcePerson.main_language_needs_interpreter).isNull().cast("int")).alias("interpreter_unknown"),
    )
    postcode = F.col(Residence.postcode)
    lived = residences.groupBy(NUMBER).agg(
        F.max((postcode.isNull() | postcode.startswith(NOWHERE)).cast("int")).alias("home_unknown"),
        (F.count(F.lit(1)) - 1).alias("moves"),
    )
    registered = _registered(registrations)
    joined = people
    for part in (said, lived, registered):
        joined = joined.join(part, on=NUMBER, how="left")
    names = ("ethnicity_unknown", "interpreter_unknown", "home_unknown", "moves", "is_registered", "is_twice")
    sums = [F.coalesce(F.sum(name), F.lit(0)).alias(name) for name in names]
    counted = joined.groupBy(QUINTILE).agg(
        F.count(F.lit(1)).alias("people"),
        F.count("ethnicity_unknown").alias("with_a_row"),
        F.count("home_unknown").alias("with_a_home"),
        F.sum(days).alias("days"),
        *sums,
    )
    frame: pd.DataFrame = counted.toPandas()  # five rows
    return frame


def _is_vague(name: str) -> Column:
    return F.coalesce(F.col(name).isin(*ETHNICITY_NOT_TOLD), F.lit(True))


def _registered(registrations: DataFrame) -> DataFrame:
    """Return, by person, 1 for each who is registered, and 1 for who is so at two practices at once."""
    by_start = Window.partitionBy(NUMBER).orderBy(RegistrationPeriod.from_date, RegistrationPeriod.practice_code)
    following = F.lead(RegistrationPeriod.from_date).over(by_start)
    until = F.coalesce(F.col(RegistrationPeriod.to_date), F.lit(NEVER).cast("date"))
    overlaps = registrations.withColumn("_overlaps", F.coalesce(following < until, F.lit(False)))
    twice = F.max(F.col("_overlaps").cast("int")).alias("is_twice")
    return overlaps.groupBy(NUMBER).agg(F.lit(1).alias("is_registered"), twice)


def days_of_moves(first: Column, last: Column) -> Column:
    """Return the days of the period on which a person of TruthPerson can move: alive, but for the first of them."""
    begin = F.greatest(F.col(TruthPerson.birth_date), first)
    end = F.least(F.col(TruthPerson.death_date), F.date_add(last, 1))
    return F.greatest(F.date_diff(end, begin) - 1, F.lit(0))


def compare_people(found: pd.DataFrame, planted: Planted) -> Iterator[Comparison]:
    """Yield how many people there are, what records lack by quintile, moves and duplicate registrations."""
    rows: Mapping[int, Any] = {int(row[QUINTILE]): row for row in found.to_dict("records")}
    totals = found.sum()
    everybody = planted.number("people")
    for name, column in (
        ("people", "people"),
        ("people_with_a_row", "with_a_row"),
        ("people_with_a_home", "with_a_home"),
    ):
        said = "people in the truth, with a row of `person` and with a residence: everybody"
        yield equal(name, "", planted=everybody, found=float(totals[column]), unit="people", meaning=said)
    unknown = {
        "home_unknown": ("people_model.home_unknown_share", "people whose residences have no postcode, or ZZ99"),
        "ethnicity_unknown": ("people_model.ethnicity_unknown_share", "people without an ethnic category, or Z or 99"),
    }
    for name, (parameter, meaning) in unknown.items():
        for quintile, share in planted.by_quintile(parameter).items():
            row = rows.get(quintile, {"people": 0, name: 0})
            subject = f"imd|{quintile}"
            yield share_of(f"{name}_share", subject, share, counts=(row[name], row["people"]), meaning=meaning)
    others = {
        "interpreter_unknown": ("people", "people of whom records do not tell whether an interpreter is needed"),
        "is_twice": ("is_registered", "people registered at two practices at once, of those registered"),
    }
    parameters = ("people_model.interpreter_need_unknown_share", "people_model.duplicate_registration_share")
    named = ("interpreter_unknown_share", "duplicate_registration_share")
    for check, parameter, (column, (below, meaning)) in zip(named, parameters, others.items(), strict=True):
        counts = (totals[column], totals[below])
        yield share_of(check, "", planted.number(parameter), counts=counts, meaning=meaning)
    yield _moves(float(totals["moves"]), float(totals["days"]) / DAYS_PER_YEAR, planted)


def share_of(check: str, subject: str, planted: float, *, counts: tuple[Any, Any], meaning: str) -> Comparison:
    """Return the comparison of a planted chance with (events, trials), binomial."""
    events, trials = (float(number) for number in counts)
    if not trials:
        return Comparison(check, subject, planted, None, SHARE, meaning)
    return Comparison(
        check,
        subject,
        planted,
        events / trials,
        SHARE,
        meaning,
        lambda alpha: scaled(sum_limits(np.array([trials]), np.array([planted]), alpha), trials),
    )


def _moves(moves: float, years: float, planted: Planted) -> Comparison:
    rate = planted.number("people_model.moves_per_year")
    return Comparison(
        "moves_rate_per_1000",
        "",
        1000 * rate,
        1000 * moves / years if years else None,
        PER_1000,
        "changes of home within the period",
        (lambda alpha: scaled(poisson_limits(rate * years, alpha), years / 1000)) if years else None,
    )
