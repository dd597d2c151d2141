"""Gradients over deprivation on the page of areas, in a real browser."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.select import Select

from icspark.reporting.areas_page import areas_page
from icspark.tables.activity import ActivityGradient
from icspark.tables.checks import SimulationCheck

pytestmark = pytest.mark.browser


def rows(measure: str, scale: float, *, reason: str | None = None) -> list[dict[str, Any]]:
    said = {"measure": measure, "basis": "crude", "domain": "imd", "year": 2021, "years_count": 1}
    said |= {"events_count": 400, "denominator": 9000.0}
    found: list[dict[str, Any]] = []
    for place, fifth in enumerate("54321"):
        value = (10 + place) * scale
        limits = {"lower_95": value * 0.9, "upper_95": value * 1.1, "fitted": value, "rank": 0.1 + 0.2 * place}
        found.append({**said, "part": fifth, "estimate": value, **limits})
    index = {"estimate": 5 * scale, "lower_95": 4 * scale, "upper_95": 6 * scale, "p_value": 0.0001}
    found.append({**said, "part": "slope_index", **(index if reason is None else {"reason": reason})})
    found.append({**said, "part": "relative_index", "reason": reason or "not_above_zero"})
    return found


@pytest.fixture
def opened(sample: ModuleType, browser: Chrome, watch: Any, tmp_path: Path) -> Chrome:
    listed = rows("admissions_rate_per_1000", 1.0) + rows("non_attendances_share", 0.01, reason="few_events")
    gradient = pd.DataFrame(listed, columns=list(ActivityGradient.columns()))
    file = tmp_path / "areas.html"
    file.write_text(areas_page(sample.page_tables(gradient=gradient), sample.about()), encoding="utf-8")
    browser.get(file.as_uri())
    return browser


def text(browser: Chrome, name: str) -> str:
    return str(browser.execute_script("return document.getElementById(arguments[0]).textContent", name))


def test_a_gradient_shows_its_fifths_line_and_indices(opened: Chrome, watch: Any) -> None:
    assert len(opened.find_elements(By.CSS_SELECTOR, "#gradient-chart circle")) == 5
    assert "Slope index of inequality5.0" in text(opened, "gradient-indices")
    assert "the line falls below zero" in text(opened, "gradient-indices")
    assert "p < 0.001" in text(opened, "gradient-indices")
    assert "5, least deprived10.0" in text(opened, "gradient-table")
    assert watch.errors() == []


def test_a_share_is_written_in_percent_and_a_missing_index_says_why(opened: Chrome, watch: Any) -> None:
    Select(opened.find_element(By.ID, "gradient-measure")).select_by_index(1)
    assert "10.00 %" in text(opened, "gradient-table")
    assert "fewer than 10 events" in text(opened, "gradient-indices")
    assert watch.errors() == []


def test_without_records_there_is_no_such_section(
    sample: ModuleType, browser: Chrome, watch: Any, tmp_path: Path
) -> None:
    file = tmp_path / "areas.html"
    file.write_text(areas_page(sample.page_tables(), sample.about()), encoding="utf-8")
    browser.get(file.as_uri())
    assert not browser.find_element(By.ID, "gradient").is_displayed()
    assert watch.errors() == []


def test_what_was_planted_stands_beside_the_points(
    sample: ModuleType, browser: Chrome, watch: Any, tmp_path: Path
) -> None:
    said = {"check_name": "admissions_rate_per_1000", "unit": "per 1,000 person-years"}
    checks = [{**said, "subject": f"imd|{fifth}", "planted": 20.0 - fifth} for fifth in (1, 2, 3, 4, 5)]
    tables = sample.page_tables(
        gradient=pd.DataFrame(rows("admissions_rate_per_1000", 1.0), columns=list(ActivityGradient.columns())),
        checks=pd.DataFrame(checks, columns=list(SimulationCheck.columns())),
    )
    file = tmp_path / "areas.html"
    file.write_text(areas_page(tables, sample.about(is_simulated=True)), encoding="utf-8")
    browser.get(file.as_uri())
    assert len(browser.find_elements(By.CSS_SELECTOR, "#gradient-chart path.planted")) == 5
    assert "Planted" in text(browser, "gradient-table")
    assert "Hollow diamonds" in text(browser, "gradient-chart")
    assert watch.errors() == []
