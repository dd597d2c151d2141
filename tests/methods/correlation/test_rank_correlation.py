"""Rank correlations held against pingouin, scipy and statsmodels, on random tables with ties."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pingouin
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import fdrcorrection

from icspark.inequality.partial import partial_correlations, statistics_of
from icspark.inequality.ranks import in_order, spearman_matrix
from icspark.statistics.multiplicity import benjamini_hochberg

SEEDS = st.integers(0, 2**32 - 1)


def with_ties(seed: int, rows: int, columns: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    mixed = random.normal(size=(rows, columns)) @ random.normal(size=(columns, columns))
    return np.round(mixed * 2) / 2


def matrix_of(values: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    return spearman_matrix([in_order(column) for column in values.T], weights)


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS, rows=st.integers(30, 120), factors=st.integers(1, 3), controls=st.integers(1, 4))
def test_every_outcome_and_factor_is_pingouins_partial_spearman(
    seed: int, rows: int, factors: int, controls: int
) -> None:
    columns = 2 + factors + controls
    values = with_ties(seed, rows, columns)
    names = [f"v{i}" for i in range(columns)]
    frame = pd.DataFrame(values, columns=names)
    places = list(range(2, 2 + factors))
    ours = partial_correlations(matrix_of(values), [0, 1], places, list(range(2 + factors, columns)))
    found = statistics_of(ours, rows, factors - 1 + controls)
    for outcome in (0, 1):
        for at, factor in enumerate(places):
            held = [name for name in names[2:] if name != names[factor]]
            oracle = pingouin.partial_corr(frame, x=names[factor], y=names[outcome], covar=held, method="spearman")
            assert ours[outcome, at] == pytest.approx(float(oracle["r"].iloc[0]), abs=1e-9)
            p_value = float(oracle[next(c for c in oracle.columns if c.lower().startswith("p"))].iloc[0])
            assert found.p_value[outcome, at] == pytest.approx(p_value, abs=1e-9)


def pair_by_pair(values: np.ndarray) -> np.ndarray:
    # Asked for all columns at once, scipy gives a single nan where any of them is constant.
    return np.array([[stats.spearmanr(a, b).statistic for b in values.T] for a in values.T])


@pytest.mark.filterwarnings("ignore:An input array is constant")
@settings(max_examples=25, deadline=None)
@given(seed=SEEDS, rows=st.integers(5, 200))
@example(seed=258, rows=5)
def test_the_matrix_is_scipys_spearman(seed: int, rows: int) -> None:
    values = with_ties(seed, rows, 3)
    assert matrix_of(values) == pytest.approx(pair_by_pair(values), abs=1e-12, nan_ok=True)


@pytest.mark.filterwarnings("ignore:An input array is constant")
@settings(max_examples=25, deadline=None)
@given(seed=SEEDS)
def test_a_weighted_resample_is_the_resample_written_out(seed: int) -> None:
    values = with_ties(seed, 40, 3)
    weights = np.random.default_rng(seed + 1).integers(0, 4, size=40)
    weights[:3] = 1
    written_out = np.repeat(values, weights, axis=0)
    assert matrix_of(values, weights) == pytest.approx(pair_by_pair(written_out), abs=1e-12, nan_ok=True)


def test_the_order_of_rows_changes_no_bit() -> None:
    values = with_ties(11, 3000, 5)
    shuffled = np.random.default_rng(1).permutation(values)
    assert matrix_of(values).tobytes() == matrix_of(shuffled).tobytes()


def test_the_interval_uses_the_variance_of_spearmans_z() -> None:
    found = statistics_of(np.array([0.5]), 106, 3)
    half = 1.959963984540054 * np.sqrt(1.06 / 100)
    assert found.lower[0] == pytest.approx(np.tanh(np.arctanh(0.5) - half), abs=1e-12)
    assert found.upper[0] == pytest.approx(np.tanh(np.arctanh(0.5) + half), abs=1e-12)


def test_a_perfect_correlation_has_itself_as_limits_and_an_unknown_one_has_none() -> None:
    found = statistics_of(np.array([1.0, np.nan]), 10, 0)
    assert [array[0] for array in found] == [1.0, 1.0, 1.0, 0.0]
    assert all(np.isnan(array[1]) for array in found)


def test_the_interval_covers_as_it_says() -> None:
    random, truth, covered, rounds = np.random.default_rng(3), 0.6, 0, 600
    rank_truth = 6 / np.pi * np.arcsin(truth / 2)  # Spearman's of a bivariate normal
    for _ in range(rounds):
        pair = random.multivariate_normal([0, 0], [[1, truth], [truth, 1]], size=80)
        found = statistics_of(matrix_of(pair)[:1, 1], 80, 0)
        covered += bool(found.lower[0] <= rank_truth <= found.upper[0])
    assert 0.92 < covered / rounds < 0.98


@settings(max_examples=50, deadline=None)
@given(p_values=st.lists(st.one_of(st.floats(0, 1), st.just(float("nan"))), min_size=1, max_size=40))
def test_q_values_are_statsmodels_with_untested_pairs_left_out(p_values: list[float]) -> None:
    ours = benjamini_hochberg(np.array(p_values))
    known = ~np.isnan(p_values)
    assert np.isnan(ours[~known]).all()
    if known.any():
        assert ours[known] == pytest.approx(fdrcorrection(np.array(p_values)[known])[1], abs=1e-12)
