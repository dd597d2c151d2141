"""Enrichment: the moments and tails of the stratified permutation test, without permuting."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from icspark.morbidity.enrichment import enrichment, exact_p_value


def test_by_hand_with_a_stratum_of_one_and_an_empty_one() -> None:
    people = np.array([[4, 1, 0], [6, 0, 0]])
    cases = np.array([[3, 1, 0], [2, 0, 0]])
    found = enrichment(people, cases)
    assert found.observed.tolist() == [4, 2]
    assert found.expected == pytest.approx([4 * 5 / 10 + 1, 6 * 5 / 10])
    variance = 4 * 6 * 5 * 5 / (100 * 9)
    assert found.z == pytest.approx([1 / np.sqrt(variance), -1 / np.sqrt(variance)])
    tail = stats.hypergeom.sf(2, 10, 5, 4)
    assert found.is_exact.all() and found.p_value == pytest.approx([2 * tail] * 2)


def test_one_stratum_is_the_hypergeometric_distribution() -> None:
    expected = 2 * min(stats.hypergeom.cdf(5, 100, 12, 20), stats.hypergeom.sf(4, 100, 12, 20))
    assert exact_p_value(np.array([20]), np.array([12]), np.array([100]), 5) == pytest.approx(expected, rel=1e-12)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 8)), min_size=1, max_size=3), st.data())
@settings(max_examples=80, deadline=None)
def test_exact_tails_are_those_of_listing_every_outcome(
    strata: list[tuple[int, int, int]], data: st.DataObject
) -> None:
    of_group = np.array([n for n, _, _ in strata])
    people = np.array([n + rest for n, rest, _ in strata])
    cases = np.array([min(k, n + rest) for n, rest, k in strata])
    supports = [range(max(0, n + k - e), min(n, k) + 1) for n, k, e in zip(of_group, cases, people, strict=True)]
    chances: dict[int, float] = {}
    for outcome in product(*supports):
        parts = zip(outcome, people, cases, of_group, strict=True)
        chance = float(np.prod([stats.hypergeom.pmf(x, e, k, n) if e else 1.0 for x, e, k, n in parts]))
        chances[sum(outcome)] = chances.get(sum(outcome), 0.0) + chance
    observed = data.draw(st.sampled_from(sorted(chances)))
    lower = sum(chance for x, chance in chances.items() if x <= observed)
    upper = sum(chance for x, chance in chances.items() if x >= observed)
    found = exact_p_value(of_group, cases, people, observed)
    assert found == pytest.approx(min(2 * min(lower, upper), 1.0), rel=1e-9)


def test_a_seeded_permutation_within_strata_agrees() -> None:
    generator = np.random.default_rng(7)
    stratum = generator.integers(0, 5, 4000)
    group = generator.integers(0, 3, 4000)
    case = generator.random(4000) < 0.05 + 0.05 * stratum + 0.03 * (group == 2)
    people, cases = np.zeros((3, 5), int), np.zeros((3, 5), int)
    np.add.at(people, (group, stratum), 1)
    np.add.at(cases, (group, stratum), case.astype(int))
    found = enrichment(people, cases)
    assert not found.is_exact.any()
    order = np.argsort(stratum, kind="stable")
    bounds = np.searchsorted(stratum[order], np.arange(6))
    drawn = np.zeros((4000, 3))
    for replicate in range(4000):
        mixed = case[order].copy()
        for begin, end in pairwise(bounds):
            generator.shuffle(mixed[begin:end])
        drawn[replicate] = np.bincount(group[order], mixed, minlength=3)
    assert drawn.mean(axis=0) == pytest.approx(found.expected, abs=4 * drawn.std(axis=0).max() / np.sqrt(4000))
    deviation = (found.observed - found.expected) / found.z
    assert drawn.std(axis=0) == pytest.approx(deviation, rel=0.05)
    further = (np.abs(drawn - found.expected) >= np.abs(found.observed - found.expected)).mean(axis=0)
    assert found.p_value == pytest.approx(further, abs=0.03)


def test_a_rare_count_is_not_judged_by_z() -> None:
    people, cases = np.array([[120], [9880]]), np.array([[5], [95]])
    found = enrichment(people, cases)
    by_z = 2 * stats.norm.sf(found.z[0])
    assert found.expected[0] == pytest.approx(1.2) and found.is_exact[0]
    assert by_z < 0.001 < 0.01 < found.p_value[0] < 0.02
