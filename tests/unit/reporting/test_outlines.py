"""Simplified outlines: compact, and neighbours still share their border."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.geometry import shape

from icspark.reporting import outlines
from icspark.tables.reference import Boundary


@pytest.fixture(scope="module")
def suffolk(root: Path) -> pd.DataFrame:
    file = root / "examples/suffolk/lsoa11.geojson.gz"
    if not file.exists():
        pytest.skip("the extract of Suffolk is not in this checkout")
    features = json.loads(gzip.decompress(file.read_bytes()))["features"]
    rows = [
        (f["properties"]["LSOA11CD"], f["properties"]["LSOA11NM"], shapely.to_wkb(shape(f["geometry"])))
        for f in features
    ]
    frame = pd.DataFrame(rows, columns=[Boundary.area_code, Boundary.area_name, Boundary.geometry_wkb])
    return frame.assign(**{Boundary.epsg_code: 4326})


def test_squares_become_paths_in_whole_steps(sample: ModuleType) -> None:
    drawing = outlines.draw(sample.squares(), sample.CODES[:10])
    assert drawing is not None
    assert len(drawing.areas) == 12
    first = drawing.areas[sample.CODES[0]]
    assert first.box == (150, 350, 250, 450)
    assert re.fullmatch(r"M\d+ \d+l(-?\d+ -?\d+ ?)+z", first.path)
    assert drawing.place(600_500, 240_500) == (200, 400)
    assert drawing.place(500_000, 240_500) is None


def test_districts_are_read_from_the_names_and_other_names_are_none(sample: ModuleType) -> None:
    drawing = outlines.draw(sample.squares(), sample.CODES)
    assert drawing is not None
    names = [d.name for d in drawing.districts]
    assert "Eastfield" in names
    assert "Westfield" in names
    other = sample.squares().assign(**{Boundary.area_name: "No such form"})
    drawn = outlines.draw(other, sample.CODES)
    assert drawn is not None
    assert drawn.districts == ()


def test_the_outline_of_the_region_is_drawn_only_where_something_is_outside(sample: ModuleType) -> None:
    assert outlines.draw(sample.squares(), sample.CODES).region == ""
    assert outlines.draw(sample.squares(), sample.CODES[:10]).region.startswith("M")


def test_no_boundaries_are_no_drawing(sample: ModuleType) -> None:
    assert outlines.draw(sample.empty(Boundary), []) is None


def test_the_order_of_rows_does_not_matter(sample: ModuleType) -> None:
    shuffled = sample.squares().sample(frac=1, random_state=3)
    assert outlines.draw(shuffled, sample.CODES) == outlines.draw(sample.squares(), sample.CODES)


def test_simplifying_suffolk_makes_neither_gaps_nor_overlaps(suffolk: pd.DataFrame) -> None:
    before = outlines.grid_shapes(suffolk)
    after = outlines.simplified(before, tolerance=outlines.TOLERANCE_METRES)
    assert shapely.get_num_coordinates(after).sum() < 0.75 * shapely.get_num_coordinates(before).sum()
    whole = shapely.union_all(shapely.make_valid(after))
    overlap = shapely.area(after).sum() - whole.area
    assert overlap < 1e-4 * whole.area
    assert whole.area == pytest.approx(shapely.union_all(shapely.make_valid(before)).area, rel=2e-3)
    assert np.allclose(shapely.area(after), shapely.area(before), rtol=0.1)


def test_suffolk_is_drawn_small_and_complete(suffolk: pd.DataFrame) -> None:
    drawing = outlines.draw(suffolk, suffolk[Boundary.area_code].tolist())
    assert drawing is not None
    assert len(drawing.areas) == 441
    assert all(part.path for part in drawing.areas.values())
    assert sum(len(part.path) for part in drawing.areas.values()) < 400_000
    assert {d.name for d in drawing.districts} >= {"Ipswich", "Babergh", "Waveney"}
