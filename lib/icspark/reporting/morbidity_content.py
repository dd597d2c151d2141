"""What the page of conditions draws, as plain numbers and texts: the script in it only places them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from icspark.graphs.model import Edge, Network
from icspark.graphs.network_igraph import layout
from icspark.reporting.morbidity_gathering import MorbidityTables, matrix_conditions
from icspark.reporting.scales import CATEGORIES, NO_FIGURE
from icspark.tables.morbidity import (
    MorbidityEnrichment,
    MorbidityNode,
    MorbidityPairByGroup,
    Trajectory,
)

LIGHTEST = 0.05
"""Weight for drawing of an edge whose own is withheld."""

DIGITS = 5
JOINED = " > "
GROUPINGS = {
    "age_band": "Age",
    "sex_code": "Sex",
    "imd_2019_quintile": "National fifth of deprivation",
    "ethnic_category_code": "Ethnic category",
    "lsoa_2011_code": "Area",
}
SEXES = {"0": "not known", "1": "male", "2": "female", "9": "not specified"}


def content(tables: MorbidityTables, *, seed: int) -> dict[str, Any]:
    """Return the page's data: no NaN, figures to five digits, null where withheld or not known."""
    names = [str(name) for name in tables.nodes[MorbidityNode.condition]]
    pairs = {(row["condition_a"], row["condition_b"]): row for row in _records(tables.pairs)}
    return {
        "nodes": _nodes(tables, seed),
        "edges": [_edge(row, pairs, names) for row in _records(tables.edges)],
        "groups": _groups(tables.groups, names),
        "matrix": _matrix(matrix_conditions(tables), pairs, names),
        "enrichment": _enrichment(tables.enrichment, names),
        "trajectories": _trajectories(tables.trajectories, names),
        "colours": list(CATEGORIES),
        "noFigure": NO_FIGURE,
    }


def network_of_tables(tables: MorbidityTables) -> Network:
    """Return the network that is drawn; an edge whose figures are withheld is a light one."""
    rows = _records(tables.edges)
    edges = [
        Edge(row["source"], row["target"], max(row["weight"] or LIGHTEST, LIGHTEST), 1.0, bool(row["is_directed"]))
        for row in rows
    ]
    in_order = sorted(edges, key=lambda edge: (edge.source, edge.target))
    return Network(tuple(tables.nodes[MorbidityNode.condition]), tuple(in_order))


def words(condition: str) -> str:
    """Return a condition's name for reading: `heart_failure` is Heart failure; `set:frail` is Set: frail."""
    text = re.sub(r"\s+", " ", condition.replace("_", " ").replace("set:", "set: ")).strip()
    short = {"copd": "COPD", "stroke tia": "Stroke or TIA", "parkinsons disease": "Parkinson's disease"}
    return short.get(text, text[:1].upper() + text[1:])


def group_words(demographic: str, group: str) -> str:
    """Return a group of a demographic for reading: 040_044 is 40 to 44, quintile 1 the most deprived."""
    if demographic == "sex_code":
        return SEXES.get(group, group)
    if demographic == "imd_2019_quintile":
        return {"1": "1, most deprived", "5": "5, least deprived"}.get(group, group)
    band = re.fullmatch(r"(\d{3})_(\d{3}|over)", group)
    if demographic == "age_band" and band:
        return f"{int(band[1])} and over" if band[2] == "over" else f"{int(band[1])} to {int(band[2])}"
    return group


def _nodes(tables: MorbidityTables, seed: int) -> list[dict[str, Any]]:
    places = layout(network_of_tables(tables), seed=seed)
    rows = []
    for row in _records(tables.nodes):
        x, y = places[row["condition"]]
        rows.append(
            {
                "name": row["condition"],
                "label": words(row["condition"]),
                "x": round(x, 4),
                "y": round(y, 4),
                "cases": row["cases_count"],
                "people": row["people_count"],
                "prevalence": row["prevalence"],
                "degree": row["degree"],
                "strength": row["strength"],
                "betweenness": row["betweenness"],
                "community": row["community"],
                "stability": row["community_stability"],
            }
        )
    return rows


def _edge(row: Mapping[str, Any], pairs: Mapping[tuple[str, str], Mapping[str, Any]], names: Sequence[str]) -> Any:
    source, target = row["source"], row["target"]
    pair = pairs[(min(source, target), max(source, target))]
    forward = ("a_before_b_count", "b_before_a_count")
    first, second = forward if source < target else forward[::-1]
    return {
        "source": names.index(source),
        "target": names.index(target),
        "arrow": bool(row["is_directed"]),
        "both": pair["both_count"],
        "odds": pair["odds_ratio"],
        "lower": pair["odds_ratio_lower_95"],
        "upper": pair["odds_ratio_upper_95"],
        "q": pair["q_value"],
        "sourceFirst": pair[first],
        "targetFirst": pair[second],
        "kept": row["kept_share"],
        "length": None if pair["odds_ratio"] is None else row["length"],
    }


def _groups(groups: pd.DataFrame, names: Sequence[str]) -> dict[str, Any]:
    """Return the groups in order, and by pair their odds ratios with limits, the test of difference and the trend."""
    if groups.empty:
        return {"label": None, "groups": [], "pairs": []}
    by = str(groups[MorbidityPairByGroup.group_by].iloc[0])
    known = sorted({str(group) for group in groups[MorbidityPairByGroup.group]} - {"unknown"})
    found: dict[tuple[int, int], dict[str, Any]] = {}
    for row in _records(groups):
        if row["group"] in known:
            ends = (names.index(row["condition_a"]), names.index(row["condition_b"]))
            shared = {"q": row["heterogeneity_q_value"], "trend": row["trend"]}
            shared |= {"trendLower": row["trend_lower_95"], "trendUpper": row["trend_upper_95"]}
            at = found.setdefault(ends, {"a": ends[0], "b": ends[1], "of": [None] * len(known), **shared})
            figures = (row["odds_ratio"], row["odds_ratio_lower_95"], row["odds_ratio_upper_95"], row["both_count"])
            at["of"][known.index(row["group"])] = figures
            at |= {key: value for key, value in shared.items() if value is not None}
    label = GROUPINGS.get(by, words(by))
    return {"label": label, "groups": [group_words(by, group) for group in known], "pairs": list(found.values())}


def _matrix(
    shown: Sequence[str], pairs: Mapping[tuple[str, str], Mapping[str, Any]], names: Sequence[str]
) -> dict[str, Any]:
    """Return the conditions of the matrix and, for each pair i < j of them, [odds ratio, lower, upper, both, q]."""
    columns = ("odds_ratio", "odds_ratio_lower_95", "odds_ratio_upper_95", "both_count", "q_value")
    cells = [
        [pairs[(a, b)][name] for name in columns] if (a, b) in pairs else None
        for i, a in enumerate(shown) for b in shown[i + 1 :]
    ]  # fmt: skip
    return {"conditions": [names.index(name) for name in shown], "cells": cells}


def _enrichment(enrichment: pd.DataFrame, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return, by subject, the rows of each demographic: [group, people, observed, expected, ratio, p, q]."""
    subjects: dict[str, dict[str, Any]] = {}
    for row in _records(enrichment):
        subject = row[MorbidityEnrichment.subject]
        at = subjects.setdefault(subject, {"name": subject, "label": words(subject), "of": {}})
        demographic = GROUPINGS.get(row["demographic"], words(row["demographic"]))
        figures = [row[name] for name in ("people_count", "observed_count", "expected_count", "ratio")]
        at["of"].setdefault(demographic, []).append(
            [group_words(row["demographic"], row["group"]), *figures, row["p_value"], row["q_value"]]
        )
    known = [subject for name, subject in subjects.items() if name in set(names)]
    return [*known, *(subject for name, subject in subjects.items() if name not in set(names))]


def _trajectories(trajectories: pd.DataFrame, names: Sequence[str]) -> list[dict[str, Any]]:
    place = {name: index for index, name in enumerate(names)}
    return [
        {
            "path": [place[name] for name in row[Trajectory.path].split(JOINED)],
            "people": row["people_count"],
            "expected": row["expected_count"],
            "ratio": row["ratio"],
            "lower": row["ratio_lower_95"],
            "upper": row["ratio_upper_95"],
        }
        for row in _records(trajectories)
        if all(name in place for name in row[Trajectory.path].split(JOINED))
    ]


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows with what JSON knows: numbers to five digits, None for whatever is not known."""
    return [{str(key): _plain(value) for key, value in row.items()} for row in frame.to_dict("records")]


def _plain(value: Any) -> Any:
    if isinstance(value, (bool, str)) or value is None:
        return value
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    number = float(value)
    if not np.isfinite(number):
        return None
    return int(number) if number.is_integer() and abs(number) < 1e15 else float(f"{number:.{DIGITS}g}")
