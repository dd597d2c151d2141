"""From condition_history to the tables of pairs, whole and by group."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from icspark.errors import ConfigurationError
from icspark.morbidity.counting import SEPARATOR, count, survey
from icspark.morbidity.histories import STRATA, UNKNOWN
from icspark.morbidity.pair_table import Columns, PairRules, frame_of, group_columns, pair_columns
from icspark.tables.morbidity import ConditionCode, ConditionHistory, MorbidityPair, MorbidityPairByGroup


@dataclass(frozen=True)
class Counting:
    """What is counted, and how pairs are judged."""

    most_conditions: int = 1000
    min_gap_days: int = 1
    rules: PairRules = field(default_factory=PairRules)


def build_morbidity_pair(
    histories: DataFrame, counting: Counting, *, sharing: Collection[tuple[str, str]] = ()
) -> DataFrame:
    """Return morbidity_pair: every pair of the conditions that somebody has, within the strata of the histories.

    `sharing` are the pairs whose lists share codes. Raises QualityError where nobody has a condition, there are more
    than `most_conditions`, or pairs were lost in counting.
    """
    found = survey(histories, most_conditions=counting.most_conditions)
    counts = count(histories, found, min_gap=counting.min_gap_days)
    return frame_of(histories.sparkSession, MorbidityPair, pair_columns(counts, counting.rules, sharing))


def listed_codes(codes: DataFrame) -> list[tuple[str, str, str]]:
    """Return (condition, code_system, code) of condition_code on the driver: it grows with lists, never with people."""
    rows = codes.select(ConditionCode.condition, ConditionCode.code_system, ConditionCode.code).collect()
    return [(row[0], row[1], row[2]) for row in rows]


def build_morbidity_pair_by_group(histories: DataFrame, group_by: str, counting: Counting) -> DataFrame:
    """Return morbidity_pair_by_group for the groups of one column, within the strata of the others.

    Groups are ranked by their values; people without one are the group `unknown`, which has no rank and so no part in
    the heterogeneity or the trend. Raises ConfigurationError for a column that histories do not have.
    """
    if group_by not in STRATA:
        raise ConfigurationError("people have no such column", found=group_by, expected=", ".join(STRATA))
    group = F.coalesce(group_by, F.lit(UNKNOWN))
    split = histories.withColumn(
        ConditionHistory.stratum, F.concat_ws(SEPARATOR, group, F.col(ConditionHistory.stratum))
    )
    found = survey(split, most_conditions=counting.most_conditions)
    counts = count(split, found)
    of_stratum = [stratum.split(SEPARATOR)[0] for stratum in found.strata]
    ranked = sorted(set(of_stratum) - {UNKNOWN})
    columns = group_columns(counts, ranked, of_stratum, counting.rules) if ranked else {}
    if UNKNOWN in of_stratum:
        columns[UNKNOWN] = _alone(group_columns(counts, [UNKNOWN], of_stratum, counting.rules)[UNKNOWN])
    together = _together(columns, group_by)
    return frame_of(histories.sparkSession, MorbidityPairByGroup, together)


def _alone(columns: Columns) -> Columns:
    shared = [name for name in columns if name.startswith(("heterogeneity", "trend"))]
    return columns | {name: np.full(len(columns[name]), np.nan) for name in shared}


def _together(of_groups: dict[str, Columns], group_by: str) -> Columns:
    sizes = {group: len(columns[MorbidityPair.both_count]) for group, columns in of_groups.items()}
    names = next(iter(of_groups.values()))
    together = {name: np.concatenate([columns[name] for columns in of_groups.values()]) for name in names}
    group = [np.full(size, name, dtype=object) for name, size in sizes.items()]
    together[MorbidityPairByGroup.group] = np.concatenate(group)
    together[MorbidityPairByGroup.group_by] = np.full(sum(sizes.values()), group_by, dtype=object)
    return together
