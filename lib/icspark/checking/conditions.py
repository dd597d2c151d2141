"""Conditions in the records, tabulated by the classes that generate them, and held against what was planted.

A class is an age band, sex and deprivation quintile with a combination of a condition's causes. Given it, people have
the condition independently, with log odds = those of the stratum + the sum of the ln odds ratios of the causes there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import scipy
from numpy.typing import NDArray
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from icspark.checking.comparisons import SHARE, Comparison, scaled
from icspark.checking.limits import Floats, Limits, sum_limits, together
from icspark.checking.planted import QUINTILES, Planted
from icspark.tables.morbidity import ConditionCode
from icspark.tables.records import SourceDiagnosis
from icspark.tables.truth import TruthPerson

OLDEST_BAND, BAND_YEARS = 90, 5
STRATUM = ("band", "sex", "quintile")
WIDEST = 12.0
"""Log odds ratios beyond which none is looked for."""


@dataclass(frozen=True, eq=False)
class Graph:
    """The planted graph: conditions by name in order, and the ln odds ratio of each edge by quintile."""

    names: tuple[str, ...]
    effects: Mapping[tuple[str, str], Mapping[int, float]]

    @classmethod
    def of(cls, planted: Planted) -> Graph:
        """Return the graph of the planted parameters."""
        effects: dict[tuple[str, str], dict[int, float]] = {}
        for subject, ratio in planted.numbers["condition.odds_ratio"].items():
            cause, condition, quintile = subject.split("|")
            effects.setdefault((cause, condition), {})[int(quintile)] = float(np.log(ratio))
        return cls(tuple(sorted(planted.numbers["condition.prevalence"])), effects)

    @cached_property
    def place(self) -> dict[str, int]:
        """Return the place of the bit of each condition in a whole number that tells who has which."""
        return {name: place for place, name in enumerate(self.names)}

    def causes(self, condition: str) -> list[str]:
        """Return the causes of a condition."""
        return [cause for cause, effect in self.effects if effect == condition]

    def mask(self, condition: str) -> int:
        """Return the whole number with the bits of the causes of a condition."""
        return sum(1 << self.place[cause] for cause in self.causes(condition))


def condition_classes(
    diagnosed: DataFrame, people: DataFrame, codes: DataFrame, *, graph: Graph, last_day: Column
) -> pd.DataFrame:
    """Return one row per condition, class and whether people have it, with how many: as many rows as the graph allows.

    `diagnosed` are diagnoses with the true `person_number`, `people` TruthPerson. Every onset is recorded, so who has
    no diagnosis does not have the condition.
    """
    own = diagnosed.join(F.broadcast(_bits(diagnosed, codes, graph)), on=["code_system", "code"], how="inner")
    masks = own.groupBy(TruthPerson.person_number).agg(F.bit_or("_bit").alias("_"))
    known = people.join(masks, on=TruthPerson.person_number, how="left")
    strata = known.groupBy(
        _age_band(last_day).alias("band"),
        F.col(TruthPerson.sex_code).alias("sex"),
        F.col(TruthPerson.imd_2019_quintile).alias("quintile"),
        F.coalesce("_", F.lit(0).cast("long")).alias("mask"),
    ).agg(F.count(F.lit(1)).alias("people"))
    asked = F.explode(F.array(*[_asked(graph, name) for name in graph.names])).alias("asked")
    each = strata.select("band", "sex", "quintile", "mask", "people", asked)
    has_it = F.col("mask").bitwiseAND(F.col("asked.bit")) != 0
    causes = F.col("mask").bitwiseAND(F.col("asked.causes"))
    key = [F.col("asked.condition").alias("condition"), *map(F.col, STRATUM)]
    found = each.groupBy(*key, causes.alias("causes"), has_it.alias("has_it")).agg(F.sum("people").alias("people"))
    frame: pd.DataFrame = found.toPandas()  # a class a row
    return frame


def _bits(diagnosed: DataFrame, codes: DataFrame, graph: Graph) -> DataFrame:
    used = diagnosed.select(SourceDiagnosis.code_system, SourceDiagnosis.code).distinct()
    bits = {name: 1 << place for name, place in graph.place.items()}
    of_name = F.create_map(*[part for name, bit in bits.items() for part in (F.lit(name), F.lit(bit).cast("long"))])
    listed = codes.select(
        F.col(ConditionCode.code_system).alias("_system"),
        F.col(ConditionCode.code).alias("_beginning"),
        F.try_element_at(of_name, F.col(ConditionCode.condition)).alias("_bit"),
    )
    meets = (F.col(SourceDiagnosis.code_system) == F.col("_system")) & F.col(SourceDiagnosis.code).startswith(
        F.col("_beginning")
    )
    return used.join(F.broadcast(listed), on=meets, how="inner").select("code_system", "code", "_bit")


def _age_band(last_day: Column) -> Column:
    end = F.least(F.col(TruthPerson.death_date), last_day)
    months = F.months_between(F.trunc(end, "month"), F.trunc(TruthPerson.birth_date, "month"))
    return F.least(F.floor(months / (12 * BAND_YEARS)) * BAND_YEARS, F.lit(OLDEST_BAND)).cast("int")


def _asked(graph: Graph, name: str) -> Column:
    parts = {"condition": F.lit(name), "bit": F.lit(1 << graph.place[name]).cast("long")}
    parts["causes"] = F.lit(graph.mask(name)).cast("long")
    return F.struct(*[value.alias(key) for key, value in parts.items()])


def compare_conditions(classes: pd.DataFrame, graph: Graph, planted: Planted) -> Iterator[Comparison]:
    """Yield the prevalences, the risks of those without any cause, and the odds ratio of each edge."""
    for name in graph.names:
        rows, target, base = _planted_classes(classes[classes["condition"] == name], _strata(planted, name))
        yield _prevalence(name, rows, target)
        if graph.causes(name):
            yield _risk_without_causes(name, rows, base)
        for cause in graph.causes(name):
            yield from _odds_ratios((cause, name), rows, base, graph=graph)


Strata = Mapping[tuple[int, str, int], tuple[float, float]]
"""Planted prevalence and log odds without causes, by age band, sex and quintile."""


def _planted_classes(rows: pd.DataFrame, strata: Strata) -> tuple[pd.DataFrame, Floats, Floats]:
    """Return the classes of one condition in strata where it occurs, with their planted prevalence and log odds."""
    cases = rows["people"].where(rows["has_it"], 0)
    wide = rows.assign(cases=cases).groupby([*STRATUM, "causes"], as_index=False)[["people", "cases"]].sum()
    keys = list(wide[list(STRATUM)].itertuples(index=False, name=None))
    occurs = np.array([key in strata for key in keys], dtype=np.bool_)
    both = np.array([strata[key] for key in keys if key in strata], dtype=np.float64).reshape(-1, 2)
    return wide[occurs], both[:, 0], both[:, 1]


def _strata(planted: Planted, name: str) -> Strata:
    prevalence, log_odds = (planted.numbers[f"condition.stratum_{part}"] for part in ("prevalence", "log_odds"))
    own = (subject for subject in prevalence if subject.startswith(f"{name}|"))
    keys = ((subject, subject.split("|")) for subject in own)
    return {(int(b), s, int(q)): (prevalence[subject], log_odds[subject]) for subject, (_, b, s, q) in keys}


def _prevalence(name: str, rows: pd.DataFrame, target: Floats) -> Comparison:
    people = rows["people"].to_numpy(dtype=np.float64)
    return _share(
        "prevalence",
        name,
        (people, target),
        cases=float(rows["cases"].sum()),
        meaning="people with a diagnosis, of those who can have it, on their last day; planted by age, sex and area",
    )


def _risk_without_causes(name: str, rows: pd.DataFrame, base: Floats) -> Comparison:
    free = (rows["causes"] == 0).to_numpy()
    people = rows["people"].to_numpy(dtype=np.float64)[free]
    return _share(
        "risk_without_causes",
        name,
        (people, scipy.special.expit(base[free])),
        cases=float(rows["cases"].to_numpy()[free].sum()),
        meaning="people with a diagnosis, of those without any of its causes",
    )


def _share(check: str, name: str, drawn: tuple[Floats, Floats], *, cases: float, meaning: str) -> Comparison:
    people, chances = drawn
    total = float(people.sum())
    if total == 0:
        return Comparison(check, name, None, None, SHARE, meaning)
    planted, found = float(people @ chances) / total, cases / total
    return Comparison(
        check,
        name,
        planted,
        found,
        SHARE,
        meaning,
        lambda alpha: scaled(sum_limits(*together(people, chances), alpha), total),
    )


def _odds_ratios(edge: tuple[str, str], rows: pd.DataFrame, base: Floats, *, graph: Graph) -> Iterator[Comparison]:
    effects = graph.effects[edge]
    has_cause = _has(rows, graph.place[edge[0]])
    offset = base + sum(
        _has(rows, graph.place[other]) * rows["quintile"].map(graph.effects[other, edge[1]]).to_numpy(dtype=np.float64)
        for other in graph.causes(edge[1])
        if other != edge[0]
    )
    is_one = len({round(effect, 12) for effect in effects.values()}) == 1
    for quintiles in [QUINTILES] if is_one else [(quintile,) for quintile in QUINTILES]:
        chosen = has_cause & rows["quintile"].isin(quintiles).to_numpy()
        subject = "|".join([*edge, *([] if is_one else map(str, quintiles))])
        exposed = rows[chosen]
        yield _odds_ratio(subject, exposed, np.asarray(offset)[chosen], effects[quintiles[0]])


def _has(rows: pd.DataFrame, place: int) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = (rows["causes"].to_numpy(dtype=np.int64) >> place) & 1 == 1
    return found


def _odds_ratio(subject: str, exposed: pd.DataFrame, offset: Floats, effect: float) -> Comparison:
    people, cases = exposed["people"].to_numpy(dtype=np.float64), float(exposed["cases"].sum())
    meaning = (
        "odds of the second with the first over those planted without it, all other causes, age band, sex and area "
        "alike: the odds ratio that gives as many cases as there are"
    )
    if not people.sum():
        return Comparison("odds_ratio", subject, float(np.exp(effect)), None, "ratio", meaning)

    def limits(alpha: float) -> Limits:
        least, greatest = sum_limits(*together(people, scipy.special.expit(offset + effect)), alpha)
        return ratio_of(people, offset, least), ratio_of(people, offset, greatest)

    found = ratio_of(people, offset, cases)
    return Comparison("odds_ratio", subject, float(np.exp(effect)), found, "ratio", meaning, limits)


def ratio_of(people: Floats, offset: Floats, cases: float) -> float:
    """Return the odds ratio under which so many cases are expected, by bisection: sum n expit(offset + ln OR) = cases.

    It rises with the cases, from 0 for none; where all are cases it is that of half a case fewer.
    """
    if cases <= 0:
        return 0.0
    wanted, low, high = min(cases, float(people.sum()) - 0.5), -WIDEST, WIDEST
    for _ in range(60):
        middle = (low + high) / 2
        if people @ scipy.special.expit(offset + middle) > wanted:
            high = middle
        else:
            low = middle
    return float(np.exp((low + high) / 2))
