"""The page of conditions in a real browser, opened from a file as a reader would: every choice, switch and picture."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from selenium.webdriver import Keys
from selenium.webdriver.support.select import Select

from icspark.reporting.morbidity_page import morbidity_page

pytestmark = pytest.mark.browser

SHOWN = "#network-frame .edge:not(.hidden)"


def node(page: Any, name: str) -> str:
    at = page.script("return nodes.findIndex((n) => n.name === arguments[0])", name)
    return f'#network-frame .node[data-node="{at}"] circle'


def slide(page: Any, value: int) -> None:
    move = "const s = byId('strength'); s.value = arguments[0]; s.dispatchEvent(new Event('input'))"
    page.script(move, value)


@pytest.fixture(scope="module")
def file(network: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("page") / "morbidity.html"
    made.write_text(morbidity_page(network.tables(), network.about()), encoding="utf-8")
    return made


def test_the_page_opens_without_an_error_and_without_a_request(page: Any, watch: Any, network: ModuleType) -> None:
    assert page.text("h1") == "Conditions that go together in Fieldshire <b>"
    assert (len(page.all("#network-frame .node")), len(page.all(SHOWN))) == (6, 4)
    assert (watch.errors(), watch.requests()) == ([], [])
    assert network.TAG_NAME in page.text("#network-frame")
    assert page.script("return window.broken") is None and not page.all("img")
    assert page.script("return !/NaN|undefined|null/.test(document.body.innerText)")


def test_pointing_tells_counts_intervals_and_what_is_withheld(page: Any) -> None:
    told = page.point_at('#network-frame .edge[data-edge="1"] .touch')
    for part in ("Asthma → COPD", "precedes", "odds ratio 3.00", "2.40 to 3.75", "75.0 %", "Asthma first25"):
        assert part in told
    told = page.point_at('#network-frame .edge[data-edge="3"] .touch')
    assert "odds ratio withheld" in told and "no order can be told" in told
    assert "people with it500" in page.point_at(node(page, "gout"))


def test_only_strong_edges_and_only_arrows(page: Any) -> None:
    slide(page, 50)  # the square root of 8
    assert page.text("#strength-text") == "2.83" and len(page.all(SHOWN)) == 2
    page.press("#arrows-only")
    assert len(page.all(SHOWN)) == 1 and "1 of 4 edges" in page.text("#network-note")
    page.press("#clear")
    assert len(page.all(SHOWN)) == 4


def test_a_condition_is_searched_and_its_neighbours_are_told(page: Any) -> None:
    page.choose("find", "copd")
    assert page.text("#condition h3") == "COPD"
    rows = [row.text for row in page.all("#neighbours tbody tr")]
    assert [row.split()[0] for row in rows] == ["Asthma", "Heart"] and "before it 3.00" in rows[0]
    assert len(page.all("#network-frame .node.faded")) == 3
    page.press("#neighbours tbody button")
    assert page.text("#condition h3") == "Asthma" and page.one("#find").get_attribute("value") == "Asthma"
    page.press(node(page, "gout"))
    assert page.text("#condition h3") == "Gout"


def test_distances_follow_the_arrows_from_a_reference(page: Any) -> None:
    page.choose("reference", "asthma")
    rows = [row.text for row in page.all("#distances tbody tr")]
    assert rows == ["COPD 0.33 Asthma → COPD", "Heart failure 1.00 Asthma → COPD → Heart failure"]
    assert "3 conditions are out of reach" in page.text("#distances")
    page.choose("reference", "heart")
    assert page.all("#distances tbody tr") == []  # both of its edges lead there, or have no figure
    page.choose("reference", "None")
    assert not page.one("#distances-card").is_displayed()


def test_two_groups_stand_side_by_side(page: Any) -> None:
    assert page.text("#left-title") == "National fifth of deprivation: 1, most deprived"
    assert "1 of 4 edges differ" in page.text("#contrast-note")
    told = page.point_at("#left-frame .edge .touch")
    assert "test of one odds ratio, q" in told
    page.press("#differ-only")
    assert [len(page.all(f"#{side}-frame .edge")) for side in ("left", "right")] == [1, 1]
    assert page.one("#left-frame .edge line").get_attribute("stroke") == "#b2182b"
    Select(page.one("#left-group")).select_by_visible_text("5, least deprived")
    Select(page.one("#right-group")).select_by_visible_text("1, most deprived")
    assert page.one("#left-frame .edge line").get_attribute("stroke") == "#2166ac"
    assert "4.00 (2.00 to 8.00)" in page.text("#contrast-table")


def test_the_matrix_keeps_its_figures_in_every_order(page: Any) -> None:
    for order in ("community", "name", "strength"):
        Select(page.one("#matrix-order")).select_by_value(order)
        fills = [cell.get_attribute("fill") for cell in page.all("#matrix-frame .cell")]
        assert len(fills) == 30 and fills.count("url(#withheld)") == 2 and fills.count("#a01124") == 2
    assert "people with both" in page.point_at("#matrix-frame .cell")


def test_bars_of_a_condition_and_of_a_set(page: Any) -> None:
    assert "Asthma by sex" in page.text("#enrichment-frame")
    page.choose("subject", "lungs")
    assert "Set: lungs by sex" in page.text("#enrichment-frame")
    assert len(page.all("#enrichment-frame .bar-of")) == 3 and "withheld" in page.text("#enrichment-frame")
    assert "2.00 times as expected" in page.point_at("#enrichment-frame .card:nth-child(2) .bar-of")


def test_flows_are_ranked_and_chosen(page: Any, network: ModuleType) -> None:
    assert [row.text.split()[1] for row in page.all("#flows-frame .flow")] == ["Asthma", "Gout"]
    Select(page.one("#flow-order")).select_by_value("ratio")
    assert [row.text.split()[1] for row in page.all("#flows-frame .flow")] == ["Gout", "Asthma"]
    page.choose("through", "copd")
    assert len(page.all("#flows-frame .flow")) == 1 and "1 of 2 paths" in page.text("#flows-note")
    assert "60 people" in page.point_at("#flows-frame .flow rect")


def test_it_can_be_used_from_the_keyboard_and_on_a_small_screen(page: Any, watch: Any) -> None:
    page.one(node(page, "copd").removesuffix(" circle")).send_keys(Keys.ENTER)
    assert page.text("#condition h3") == "COPD"
    page.browser.set_window_size(500, 900)
    try:
        assert page.script("return document.documentElement.scrollWidth <= window.innerWidth + 1")
    finally:
        page.browser.set_window_size(1400, 1000)
    assert watch.errors() == []


def test_parts_without_rows_are_hidden(open_page: Any, network: ModuleType, tmp_path: Path, watch: Any) -> None:
    empty = {name: getattr(network, name)().head(0) for name in ("groups", "enrichment", "trajectories")}
    made = tmp_path / "bare.html"
    made.write_text(morbidity_page(network.tables(**empty), network.about(is_simulated=True)), encoding="utf-8")
    page = open_page(made)
    assert [page.one(f"#{name}").is_displayed() for name in ("contrast", "enrichment", "flows")] == [False] * 3
    assert "Simulated data" in page.text(".simulated") and watch.errors() == []
