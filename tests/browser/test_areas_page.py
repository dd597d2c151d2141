"""The page of areas in a real browser, opened from a file as a reader would: every column, choice and switch."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.support.select import Select

from icspark.reporting.areas_page import areas_page
from icspark.tables.inequality import AgeByDeprivation, AgeByDeprivationSlope, Correlation
from icspark.tables.reference import Boundary

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def file(sample: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("page") / "areas.html"
    made.write_text(areas_page(sample.page_tables(), sample.about()), encoding="utf-8")
    return made


def test_the_page_opens_without_an_error_and_without_a_request(page: Any, watch: Any) -> None:
    assert page.text("h1") == "Health and deprivation in Fieldshire"
    assert len(page.all("#areas path")) == 12
    assert watch.errors() == []
    assert watch.requests() == []


def test_names_that_are_markup_are_shown_as_text_and_run_nothing(page: Any, sample: ModuleType) -> None:
    assert sample.SCRIPT_NAME in page.point_at(page.one('path[data-at="0"]'))
    page.script("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert sample.TAG_NAME in page.text("#practice-table")
    assert page.script("return window.broken_in") is None
    assert not page.all("img")


def test_the_policy_stops_a_script_that_got_in_all_the_same(page: Any) -> None:
    page.script(
        "const s = document.createElement('script'); s.textContent = 'window.broken_in = 3'; document.body.append(s)"
    )
    assert page.script("return window.broken_in") is None


def test_every_column_can_be_chosen_and_colours_the_map(page: Any, watch: Any) -> None:
    names = page.script("return content.measures.map((m) => m.name)")
    assert len(names) > 90
    for name in names:
        page.script("chooseMeasure(arguments[0])", name)
        shown = page.script(
            "return [document.getElementById('map-title').textContent, document.getElementById('measure').value,"
            " [...document.querySelectorAll('#areas path')].every((p) => p.getAttribute('fill')),"
            " document.querySelectorAll('#legend li').length, document.querySelectorAll('#histogram rect').length,"
            " document.body.innerText.includes('NaN') || document.body.innerText.includes('undefined')]"
        )
        label = page.script("return measuresByName.get(arguments[0]).label", name)
        assert shown[:3] == [label, label, True], name
        assert shown[3] >= 1, name
        assert shown[4] >= 1, name
        assert not shown[5], name
    assert watch.errors() == []


def test_a_column_is_found_by_words_and_chosen_by_keys(page: Any) -> None:
    page.choose("measure", "living score")
    assert page.text("#map-title") == "Living Environment: score"
    page.one("#measure").click()
    groups = [group.text for group in page.all(".options .group")]
    assert groups[0] == "Disease prevalence, attributed from practices"
    page.one("#measure").send_keys("no such thing at all")
    assert "Nothing of this name" in page.text("#measure-options")
    page.one("#measure").send_keys(Keys.ESCAPE)
    assert page.one("#measure").get_attribute("value") == "Living Environment: score"


def test_pointing_at_an_area_tells_name_code_figure_and_rank(page: Any) -> None:
    page.choose("measure", "asthma prevalence")
    told = page.point_at(page.one('path[data-at="9"]'))
    assert "E01000010" in told
    assert "Asthma, 6 and over: attributed prevalence" in told
    assert "6.60 %" in told
    assert "rank 1 of 10; 1 = highest" in told


def test_an_area_without_a_figure_is_hatched_and_says_why(page: Any) -> None:
    page.choose("measure", "asthma prevalence")
    area = page.one('path[data-at="11"]')
    assert area.get_attribute("fill") == "url(#hatch)"
    told = page.point_at(area)
    assert "no figure" in told
    assert "an extract holds only some of its registrations" in told


def test_an_area_outside_the_region_is_pale_and_not_ranked(page: Any) -> None:
    page.choose("measure", "population_count")
    area = page.one('path[data-at="10"]')
    assert "context" in str(area.get_attribute("class"))
    assert "outside Fieldshire: not ranked" in page.point_at(area)
    assert page.one("#region").get_attribute("d").startswith("M")


def test_fifths_are_five_classes_and_one_is_the_most_deprived(page: Any) -> None:
    page.choose("measure", "Index of Multiple Deprivation: fifth")
    key = [item.text.replace("\n", " ") for item in page.all("#legend li")]
    assert key[0].startswith("1, most deprived")
    assert key[4].startswith("5, least deprived")
    assert not page.one("#method").is_enabled()


def test_classes_can_be_of_equal_width(page: Any) -> None:
    page.choose("measure", "cancer prevalence")
    before = page.text("#legend")
    Select(page.one("#method")).select_by_value("equal")
    assert page.text("#legend") != before
    page.choose("measure", "asthma prevalence")
    assert page.one("#method").get_attribute("value") == "equal"


def test_an_area_is_found_by_code_marked_and_brought_into_view(page: Any) -> None:
    full = page.one("#map-frame svg").get_dom_attribute("viewBox")
    page.choose("find", "E01000007")
    assert page.one(".marked").get_attribute("d") == page.one('path[data-at="6"]').get_attribute("d")
    assert page.one("#map-frame svg").get_dom_attribute("viewBox") != full
    assert "E01000007" in page.text("#detail")


def test_a_row_of_the_ranking_marks_its_area(page: Any) -> None:
    page.choose("measure", "asthma prevalence")
    first = page.one("#top tbody tr")
    assert "6.60 %" in first.text
    page.script("arguments[0].click()", first.find_element(By.TAG_NAME, "button"))
    assert page.one(".marked").get_attribute("d") == page.one('path[data-at="9"]').get_attribute("d")
    page.script("document.getElementById('all-areas').open = true")
    ActionChains(page.browser).pause(0.2).perform()
    assert len(page.all("#all tbody tr")) == 11


def test_a_practice_tells_its_name_and_figures_and_can_be_hidden(page: Any) -> None:
    (point,) = page.all(".practice")
    told = page.point_at(point)
    assert "THE SURGERY" in told
    assert "1,000 patients" in told
    assert "at the blood pressure target (DM019)" in told
    for switch, layer in (("practices", "practice-points"), ("authorities", "districts"), ("names", "district-names")):
        page.script("document.getElementById(arguments[0]).click()", f"toggle-{switch}")
        assert page.one(f"#{layer}").get_attribute("display") == "none"
        page.script("document.getElementById(arguments[0]).click()", f"toggle-{switch}")
        assert page.one(f"#{layer}").get_attribute("display") == "inline"


def test_the_page_counts_the_practices_without_a_place_by_reason(page: Any) -> None:
    note = page.text("#practices-note")
    assert "4 practices; 1 have a point on the map, 3 have none" in note
    assert "1: the practice has no postcode" in note
    assert "3 more have a few patients here" in note


def test_the_map_zooms_and_moves_by_buttons_keys_and_mouse(page: Any) -> None:
    svg = page.one("#map-frame svg")
    views = [svg.get_dom_attribute("viewBox")]

    def changed(act: Any) -> None:
        act()
        views.append(svg.get_dom_attribute("viewBox"))
        assert views[-1] != views[-2]

    changed(lambda: page.script("document.querySelector('[aria-label=\"Zoom in\"]').click()"))
    changed(lambda: svg.send_keys("+"))
    changed(lambda: svg.send_keys(Keys.ARROW_LEFT))
    changed(lambda: svg.send_keys(Keys.ARROW_DOWN))
    page.script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", svg)
    changed(lambda: ActionChains(page.browser).drag_and_drop_by_offset(svg, 60, -40).perform())
    changed(lambda: svg.send_keys("0"))
    assert views[-1] == views[0]


def test_every_level_of_the_correlations_is_drawn_with_its_marks(page: Any) -> None:
    choice = Select(page.one("#analysis"))
    assert [option.text for option in choice.options] == [
        "Areas: the seven domains, each with the others held constant",
        "Practices: every score, nothing held constant",
    ]
    cells = page.all(".heat tbody td")
    assert len(cells) == 14
    assert cells[0].text == "0.70"
    assert len(page.all(".heat td.unsure")) == 3
    told = page.point_at(cells[0])
    for part in (
        "n441",
        "95 % interval0.65 to 0.75",
        "7 authorities resampled0.40 to 1.00",
        "q (false discovery rate)0.001",
    ):
        assert part in told
    assert "male share, median age" in page.text("#analysis-note")
    choice.select_by_index(1)
    assert [cell.text for cell in page.all(".heat tbody td")] == ["\N{MINUS SIGN}0.26", "\N{EN DASH}"]
    assert "one of the columns has one value only" in page.point_at(page.all(".heat tbody td")[1])


def test_the_cells_of_the_heat_map_are_walked_by_arrow_keys(page: Any) -> None:
    first = page.one(".heat tbody td")
    first.send_keys(Keys.ARROW_RIGHT)
    page.browser.switch_to.active_element.send_keys(Keys.ARROW_DOWN)
    label = page.browser.switch_to.active_element.get_attribute("aria-label")
    assert label == "Asthma, 6 and over and Employment: 0.25"
    assert "0.25" in page.text("#tip")


def test_rows_can_be_put_strongest_first(page: Any) -> None:
    Select(page.one("#order")).select_by_value("strongest")
    assert page.one(".heat tbody th").text == "Diabetes mellitus, 17 and over"
    assert "0.70" in page.text("#heat-strongest tbody tr")


def test_a_steep_fitted_line_is_drawn_as_steep_as_it_is(page: Any) -> None:
    slopes = [-0.02, 0.0006, 0.03, 0.0, -0.001]
    drawn = page.script(
        """arguments[0].forEach((slope, i) => { content.ages[0].lines[i][2] = slope; });
        drawAges();
        const at = (line) => ["x1", "x2", "y1", "y2"].map((name) => Number(line.getAttribute(name)));
        const all = [...document.querySelectorAll("#age-chart line.fitted")];
        return all.map((line) => [line.dataset.fifth, ...at(line)])""",
        slopes,
    )
    found = {int(fifth): (y1 - y2) / (x2 - x1) for fifth, x1, x2, y1, y2 in drawn}
    scale = found[3] / slopes[2]
    assert [found[q] for q in range(1, 6)] == pytest.approx([slope * scale for slope in slopes], abs=1e-9)
    assert scale > 0


def test_age_and_deprivation_show_lines_points_and_grey_cells(page: Any) -> None:
    assert len(page.all("#age-chart circle")) == 14
    assert len(page.all('#age-chart line[stroke-width="2.4"]')) == 5
    grey = page.all("#age-table .cell-grey")
    assert len(grey) == 5
    assert grey[4].text == "\N{EN DASH}"
    assert "Do the slopes differ? F = 3.25, p = 0.012, q = 0.024; n = 180" in page.text("#age-lines")
    assert "0.060" in page.text("#age-lines")


def test_every_control_has_a_name_for_a_screen_reader(page: Any) -> None:
    unnamed = page.script(
        """return [...document.querySelectorAll('input, select, button, svg[role=img], table')].filter((e) =>
             !(e.getAttribute('aria-label') || e.textContent.trim() || e.closest('label') || e.querySelector('title')
               || document.querySelector(`label[for="${e.id}"]`))).map((e) => e.outerHTML.slice(0, 80))"""
    )
    assert unnamed == []
    ids = page.script("return [...document.querySelectorAll('[id]')].map((e) => e.id)")
    assert len(ids) == len(set(ids))


def test_the_page_fits_a_telephone(page: Any) -> None:
    size = {"width": 390, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    page.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        page.browser.refresh()
        assert page.script("return document.documentElement.scrollWidth") <= 390
    finally:
        page.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_without_boundaries_and_statistics_the_tables_still_stand(
    open_page: Any, watch: Any, sample: ModuleType, tmp_path: Path
) -> None:
    tables = sample.page_tables(
        boundaries=sample.empty(Boundary),
        correlation=sample.empty(Correlation),
        ages=sample.empty(AgeByDeprivation),
        slopes=sample.empty(AgeByDeprivationSlope),
    )
    file = tmp_path / "areas.html"
    file.write_text(areas_page(tables, sample.about(is_simulated=True)), encoding="utf-8")
    page = open_page(file)
    assert "No boundaries of these areas are loaded" in page.text("#map-frame")
    assert len(page.all("#top tbody tr")) == 10
    page.choose("find", "E01000007")
    assert "it is not on the map" in page.text("#detail")
    assert page.one(".simulated").text.startswith("Simulated data.")
    assert watch.errors() == []
