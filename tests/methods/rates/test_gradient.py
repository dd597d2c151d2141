"""Slope and relative index of inequality against statsmodels, OHID's published values and simulation."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from icspark.statistics.gradient import gradient, ridits

# PHEindicatormethods 2.1.0, testdata_SII, records 1 to 10: deciles, 1 = most deprived; a life expectancy.
POPULATION = [7291, 7997, 6105, 7666, 5790, 6934, 5918, 5974, 7147, 7534]
VALUES = [
    75.9334590103081, 78.3442382727843, 83.8360631041654, 83.6375399664931, 80.4655031529559,
    81.1156759857022, 81.6930835718562, 84.1900062060987, 80.5955641081472, 86.2894349578624,
]  # fmt: skip
ERRORS = [
    1.638472426358545, 1.578192884542907, 1.5134355059640296, 1.7754906175801293, 1.7013390591981388,
    1.56412107376755, 1.3681148366878566, 1.4001418005940802, 2.4328463975781616, 1.5665181695934678,
]  # fmt: skip


def test_it_is_what_ohid_publishes():
    # OHID ranks from the most to the least deprived; limits there are simulated (100,000 draws).
    found = gradient(np.array(VALUES), np.array(ERRORS) ** 2, np.array(POPULATION, dtype=float))
    assert found.slope.value == pytest.approx(6.934616473668819, rel=1e-12)
    assert found.relative.value == pytest.approx(1.0888180804446217, rel=1e-12)
    assert (found.slope.lower, found.slope.upper) == pytest.approx((3.127594617650817, 10.7586873680794), abs=0.05)
    assert (found.relative.lower, found.relative.upper) == pytest.approx(
        (1.0383690591642838, 1.1412993360251238), abs=1e-3
    )


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), groups=st.integers(3, 10))
def test_line_and_variance_are_statsmodels_weighted_least_squares(seed, groups):
    random = np.random.default_rng(seed)
    sizes = random.uniform(10, 1e4, groups)
    values, variances = random.uniform(50, 200, groups), random.uniform(0.1, 100, groups)
    found = gradient(values, variances, sizes)
    model = sm.WLS(values, sm.add_constant(ridits(sizes)), weights=sizes)
    fit = model.fit()
    # The sandwich with the variances that are known instead of squared residuals.
    covariance = model.pinv_wexog @ np.diag(sizes * variances) @ model.pinv_wexog.T
    assert found.slope.value == pytest.approx(fit.params[1], rel=1e-8, abs=1e-8)
    assert found.at_least == pytest.approx(fit.params[0], rel=1e-8)
    assert found.slope.upper - found.slope.value == pytest.approx(
        1.959963984540054 * np.sqrt(covariance[1, 1]), rel=1e-7
    )


def test_ridits_are_midpoints_of_cumulative_shares():
    assert ridits(np.array([10.0, 10.0, 20.0])).tolist() == [0.125, 0.375, 0.75]


def test_an_empty_group_is_left_out_and_too_few_groups_have_no_line():
    values, variances, sizes = np.array([1.0, np.nan, 2.0, 3.0]), np.ones(4), np.array([5.0, 0.0, 5.0, 5.0])
    there = sizes > 0
    assert gradient(values, variances, sizes) == gradient(values[there], variances[there], sizes[there])
    assert np.isnan(gradient(values[:3], variances[:3], sizes[:3]).slope.value)


def test_no_relative_index_where_the_line_goes_below_zero():
    found = gradient(np.array([0.0, 0.0, 9.0]), np.ones(3), np.ones(3))
    assert found.at_least < 0
    assert np.isnan(found.relative.value)
    assert found.slope.value == pytest.approx(13.5)


def test_equal_values_have_no_gradient():
    found = gradient(np.full(5, 7.0), np.ones(5), np.arange(1.0, 6.0))
    assert found.slope.value == pytest.approx(0, abs=1e-12)
    assert found.relative.value == pytest.approx(1)
    assert found.slope.p_value == pytest.approx(1)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["rate", "share"])
def test_intervals_cover_the_planted_index(kind):
    # Quintiles of persons with a personal effect: events (or outcomes of occasions) come in clusters.
    random = np.random.default_rng(20260102)
    sizes, ranks = np.array([900, 1100, 1000, 800, 1200]), None
    planted = np.array([0.5, 0.55, 0.62, 0.7, 0.78]) if kind == "rate" else np.array([0.05, 0.06, 0.07, 0.08, 0.1])
    ranks = ridits(sizes.astype(float))
    truth = np.polynomial.polynomial.polyfit(ranks, planted, 1, w=np.sqrt(sizes))
    slope, relative = truth[1], (truth[0] + truth[1]) / truth[0]
    covered = np.zeros(2)
    for _ in range(1000):
        values, variances, times = np.zeros(5), np.zeros(5), np.zeros(5)
        for i, (size, mean) in enumerate(zip(sizes, planted, strict=True)):
            frailty = random.gamma(1, 1, size)
            if kind == "rate":
                t, y = np.ones(size), random.poisson(mean * frailty)
            else:
                t = random.poisson(2.5, size)
                y = random.binomial(t, random.beta(mean * 4, (1 - mean) * 4, size))
            values[i], times[i] = y.sum() / t.sum(), t.sum()
            variances[i] = size / (size - 1) * ((y - values[i] * t) ** 2).sum() / t.sum() ** 2
        found = gradient(values, variances, times)
        covered += [
            found.slope.lower <= slope <= found.slope.upper,
            found.relative.lower <= relative <= found.relative.upper,
        ]
    assert (covered >= 930).all()
    assert (covered <= 970).all()
