"""The page of checks in a real browser: it draws, finds, and asks for nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from icspark.reporting.checks_page import checks_page
from icspark.reporting.shell import About
from icspark.tables.checks import CheckColumns

pytestmark = pytest.mark.browser


@pytest.fixture
def opened(browser: Chrome, watch: Any, tmp_path: Path) -> Chrome:
    checks = [
        ("prevalence", "gout", 0.025, 0.03, 0.01, 0.04, "within", "share of 1", "people with a diagnosis"),
        ("odds_ratio", "smoking|copd|1", 8.0, 3.0, 5.0, 11.0, "outside", "ratio", "odds of the second with the first"),
    ]
    rows = pd.DataFrame(checks, columns=list(CheckColumns.columns()))
    file = tmp_path / "simulation.html"
    file.write_text(checks_page({"simulation_check": rows}, About(region="Region")), encoding="utf-8")
    browser.get(file.as_uri())
    return browser


def test_pictures_are_drawn_and_a_word_leaves_those_that_mention_it(opened: Chrome, watch: Any) -> None:
    cards = opened.find_elements(By.CSS_SELECTOR, ".check-card")
    assert [card.is_displayed() for card in cards] == [True, True]
    point = opened.find_element(By.CSS_SELECTOR, ".check.outside .found")
    assert point.value_of_css_property("fill") == "rgb(193, 18, 31)"
    assert point.size["width"] > 4
    opened.find_element(By.ID, "find-check").send_keys("gout")
    assert [card.is_displayed() for card in cards] == [False, True]
    assert watch.errors() == []
    assert watch.requests() == []
