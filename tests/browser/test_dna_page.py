"""The model card in a real browser: nothing asked for, nothing broken, readable on a small screen and on paper."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from icspark.reporting.dna_page import model_card

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def file(sample_model: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("page") / "model_card.html"
    made.write_text(model_card(sample_model.card(1500), sample_model.about()), encoding="utf-8")
    return made


def test_it_opens_without_a_request_an_error_or_a_foreign_script(browser: Chrome, file: Path, watch: Any) -> None:
    browser.get(file.as_uri())
    assert browser.execute_script("return document.documentElement.dataset.ready") == "yes"
    pictures = browser.find_elements(By.TAG_NAME, "img")
    assert len(pictures) == 7
    assert all(browser.execute_script("return arguments[0].naturalWidth > 300", picture) for picture in pictures)
    assert all(picture.get_attribute("alt") for picture in pictures)
    assert watch.errors() == [] and watch.requests() == []


def test_every_link_of_the_head_leads_to_a_section_with_a_heading(browser: Chrome, file: Path) -> None:
    browser.get(file.as_uri())
    links = [str(link.get_dom_attribute("href")) for link in browser.find_elements(By.CSS_SELECTOR, "nav a")]
    assert len(links) == len(set(links)) == len(browser.find_elements(By.TAG_NAME, "section"))
    assert all(browser.find_element(By.CSS_SELECTOR, f"{link} h2").is_displayed() for link in links)


def test_nothing_runs_over_the_edge_of_a_small_screen(browser: Chrome, file: Path) -> None:
    browser.get(file.as_uri())
    browser.set_window_size(500, 900)
    width, inner = browser.execute_script("return [document.documentElement.scrollWidth, window.innerWidth]")
    browser.set_window_size(1400, 1000)
    assert width <= inner


def test_closed_tables_are_opened_for_printing(browser: Chrome, file: Path) -> None:
    browser.get(file.as_uri())
    closed = "return document.querySelectorAll('details:not([open])').length"
    assert browser.execute_script(closed) > 0
    browser.execute_script("window.dispatchEvent(new Event('beforeprint'))")
    assert browser.execute_script(closed) == 0
