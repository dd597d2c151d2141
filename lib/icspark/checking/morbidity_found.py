"""What the morbidity jobs wrote of each planted pair: one row a pair, on the driver, since conditions are few."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from icspark.morbidity.counting import count, survey
from icspark.tables.morbidity import (
    ConditionCase,
    ConditionHistory,
    MorbidityEdge,
    MorbidityPair,
    MorbidityPairByGroup,
)
from icspark.tables.table import Table
from icspark.tables.truth import TruthPair

KEY = ["condition_a", "condition_b"]
TOLD = (
    MorbidityPair.p_value,
    MorbidityPair.q_value,
    MorbidityPair.odds_ratio,
    MorbidityPair.odds_ratio_lower_95,
    MorbidityPair.odds_ratio_upper_95,
    MorbidityPair.a_before_b_share,
)
SMALL = (TruthPair, MorbidityPair, MorbidityPairByGroup, MorbidityEdge)


def pairs_found(tables: Mapping[type[Table], pd.DataFrame], earliest: Mapping[tuple[str, str], float]) -> pd.DataFrame:
    """Return the planted pairs with what was found of each, as `morbidity.Found` takes them.

    `tables` are those of SMALL; `earliest` is the share of a first by the earliest dates. A pair that no job wrote has
    no figures, and is no edge.
    """
    pairs = tables[TruthPair].sort_values(KEY)
    found = pairs.merge(tables[MorbidityPair][[*KEY, *TOLD]], on=KEY, how="left").merge(
        _by_group(tables[MorbidityPairByGroup]), on=KEY, how="left"
    )
    with_edges = found.merge(_edges(tables[MorbidityEdge]), on=KEY, how="left")
    arrow = with_edges["arrow"].fillna(0).astype(np.int64)
    naive = [earliest.get((a, b), np.nan) for a, b in with_edges[KEY].itertuples(index=False)]
    is_first = with_edges[TruthPair.first_condition] == with_edges["condition_a"]
    known = with_edges[MorbidityPair.a_before_b_share]
    return with_edges.assign(
        is_edge=with_edges["arrow"].notna(),
        arrow=arrow,
        known_share=np.where(is_first, known, 1 - known),
        naive_share=np.where(is_first, naive, 1 - np.array(naive, dtype=float)),
    )


def earliest_shares(histories: DataFrame, cases: DataFrame, *, most_conditions: int) -> dict[tuple[str, str], float]:
    """Return, by pair, the share of a first among people with both on different dates, history taken as onset.

    What a rule that takes the earliest date of each condition for its beginning sees: dates of entry and all.
    """
    described = histories.select(
        ConditionHistory.person_id, ConditionHistory.stratum, ConditionHistory.as_of_date
    ).join(cases, on=ConditionCase.person_id, how="inner")
    by_then = described.filter(F.col(ConditionCase.first_date) <= F.col(ConditionHistory.as_of_date))
    each = F.struct(F.col(ConditionCase.condition).alias("name"), F.unix_date(ConditionCase.first_date).alias("day"))
    of_person = by_then.groupBy(ConditionHistory.person_id, ConditionHistory.stratum).agg(
        F.sort_array(F.collect_list(each)).alias("_cases")
    )
    naive = of_person.select(
        "*",
        F.col("_cases.name").alias(ConditionHistory.conditions),
        F.col("_cases.day").alias(ConditionHistory.onset_days),
    )
    found = survey(naive, most_conditions=most_conditions)
    counts = count(naive, found, min_gap=1)
    first, second = counts.pairs
    ordered = counts.ordered().sum(axis=0)
    return {
        (found.conditions[a], found.conditions[b]): float(forward / (forward + backward))
        for a, b, (forward, backward) in zip(first, second, ordered, strict=True)
        if forward + backward
    }


def counted_people(histories: DataFrame) -> pd.DataFrame:
    """Return the people of each age band, sex and quintile: as many rows as there are strata."""
    names = (ConditionHistory.age_band, ConditionHistory.sex_code, ConditionHistory.imd_2019_quintile)
    frame: pd.DataFrame = histories.groupBy(*names).agg(F.count(F.lit(1)).alias("people")).toPandas()
    return frame


def _by_group(groups: pd.DataFrame) -> pd.DataFrame:
    told = {
        MorbidityPairByGroup.heterogeneity_p_value: "group_p",
        MorbidityPairByGroup.heterogeneity_q_value: "group_q",
    }
    return groups[[*KEY, *told]].rename(columns=told).groupby(KEY, as_index=False).max()


def _edges(edges: pd.DataFrame) -> pd.DataFrame:
    source, target = edges[MorbidityEdge.source], edges[MorbidityEdge.target]
    direction = np.where(edges[MorbidityEdge.is_directed], np.where(source < target, 1, -1), 0)
    ends = {"condition_a": np.minimum(source, target), "condition_b": np.maximum(source, target)}
    return pd.DataFrame({**ends, "arrow": direction})
