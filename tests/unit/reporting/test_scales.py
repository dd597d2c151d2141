"""Classes and colours."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from icspark.reporting import scales

FIGURES = st.lists(st.floats(-1e6, 1e6, allow_nan=False) | st.just(float("nan")), max_size=60)


def _lightness(colour: str) -> float:
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_classes_of_equal_number_hold_as_many_areas_each() -> None:
    scale = scales.sequential(np.arange(700) / 10)
    counts = np.bincount([scales.class_of(v, scale) for v in np.arange(700) / 10])
    assert counts.tolist() == [100] * 7


def test_classes_of_equal_width_do_not_follow_the_crowd() -> None:
    assert scales.sequential([0.0, 0.1, 0.2, 0.3, 7.0], equal=True).breaks == (1, 2, 3, 4, 5, 6)


def test_ties_merge_classes_and_one_value_is_one_class() -> None:
    assert scales.sequential([1.0] * 60 + [5.0] * 30).breaks == (5.0,)
    assert scales.sequential([2.0, 2.0, np.nan]) == scales.Scale((), scales.palette(1))
    assert scales.sequential([]).breaks == ()


def test_one_area_that_differs_from_all_others_is_told_apart() -> None:
    scale = scales.sequential([1.0] * 90 + [5.0])
    assert scales.class_of(1.0, scale) != scales.class_of(5.0, scale)


def test_a_value_on_a_break_belongs_to_the_class_above() -> None:
    scale = scales.Scale((1.0, 2.0), ("a", "b", "c"))
    assert [scales.class_of(v, scale) for v in (0.9, 1.0, 1.9, 2.0, 9.0)] == [0, 1, 1, 2, 2]


def test_a_scale_of_two_hues_mirrors_itself_about_the_midpoint() -> None:
    scale = scales.diverging([0.4, 0.45, 0.5, 0.52, 0.6], midpoint=0.5, equal=True)
    assert 0.5 in scale.breaks
    assert np.allclose(np.array(scale.breaks) + np.array(scale.breaks)[::-1], 1.0)
    assert len(scale.colours) == len(scale.breaks) + 1


def test_one_is_the_darkest_of_ordered_classes() -> None:
    scale = scales.ordered(5)
    assert [scales.class_of(v, scale) for v in range(1, 6)] == [0, 1, 2, 3, 4]
    assert _lightness(scale.colours[0]) < _lightness(scale.colours[4])


@pytest.mark.parametrize("classes", [2, 5, 7, 10])
def test_every_step_of_the_palette_is_darker_than_the_one_before(classes: int) -> None:
    lightness = [_lightness(colour) for colour in scales.palette(classes)]
    assert all(lighter > darker for lighter, darker in pairwise(lightness))


@given(FIGURES, st.booleans())
def test_breaks_rise_and_every_class_has_a_colour(values: list[float], equal: bool) -> None:
    for scale in (scales.sequential(values, equal=equal), scales.diverging(values, midpoint=0.5, equal=equal)):
        assert list(scale.breaks) == sorted(set(scale.breaks))
        assert len(scale.colours) == len(scale.breaks) + 1
        assert np.isfinite(scale.breaks).all()
