"""The postcodes of IP against geopandas, row for row, in both systems of coordinates."""

import geopandas
import pandas as pd
import pytest
import shapely

from icspark.geography.assignment import assign_areas
from icspark.geography.files import read_layer
from icspark.geography.postcodes import Limits, place_postcodes, postcode_area_quality
from icspark.geography.projection import BRITISH_GRID, moved_geometries, reproject_boundaries
from icspark.tables.reference import Boundary, Postcode

OFFICIAL_OF_SUFFOLK, AGREEING = 18_464, 18_374


@pytest.fixture(scope="module")
def postcodes(data):
    return pd.read_csv(data / "postcodes/postcode_lsoa11_ip.csv.gz")


@pytest.fixture(scope="module")
def polygons(data):
    """Give the areas of both vintages in their own system: a frame of type, code and polygon."""
    frames = []
    for year in ("11", "21"):
        layer = read_layer(data / f"boundaries/lsoa{year}_E10000029_suffolk.geojson")
        assert layer.epsg == 4326
        codes = layer.columns[f"LSOA{year}CD"]
        frames.append(pd.DataFrame({"area_type": f"lsoa_20{year}", "area_code": codes, "polygon": layer.geometries}))
    return pd.concat(frames, ignore_index=True)


@pytest.fixture(scope="module")
def boundaries(spark, polygons):
    boxes = shapely.bounds(polygons.polygon.to_numpy())
    frame = polygons.assign(
        area_name=None, epsg_code=4326, geometry_wkb=shapely.to_wkb(polygons.polygon.to_numpy()),
        x_min=boxes[:, 0], y_min=boxes[:, 1], x_max=boxes[:, 2], y_max=boxes[:, 3],
    )  # fmt: skip
    return spark.createDataFrame(frame[list(Boundary.columns())], Boundary.schema()).cache()


@pytest.fixture(scope="module")
def in_metres(boundaries):
    return reproject_boundaries(boundaries, epsg=BRITISH_GRID).cache()


def by_geopandas(postcodes, polygons, *, x, y, epsg):
    """Return the code by point of each postcode by geopandas, the first where an edge is shared; null outside."""
    old = polygons[polygons.area_type == "lsoa_2011"]
    shapes = moved_geometries(old.polygon.to_numpy(), source=4326, target=epsg)
    areas = geopandas.GeoDataFrame({"code": old.area_code.to_numpy()}, geometry=list(shapes), crs=epsg)
    points = geopandas.GeoDataFrame(
        postcodes[["pcds"]], geometry=geopandas.points_from_xy(postcodes[x], postcodes[y]), crs=epsg
    )
    met = geopandas.sjoin(points, areas, predicate="intersects", how="left")
    return met.groupby("pcds").code.min()


@pytest.mark.parametrize(("x", "y", "epsg"), [("easting", "northing", 27700), ("longitude", "latitude", 4326)])
def test_every_postcode_is_where_geopandas_puts_it(spark, postcodes, polygons, boundaries, in_metres, x, y, epsg):
    layer = in_metres if epsg == BRITISH_GRID else boundaries
    points = spark.createDataFrame(postcodes[["pcds", "lsoa11cd", x, y]])
    placed = assign_areas(points, layer, area_type="lsoa_2011", epsg=epsg, x=x, y=y).toPandas().set_index("pcds")
    assert len(placed) == len(postcodes) == placed.index.nunique()
    theirs = by_geopandas(postcodes, polygons, x=x, y=y, epsg=epsg).reindex(placed.index)
    assert placed.lsoa_2011_code.fillna("none").equals(theirs.fillna("none").rename("lsoa_2011_code"))
    official = placed.lsoa11cd.isin(polygons.area_code)
    assert (official.sum(), (placed.lsoa_2011_code == placed.lsoa11cd).sum()) == (OFFICIAL_OF_SUFFOLK, AGREEING)


def test_the_postcodes_that_differ_are_named_by_kind_and_distance(spark, postcodes, boundaries):
    renamed = postcodes.rename(columns={"pcds": Postcode.postcode, "lsoa11cd": Postcode.lsoa_2011_code})
    frame = spark.createDataFrame(renamed[["postcode", "easting", "northing", "lsoa_2011_code"]])
    placed = place_postcodes(frame, boundaries, limits=Limits()).cache()
    rows = placed.toPandas()
    counts = rows.comparison.value_counts()
    assert (counts.agrees, counts.generalised_edge, counts.contradiction) == (AGREEING, 66, 13)
    assert counts.near == OFFICIAL_OF_SUFFOLK - AGREEING - 66 - 13
    assert counts.official_not_loaded == len(postcodes) - OFFICIAL_OF_SUFFOLK
    distances = rows.distance_to_official_metres.dropna()
    assert len(distances) == OFFICIAL_OF_SUFFOLK - AGREEING
    assert distances.median() < 9
    assert 9_000 < distances.max() < 10_000
    assert (rows.lsoa_2011_code.notna().sum(), rows.lsoa_2021_code.notna().sum()) == (18_459, 18_461)
    quality = {row.comparison: row for row in postcode_area_quality(placed, limits=Limits()).collect()}
    assert f"{quality['agrees'].compared_share:.4f}" == "0.9951"
    assert quality["contradiction"].postcodes_count == 13
    assert quality["contradiction"].distance_maximum_metres == distances.max()
    assert quality["official_not_loaded"].compared_share is None
    assert "over 1000 m" in quality["contradiction"].meaning
