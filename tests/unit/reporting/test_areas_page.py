"""The page as a document: what it says, what it leaves out, how large it is."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

from icspark.reporting.areas_content import content, correlation_tables, numbers
from icspark.reporting.areas_page import areas_page
from icspark.reporting.scales import Scale
from icspark.reporting.static_map import class_labels, save_map
from icspark.tables.areas import AreaSummary, PracticeSummary
from icspark.tables.inequality import AgeByDeprivation, AgeByDeprivationSlope, Correlation
from icspark.tables.reference import Boundary


def _content(page: str) -> dict[str, Any]:
    return json.loads(re.search(r'id="content">(.*?)</script>', page, re.DOTALL).group(1))


@pytest.fixture(scope="module")
def page(sample: ModuleType) -> str:
    return areas_page(sample.page_tables(), sample.about())


def test_the_page_asks_for_nothing(page: str) -> None:
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in page
    assert not re.search(r"@import|url\((?!#)|<link(?! rel=\"icon\" href=\"data:,\")|fetch\(|XMLHttpRequest", page)


def test_names_that_are_markup_stay_text(page: str, sample: ModuleType) -> None:
    assert page.count("<script") == 2
    assert "<img" not in page
    data = _content(page)
    assert data["areas"]["name"][0] == sample.SCRIPT_NAME
    assert data["practices"]["name"][1] == sample.TAG_NAME


def test_a_region_whose_name_is_markup_stays_text(sample: ModuleType) -> None:
    page = areas_page(sample.page_tables(), sample.about(region="<b onclick='x'>\"Shire\"</b>"))
    assert "<b onclick" not in page
    assert "&lt;b onclick=&#x27;x&#x27;&gt;" in page


def test_what_is_null_stays_null(page: str) -> None:
    data = _content(page)
    assert data["areas"]["values"]["diabetes_prevalence"][11] is None
    assert data["areas"]["reason"][11] == "an extract holds only some of its registrations"
    assert numbers([None, np.nan, np.inf, pd.NA, 0.1234567, 3.0]) == [None, None, None, None, 0.123457, 3]


def test_columns_without_a_figure_are_named_and_not_offered(page: str) -> None:
    data = _content(page)
    assert "Income: local bin" in data["withoutFigures"]
    assert not [m for m in data["measures"] if m["name"].endswith("_local_bin")]
    assert len(data["measures"]) + len(data["withoutFigures"]) == len(AreaSummary.columns()) - 2


def test_areas_outside_the_region_decide_no_class(sample: ModuleType) -> None:
    areas = sample.areas()
    areas.loc[10, "asthma_prevalence"] = 0.9
    found = {m["name"]: m for m in content(sample.page_tables(areas=areas), region="Fieldshire")["measures"]}
    assert max(found["asthma_prevalence"]["scales"]["equal"]["breaks"]) < 0.1


def test_a_practice_without_a_place_says_why(page: str) -> None:
    practices = _content(page)["practices"]
    assert practices["at"][0] == [300, 300]
    assert practices["at"][1:] == [None, None, None]
    assert practices["noPlace"] == [
        None,
        "the practice has no postcode",
        "its postcode is not in the directory of postcodes that is loaded",
        "the directory gives its postcode no coordinates",
    ]


def test_the_correlations_keep_the_order_of_the_tables_and_their_holes(sample: ModuleType) -> None:
    areas, practices = correlation_tables(sample.correlation())
    assert (areas["level"], practices["level"]) == ("lsoa", "practice")
    assert areas["outcomes"] == ["Diabetes mellitus, 17 and over", "Asthma, 6 and over"]
    assert areas["heads"][2] == "Education"
    assert areas["cells"][0][0][:4] == [441, 0.7, 0.65, 0.75]
    assert areas["controls"] == ["Male share", "Median age"]
    assert practices["cells"][1][0] == [87, *[None] * 7, "one of the columns has one value only"]


def test_the_picture_of_ages_has_points_lines_and_the_test(page: str) -> None:
    (picture,) = _content(page)["ages"]
    assert picture["points"][0] == [1, 30, 35, 12, 0.082, 0.082, False]
    assert next(p for p in picture["points"] if p[6])[1] == 40
    assert picture["lines"][4] == [5, 0.06, 0.0006, 0.0004, 0.0008, 36]
    assert picture["test"] == [3.25, 0.012, 0.024, 0.31]


def test_sources_licences_editions_and_the_run_are_on_the_page(page: str) -> None:
    text = re.sub(r"<[^>]+>", " ", page.split("</main>", maxsplit=1)[0])
    assert "Office for National Statistics, mid-year population estimates for LSOAs" in text
    assert "mid-2019" in text
    assert text.count("OGL v3") >= 8
    assert "20260102T030405-abcdef" in text
    assert "area_summary 3" in text
    assert "attributed from practices" in text


def test_every_source_has_a_licence(page: str) -> None:
    rows = re.findall(r"<tr>(.*?)</tr>", page.split('id="sources"')[1].split("</section>", maxsplit=1)[0])[1:]
    cells = [re.findall(r"<td>(.*?)</td>", row) for row in rows]
    assert len(cells) == 8
    assert all(source and licence.startswith("OGL v3") for _, source, _, licence in cells)


def test_simulated_data_say_so_at_the_top(sample: ModuleType, page: str) -> None:
    assert 'class="simulated"' not in page
    simulated = areas_page(sample.page_tables(), sample.about(is_simulated=True))
    assert simulated.index("Simulated data.") < simulated.index("<h1>")
    assert "published open data" not in simulated.split("<main", maxsplit=1)[0]


def test_the_page_is_made_without_boundaries_and_without_statistics(sample: ModuleType) -> None:
    tables = sample.page_tables(
        boundaries=sample.empty(Boundary),
        correlation=sample.empty(Correlation),
        ages=sample.empty(AgeByDeprivation),
        slopes=sample.empty(AgeByDeprivationSlope),
    )
    data = _content(areas_page(tables, sample.about()))
    assert data["map"] is None
    assert data["correlation"] == []
    assert data["ages"] == []
    assert data["areas"]["values"]["asthma_prevalence"][0] == 0.03
    assert data["practices"]["noPlace"][0] == "there is no map"


def test_too_many_areas_leave_the_rest_of_the_page(sample: ModuleType) -> None:
    counts = {"areas": 32_844, "areas_too_many": 32_844}
    tables = sample.page_tables(areas=sample.empty(AreaSummary), boundaries=sample.empty(Boundary), counts=counts)
    data = _content(areas_page(tables, sample.about()))
    assert data["measures"] == []
    assert "32,844 areas are too many for one page" in data["leftOut"]
    assert len(data["correlation"]) == 2


def test_the_same_tables_make_the_same_bytes(sample: ModuleType, page: str) -> None:
    shuffled = sample.page_tables(
        areas=sample.areas().sample(frac=1, random_state=5), boundaries=sample.squares().sample(frac=1, random_state=6)
    )
    assert areas_page(shuffled, sample.about()) == page


def test_the_picture_of_the_map_is_a_png_and_always_the_same(sample: ModuleType, tmp_path: Path) -> None:
    one, two = tmp_path / "one.png", tmp_path / "two.png"
    for file in (one, two):
        assert save_map(sample.areas(), sample.squares(), "diabetes_prevalence", to=file, note="Source: none")
    assert one.read_bytes() == two.read_bytes()
    assert one.read_bytes().startswith(b"\x89PNG")
    assert not save_map(sample.areas(), sample.empty(Boundary), "diabetes_prevalence", to=tmp_path / "none.png")
    assert not save_map(sample.areas(), sample.squares(), "no_such_column", to=tmp_path / "none.png")


def test_the_key_of_the_picture_says_what_each_class_holds() -> None:
    assert class_labels(Scale((0.05, 0.06), ("a", "b", "c")), "percent") == [
        "under 5.0 %",
        "5.0 to under 6.0 %",
        "6.0 % and over",
    ]
    assert class_labels(Scale((1.5,), ("a", "b")), "class") == ["1, most deprived", "2, least deprived"]


def test_practices_have_their_own_prevalence_not_an_attributed_one(page: str) -> None:
    labels = [m["label"] for m in _content(page)["practices"]["measures"]]
    assert "Diabetes mellitus, 17 and over: prevalence" in labels
    assert not [text for text in labels if "attributed" in text]
    assert PracticeSummary.region_share in [m["name"] for m in _content(page)["practices"]["measures"]]
