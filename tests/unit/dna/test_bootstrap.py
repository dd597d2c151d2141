"""Resampling of people: whole people, the same seed the same draw, limits of a mean against theory."""

from __future__ import annotations

import numpy as np
import pytest

from icspark.dna.bootstrap import Resampling, limits, person_weights, replicated


def test_as_many_people_are_drawn_as_there_are_and_the_seed_decides() -> None:
    drawn = list(person_weights(50, Resampling(replicates=20, seed=1)))
    assert {w.sum() for w in drawn} == {50.0}
    assert np.array_equal(drawn, list(person_weights(50, Resampling(replicates=20, seed=1))))
    assert not np.array_equal(drawn, list(person_weights(50, Resampling(replicates=20, seed=2))))


def test_rows_of_one_person_are_drawn_together() -> None:
    person = np.array([70, 3, 70, 5])
    for weight in replicated(person, lambda w: w, Resampling(replicates=10)):
        assert weight[0] == weight[2]
        assert weight[[0, 1, 3]].sum() == 3


def test_limits_of_a_mean_of_people_are_those_of_its_standard_error() -> None:
    rng = np.random.default_rng(4)
    effect = rng.normal(size=400)
    person = np.repeat(np.arange(400), 5)
    value = effect[person]
    found = replicated(person, lambda w: np.array([w @ value / w.sum()]), Resampling(replicates=2000, seed=9))
    lower, upper = limits(found)
    standard_error = effect.std() / np.sqrt(400)
    assert (upper - lower)[0] / 2 == pytest.approx(1.96 * standard_error, rel=0.1)


def test_limits_leave_out_what_is_unknown_unless_it_is_too_much() -> None:
    column = np.arange(101.0)
    few, many = column.copy(), column.copy()
    few[:5], many[:30] = np.nan, np.nan
    lower, upper = limits(np.column_stack([column, few, many]), confidence=0.9)
    assert lower[:2] == pytest.approx([5.0, np.quantile(column[5:], 0.05)])
    assert upper[:2] == pytest.approx([95.0, np.quantile(column[5:], 0.95)])
    assert np.isnan([lower[2], upper[2]]).all()


def test_no_replicates_give_no_limits() -> None:
    assert np.isnan(limits(np.zeros((0, 2)))).all()
