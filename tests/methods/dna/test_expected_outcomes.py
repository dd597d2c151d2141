"""Limits of observed over expected against scipy's Poisson-binomial, and their own definition."""

import numpy as np
import pytest
from scipy import stats

from icspark.dna.expected_outcomes import (
    Ratio,
    count_limits,
    distribution,
    ratio,
    ratio_interval,
    ratio_limits,
    scaled_by,
    score_interval,
)


def chances(size, seed=1):
    return np.random.default_rng(seed).beta(1, 10, size)


@pytest.mark.parametrize("size", [0, 1, 2, 3, 64, 65, 130, 900])
def test_the_distribution_is_scipys(size):
    probability = chances(size)
    expected = stats.poisson_binom(probability).pmf(np.arange(size + 1)) if size else [1.0]
    np.testing.assert_allclose(distribution(probability), expected, rtol=0, atol=1e-14)


def test_the_distribution_of_a_large_week_is_that_of_convolutions_one_by_one():
    probability = chances(4_000)
    one_by_one = np.ones(1)
    for chance in probability:
        one_by_one = np.convolve(one_by_one, [1 - chance, chance])
    np.testing.assert_allclose(distribution(probability), one_by_one, rtol=0, atol=1e-14)


def test_the_distribution_does_not_hang_on_order_beyond_the_last_places():
    probability = chances(700)
    np.testing.assert_allclose(distribution(probability), distribution(probability[::-1]), rtol=0, atol=1e-15)


@pytest.mark.parametrize("false_alarm", [0.05, 1 / 260, 1e-6])
def test_each_tail_outside_the_limits_holds_at_most_half_and_one_step_more_would_hold_too_much(false_alarm):
    probability = chances(600)
    exact = stats.poisson_binom(probability)
    lower, upper = count_limits(distribution(probability), false_alarm)
    assert exact.cdf(lower - 1) <= false_alarm / 2 < exact.cdf(lower)
    assert exact.sf(upper) <= false_alarm / 2 < exact.sf(upper - 1)


def test_the_error_of_the_champions_ratio_widens_the_limits_as_if_it_were_drawn():
    probability, random = chances(20_000), np.random.default_rng(2)
    champion = Ratio(observed=11_000, expected=10_000.0, error=0.03, spread=1.0)
    lower, upper = ratio_limits(probability, champion, 0.05)
    drawn = random.normal(champion.value, champion.error, 2_000)
    counts = [random.binomial(1, scaled_by(r, probability)).sum() / probability.sum() for r in drawn]
    outside = np.mean((np.array(counts) < lower) | (np.array(counts) > upper))
    assert outside == pytest.approx(0.05, abs=3 * np.sqrt(0.05 * 0.95 / 2_000) + 0.002)
    alone = ratio_limits(probability, Ratio(11_000, 10_000.0, 0.0, 1.0), 0.05)
    assert lower < alone[0] < 1.1 < alone[1] < upper


def test_a_spread_above_one_widens_the_limits_and_one_below_does_not_narrow_them():
    probability, champion = chances(5_000), Ratio(1_000, 1_000.0, 0.0, 1.0)
    plain = ratio_limits(probability, champion, 0.01)
    assert ratio_limits(probability, champion, 0.01, spread=0.5) == plain
    wide = ratio_limits(probability, champion, 0.01, spread=4.0)
    assert (wide[1] - wide[0]) / (plain[1] - plain[0]) == pytest.approx(2, rel=0.05)


@pytest.mark.parametrize(("size", "observed"), [(3, 1), (20, 1), (60, 9), (300, 40), (1_000, 70)])
def test_at_the_ends_of_the_interval_what_was_observed_lies_at_the_edge_of_a_tail(size, observed):
    probability = chances(size)
    lower, upper = ratio_interval(observed, probability)
    assert stats.poisson_binom(scaled_by(lower, probability)).sf(observed - 1) == pytest.approx(0.025, abs=1e-7)
    assert stats.poisson_binom(scaled_by(upper, probability)).cdf(observed) == pytest.approx(0.025, abs=1e-7)
    assert lower < observed / probability.sum() < upper


def test_none_observed_has_the_lower_end_zero_and_all_observed_has_no_upper_end():
    probability = np.full(10, 0.3)
    assert ratio_interval(0, probability)[0] == 0.0
    lower, upper = ratio_interval(10, probability)
    # Equal chances: the interval is Clopper and Pearson's, over the chance.
    assert lower == pytest.approx(stats.beta.ppf(0.025, 10, 1) / 0.3, rel=1e-6)
    assert np.isnan(upper)


def test_equal_chances_have_clopper_and_pearsons_interval_and_the_approximate_one_is_wilsons():
    probability = np.full(200, 0.2)
    exact = [stats.beta.ppf(0.025, 30, 171) / 0.2, stats.beta.ppf(0.975, 31, 170) / 0.2]
    np.testing.assert_allclose(ratio_interval(30, probability), exact, rtol=1e-6)
    wilson = stats.binomtest(30, 200).proportion_ci(method="wilsoncc")
    np.testing.assert_allclose(score_interval(30, probability), np.array(wilson) / 0.2, rtol=1e-9)


def test_the_error_of_a_ratio_counts_persons_not_appointments():
    outcome, probability = np.array([1.0, 1.0, 0.0, 0.0, 1.0, 0.0]), np.full(6, 0.25)
    together = ratio(outcome, probability, np.array([0, 0, 1, 1, 2, 2]))
    # R = 2, so y - R p is 1/2 or -1/2: persons 1, -1 and 0, over E = 1.5.
    assert (together.value, together.error) == (2.0, pytest.approx(np.sqrt(2) / 1.5))
    assert together.spread == pytest.approx(2 / 1.5)
    alone = ratio(outcome, probability, np.arange(6))
    assert alone.error == pytest.approx(np.sqrt(6 * 0.25) / 1.5)
