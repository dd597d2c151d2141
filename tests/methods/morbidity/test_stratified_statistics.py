"""The statistics of 2x2 tables within strata: equal to statsmodels and scipy for every pair, and right by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats
from statsmodels.regression.linear_model import WLS
from statsmodels.stats.contingency_tables import StratifiedTable
from statsmodels.stats.meta_analysis import combine_effects

from icspark.morbidity.cells import Cells
from icspark.morbidity.direction import binomial_p_value, expected_share, z_of_share
from icspark.morbidity.homogeneity import breslow_day_tarone, cochran_q, trend
from icspark.morbidity.mantel_haenszel import cochran_mantel_haenszel, odds_ratio, risk_ratio

# Thirteen trials of BCG vaccine against tuberculosis (Colditz et al. 1994, JAMA 271:698): vaccinated with and without
# the disease, then not vaccinated with and without it.
BCG = [
    (4, 119, 11, 128), (6, 300, 29, 274), (3, 228, 11, 209), (62, 13536, 248, 12619), (33, 5036, 47, 5761),
    (180, 1361, 372, 1079), (8, 2537, 10, 619), (505, 87886, 499, 87892), (29, 7470, 45, 7232),
    (17, 1699, 65, 1600), (186, 50448, 141, 27197), (5, 2493, 3, 2338), (27, 16886, 29, 17825),
]  # fmt: skip

EXACT = {"rel": 1e-9, "abs": 1e-12, "nan_ok": True}


def cells_of(*pairs: list[tuple[float, float, float, float]]) -> Cells:
    stacked = np.array(pairs, dtype=np.float64)
    return Cells(*(stacked[:, :, i] for i in range(4)))


tables = hnp.arrays(np.int64, st.tuples(st.integers(1, 4), st.integers(1, 7), st.just(4)), elements=st.integers(0, 60))


@given(tables)
@settings(max_examples=200, deadline=None)
def test_every_statistic_of_statsmodels(drawn: np.ndarray) -> None:
    cells = Cells(*(drawn[:, :, i].astype(float) for i in range(4)))
    ratios, test = odds_ratio(cells), cochran_mantel_haenszel(cells)
    corrected = cochran_mantel_haenszel(cells, continuity=True)
    homogeneity, _ = breslow_day_tarone(cells, ratios.ratio)
    for pair in range(len(drawn)):
        used = drawn[pair][cells.has_contrast[pair]]
        if len(used) == 0:
            assert np.isnan(test.p_value[pair])
            continue
        oracle = StratifiedTable([table.reshape(2, 2) for table in used])
        null, corrected_null = oracle.test_null_odds(), oracle.test_null_odds(correction=True)
        assert test.statistic[pair] == pytest.approx(null.statistic, **EXACT)
        assert test.p_value[pair] == pytest.approx(null.pvalue, rel=1e-9, abs=1e-12)
        if np.abs(cells.a[pair] - (cells.a + cells.b)[pair]).sum() and corrected.statistic[pair] > 0:
            assert corrected.statistic[pair] == pytest.approx(corrected_null.statistic, **EXACT)
        if not 0 < ratios.ratio[pair] < np.inf:
            assert np.isnan(ratios.lower[pair]) and np.isnan(homogeneity.p_value[pair])
            continue
        assert ratios.ratio[pair] == pytest.approx(oracle.oddsratio_pooled, **EXACT)
        assert ratios.log_error[pair] == pytest.approx(oracle.logodds_pooled_se, **EXACT)
        assert (ratios.lower[pair], ratios.upper[pair]) == pytest.approx(oracle.oddsratio_pooled_confint(), **EXACT)
        # The oracle subtracts nearly equal numbers where the ratio is near 1; another test looks there.
        if abs(oracle.oddsratio_pooled - 1) > 1e-4 and len(used) > 1:
            equal = oracle.test_equal_odds(adjust=True)
            assert homogeneity.statistic[pair] == pytest.approx(equal.statistic, rel=1e-9, abs=1e-9)
            assert homogeneity.freedom[pair] == len(used) - 1


@given(tables)
@settings(max_examples=100, deadline=None)
def test_the_risk_ratio_of_statsmodels_counts_strata_without_contrast_too(drawn: np.ndarray) -> None:
    cells = Cells(*(drawn[:, :, i].astype(float) for i in range(4)))
    for pair in range(len(drawn)):
        used = drawn[pair][drawn[pair].sum(axis=1) > 0]
        found = risk_ratio(cells).ratio[pair]
        if len(used) and 0 < found < np.inf:
            oracle = StratifiedTable([table.reshape(2, 2) for table in used])
            assert found == pytest.approx(oracle.riskratio_pooled, **EXACT)


def test_the_risk_ratio_of_the_bcg_trials_and_its_error() -> None:
    found = risk_ratio(cells_of(BCG))
    assert np.log(found.ratio[0]) == pytest.approx(-0.4537, abs=5e-5)
    assert found.log_error[0] == pytest.approx(0.0393, abs=5e-5)
    assert (np.log(found.lower[0]), np.log(found.upper[0])) == pytest.approx((-0.5308, -0.3766), abs=1e-3)


def test_the_error_of_the_risk_ratio_is_that_of_one_table_where_there_is_one() -> None:
    a, b, c, d = 20.0, 80.0, 10.0, 90.0
    found = risk_ratio(cells_of([(a, b, c, d)]))
    assert found.ratio[0] == pytest.approx(2.0)
    assert found.log_error[0] == pytest.approx(np.sqrt(1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)))


def test_the_other_reading_of_the_risk_ratio_swaps_the_conditions() -> None:
    found = risk_ratio(cells_of([(20, 80, 10, 90)]).swapped())
    assert found.ratio[0] == pytest.approx((20 / 30) / (80 / 170))


def test_breslow_and_day_where_the_odds_ratio_is_1_or_next_to_it() -> None:
    balanced = [(10.0, 20.0, 20.0, 40.0), (30.0, 30.0, 10.0, 10.0)]
    exact, _ = breslow_day_tarone(cells_of(balanced), np.array([1.0]))
    near, _ = breslow_day_tarone(cells_of(balanced), np.array([1.0 + 1e-12]))
    assert exact.statistic[0] == pytest.approx(0.0, abs=1e-12)
    assert near.statistic[0] == pytest.approx(0.0, abs=1e-9)


def test_homogeneity_is_told_only_where_the_strata_are_dense() -> None:
    dense, sparse = (20.0, 80.0, 30.0, 90.0), (1.0, 80.0, 1.0, 90.0)
    for tables_, is_dense in (([dense] * 4 + [sparse], True), ([dense] * 3 + [sparse], False)):
        cells = cells_of(tables_)
        _, found = breslow_day_tarone(cells, odds_ratio(cells).ratio)
        assert found[0] == is_dense


def test_strata_with_an_empty_cell_stay_in_unless_dropped() -> None:
    tables_ = [(20, 80, 10, 90), (5, 0, 10, 90)]
    kept, dropped = cells_of(tables_), cells_of(tables_).without_empty_cells()
    assert odds_ratio(kept).ratio[0] == pytest.approx((1800 / 200 + 450 / 105) / (800 / 200))
    assert odds_ratio(dropped).ratio[0] == pytest.approx(2.25)
    assert list(dropped.has_contrast[0]) == [True, False]


def test_no_contrast_no_association_and_a_perfect_one() -> None:
    nobody, everybody, perfect, never = (0, 0, 5, 5), (5, 5, 0, 0), (5, 0, 0, 5), (0, 5, 5, 0)
    cells = cells_of([nobody, everybody], [perfect, nobody], [never, nobody])
    ratios, test = odds_ratio(cells), cochran_mantel_haenszel(cells)
    assert np.isnan(ratios.ratio[0]) and ratios.ratio[1] == np.inf and ratios.ratio[2] == 0
    assert np.isnan(test.p_value[0]) and test.p_value[1] == test.p_value[2] == pytest.approx(stats.chi2.sf(9, 1))


@given(
    hnp.arrays(np.float64, st.tuples(st.integers(1, 4), st.just(5)), elements=st.floats(-3, 3)),
    hnp.arrays(np.float64, st.tuples(st.just(4), st.just(5)), elements=st.floats(0.05, 2)),
)
@settings(max_examples=100, deadline=None)
def test_heterogeneity_and_trend_over_groups(value: np.ndarray, error: np.ndarray) -> None:
    error = error[: len(value)]
    rank = np.arange(1.0, 6.0)
    found, slope = cochran_q(value, error), trend(value, error, rank)
    for pair in range(len(value)):
        oracle = combine_effects(value[pair], error[pair] ** 2)
        assert found.statistic[pair] == pytest.approx(oracle.q, rel=1e-9, abs=1e-9)
        design = np.column_stack([np.ones(5), rank])
        fit = WLS(value[pair], design, weights=1 / error[pair] ** 2).fit(cov_type="fixed scale", cov_kwds={"scale": 1})
        assert slope.slope[pair] == pytest.approx(fit.params[1], rel=1e-9, abs=1e-9)
        assert (slope.lower[pair], slope.upper[pair]) == pytest.approx(fit.conf_int()[1], rel=1e-9, abs=1e-9)


def test_a_group_without_an_estimate_is_left_out() -> None:
    value, error = np.array([[0.1, np.nan, 0.5], [0.1, np.nan, np.nan]]), np.array([[0.2, np.nan, 0.4]] * 2)
    assert cochran_q(value, error).freedom[0] == 1
    assert np.isnan(cochran_q(value, error).p_value[1])
    found = trend(value, error, np.array([1.0, 2.0, 3.0])).slope
    assert found[0] == pytest.approx(0.2) and np.isnan(found[1])


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400), st.floats(0.01, 0.99)), min_size=1, max_size=12))
@settings(max_examples=200, deadline=None)
def test_the_exact_binomial_test_of_scipy(drawn: list[tuple[int, int, float]]) -> None:
    k, other, chance = (np.array(each) for each in zip(*drawn, strict=True))
    for share in (chance, np.full(len(k), 0.5)):
        found = binomial_p_value(k, k + other, share)
        for i in range(len(k)):
            n = int(k[i] + other[i])
            wanted = stats.binomtest(int(k[i]), n, float(share[i])).pvalue if n else np.nan
            assert found[i] == pytest.approx(wanted, **EXACT)


def test_the_z_of_a_share() -> None:
    assert z_of_share(np.array([60, 0]), np.array([100, 0])) == pytest.approx([2.0, np.nan], nan_ok=True)


def test_an_order_that_ages_of_onset_explain() -> None:
    # Stratum 0: a in periods 0 and 1, b always in 1. Of four draws two are a-first, two are ties that count half.
    onsets = np.array([[[1, 1, 0], [0, 4, 0]], [[0, 0, 2], [2, 0, 0]]])
    first, second = np.array([0]), np.array([1])
    assert expected_share(onsets, np.array([[3], [0]]), first, second) == pytest.approx([0.75])
    assert expected_share(onsets, np.array([[3], [1]]), first, second) == pytest.approx([(3 * 0.75 + 0) / 4])
    assert np.isnan(expected_share(onsets, np.array([[0], [0]]), first, second))
    assert expected_share(onsets, np.array([[3], [1]]), second, first) == pytest.approx([1 - 2.25 / 4])
