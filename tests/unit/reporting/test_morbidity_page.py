"""What the page of conditions holds: escaped, small, the same bytes each time, and nothing that was withheld."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest
from pyspark.sql import SparkSession

from icspark.disclosure.config import DisclosureConfig
from icspark.disclosure.gate import release
from icspark.errors import DisclosureError, QualityError
from icspark.reporting import morbidity_page as page_module
from icspark.reporting.morbidity_content import content, group_words, network_of_tables, words
from icspark.reporting.morbidity_gathering import Limits, gather
from icspark.reporting.morbidity_page import morbidity_page
from icspark.reporting.network_picture import save_network
from icspark.tables.morbidity import MorbidityEdge, MorbidityNode, MorbidityPair


def data_of(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="content">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return dict(json.loads(found.group(1)))


def test_names_and_region_are_escaped_and_nothing_is_asked_for(network: ModuleType) -> None:
    page = morbidity_page(network.tables(), network.about())
    assert "Fieldshire &lt;b&gt;" in page and "Fieldshire <b>" not in page
    assert network.TAG_NAME not in page and "<script>window" not in page
    assert not re.search(r"(?:src|href)=\"(?!#|data:)", page)
    assert "default-src &#x27;none&#x27;" in page


def test_the_same_tables_give_the_same_bytes(network: ModuleType, tmp_path: Path) -> None:
    shuffled = network.tables(nodes=network.nodes(), pairs=network.pairs().sample(frac=1, random_state=1))
    assert morbidity_page(network.tables(), network.about()) == morbidity_page(shuffled, network.about())
    for name in ("a", "b"):
        assert save_network(network.tables(), seed=3, to=tmp_path / f"{name}.png", note="simulated")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_edges_have_the_order_of_their_own_direction_and_withheld_figures_are_null(network: ModuleType) -> None:
    data = content(network.tables(), seed=1)
    names = [node["name"] for node in data["nodes"]]
    found = {(names[e["source"]], names[e["target"]]): e for e in data["edges"]}
    assert found["asthma", "copd"]["sourceFirst"] == 25 and found["asthma", "copd"]["arrow"]
    assert found["gout", network.TAG_NAME]["sourceFirst"] == 10  # its name is first in the alphabet
    hidden = found["gout", "heart_failure"]
    assert (hidden["odds"], hidden["both"], hidden["length"]) == (None, None, None)
    assert data["groups"]["groups"] == ["1, most deprived", "3", "5, least deprived"]
    differing = [pair for pair in data["groups"]["pairs"] if pair["q"] < 0.05]
    assert [(names[pair["a"]], pair["of"][0][0], pair["of"][2][0]) for pair in differing] == [("asthma", 4, 2)]
    assert [len(data["matrix"]["cells"]), data["trajectories"][0]["people"]] == [15, 60]
    assert json.dumps(data, allow_nan=False)


def test_a_page_without_groups_paths_and_edges_is_a_page(network: ModuleType, tmp_path: Path) -> None:
    none: pd.DataFrame = network.edges().head(0)
    empty = {name: getattr(network, name)().head(0) for name in ("groups", "enrichment", "trajectories")}
    tables = network.tables(edges=none, counts={"edges": 0, "matrix": 6}, **empty)
    data = data_of(morbidity_page(tables, network.about()))
    assert (data["edges"], data["groups"]["pairs"], data["enrichment"]) == ([], [], [])
    assert not save_network(tables, seed=3, to=tmp_path / "none.png")


def test_a_page_that_would_be_too_large_is_refused(network: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_module, "MOST_BYTES", 1000)
    with pytest.raises(QualityError, match="too large"):
        morbidity_page(network.tables(), network.about())


def test_an_edge_whose_weight_is_withheld_is_drawn_as_a_light_one(network: ModuleType) -> None:
    weights = {(e.source, e.target): e.weight for e in network_of_tables(network.tables()).edges}
    assert weights["gout", "heart_failure"] == 0.05 and weights["asthma", "copd"] == 0.5


@pytest.mark.parametrize(
    ("demographic", "group", "said"),
    [("age_band", "040_044", "40 to 44"), ("age_band", "090_over", "90 and over"), ("sex_code", "2", "female"),
     ("imd_2019_quintile", "1", "1, most deprived"), ("ethnic_category_code", "A", "A"), ("sex_code", "?", "?")],
)  # fmt: skip
def test_groups_in_words(demographic: str, group: str, said: str) -> None:
    assert group_words(demographic, group) == said


def test_conditions_in_words() -> None:
    assert [words(name) for name in ("heart_failure", "copd", "set:heart", "")] == [
        "Heart failure", "COPD", "Set: heart", ""]  # fmt: skip


def test_only_released_frames_are_gathered_and_small_counts_stay_behind(
    spark: SparkSession, network: ModuleType
) -> None:
    made = network.tables()
    small = made.pairs.assign(both_count=[3] + [42] * 14, a_count=100, b_count=100, people_count=10_000)
    filled = small.assign(strata_count=1, strata_without_contrast_count=0, shares_codes=False, odds_ratio=1.5)
    frames = {
        table: spark.createDataFrame(_cells(table, rows), _open(table))
        for table, rows in ((MorbidityNode, made.nodes), (MorbidityEdge, made.edges), (MorbidityPair, filled))
    }
    with pytest.raises(DisclosureError):
        gather(frames, Limits())
    gathered = gather(release(frames, DisclosureConfig()), Limits(edges=2, matrix=4))
    assert list(gathered.edges[MorbidityEdge.odds_ratio]) == [8.0, 3.0] and gathered.counts == {"edges": 4, "matrix": 4}
    whole = gather(release(frames, DisclosureConfig()), Limits())
    counts = whole.pairs.set_index(["condition_a", "condition_b"])[["both_count", "odds_ratio"]]
    hidden = counts[counts["both_count"].isna()]
    assert len(hidden) == 1 and hidden["odds_ratio"].isna().all() and set(counts["both_count"].dropna()) == {40}
    with pytest.raises(QualityError, match="more conditions"):
        gather(release(frames, DisclosureConfig()), Limits(conditions=5))


def _cells(table: Any, rows: pd.DataFrame) -> list[list[Any]]:
    whole = [spec.data_type.simpleString() in ("bigint", "int") for spec in table.columns().values()]
    return [
        [None if pd.isna(cell) else int(cell) if is_whole else cell for cell, is_whole in zip(row, whole, strict=True)]
        for row in rows.astype(object).to_numpy().tolist()
    ]


def _open(table: Any) -> str:
    return ", ".join(f"{name} {spec.data_type.simpleString()}" for name, spec in table.columns().items())
