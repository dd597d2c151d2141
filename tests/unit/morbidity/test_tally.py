"""The counting kernel: by hand, against the plain product of matrices, and whichever way it is taken."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from icspark.morbidity import tally as counting
from icspark.morbidity.tally import NO_DAY, PERIODS, People, Plan, Tally, is_dense, poisson_weights

CONDITIONS, STRATA = 7, 3

person = st.tuples(
    st.integers(0, STRATA - 1),
    st.dictionaries(st.integers(0, CONDITIONS - 1), st.one_of(st.none(), st.integers(-50, 50)), max_size=CONDITIONS),
)
Person = tuple[int, dict[int, int | None]]


def people_of(rows: list[Person], weights: np.ndarray | None = None) -> People:
    codes = [sorted(has) for _, has in rows]
    days = [NO_DAY if has[c] is None else has[c] for _, has in rows for c in sorted(has)]
    return People(
        stratum=np.array([h for h, _ in rows], np.int32),
        offsets=np.cumsum([0, *map(len, codes)]).astype(np.int64),
        conditions=np.array([c for each in codes for c in each], np.int32),
        days=np.array(days, np.int32),
        weights=weights,
    )


def slowly(rows: list[Person], min_gap: int, weights: list[int] | None = None) -> dict[str, np.ndarray]:
    pairs = list(combinations(range(CONDITIONS), 2))
    both, single = np.zeros((STRATA, len(pairs)), int), np.zeros((STRATA, CONDITIONS), int)
    people, before = np.zeros(STRATA, int), np.zeros((STRATA, CONDITIONS, CONDITIONS), int)
    for (h, has), weight in zip(rows, weights or [1] * len(rows), strict=True):
        people[h] += weight
        for c in has:
            single[h, c] += weight
        for p, (i, j) in enumerate(pairs):
            both[h, p] += weight * (i in has and j in has)
        for i in has:
            for j in has:
                on, then = has[i], has[j]
                before[h, i, j] += on is not None and then is not None and then - on >= min_gap
    return {"both": both[None], "single": single[None], "people": people[None], "before": before}


@given(st.lists(person, max_size=25), st.integers(1, 20), st.booleans())
@settings(max_examples=150, deadline=None)
def test_counts_are_those_of_counting_one_by_one(rows: list[Person], min_gap: int, dense: bool) -> None:
    plan = Plan(CONDITIONS, STRATA, min_gap=min_gap, first_day=-50, period_days=1)
    tally = Tally(plan)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counting, "is_dense", lambda *_: dense)
        patch.setattr(counting, "MOST_CELLS", 20)
        tally.add(people_of(rows[:10]))
        tally.add(people_of(rows[10:]))
    for name, wanted in slowly(rows, min_gap).items():
        assert np.array_equal(tally.counts[name], wanted), name
    dated = [(c, day) for _, has in rows for c, day in has.items() if day is not None]
    assert tally.counts["onset"].sum() == len(dated)
    assert tally.counts["onset"].sum(axis=0)[:, :101].T.nonzero()[0].tolist() == [
        day + 50 for day, _ in sorted({(day, c) for c, day in dated})
    ]
    sizes = [len(has) for _, has in rows]
    assert tally.counts["both"].sum() == sum(k * (k - 1) // 2 for k in sizes)


@given(st.lists(person, min_size=1, max_size=15), st.booleans())
@settings(max_examples=50, deadline=None)
def test_a_weight_counts_a_person_that_often(rows: list[Person], dense: bool) -> None:
    weights = poisson_weights(np.arange(len(rows), dtype=np.int64), range(4), seed=3)
    tally = Tally(Plan(CONDITIONS, STRATA, replicates=4))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counting, "is_dense", lambda *_: dense)
        tally.add(people_of(rows, weights))
    for replicate in range(4):
        wanted = slowly(rows, 1, weights[:, replicate].tolist())
        for name in ("both", "single", "people"):
            assert np.array_equal(tally.counts[name][replicate], wanted[name][0]), name


def test_the_cheaper_way_is_taken() -> None:
    assert is_dense(np.full(100, 20), conditions=30)
    assert not is_dense(np.full(100, 8), conditions=200)
    assert is_dense(np.full(100, 20), conditions=200)


def test_weights_are_poisson_and_depend_on_nothing_but_key_replicate_and_seed() -> None:
    keys = np.random.default_rng(1).integers(-(2**62), 2**62, 50_000)
    weights = poisson_weights(keys, range(4), seed=1)
    chances = [0.3679, 0.3679, 0.1839, 0.0613, 0.0153]
    for replicate in range(4):
        shares = np.bincount(weights[:, replicate], minlength=5)[:5] / len(keys)
        assert shares == pytest.approx(chances, abs=0.01)
    assert abs(np.corrcoef(weights.T)[0, 1:]).max() < 0.02
    assert np.array_equal(poisson_weights(keys[::-1], range(2, 4), seed=1), weights[::-1, 2:])
    assert not np.array_equal(poisson_weights(keys, range(4), seed=2), weights)


def test_memory_is_what_it_is_said_to_be() -> None:
    plan = Plan(conditions=1000, strata=100, min_gap=1)
    sizes = {name: 4 * int(np.prod(shape)) for name, shape in plan.shapes().items()}
    assert sum(sizes.values()) < 0.66e9
    assert sizes["onset"] == 4 * PERIODS * 1000 * 100
