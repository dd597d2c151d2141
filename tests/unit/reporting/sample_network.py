"""A made-up network of six conditions: small enough to work out by hand, with names that try to be markup."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pandas as pd

from icspark.reporting.morbidity_gathering import MorbidityTables
from icspark.reporting.morbidity_page import About
from icspark.tables.morbidity import (
    MorbidityEdge,
    MorbidityEnrichment,
    MorbidityNode,
    MorbidityPair,
    MorbidityPairByGroup,
    Trajectory,
)
from icspark.tables.table import Table

SCRIPT_NAME = "<script>window.broken = 1</script>\"'&"
TAG_NAME = "</script><img src=x onerror='window.broken = 2'>"
NAMES = sorted([SCRIPT_NAME, TAG_NAME, "asthma", "copd", "gout", "heart_failure"])
EDGES = {
    ("asthma", "copd"): 3.0,
    ("copd", "heart_failure"): 1.5,
    ("gout", TAG_NAME): 8.0,
    ("gout", "heart_failure"): None,
}
"""Source, target and odds ratio; the last is withheld, and the first two are arrows."""


def frame(table: type[Table], rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return rows of a table that name only what matters; what is not named is null."""
    return pd.DataFrame(
        [{name: row.get(name) for name in table.columns()} for row in rows], columns=list(table.columns())
    )


def nodes() -> pd.DataFrame:
    """Return six conditions: two communities, one condition that is alone and rare."""
    community = {"asthma": 1, "copd": 1, "heart_failure": 1, "gout": 2, TAG_NAME: 2, SCRIPT_NAME: 3}
    ends = [end for pair in EDGES for end in pair]
    rows = [
        {"condition": name, "cases_count": None if name == SCRIPT_NAME else 100 * (i + 1), "people_count": 10_000,
         "prevalence": None if name == SCRIPT_NAME else 0.01 * (i + 1), "degree": ends.count(name), "strength": 1.1,
         "betweenness": 0.1, "community": community[name], "community_stability": 0.9}
        for i, name in enumerate(NAMES)
    ]  # fmt: skip
    return frame(MorbidityNode, rows)


def edges() -> pd.DataFrame:
    """Return the four edges, the strongest first as the page gathers them."""
    ranked = sorted(EDGES.items(), key=lambda item: -(item[1] or 0))
    rows = [
        {"source": source, "target": target, "is_directed": (source, target) in list(EDGES)[:2], "both_count": 40,
         "condition_a": min(source, target), "condition_b": max(source, target), "a_count": 100, "b_count": 100,
         "odds_ratio": odds, "weight": odds and 0.5, "length": odds and 1 / odds, "kept_share": 0.75}
        for (source, target), odds in ranked
    ]  # fmt: skip
    return frame(MorbidityEdge, rows)


def pairs() -> pd.DataFrame:
    """Return every pair; those without an edge have an odds ratio of 1.1 that may well be 1."""
    known = {tuple(sorted(pair)): odds for pair, odds in EDGES.items()}
    rows = []
    for a, b in combinations(NAMES, 2):
        odds, is_edge = known.get((a, b), 1.1), (a, b) in known
        limits = {"odds_ratio_lower_95": odds and odds * 0.8, "odds_ratio_upper_95": odds and odds * 1.25}
        order = {"a_before_b_count": 25, "b_before_a_count": 10}
        rows.append({"condition_a": a, "condition_b": b, "both_count": None if odds is None else 40, "odds_ratio": odds,
                     **limits, "q_value": (0.001 if is_edge else 0.6) if odds else None, **order})  # fmt: skip
    return frame(MorbidityPair, rows)


def groups() -> pd.DataFrame:
    """Return the odds ratios in quintiles 1, 3 and 5, and of people of none: asthma and COPD differ, the rest not."""
    rows = []
    for a, b in {tuple(sorted(pair)) for pair in EDGES}:
        differs = (a, b) == ("asthma", "copd")
        for group, odds in (("1", 4.0), ("3", 3.0), ("5", 2.0 if differs else None), ("unknown", 9.0)):
            rows.append({"condition_a": a, "condition_b": b, "group_by": "imd_2019_quintile", "group": group,
                         "odds_ratio": odds, "odds_ratio_lower_95": odds and odds / 2, "both_count": 20,
                         "odds_ratio_upper_95": odds and odds * 2,
                         "heterogeneity_q_value": None if group == "unknown" else 0.001 if differs else 0.7,
                         "trend": -0.17, "trend_lower_95": -0.3, "trend_upper_95": -0.04})  # fmt: skip
    return frame(MorbidityPairByGroup, rows).sort_values(["condition_a", "condition_b", "group"])


def enrichment() -> pd.DataFrame:
    """Return asthma and a set of conditions, by sex and by fifth of deprivation; one group is withheld."""
    rows = [
        {"subject": subject, "demographic": demographic, "group": group, "people_count": 5000,
         "observed_count": observed, "expected_count": observed and 100.0, "ratio": observed and observed / 100,
         "p_value": observed and 0.001, "q_value": observed and (0.01 if observed > 150 else 0.4)}
        for subject in ("asthma", "set:lungs")
        for demographic, group, observed in (("sex_code", "1", 90), ("sex_code", "2", 110),
                                             ("imd_2019_quintile", "1", 200), ("imd_2019_quintile", "5", None))
    ]  # fmt: skip
    return frame(MorbidityEnrichment, rows)


def trajectories() -> pd.DataFrame:
    """Return two paths, the commoner first."""
    rows = [
        {"path": "asthma > copd > heart_failure", "people_count": 60, "expected_count": 30.0, "ratio": 2.0,
         "ratio_lower_95": 1.5, "ratio_upper_95": 2.6},
        {"path": f"gout > {TAG_NAME} > asthma", "people_count": 20, "expected_count": 4.0, "ratio": 5.0,
         "ratio_lower_95": 3.1, "ratio_upper_95": 7.7},
    ]  # fmt: skip
    return frame(Trajectory, rows)


def tables(**changed: Any) -> MorbidityTables:
    """Return all that the page is made of."""
    given = {"nodes": nodes(), "edges": edges(), "pairs": pairs(), "groups": groups(), "enrichment": enrichment(),
             "trajectories": trajectories(), "counts": {"edges": 4, "matrix": 6}}  # fmt: skip
    return MorbidityTables(**{**given, **changed})


def about(**changed: Any) -> About:
    """Return what the page says of itself."""
    given = {"region": "Fieldshire <b>", "run": {"run_id": "r1", "started_at": "1 June 2026"}, "inputs": {}}
    return About(**{**given, **changed})
