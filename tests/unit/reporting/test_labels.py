"""What columns are called on a page."""

from __future__ import annotations

import pytest
from pyspark.sql import types as T

from icspark.reporting import labels
from icspark.tables.areas import AreaSummary, PracticeSummary
from icspark.tables.table import ColumnSpec


@pytest.mark.parametrize(
    ("column", "label", "theme", "unit"),
    [
        ("diabetes_prevalence", "Diabetes mellitus, 17 and over: attributed prevalence", labels.THEMES[0], "percent"),
        ("diabetes_coverage", "Diabetes mellitus, 17 and over: coverage", labels.THEMES[6], "percent"),
        ("diabetes_points", "Diabetes: QOF points achieved", labels.THEMES[1], "points"),
        ("adult_skills_2019_score", "Adult Skills: score", labels.THEMES[2], "score"),
        ("imd_2019_quintile", "Index of Multiple Deprivation: fifth", labels.THEMES[3], "class"),
        ("population_count", "Residents", labels.THEMES[4], "residents"),
        ("residents_per_hectare", "Residents per hectare", labels.THEMES[5], "per hectare"),
        ("area_hectares_source", "How its hectares are known", labels.THEMES[7], ""),
    ],
)
def test_a_column_is_called_by_what_it_is(column: str, label: str, theme: str, unit: str) -> None:
    assert (labels.label(column), labels.theme(column), labels.unit(column)) == (label, theme, unit)


def test_every_column_of_the_summaries_has_a_label_of_its_own() -> None:
    for table in (AreaSummary, PracticeSummary):
        found = [m.label for m in labels.measures(table)]
        assert len(found) == len(set(found))
        assert all(text[0].isupper() or not text[0].isalpha() for text in found)
        assert not [text for text in found if "_" in text]


def test_a_page_offers_every_column_but_keys_and_names() -> None:
    offered = {m.name for m in labels.measures(AreaSummary)}
    assert set(AreaSummary.columns()) - offered == {"lsoa_2011_code", "lsoa_2011_name"}


def test_a_prevalence_of_an_area_is_called_attributed() -> None:
    prevalences = [m for m in labels.measures(AreaSummary) if m.name.endswith("_prevalence")]
    assert len(prevalences) == 21
    assert all("attributed" in m.label and "attributed" in m.note for m in prevalences)


def test_the_kind_of_scale_follows_type_and_name() -> None:
    spec = ColumnSpec(T.DoubleType(), "x")
    assert labels.kind("male_share", spec) == "diverging"
    assert labels.kind("imd_2019_decile", ColumnSpec(T.LongType(), "x")) == "ordered"
    assert labels.kind("summary_reason", ColumnSpec(T.StringType(), "x")) == "category"
    assert labels.kind("asthma_prevalence", spec) == "sequential"
