"""Rates of records on the map, and gradients as pictures."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

from icspark.reporting.activity_content import activity_measures, gradient_pictures, with_activity
from icspark.reporting.areas_page import areas_page
from icspark.reporting.gradient_picture import save_gradients
from icspark.reporting.static_map import save_map
from icspark.tables.activity import ActivityGradient, AreaActivity
from icspark.tables.checks import SimulationCheck


@pytest.fixture
def activity(sample: ModuleType) -> pd.DataFrame:
    rows = [
        {**dict.fromkeys(AreaActivity.columns(), 1.0 + place), "lsoa_2011_code": code, "year": 2021, "years_count": 3}
        for place, code in enumerate(sample.CODES[:5])
    ]
    return pd.DataFrame(rows, columns=list(AreaActivity.columns()))


@pytest.fixture
def gradient() -> pd.DataFrame:
    said = {"domain": "imd", "basis": "crude", "year": 2021, "years_count": 1, "events_count": 40, "denominator": 900.0}
    rows = []
    for place, fifth in enumerate("54321"):
        limits = {"lower_95": 8.0 + place, "upper_95": 12.0 + place, "fitted": 10.0 + place}
        figures = {"estimate": 10.0 + place, "rank": 0.1 + 0.2 * place, **limits}
        rows.append({**said, "measure": "admissions_rate_per_1000", "part": fifth, **(figures if fifth != "3" else {})})
    index = {"estimate": 5.0, "lower_95": 4.0, "upper_95": 6.0, "p_value": 0.001}
    rows.append({**said, "measure": "admissions_rate_per_1000", "part": "slope_index", **index})
    rows.append({**said, "measure": "admissions_rate_per_1000", "part": "relative_index", "reason": "not_above_zero"})
    rows.append({**said, "measure": "first_bmi_mean", "part": "slope_index", "reason": "few_events"})
    return pd.DataFrame(rows, columns=list(ActivityGradient.columns()))


def test_the_map_offers_rates_where_there_are_any_and_adds_no_area(sample: ModuleType, activity: pd.DataFrame) -> None:
    joined = with_activity(sample.areas(), activity)
    assert len(joined) == 12
    assert joined["admissions_rate_per_1000"].tolist()[:6][:5] == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert joined["admissions_rate_per_1000"].isna().sum() == 7
    notes = {measure.name: measure.note for measure in activity_measures(activity)}
    assert notes["admissions_rate_per_1000"] == "Inpatient spells, in the 3 years to 2021"
    assert activity_measures(sample.empty(AreaActivity)) == []
    assert with_activity(sample.areas(), sample.empty(AreaActivity)).columns.tolist() == sample.areas().columns.tolist()


def test_pictures_keep_the_order_from_least_to_most_deprived_and_say_why_there_is_no_figure(
    gradient: pd.DataFrame,
) -> None:
    (picture,) = gradient_pictures(gradient)  # first_bmi has no figure at all
    assert [point[0] for point in picture["points"]] == [5, 4, 3, 2, 1]
    assert picture["points"][2][2] is None
    assert picture["slope"] == [5.0, 4.0, 6.0, 0.001, None]
    assert picture["relative"] == [None, None, None, None, "the line falls below zero"]
    assert gradient_pictures(gradient.iloc[:0]) == []


def test_what_was_planted_stands_beside_crude_figures_from_least_to_most_deprived(gradient: pd.DataFrame) -> None:
    checks = pd.DataFrame(
        [
            {"check_name": "admissions_rate_per_1000", "subject": "imd|1", "planted": 14.0},
            {"check_name": "admissions_rate_per_1000", "subject": "imd|5", "planted": 10.5},
            {"check_name": "admissions_rate_per_1000", "subject": "imd|3", "planted": None},
            {"check_name": "admissions_rate_per_1000_slope_index", "subject": "imd", "planted": 4.25},
            {"check_name": "admissions_rate_per_1000", "subject": "adult_skills|1", "planted": 99.0},
        ],
        columns=list(SimulationCheck.columns()),
    )
    (picture,) = gradient_pictures(gradient, checks)
    assert picture["planted"] == [10.5, None, None, None, 14.0]
    assert picture["plantedSlope"] == 4.25
    (standardised,) = gradient_pictures(gradient.assign(basis="standardised"), checks)
    assert "planted" not in standardised
    (real,) = gradient_pictures(gradient)
    assert "planted" not in real


def test_the_page_holds_both_and_names_their_tables(
    sample: ModuleType, activity: pd.DataFrame, gradient: pd.DataFrame
) -> None:
    page = areas_page(sample.page_tables(activity=activity, gradient=gradient), sample.about())
    found = re.search(r'id="content">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    data = json.loads(found.group(1))
    assert "admissions_standardised_rate_per_1000" in {measure["name"] for measure in data["measures"]}
    assert len(data["gradients"]) == 1
    assert "activity_gradient</th>" in page
    without = areas_page(sample.page_tables(), sample.about())
    assert "activity_gradient</th>" not in without


def test_pictures_are_drawn_the_same_each_time(
    sample: ModuleType, activity: pd.DataFrame, gradient: pd.DataFrame, tmp_path: Path
) -> None:
    one, two, drawn = (tmp_path / name for name in ("one.png", "two.png", "map.png"))
    assert save_gradients(gradient_pictures(gradient), to=one)
    assert save_gradients(gradient_pictures(gradient), to=two)
    assert one.read_bytes() == two.read_bytes()
    assert not save_gradients([], to=tmp_path / "none.png")
    areas, column = with_activity(sample.areas(), activity), "admissions_rate_per_1000"
    assert not save_map(areas, sample.squares(), column, to=drawn)
    assert save_map(areas, sample.squares(), column, to=drawn, others=activity_measures(activity))
