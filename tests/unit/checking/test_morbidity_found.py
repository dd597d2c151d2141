"""What the morbidity jobs wrote of each planted pair, put beside what was planted."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import SparkSession

from icspark.checking.morbidity_found import SMALL, counted_people, earliest_shares, pairs_found
from icspark.tables.morbidity import ConditionCase, ConditionHistory
from icspark.tables.table import Table


def frame(table: type[Table], *rows: dict[str, Any]) -> pd.DataFrame:
    names = list(table.columns())
    return pd.DataFrame([{name: row.get(name) for name in names} for row in rows], columns=names)


def test_a_row_a_planted_pair_with_its_edge_arrow_groups_and_orders() -> None:
    ends = [("a", "b", "b"), ("a", "c", "a"), ("b", "c", None)]
    truth = [dict(zip(("condition_a", "condition_b", "first_condition"), pair, strict=True)) for pair in ends]
    pairs = [
        {"condition_a": "a", "condition_b": "b", "p_value": 0.001, "q_value": 0.002, "a_before_b_share": 0.2},
        {"condition_a": "a", "condition_b": "c", "p_value": 0.3, "q_value": 0.4, "a_before_b_share": 0.9},
    ]
    groups = [
        {"condition_a": "a", "condition_b": "b", "group": group, "heterogeneity_p_value": p, "heterogeneity_q_value": p}
        for group, p in (("1", 0.01), ("unknown", np.nan))
    ]
    edges = [
        {"source": "b", "target": "a", "is_directed": True},
        {"source": "a", "target": "c", "is_directed": False},
    ]
    tables = {
        table: frame(table, *rows)
        for table, rows in zip(SMALL, (truth, pairs, groups, edges), strict=True)
    }  # fmt: skip
    found = pairs_found(tables, {("a", "b"): 0.4})
    assert list(found["is_edge"]) == [True, True, False] and list(found["arrow"]) == [-1, 0, 0]
    assert list(found["group_p"].fillna(-1)) == [0.01, -1, -1]
    assert list(found["known_share"].fillna(-1)) == pytest.approx([0.8, 0.9, -1])  # those with the planted one first
    assert list(found["naive_share"].fillna(-1)) == pytest.approx([0.6, -1, -1])


def test_earliest_dates_take_history_for_onset(spark: SparkSession) -> None:
    people: dict[str, list[tuple[str, date, str]]] = {
        "p": [("gout", date(2000, 1, 1), "backlog"), ("asthma", date(2001, 1, 1), "onset")],
        "q": [("gout", date(2005, 1, 1), "onset"), ("asthma", date(2004, 1, 1), "onset")],
        "r": [("gout", date(2005, 1, 1), "onset"), ("asthma", date(2005, 1, 1), "onset")],  # a tie
        "s": [("gout", date(2005, 1, 1), "onset"), ("asthma", date(2030, 1, 1), "onset")],  # not yet
    }
    cases = spark.createDataFrame([(p, *case) for p, of in people.items() for case in of], ConditionCase.schema())
    rows = []
    for person in people:
        row: dict[str, Any] = dict.fromkeys(ConditionHistory.columns())
        row |= {"person_id": person, "stratum": "s", "conditions": [], "onset_days": [], "as_of_date": date(2020, 1, 1)}
        rows.append(tuple(row.values()))
    histories = spark.createDataFrame(rows, ConditionHistory.schema())
    assert earliest_shares(histories, cases, most_conditions=10) == {("asthma", "gout"): 0.5}
    assert counted_people(histories)["people"].tolist() == [4]
