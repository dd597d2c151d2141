"""The rows of morbidity_enrichment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from icspark.errors import ConfigurationError, QualityError
from icspark.morbidity.enrichment import enrichment
from icspark.morbidity.histories import STRATA, UNKNOWN
from icspark.morbidity.pair_table import Columns, frame_of
from icspark.statistics.multiplicity import benjamini_hochberg
from icspark.tables.morbidity import ConditionHistory, MorbidityEnrichment

SUBJECT, PEOPLE, CASES, OTHERS = "subject", "people", "cases", "_others"
MOST_CELLS = 5_000_000


@dataclass(frozen=True)
class ConditionSet:
    """A set of conditions: who has any of them, or who has all."""

    conditions: tuple[str, ...]
    needs_all: bool = False


def build_morbidity_enrichment(
    histories: DataFrame,
    demographics: Sequence[str],
    sets: Mapping[str, ConditionSet],
    *,
    conditions: Sequence[str] = (),
) -> DataFrame:
    """Return morbidity_enrichment: every condition and set, in every group of every demographic, within the others.

    `conditions` names those that are wanted; empty: all. A set is called `set:<name>`, a missing value is the group
    `unknown`. Raises ConfigurationError for a column that people do not have, or a condition that nobody has.
    """
    unknown = sorted(set(demographics) - set(STRATA))
    if unknown or not demographics:
        raise ConfigurationError(
            "people have no such column", found=", ".join(unknown), expected=f"some of {', '.join(STRATA)}"
        )
    named = [F.coalesce(name, F.lit(UNKNOWN)).alias(name) for name in demographics]
    people = histories.groupBy(*named).agg(F.count(F.lit(1)).alias(PEOPLE))
    listed = histories.select(*named, F.explode(_subjects(sets, conditions)).alias(SUBJECT))
    cases = listed.groupBy(*demographics, SUBJECT).agg(F.count(F.lit(1)).alias(CASES))
    of_people, of_cases = _gathered(people), _gathered(cases)
    if missing := sorted(set(conditions) - set(of_cases[SUBJECT])):
        raise ConfigurationError("nobody has such a condition", found=", ".join(missing), mend="see condition_history")
    blocks = [_of_demographic(of_people, of_cases, name, demographics) for name in demographics]
    columns = {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
    columns[MorbidityEnrichment.q_value] = benjamini_hochberg(columns[MorbidityEnrichment.p_value])
    return frame_of(histories.sparkSession, MorbidityEnrichment, columns)


def _subjects(sets: Mapping[str, ConditionSet], conditions: Sequence[str]) -> Column:
    has = F.col(ConditionHistory.conditions)
    single = F.array_intersect(has, F.array(*map(F.lit, conditions))) if conditions else has
    if not sets:
        return single
    named = [F.when(_is_in(has, chosen), F.lit(f"set:{name}")) for name, chosen in sorted(sets.items())]
    return F.concat(single, F.array_compact(F.array(*named)))


def _is_in(has: Column, chosen: ConditionSet) -> Column:
    common = F.size(F.array_intersect(has, F.array(*map(F.lit, chosen.conditions))))
    return common >= (len(set(chosen.conditions)) if chosen.needs_all else 1)


def _gathered(frame: DataFrame) -> pd.DataFrame:
    # Grows with cells of demographics and conditions, never with people.
    rows: pd.DataFrame = frame.limit(MOST_CELLS + 1).toArrow().to_pandas()
    if len(rows) > MOST_CELLS:
        raise QualityError("too many cells of demographics", where="morbidity_enrichment", mend="name fewer of them")
    return rows


def _of_demographic(people: pd.DataFrame, cases: pd.DataFrame, name: str, demographics: Sequence[str]) -> Columns:
    others = [other for other in demographics if other != name]
    keyed = [_with_others(frame, others) for frame in (people, cases)]
    every = keyed[0].pivot_table(index=name, columns=OTHERS, values=PEOPLE, aggfunc="sum", fill_value=0)
    blocks = []
    for subject, of_subject in sorted(keyed[1].groupby(SUBJECT)):
        with_it = of_subject.pivot_table(index=name, columns=OTHERS, values=CASES, aggfunc="sum", fill_value=0)
        aligned = with_it.reindex(index=every.index, columns=every.columns, fill_value=0)
        blocks.append(_rows(str(subject), name, every, aligned))
    return {column: np.concatenate([block[column] for block in blocks]) for column in blocks[0]}


def _rows(subject: str, demographic: str, people: pd.DataFrame, cases: pd.DataFrame) -> Columns:
    found = enrichment(people.to_numpy(np.int64), cases.to_numpy(np.int64))
    groups = len(people)
    ratio = np.where(found.expected > 0, found.observed / np.maximum(found.expected, 1e-300), np.nan)
    return {
        MorbidityEnrichment.subject: np.full(groups, subject, dtype=object),
        MorbidityEnrichment.demographic: np.full(groups, demographic, dtype=object),
        MorbidityEnrichment.group: people.index.to_numpy(dtype=object),
        MorbidityEnrichment.people_count: people.to_numpy(np.int64).sum(axis=1),
        MorbidityEnrichment.observed_count: found.observed,
        MorbidityEnrichment.expected_count: found.expected,
        MorbidityEnrichment.ratio: ratio,
        MorbidityEnrichment.z: found.z,
        MorbidityEnrichment.p_value: found.p_value,
        MorbidityEnrichment.is_exact: found.is_exact,
    }


def _with_others(frame: pd.DataFrame, others: Sequence[str]) -> pd.DataFrame:
    joined = frame[list(others)].agg("|".join, axis=1) if others else pd.Series("all", index=frame.index)
    return frame.assign(**{OTHERS: joined})
