"""Outlines from every format, and what must not get through."""

import gzip
import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyogrio
import pyproj
import pytest
import shapely
from pyarrow import parquet

from icspark.config import Source
from icspark.errors import InputError, VintageError
from icspark.geography.files import epsg_of, read_layer
from icspark.sources.boundary import mended, read
from icspark.tables.reference import AreaLookup, Boundary

SQUARE = [[1.0, 52.0], [1.1, 52.0], [1.1, 52.1], [1.0, 52.1], [1.0, 52.0]]
BOW_TIE = [[1.0, 52.0], [1.1, 52.1], [1.1, 52.0], [1.0, 52.1], [1.0, 52.0]]
CODE, NAME = "LSOA11CD", "LSOA11NM"


def feature(code, coordinates=SQUARE, *, kind="Polygon", header=(CODE, NAME), **more):
    shape = {"type": kind, "coordinates": [coordinates] if kind == "Polygon" else coordinates} if coordinates else None
    properties = dict(zip(header, (code, f"name of {code}"), strict=True)) | more
    return {"type": "Feature", "properties": properties, "geometry": shape}


def geojson(path, features, **more):
    text = json.dumps({"type": "FeatureCollection", "features": features, **more})
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def source(*paths, **more):
    return Source(path=tuple(map(str, paths)), **{"rejected_ceiling": 1.0, **more})


def accepted(boundaries):
    return {row.area_code: row for row in boundaries.checked.accepted.collect()}


def rejected(boundaries):
    return {(row.row_key, row.rule_code) for row in boundaries.checked.rejected.collect()}


def lookup(spark, *pairs):
    return spark.createDataFrame(
        [("lsoa_2011", old, "lsoa_2021", new, None, "U") for old, new in pairs], AreaLookup.schema()
    )


def test_a_gzipped_geojson_gives_type_code_name_system_and_box(spark, tmp_path):
    path = geojson(tmp_path / "a.geojson.gz", [feature("E01000001")])
    (row,) = accepted(read(spark, source(path))).values()
    assert (row.area_type, row.area_code, row.area_name) == ("lsoa_2011", "E01000001", "name of E01000001")
    assert (row.epsg_code, row.x_min, row.y_min, row.x_max, row.y_max) == (4326, 1.0, 52.0, 1.1, 52.1)
    assert shapely.from_wkb(bytes(row.geometry_wkb)).equals(shapely.Polygon(SQUARE))


def test_every_format_holds_the_same_areas(spark, tmp_path):
    shapes = np.array(
        [shapely.box(600_000, 240_000, 600_100, 240_100), shapely.box(600_100, 240_000, 600_200, 240_100)]
    )
    fields = [np.array(["E01000001", "E01000002"], dtype=object), np.array(["one", "two"], dtype=object)]
    for name, driver in (("a.gpkg", "GPKG"), ("a.shp", "ESRI Shapefile")):
        pyogrio.raw.write(
            tmp_path / name, shapely.to_wkb(shapes), fields, ["LSOA21CD", "LSOA21NM"],
            geometry_type="Polygon", crs="EPSG:27700", driver=driver,
        )  # fmt: skip
    parts = tmp_path / "parts"  # a Shapefile is several files
    parts.mkdir()
    for part in tmp_path.glob("a.*"):
        if part.suffix != ".gpkg":
            shutil.copy(part, parts)
    archive = shutil.make_archive(str(tmp_path / "zipped"), "zip", parts)
    crs = pyproj.CRS(27700).to_json_dict()
    geo = {
        "version": "1.0.0",
        "primary_column": "shape",
        "columns": {"shape": {"encoding": "WKB", "geometry_types": [], "crs": crs}},
    }
    table = pa.table(
        {"LSOA21CD": fields[0], "LSOA21NM": fields[1], "shape": pa.array(shapely.to_wkb(shapes), pa.binary())}
    )
    parquet.write_table(table.replace_schema_metadata({"geo": json.dumps(geo)}), tmp_path / "a.parquet")
    for path in (tmp_path / "a.gpkg", tmp_path / "a.shp", Path(archive), tmp_path / "a.parquet"):
        rows = accepted(read(spark, source(path)))
        assert [(row.area_type, row.area_name, row.epsg_code, row.x_min) for _, row in sorted(rows.items())] == [
            ("lsoa_2021", "one", 27700, 600_000.0), ("lsoa_2021", "two", 27700, 600_100.0),
        ]  # fmt: skip
        assert shapely.from_wkb(bytes(rows["E01000002"].geometry_wkb)).equals(shapes[1])


def test_files_of_several_types_make_one_source(spark, tmp_path):
    old = geojson(tmp_path / "old.geojson", [feature("E01000001")])
    new = geojson(tmp_path / "new.geojson", [feature("E01000001", header=("LSOA21CD", "LSOA21NM"))])
    ours = geojson(tmp_path / "place.geojson", [feature("P1", header=("LAD22CD", "LAD22NM"))])
    options = {"area_type:place.geojson": "ltla_2022", "epsg:new.geojson": "4258"}
    rows = read(spark, source(old, new, ours, options=options)).checked.accepted.collect()
    assert sorted((row.area_type, row.area_code, row.epsg_code) for row in rows) == [
        ("lsoa_2011", "E01000001", 4326), ("lsoa_2021", "E01000001", 4258), ("ltla_2022", "P1", 4326),
    ]  # fmt: skip


def test_columns_may_be_named(spark, tmp_path):
    path = geojson(tmp_path / "a.geojson", [feature("P1", header=("id", "title"))])
    given = source(path, columns={"area_code": "id", "area_name": "title"}, options={"area_type": "place_2024"})
    (row,) = accepted(read(spark, given)).values()
    assert (row.area_type, row.area_code, row.area_name) == ("place_2024", "P1", "name of P1")
    with pytest.raises(InputError, match="no column tells the codes and type"):
        read(spark, source(path))


def test_what_is_no_area_is_rejected_and_what_crosses_itself_is_mended(spark, tmp_path):
    path = geojson(
        tmp_path / "a.geojson",
        [
            feature("good"),
            feature("bow tie", BOW_TIE),
            feature("null", None),
            feature("line", SQUARE, kind="LineString"),
            feature("flat", [[1.0, 52.0], [1.1, 52.0], [1.0, 52.0], [1.0, 52.0]]),
            feature("metres", [[600_000 + x, 240_000 + y] for x, y in SQUARE]),
            feature(None),
            feature("again"),
            feature("again"),
            feature("twice"),
            feature("twice", [[x + 1, y] for x, y in SQUARE]),
        ],
    )
    found = read(spark, source(path))
    rows = accepted(found)
    assert set(rows) == {"good", "bow tie", "again"}
    shape = shapely.from_wkb(bytes(rows["bow tie"].geometry_wkb))
    assert shape.is_valid
    assert shape.area == pytest.approx(0.005)  # two triangles of the square's quarter each
    assert found.notes == {"outlines_mended": 2}  # the flat one too, which then encloses nothing
    assert rejected(found) == {
        ("lsoa_2011|null", "OUTLINE_EMPTY"), ("lsoa_2011|line", "OUTLINE_POLYGON"), ("lsoa_2011|flat", "OUTLINE_EMPTY"),
        ("lsoa_2011|metres", "OUTLINE_REACH"), ("lsoa_2011|", "KEY"), ("lsoa_2011|again", "DUPLICATE"),
        ("lsoa_2011|twice", "CONFLICT"),
    }  # fmt: skip
    numbers = found.checked.numbers()
    assert (numbers["read"], numbers["rejected_rows"]) == (11, 8)


def test_heights_are_left_out(spark, tmp_path):
    path = geojson(tmp_path / "a.geojson", [feature("E01000001", [[x, y, 9.0] for x, y in SQUARE])])
    (row,) = accepted(read(spark, source(path))).values()
    assert not shapely.has_z(shapely.from_wkb(bytes(row.geometry_wkb)))


def test_codes_of_another_vintage_are_rejected_or_stop_the_job(spark, tmp_path):
    path = geojson(tmp_path / "a.geojson", [feature("E01000001"), feature("E01000002"), feature("E01033333")])
    known = lookup(spark, ("E01000001", "E01000001"), ("E01000002", "E01033333"))
    assert rejected(read(spark, source(path, rejected_ceiling=0.5), lookup=known)) == {
        ("lsoa_2011|E01033333", "AREA_CODE_VINTAGE")
    }
    with pytest.raises(VintageError, match="1 of 3 codes in area_code are none of lsoa_2011.*Found E01033333"):
        read(spark, source(path, rejected_ceiling=0.05), lookup=known)
    # A type that the lookup does not have is not looked at.
    other = geojson(tmp_path / "b.geojson", [feature("X", header=("MSOA21CD", "MSOA21NM"))])
    assert set(accepted(read(spark, source(other), lookup=known))) == {"X"}


def test_a_declared_type_that_contradicts_the_header_needs_the_lookup(spark, tmp_path):
    path = geojson(tmp_path / "a.geojson", [feature("E01033333")])
    declared = source(path, options={"area_type": "lsoa_2021"})
    with pytest.raises(VintageError, match="declared lsoa_2021 and their column is called LSOA11CD"):
        read(spark, declared)
    (row,) = accepted(read(spark, declared, lookup=lookup(spark, ("E01000002", "E01033333")))).values()
    assert row.area_type == "lsoa_2021"


def test_two_vintages_of_codes_in_one_file_must_be_told_apart(spark, tmp_path):
    path = geojson(tmp_path / "a.geojson", [feature("E01000001", LSOA21CD="E01033333")])
    with pytest.raises(InputError, match="codes of lsoa_2011 and of lsoa_2021"):
        read(spark, source(path))
    (row,) = accepted(read(spark, source(path, columns={"area_code": "LSOA21CD"}))).values()
    assert (row.area_type, row.area_code) == ("lsoa_2021", "E01033333")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.geojson", b"", "the file is empty"),
        ("a.geojson", b'{"type": "FeatureCollection", "features": [{"type": "Feat', "truncated or is no JSON"),
        ("a.geojson", b'{"type": "FeatureCollection", "features": []}', "has no areas|has no geometry"),
        ("a.geojson.gz", gzip.compress(b'{"type": "FeatureCollection"}' * 50, mtime=0)[:-9], "truncated or damaged"),
        ("a.gpkg", b"not a database", "cannot be read as areas"),
        ("a.parquet", b"PAR1 and no more", "is no Parquet file"),
    ],
)
def test_damaged_files_are_refused(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_layer(tmp_path / name)


def test_an_absent_file_and_a_parquet_without_geometry_are_refused(tmp_path):
    with pytest.raises(InputError, match="the file is absent"):
        read_layer(tmp_path / "none.geojson")
    parquet.write_table(pa.table({"LSOA11CD": ["E01000001"]}), tmp_path / "a.parquet")
    with pytest.raises(InputError, match="no `geo` metadata"):
        read_layer(tmp_path / "a.parquet")


def test_a_file_of_several_layers_needs_the_name_of_one(spark, tmp_path):
    path = tmp_path / "a.gpkg"
    for layer in ("roads", "areas"):
        pyogrio.raw.write(
            path, shapely.to_wkb(np.array([shapely.box(0, 0, 1, 1)])), [np.array(["E01000001"], dtype=object)], [CODE],
            layer=layer, geometry_type="Polygon", crs="EPSG:27700", driver="GPKG", append=path.exists(),
        )  # fmt: skip
    with pytest.raises(InputError, match=r"2 layers\. Expected roads, areas"):
        read(spark, source(path))
    assert set(accepted(read(spark, source(path, options={"layer": "areas"})))) == {"E01000001"}


def test_a_system_that_the_file_does_not_tell_must_be_stated(spark, tmp_path):
    geo = {
        "version": "1.0.0",
        "primary_column": "shape",
        "columns": {"shape": {"encoding": "WKB", "geometry_types": [], "crs": None}},
    }
    table = pa.table({CODE: ["E01000001"], "shape": pa.array([shapely.to_wkb(shapely.box(0, 0, 1, 1))], pa.binary())})
    path = tmp_path / "a.parquet"
    parquet.write_table(table.replace_schema_metadata({"geo": json.dumps(geo)}), path)
    with pytest.raises(InputError, match="does not say in which system"):
        read(spark, source(path))
    (row,) = accepted(read(spark, source(path, options={"epsg": "27700"}))).values()
    assert row.epsg_code == 27700


def test_systems_are_known_by_code_text_and_esri_text():
    esri = pyproj.CRS(27700).to_wkt("WKT1_ESRI")
    known = {"EPSG:27700": 27700, "OGC:CRS84": 4326, esri: 27700, pyproj.CRS(4326).to_wkt(): 4326}
    assert {text: epsg_of(text) for text in known} == known
    assert [epsg_of(text) for text in ("nonsense", "", None)] == [None] * 3


def test_mending_leaves_valid_outlines_and_none_as_they_are():
    shapes = np.array([shapely.Polygon(SQUARE), None, shapely.Polygon(BOW_TIE)], dtype=object)
    outlines, is_mended = mended(shapes)
    assert is_mended.tolist() == [False, False, True]
    assert outlines[0] is shapes[0]
    assert outlines[1] is None


def test_the_real_files_are_read_whole(spark, data):
    folder = data / "boundaries"
    paths = [folder / f"lsoa{year}_E10000029_suffolk.geojson" for year in ("11", "21")]
    found = read(spark, source(*paths, rejected_ceiling=0.0))
    counts = {
        row.area_type: row["count"] for row in found.checked.accepted.groupBy(Boundary.area_type).count().collect()
    }
    assert counts == {"lsoa_2011": 441, "lsoa_2021": 449}
    assert found.notes == {"outlines_mended": 0}
    assert rejected(found) == set()
