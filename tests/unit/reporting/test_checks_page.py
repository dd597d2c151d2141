"""The page of checks: every number is there, those outside stand out, and nothing of the data is markup."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from icspark.reporting.checks_page import checks_page
from icspark.reporting.checks_picture import Axis, named, number, picture
from icspark.reporting.shell import About
from icspark.tables.checks import CheckColumns


def rows(*checks: tuple[str, str, float | None, float | None, float | None, float | None, str, str]) -> pd.DataFrame:
    return pd.DataFrame([(*check, "found <against> planted") for check in checks], columns=list(CheckColumns.columns()))


CHECKS = (
    ("prevalence", "gout", 0.025, 0.03, 0.01, 0.04, "within", "share of 1"),
    ("prevalence", "rare", 0.0002, 0.0, 0.0, 0.001, "within", "share of 1"),
    ("odds_ratio", "smoking|copd|1", 8.0, 3.0, 5.0, None, "outside", "ratio"),
    ("odds_ratio", "gout|cancer", 1.4, None, None, None, "noted", "ratio"),
)
PREVALENCE, RATIO = rows(*CHECKS[:2]), rows(*CHECKS[2:])


def test_all_checks_stand_on_the_page_and_those_that_fail_come_first() -> None:
    page = checks_page(
        {"simulation_check": rows(*CHECKS), "dna_check": PREVALENCE, "morbidity_check": RATIO[:0]},
        About(region="Region <b>", run={"run_id": "r1"}),
    )
    assert page.count('class="card check-card"') == 3
    assert page.index("Odds ratio") < page.index("Prevalence")
    assert "4 numbers within their limits; 1 numbers outside their limits; 1 numbers without limits" in page
    assert page.count('<g class="check outside">') == 1
    assert "<against>" not in page and "Region <b>" not in page
    assert 'id="dna_check"' in page and 'id="morbidity_check"' not in page
    assert "Simulated data." in page


def test_a_picture_has_a_line_for_each_number_that_is_known() -> None:
    drawn = picture(RATIO)
    assert drawn.count('class="limits"') == 1
    assert drawn.count('class="planted"') == 2
    assert drawn.count('class="found"') == 1
    open_side = re.search(r'x2="([\d.]+)" y1="[\d.]+" y2="[\d.]+" class="limits"', drawn)
    assert open_side is not None and float(open_side.group(1)) == 876.0


def test_a_wide_range_takes_a_logarithmic_axis_on_which_nothing_stands_at_the_edge() -> None:
    axis = Axis.over(PREVALENCE)
    assert axis.is_log
    assert axis.x(0.0) == axis.x(axis.low) < axis.x(0.0002) < axis.x(0.025)
    assert not Axis.over(RATIO).is_log
    assert len(axis.ticks()) > 3 and all(axis.low <= tick <= axis.high for tick in axis.ticks())
    alone = Axis.over(rows(("people", "", 5.0, 5.0, 5.0, 5.0, "within", "people")))
    assert alone.low < 5 < alone.high


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (0.0123456, "share of 1", "1.235 %"),
        (0.0, "share of 1", "0 %"),
        (2112.04, "persons", "2,112"),
        (-0.5, "kg/m2", "\u22120.5000"),
        (None, "ratio", "none"),
    ],
)
def test_numbers_have_four_digits_that_count(value: float | None, unit: str, said: str) -> None:
    assert number(value, unit) == said


def test_subjects_are_said_in_words() -> None:
    assert named("imd|1") == "Deprivation fifth 1"
    assert named("smoking|copd|1") == "Smoking \u2192 copd, fifth 1"
    assert named("") == "Whole region"
