"""The kernels behind attributed outcomes: practices that serve an area, sums that never wrap round."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from icspark.areas.registrations import exact_product, serving_counts


def test_the_fewest_practices_largest_first_hold_nine_tenths() -> None:
    area = np.array([0, 0, 0, 1, 2, 2])
    patients = np.array([60, 30, 10, 5, 50, 50])
    # 60 + 30 are nine tenths of 100; one practice serves all; of two of one size both are needed.
    assert serving_counts(area, patients, np.array([2, 1, 0, 0, 1, 0])).tolist() == [2, 1, 2]


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 6)), min_size=1, max_size=40), st.randoms())
def test_it_equals_a_plain_loop_in_any_order_of_rows(pairs: list[tuple[int, int]], random: object) -> None:
    rows = [(area, patients, practice) for practice, (area, patients) in enumerate(pairs)]
    expected = [0] * (max(area for area, _, _ in rows) + 1)
    for area in {area for area, _, _ in rows}:
        held, everyone = 0, sum(p for a, p, _ in rows if a == area)
        for _, patients, _ in sorted((r for r in rows if r[0] == area), key=lambda r: (-r[1], r[2])):
            if held * 10 < everyone * 9:
                expected[area] += 1
                held += patients
    random.shuffle(rows)  # type: ignore[attr-defined]
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    assert serving_counts(*columns).tolist() == expected


def test_a_sum_too_large_for_whole_numbers_stops() -> None:
    weights = sparse.csr_array(np.array([[900_000, 100_000]]))
    assert exact_product(weights, np.array([10**12, 10**12])).tolist() == [10**18]
    with pytest.raises(OverflowError, match="too large"):
        exact_product(weights, np.array([10**13, 10**13]))
