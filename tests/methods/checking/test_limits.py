"""Limits of sums are those of the exact distributions, and hold as often as they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from icspark.checking.comparisons import Comparison, judged
from icspark.checking.conditions import ratio_of
from icspark.checking.limits import poisson_limits, skewed_limits, sum_limits, together


@given(
    people=st.integers(1, 5000),
    chance=st.floats(0.0001, 0.9999),
    alpha=st.sampled_from([0.05, 1e-3, 1e-6]),
)
@settings(max_examples=60, deadline=None)
def test_of_like_draws_they_are_binomial(people: int, chance: float, alpha: float) -> None:
    least, greatest = sum_limits([people], [chance], alpha)
    draws = stats.binom(people, chance)
    assert draws.cdf(least - 1) <= alpha / 2 * (1 + 1e-6) and draws.cdf(least) > alpha / 2 * (1 - 1e-6)
    assert draws.sf(greatest) <= alpha / 2 * (1 + 1e-6) and draws.sf(greatest - 1) > alpha / 2 * (1 - 1e-6)


def test_of_unlike_draws_they_are_those_of_the_poisson_binomial() -> None:
    generator = np.random.default_rng(5)
    chances = generator.uniform(0.001, 0.6, 400)
    mass = np.ones(1)
    for chance in chances:
        mass = np.convolve(mass, [1 - chance, chance])
    for alpha in (0.05, 1e-6):
        least, greatest = sum_limits(np.ones(400), chances, alpha)
        assert least == np.searchsorted(np.cumsum(mass), alpha / 2)
        assert greatest == 400 - np.searchsorted(np.cumsum(mass[::-1]), alpha / 2)


def test_of_draws_with_three_values_they_are_those_of_the_multinomial() -> None:
    links, missing, false = 60, 0.3, 0.1
    least, greatest = sum_limits([links], [[missing, false, 1 - missing - false]], 0.01, values=(1, -1, 0))
    exact: dict[int, float] = {}
    for lost in range(links + 1):
        for wrong in range(links - lost + 1):
            mass = stats.multinomial.pmf([lost, wrong, links - lost - wrong], links, [missing, false, 0.6])
            exact[lost - wrong] = exact.get(lost - wrong, 0.0) + float(mass)
    assert sum(mass for value, mass in exact.items() if value < least) <= 0.005
    assert sum(mass for value, mass in exact.items() if value <= least) > 0.005
    assert sum(mass for value, mass in exact.items() if value > greatest) <= 0.005
    assert sum(mass for value, mass in exact.items() if value >= greatest) > 0.005


def test_like_chances_together_say_the_same() -> None:
    generator = np.random.default_rng(6)
    people, chances = generator.integers(0, 40, 3000), generator.beta(0.3, 4, 3000)
    apart, joined = sum_limits(people, chances, 1e-5), sum_limits(*together(people, chances), 1e-5)
    assert len(together(people, chances)[0]) < 1500
    assert np.abs(np.subtract(apart, joined)).max() <= 1


def test_poisson_limits_with_and_without_tolerance() -> None:
    assert poisson_limits(0.0, 0.01) == (0, 0)
    assert poisson_limits(7.5, 0.01) == (stats.poisson.ppf(0.005, 7.5), stats.poisson.isf(0.005, 7.5))
    low, high = poisson_limits(1e6, 0.01, tolerance=0.01)
    assert low < 0.99e6 < 1.01e6 < high


def test_skewed_limits_follow_a_gamma_better_than_the_normal() -> None:
    shape = 60.0
    low, high = skewed_limits(shape, shape, 2 * shape, 0.001)
    exact = stats.gamma(shape).ppf([0.0005, 0.9995])
    normal = shape + np.sqrt(shape) * stats.norm.ppf([0.0005, 0.9995])
    assert np.abs(np.array([low, high]) - exact).max() < 0.25 * np.abs(normal - exact).max()
    assert skewed_limits(3.0, 0.0, 0.0, 0.01) == (3.0, 3.0)


def test_the_odds_ratio_of_cases_is_found_again_and_rises_with_them() -> None:
    people, offset = np.array([30.0, 200.0, 5.0]), np.array([-2.0, -4.0, 0.0])
    expected = float(people @ (1 / (1 + np.exp(-(offset + np.log(3.5))))))
    assert ratio_of(people, offset, expected) == pytest.approx(3.5)
    ratios = [ratio_of(people, offset, cases) for cases in (0, 1, 10, 234, 235)]
    assert ratios == sorted(ratios) and ratios[0] == 0


def test_all_together_pass_as_often_as_asked() -> None:
    generator = np.random.default_rng(7)
    checks, regions, chance = 40, 400, 0.2
    failures = 0
    for _ in range(regions):
        found = generator.binomial(500, 0.1, checks)
        listed = [
            Comparison("c", str(i), 0.1, float(cases), "n", "m", lambda a: sum_limits([500], [0.1], a))
            for i, cases in enumerate(found)
        ]
        failures += any(one.verdict != "within" for one in judged(listed, chance=chance))
    assert failures / regions <= chance
    assert failures > 0
