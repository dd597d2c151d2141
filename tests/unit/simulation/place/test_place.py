"""The place of a simulated region: what is promised of it, held against geometry and statistics of other libraries."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from pydantic import ValidationError
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree
from scipy.stats import spearmanr

from icspark.simulation.deprivation_fields import rank_correlations
from icspark.simulation.place import Place, make_place
from icspark.simulation.place_config import PlaceConfig
from icspark.simulation.postcode_points import postcode_text
from icspark.simulation.road_graph import gabriel_edges
from icspark.tables.codes import DOMAINS

FRAMES = ("areas_2011", "areas_2021", "lookup", "postcodes", "practices", "practitioners", "sites", "roads")
VINTAGES = (("areas_2011", "lsoa_2011_code", 2019), ("areas_2021", "lsoa_2021_code", 2025))


@pytest.fixture(scope="module", params=[2_000, 50_000])
def place(request: pytest.FixtureRequest) -> Place:
    return make_place(PlaceConfig(), people=request.param, seed=7)


@pytest.fixture(scope="module")
def large() -> Place:
    return make_place(PlaceConfig(), people=500_000, seed=7)


def as_bytes(place: Place) -> dict[str, str]:
    return {
        name: frame.assign(polygon=shapely.to_wkb(frame["polygon"])).to_csv()
        if "polygon" in (frame := getattr(place, name))
        else frame.to_csv()
        for name in FRAMES
    }


def outlines(place: Place, frame: str, code: str) -> dict[str, shapely.Geometry]:
    areas = getattr(place, frame)
    return dict(zip(areas[code], areas["polygon"], strict=True))


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    first, again, other = (as_bytes(make_place(PlaceConfig(), people=2_000, seed=seed)) for seed in (1, 1, 2))
    assert first == again
    assert all(first[name] != other[name] for name in FRAMES if name != "lookup")


def test_there_are_30_areas_6_a_quintile_and_changes_of_every_kind(place: Place) -> None:
    for frame, code, year in VINTAGES:
        areas = getattr(place, frame)
        assert len(areas) >= 30 and areas[code].is_unique and areas[code].str.fullmatch("E019[0-9]{5}").all()
        for quintile in (f"imd_{year}_quintile", f"adult_skills_{year}_quintile"):
            counts = areas[quintile].value_counts()
            assert sorted(counts.index) == [1, 2, 3, 4, 5] and counts.min() >= 6
    changes = place.lookup.drop_duplicates("lsoa_2011_code")["change_code"].value_counts()
    assert changes["S"] >= 2 and changes["M"] >= 2 and changes["X"] >= 2
    assert set(changes.index) == {"U", "S", "M", "X"}


def test_ranks_and_deciles_are_of_the_stated_reference_set(place: Place) -> None:
    for frame, _, year in VINTAGES:
        areas, nation = getattr(place, frame), {2019: 32_844, 2025: 33_755}[year]
        for domain in DOMAINS:
            rank, decile = areas[f"{domain}_{year}_rank"], areas[f"{domain}_{year}_decile"]
            assert rank.is_unique and rank.between(1, nation).all()
            assert (decile == np.ceil(rank * 10 / nation)).all()
            by_score = areas.sort_values(f"{domain}_{year}_rank")[f"{domain}_{year}_score"]
            assert by_score.is_monotonic_decreasing


def test_areas_cover_the_land_without_gap_or_overlap(place: Place) -> None:
    for frame, *_ in VINTAGES:
        polygons = getattr(place, frame)["polygon"].to_numpy()
        assert shapely.coverage_is_valid(polygons)
        assert shapely.area(polygons).sum() == pytest.approx(place.land.area, abs=1e-3)
        assert shapely.area(shapely.symmetric_difference(shapely.union_all(polygons), place.land)) == 0
    assert not any(len(part.interiors) for part in shapely.get_parts(place.land))


def test_areas_of_both_vintages_overlap_where_the_lookup_says_and_nowhere_else(place: Place) -> None:
    old, new = outlines(place, *VINTAGES[0][:2]), outlines(place, *VINTAGES[1][:2])
    tree = shapely.STRtree(list(new.values()))
    found = {
        (code, list(new)[at])
        for code, polygon in old.items()
        for at in tree.query(polygon)
        if shapely.intersection(polygon, list(new.values())[at]).area > 1.0
    }
    assert found == set(zip(place.lookup["lsoa_2011_code"], place.lookup["lsoa_2021_code"], strict=True))
    for row in place.lookup.itertuples():
        same_code = row.lsoa_2011_code == row.lsoa_2021_code
        assert same_code == (row.change_code == "U") == old[row.lsoa_2011_code].equals(new.get(row.lsoa_2011_code))


def test_larger_areas_nest_and_no_change_crosses_them(place: Place) -> None:
    for frame, *_ in VINTAGES:
        areas = getattr(place, frame)
        for lower, upper in (("msoa", "ltla"), ("ward", "ltla"), ("ltla", "place"), ("place", "sicb"), ("sicb", "icb")):
            assert areas.groupby(f"{lower}_code")[f"{upper}_code"].nunique().max() == 1
    levels = ["msoa_code", "ward_code", "ltla_code"]
    old = place.areas_2011.set_index("lsoa_2011_code").loc[place.lookup["lsoa_2011_code"], levels]
    new = place.areas_2021.set_index("lsoa_2021_code").loc[place.lookup["lsoa_2021_code"], levels]
    assert (old.to_numpy() == new.to_numpy()).all()


def test_postcodes_lie_inside_their_areas_of_both_vintages_and_never_on_a_border(place: Place) -> None:
    points = shapely.points(place.postcodes[["easting", "northing"]].to_numpy())
    for frame, code, _ in VINTAGES:
        of_area = outlines(place, frame, code)
        polygons = np.array([of_area[planted] for planted in place.postcodes[code]])
        assert shapely.contains_properly(polygons, points).all()
        assert shapely.distance(shapely.boundary(polygons), points).min() > 1.0
    text = place.postcodes["postcode"]
    assert text.is_unique and text.str.fullmatch(r"QZ[1-9][0-9]? [0-9][ABD-HJLNP-UW-Z]{2}").all()
    assert set(place.postcodes["lsoa_2021_code"]) == set(place.areas_2021["lsoa_2021_code"])


def test_postcodes_are_of_a_form_that_any_number_keeps() -> None:
    form = re.compile(r"QZ[1-9][0-9]{0,2} [0-9][A-Z]{2}")
    texts = [postcode_text(number) for number in (0, 399, 400, 3_999, 4_000, 395_999)]
    assert texts[0] == "QZ1 0AA" and texts[2] == "QZ1 1AA" and texts[4] == "QZ2 0AA" and texts[5] == "QZ99 9ZZ"
    assert all(form.fullmatch(text) for text in texts)


def test_sizes_are_those_of_the_configuration(large: Place) -> None:
    assert large.areas_2011["expected_people"].sum() == pytest.approx(500_000)
    assert large.areas_2021["expected_people"].sum() == pytest.approx(500_000)
    assert large.areas_2011["expected_people"].mean() == pytest.approx(1_500, rel=0.01)
    assert large.postcodes["households_count"].mean() == pytest.approx(15, rel=0.02)
    people = large.areas_2011["expected_people"]
    assert np.average(large.areas_2011["ethnic_minority_share"], weights=people) == pytest.approx(0.18, abs=1e-4)
    stays = pd.to_datetime(large.practitioners["left_date"]).fillna(pd.Timestamp("2025-03-31"))
    years = (stays - pd.to_datetime(large.practitioners["joined_date"])).dt.days.sum() / 365.25
    departures, expected = large.practitioners["left_date"].notna().sum(), 0.09 * years
    assert abs(departures - expected) < 4 * np.sqrt(expected)


def test_published_correlations_are_those_of_the_real_file(data: Path) -> None:
    scores = pd.read_parquet(data / "reference/imd-statistics.parquet").select_dtypes("number").iloc[:, :16]
    assert np.abs(spearmanr(scores).statistic - rank_correlations()).max() < 6e-4


@pytest.mark.parametrize("seed", [7, 8, 9])
def test_deprivation_is_correlated_as_published(seed: int) -> None:
    areas = make_place(PlaceConfig(), people=500_000, seed=seed)
    for frame, _, year in VINTAGES:
        scores = getattr(areas, frame)[[f"{domain}_{year}_score" for domain in DOMAINS]]
        assert np.abs(spearmanr(scores).statistic - rank_correlations()).max() < 0.05


def test_deprivation_is_smooth_in_space_and_lasts(large: Place) -> None:
    areas = large.areas_2011
    nearest = cKDTree(areas[["centroid_easting", "centroid_northing"]]).query(
        areas[["centroid_easting", "centroid_northing"]], k=2
    )[1][:, 1]
    for domain in ("imd", "education", "adult_skills", "crime"):
        rank = areas[f"{domain}_2019_rank"].to_numpy()
        assert spearmanr(rank, rank[nearest]).statistic > 0.3
    later = large.areas_2021.set_index("lsoa_2021_code")
    same = areas[areas["lsoa_2011_code"].isin(later.index)]
    ranks = later.loc[same["lsoa_2011_code"], "imd_2025_rank"].to_numpy()
    assert 0.9 < spearmanr(same["imd_2019_rank"], ranks).statistic < 0.999


def test_roads_join_all_nodes_and_are_no_shorter_than_their_lines(place: Place) -> None:
    roads = place.roads
    nodes = pd.Index(sorted({*roads["from_node"], *roads["to_node"]}))
    ends = [nodes.get_indexer(roads[f"{end}_node"]) for end in ("from", "to")]
    graph = coo_matrix((np.ones(len(roads)), ends), shape=(len(nodes), len(nodes)))
    assert connected_components(graph, directed=False)[0] == 1
    line = np.hypot(roads["from_easting"] - roads["to_easting"], roads["from_northing"] - roads["to_northing"])
    assert (roads["metres"] >= line - 0.05).all() and roads["metres"].sum() / line.sum() == pytest.approx(
        1.15, abs=0.05
    )


def test_gabriel_edges_are_those_whose_circle_is_empty() -> None:
    points = np.random.default_rng(3).uniform(0, 1_000, (60, 2))
    expected = [
        (i, j)
        for i in range(60)
        for j in range(i + 1, 60)
        if not any(np.dot(points[i] - points[k], points[j] - points[k]) < 0 for k in range(60) if k not in (i, j))
    ]
    assert [tuple(edge) for edge in gabriel_edges(points)] == expected


def test_organisations_have_codes_of_reserved_ranges_and_stand_at_postcodes(place: Place) -> None:
    assert len(place.practices) >= 7 and place.practices["practice_code"].str.fullmatch("Z9[0-9]{4}").all()
    assert place.practices["practice_code"].is_unique and place.practices["postcode"].is_unique
    assert place.sites["type"].tolist() == ["acute", "acute", "diabetes_centre"]
    for frame in (place.practices, place.sites):
        at = frame.merge(place.postcodes, on=["postcode", "easting", "northing"], how="inner")
        assert len(at) == len(frame)
    names = [*place.practices["practice_name"], *place.sites["site_name"], *place.areas_2021["lsoa_2021_name"]]
    assert all("simulated" in name.lower() for name in names)


def test_impossible_strengths_are_all_reported_with_their_keys() -> None:
    wrong = {"town_share": 1.5, "split_share": -1, "staff_last_date": date(2010, 1, 1), "towns": 3}
    with pytest.raises(ValidationError) as problem:
        PlaceConfig.model_validate(wrong)
    assert {error["loc"] for error in problem.value.errors()} == {(key,) for key in wrong}
