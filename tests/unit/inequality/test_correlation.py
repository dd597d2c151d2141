"""What an analysis leaves: complete cases, reasons, controls, limits from resamples of whole clusters."""

from __future__ import annotations

import numpy as np
import pandas as pd

from icspark.inequality.analyses import Analysis
from icspark.inequality.correlation import Resampling, analyse

ONE = Analysis("lsoa", "one", ("y",), ("x",), is_partial=False)


def test_complete_cases_are_those_of_one_analysis() -> None:
    given = pd.DataFrame(
        {"y": [1.0, 2, 3, 4, np.nan, 6], "x": [1.0, 3, 2, 4, 5, 6], "z": [1.0, np.nan, 3, 9, 5, 2]},
        index=list("abcdef"),
    )
    both = analyse(given, [ONE, Analysis("lsoa", "two", ("y",), ("z",), is_partial=False)])
    assert [r["n_count"] for r in both] == [5, 4]
    assert both[0]["coefficient"] == 0.9  # one swap of neighbours in five ranks: 1 - 6 * 2 / (5 * 24)
    assert both[0]["controls"] is None


def test_each_factor_holds_the_others_and_the_controls() -> None:
    random = np.random.default_rng(2)
    given = pd.DataFrame(random.normal(size=(40, 5)), columns=list("yxzcd"))
    found = analyse(given, [Analysis("lsoa", "a", ("y",), ("x", "z"), ("c", "d"))])
    assert [(r["factor"], r["controls"]) for r in found] == [("x", "z, c, d"), ("z", "x, c, d")]


def test_what_cannot_be_computed_says_why() -> None:
    random = np.random.default_rng(2)
    given = pd.DataFrame(random.normal(size=(30, 3)), columns=["y", "x", "z"]).assign(flat=1.0, none=np.nan)
    given["copy"] = given["x"]
    found = analyse(given, [Analysis("lsoa", "a", ("y", "flat", "none"), ("x",), ("z",))])
    assert {r["outcome"]: r["reason"] for r in found} == {"y": None, "flat": "constant", "none": "too_few"}
    assert [r["n_count"] for r in found] == [30, 30, 0]
    twice = analyse(given, [Analysis("lsoa", "a", ("y",), ("x", "copy"), ("z",))])
    assert {r["reason"] for r in twice} == {"collinear"}
    held_flat = analyse(given, [Analysis("lsoa", "a", ("y",), ("x",), ("flat",))])
    assert [(r["reason"], r["coefficient"], r["p_value"], r["q_value"]) for r in held_flat] == [
        ("constant", None, None, None)
    ]
    few = analyse(given.head(4), [Analysis("lsoa", "a", ("y",), ("x",), ("z",))])
    assert few[0]["reason"] == "too_few"
    assert few[0]["coefficient"] is None


def test_limits_of_clusters_are_wider_where_neighbours_are_alike() -> None:
    random = np.random.default_rng(5)
    authority = pd.Series([f"E{number:02d}" for number in np.repeat(np.arange(40), 25)])
    shared = random.normal(size=(40, 2))[np.repeat(np.arange(40), 25)]
    given = pd.DataFrame(shared + 0.3 * random.normal(size=(1000, 2)), columns=["y", "x"])
    given.index = authority.index = pd.Index([f"area{number:04d}" for number in range(1000)])
    (found,) = analyse(given, [ONE], clusters=authority, resampling=Resampling(200, 1))
    plain = found["upper_95"] - found["lower_95"]
    assert found["clustered_upper_95"] - found["clustered_lower_95"] > 2 * plain
    assert (found["clusters_count"], found["replicates_count"]) == (40, 200)
    (again,) = analyse(given, [ONE], clusters=authority, resampling=Resampling(200, 1))
    assert again == found


def test_too_few_clusters_have_no_limits_and_an_area_without_one_stands_alone() -> None:
    random = np.random.default_rng(8)
    given = pd.DataFrame(random.normal(size=(30, 2)), columns=["y", "x"], index=[f"a{i:02d}" for i in range(30)])
    clusters = pd.Series(["p", "q", None] * 10, index=given.index)
    (none,) = analyse(given, [ONE], clusters=clusters, resampling=Resampling(50, 1, fewest_clusters=13))
    assert (none["clustered_lower_95"], none["clusters_count"], none["replicates_count"]) == (None, None, None)
    (some,) = analyse(given, [ONE], clusters=clusters, resampling=Resampling(50, 1, fewest_clusters=12))
    assert some["clusters_count"] == 12  # two of ten areas, ten of one
    assert some["clustered_lower_95"] < some["clustered_upper_95"]
