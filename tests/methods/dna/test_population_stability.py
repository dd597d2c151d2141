"""The population stability index against its definition, and its limit against drawn samples without a shift."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from icspark.dna.crowds import watched_features
from icspark.dna.population_stability import (
    Bins,
    Sample,
    effective_size,
    index,
    pooled,
    stability,
)


def test_the_index_is_the_sum_of_both_divergences():
    random = np.random.default_rng(1)
    week, reference = random.dirichlet(np.ones(8)), random.dirichlet(np.ones(8))
    expected = stats.entropy(week, reference) + stats.entropy(reference, week)
    assert index(week, reference) == pytest.approx(expected, rel=1e-12)


def test_the_scaled_index_is_near_pearsons_statistic_where_counts_are_large():
    random = np.random.default_rng(2)
    week, reference = random.multinomial(20_000, np.full(8, 1 / 8)), random.multinomial(90_000, np.full(8, 1 / 8))
    found = stability(Sample(week, 20_000), Sample(reference, 90_000))
    pearson = stats.chi2_contingency([week, reference], correction=False)
    assert found.freedom == pearson.dof == 7
    assert found.scale * found.index == pytest.approx(pearson.statistic, rel=0.02)
    assert found.p_value == pytest.approx(pearson.pvalue, abs=0.01)


def test_its_limit_is_passed_as_often_as_it_says_without_a_shift_and_always_with_one():
    random, shares = np.random.default_rng(3), np.array([0.3, 0.2, 0.15, 0.1, 0.08, 0.06, 0.05, 0.03, 0.02, 0.01])
    weeks, reference = random.multinomial(3_000, shares, 6_000), random.multinomial(39_000, shares, 6_000)
    drawn = [stability(Sample(w, 3_000), Sample(r, 39_000)) for w, r in zip(weeks, reference, strict=True)]
    for false_alarm in (0.05, 0.001):
        passed = np.mean([one.index > one.limit(false_alarm) for one in drawn])
        assert passed == pytest.approx(false_alarm, abs=4 * np.sqrt(false_alarm / 6_000) + 0.1 * false_alarm)
    moved = stability(Sample(random.multinomial(3_000, shares[::-1]), 3_000), Sample(reference[0], 39_000))
    assert moved.index > moved.limit(1e-9)


def test_appointments_of_one_person_count_once_where_the_feature_is_the_persons():
    assert effective_size(np.array([1, 1, 1])) == 3
    assert effective_size(np.array([2, 2])) == 2
    assert effective_size(np.array([3, 1])) == 16 / 10
    random, shares = np.random.default_rng(4), np.full(5, 0.2)
    alarms = 0
    for _ in range(2_000):
        # 500 persons with four appointments each, all in the bin of the person.
        week, reference = random.multinomial(500, shares) * 4, random.multinomial(30_000, shares)
        found = stability(Sample(week, effective_size(np.full(500, 4))), Sample(reference, 30_000))
        alarms += found.index > found.limit(0.05)
    assert alarms / 2_000 == pytest.approx(0.05, abs=0.02)


def test_bins_of_numbers_are_tenths_with_one_for_what_is_not_known():
    values = pd.Series([*range(1, 101), np.nan], dtype=float)
    bins = Bins.of(values)
    assert bins.edges == tuple(range(10, 100, 10))
    assert bins.place(pd.Series([-5.0, 10.0, 10.5, 1e9, np.nan])).tolist() == [0, 0, 1, 9, 10]
    assert np.bincount(bins.place(values), minlength=bins.number).tolist() == [10] * 10 + [1]


def test_numbers_that_repeat_have_fewer_bins_and_unknown_ones_alone_a_single_one():
    counts = Bins.of(pd.Series([0.0] * 80 + [1.0] * 15 + [2.0] * 5))
    assert counts.edges == (0.0, 1.0)
    assert counts.place(pd.Series([0.0, 1.0, 2.0, np.nan])).tolist() == [0, 1, 2, 3]
    unknown = Bins.of(pd.Series([np.nan, np.nan], dtype=float))
    assert unknown.place(pd.Series([np.nan, 3.0])).tolist() == [1, 0]


def test_rare_and_unseen_categories_are_others_and_unknown_ones_are_not():
    bins = Bins.of(pd.Series(["a"] * 120 + ["b"] * 79 + ["c"] + [None] * 5, dtype=object))
    assert bins.categories == ("a", "b")
    assert bins.place(pd.Series(["b", "c", "new", None, "a"], dtype=object)).tolist() == [1, 2, 2, 3, 0]


@pytest.mark.parametrize(
    ("expected", "common"),
    [
        ([60.0, 70.0], [0, 1]),
        ([60.0, 30.0, 70.0, 25.0], [0, 2, 1, 2]),
        ([60.0, 30.0, 55.0], [0, 1, 1]),
        ([30.0, 30.0], [0, 0]),
        ([0.0, 500.0], [0, 0]),
    ],
)
def test_bins_that_are_expected_too_rarely_go_together(expected, common):
    assert pooled(np.array(expected)).tolist() == common


def test_there_is_no_index_where_no_two_bins_can_be_filled():
    assert stability(Sample(np.array([40, 40]), 80), Sample(np.array([500, 500]), 1_000)) is None


def test_a_bin_that_stays_empty_is_an_alarm_and_not_an_infinity():
    found = stability(Sample(np.array([0, 1_000]), 1_000), Sample(np.array([5_000, 5_000]), 10_000))
    assert np.isfinite(found.index)
    assert found.index > found.limit(1e-6)


def test_a_share_that_is_shrunk_to_the_regions_would_alarm_by_itself_and_its_counts_are_watched():
    others = np.linspace(0, 0.3, 5_000)
    season, week = (pd.Series([*np.full(5_000, regions_share), *others]) for regions_share in (0.08, 0.0802))
    bins = Bins.of(season)
    shares = [np.bincount(bins.place(rows), minlength=bins.number) / len(rows) for rows in (week, season)]
    assert np.abs(shares[0] - shares[1]).max() == pytest.approx(0.5, abs=0.01)
    names = ("lead_days", "weekday", "past_outcomes_count", "past_non_attendance_share")
    assert watched_features(names) == ("lead_days", "past_outcomes_count")
