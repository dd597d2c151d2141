"""The tables of pairs: a region by hand, its nulls and their reasons, groups, and what may leave."""

from __future__ import annotations

import numpy as np
import pytest
from pyspark.sql import functions as F
from scipy import stats
from statsmodels.stats.contingency_tables import StratifiedTable

from icspark.disclosure.declarations import check_declarations
from icspark.errors import ConfigurationError
from icspark.morbidity import pair_table
from icspark.morbidity.pair_table import PairRules, significant
from icspark.morbidity.pairs import Counting, build_morbidity_pair, build_morbidity_pair_by_group
from icspark.tables.morbidity import MorbidityPair, MorbidityPairByGroup

# a and b go together in x and y; c is only in z, with nobody who has a or b; d is everybody in z.
STRATA = {"x": (4, 2, 1, 5), "y": (3, 3, 2, 6)}


def people() -> list[tuple[str, dict[str, int | None]]]:
    rows: list[tuple[str, dict[str, int | None]]] = []
    for stratum, (a, b, c, d) in STRATA.items():
        rows += [(stratum, {"a": 10 + i, "b": 100 + i if i else 1}) for i in range(a)]
        rows += [(stratum, {"a": None})] * b + [(stratum, {"b": 50})] * c + [(stratum, {})] * d
    return rows + [("z", {"c": 1, "d": 2})] * 2 + [("z", {"d": 1})]


def test_pairs_by_hand(histories) -> None:
    frame = build_morbidity_pair(histories(*people()), Counting(min_gap_days=1), sharing={("c", "d")})
    rows = {(row.condition_a, row.condition_b): row for row in frame.collect()}
    assert len(rows) == 6
    pair = rows["a", "b"]
    oracle = StratifiedTable([np.reshape(table, (2, 2)) for table in STRATA.values()])
    assert (pair.both_count, pair.a_count, pair.b_count, pair.people_count) == (7, 12, 10, 29)
    assert (pair.strata_count, pair.strata_without_contrast_count, pair.smallest_stratum_count) == (2, 1, 12)
    assert pair.odds_ratio == pytest.approx(oracle.oddsratio_pooled, rel=1e-9)
    assert pair.p_value == pytest.approx(oracle.test_null_odds().pvalue, rel=1e-9)
    assert pair.risk_ratio_b_given_a == pytest.approx(oracle.riskratio_pooled, rel=1e-9)
    assert (pair.homogeneity_p_value, pair.homogeneity_reason, pair.reason) == (None, "sparse", None)
    assert (pair.a_before_b_count, pair.b_before_a_count) == (5, 2)
    assert pair.direction_p_value == pytest.approx(stats.binomtest(5, 7).pvalue, rel=1e-9)
    assert pair.q_value == pytest.approx(pair.p_value, rel=1e-9)


def test_pairs_that_say_nothing_say_why(histories) -> None:
    frame = build_morbidity_pair(histories(*people()), Counting(), sharing={("c", "d")})
    rows = {(row.condition_a, row.condition_b): row for row in frame.collect()}
    never = rows["a", "c"]
    assert (never.reason, never.odds_ratio, never.p_value, never.q_value) == ("no_contrast", None, None, None)
    assert (never.strata_count, never.smallest_stratum_count, never.both_count) == (0, None, 0)
    assert (never.homogeneity_reason, never.a_before_b_share) == ("no_odds_ratio", None)
    assert rows["c", "d"].shares_codes and rows["c", "d"].direction_q_value is None
    assert rows["c", "d"].direction_p_value == pytest.approx(0.5)


def test_an_odds_ratio_without_end_is_null_and_keeps_its_test(histories) -> None:
    rows = [("x", {"a": 1, "b": 1})] * 5 + [("x", {})] * 5
    row = build_morbidity_pair(histories(*rows), Counting()).collect()[0]
    assert (row.reason, row.odds_ratio, row.odds_ratio_upper_95) == ("odds_ratio_infinite", None, None)
    assert row.p_value == pytest.approx(stats.chi2.sf(9, 1))


def test_one_stratum_has_nothing_to_be_homogeneous_with(histories) -> None:
    rows = [("x", {"a": 1, "b": 1}), ("x", {"a": 1}), ("x", {"b": 1}), ("x", {})] * 5
    row = build_morbidity_pair(histories(*rows), Counting()).collect()[0]
    assert (row.odds_ratio, row.strata_count, row.homogeneity_reason) == (1, 1, "one_stratum")
    assert (row.homogeneity_chi_square, row.homogeneity_p_value) == (None, None)


def test_the_blocks_in_which_pairs_are_worked_on_change_nothing(histories, monkeypatch) -> None:
    frame = histories(*people())
    once = build_morbidity_pair(frame, Counting()).collect()
    monkeypatch.setattr(pair_table, "CELLS_AT_ONCE", 3)
    assert build_morbidity_pair(frame.orderBy(F.desc("person_id")).repartition(3), Counting()).collect() == once


def test_ratios_within_groups_and_their_trend(histories) -> None:
    rows = people()
    groups = ["1" if stratum == "x" else "2" if stratum == "y" else None for stratum, _ in rows]
    frame = histories(*rows, imd_2019_quintile=groups)
    table = build_morbidity_pair_by_group(frame, "imd_2019_quintile", Counting())
    found = {row.group: row for row in table.filter("condition_a = 'a' and condition_b = 'b'").collect()}
    assert set(found) == {"1", "2", "unknown"}
    assert found["1"].odds_ratio == pytest.approx(10) and found["2"].odds_ratio == pytest.approx(3)
    assert found["1"].trend == pytest.approx(np.log(0.3))
    variances = [1 / 4 + 1 / 2 + 1 + 1 / 5, 1 / 3 + 1 / 3 + 1 / 2 + 1 / 6]
    assert found["2"].heterogeneity_chi_square == pytest.approx(np.log(0.3) ** 2 / sum(variances))
    assert found["unknown"].reason == "no_contrast" and found["unknown"].trend is None
    assert sum(row.people_count for row in found.values()) == 29
    with pytest.raises(ConfigurationError, match="shoe_size"):
        build_morbidity_pair_by_group(frame, "shoe_size", Counting())


def test_dropping_strata_with_an_empty_cell_is_an_option(histories) -> None:
    rows = [("x", {"a": 1, "b": 1})] * 2 + [("x", {})] * 2
    kept = build_morbidity_pair(histories(*rows), Counting()).collect()[0]
    dropped = build_morbidity_pair(histories(*rows), Counting(rules=PairRules("drop_stratum"))).collect()[0]
    assert (kept.strata_count, dropped.strata_count, dropped.reason) == (1, 0, "no_contrast")
    assert dropped.both_count == 2


def test_every_number_of_a_table_of_pairs_says_what_it_is_to_the_gate() -> None:
    check_declarations([MorbidityPair, MorbidityPairByGroup])


def test_significant_digits() -> None:
    given = np.array([0.0, 1 / 3, -1e-300, 123456789012345.0, np.nan, np.inf])
    expected = [0.0, 0.333333333333, -1e-300, 123456789012000.0, np.nan, np.inf]
    assert significant(given) == pytest.approx(expected, rel=1e-15, nan_ok=True)
