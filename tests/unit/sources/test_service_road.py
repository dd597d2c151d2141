"""Sites and roads: coordinates of either system, codes made where there are none, roads in one order."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from icspark.config import Source
from icspark.errors import ConfigurationError, InputError
from icspark.sources import road, service

NODES = "from_node,to_node,metres,from_easting,from_northing,to_easting,to_northing\n"


def test_a_site_outside_the_grid_is_rejected_and_one_without_a_point_stays(
    spark: SparkSession, file_of, halves
) -> None:
    text = (
        "service_code,service_type,service_name,provider_code,postcode,easting,northing\n"
        "Z9A01,acute,Simulated Hospital,Z9A,QZ11AA,600000,400000\n"
        "Z9A02,clinic,Simulated Clinic,Z9A,,,\n"
        "Z9A03,clinic,Far Away,Z9A,,900000,400000\n"
    )
    rows, rejected = halves(service.read(spark, Source(path=file_of("sites.csv", text))))
    assert [(r["service_code"], r["postcode"], r["easting"]) for r in rows] == [
        ("Z9A01", "QZ1 1AA", 600_000.0),
        ("Z9A02", None, None),
    ]
    assert rejected == {"POINT_ON_GRID": 1}


def test_hospitals_of_one_name_are_told_apart_by_their_points(spark: SparkSession, data: Path, halves) -> None:
    columns = {"service_name": "hospital22_name", "easting": "longitude", "northing": "latitude"}
    path = str(data / "reference/points_hospitals22.csv")
    source = Source(path=path, columns=columns, options={"epsg": "4326", "type": "hospital"})
    rows, rejected = halves(service.read(spark, source))
    assert len(rows) == 1_061 - rejected["DUPLICATE"] and set(rejected) <= {"DUPLICATE"}
    assert len({row["service_name"] for row in rows}) < len(rows)
    leeds = next(row for row in rows if row["service_name"] == "Leeds General Infirmary")
    assert (leeds["easting"], leeds["northing"]) == pytest.approx((429_700, 433_900), abs=400)


def test_a_type_and_a_known_system_are_demanded(spark: SparkSession, file_of) -> None:
    path = file_of("sites.csv", "name,x,y\nA,1,52\n")
    columns = {"service_name": "name", "easting": "x", "northing": "y"}
    with pytest.raises(ConfigurationError, match="of what type"):
        service.read(spark, Source(path=path, columns=columns))
    with pytest.raises(ConfigurationError, match="no such system.*27700"):
        service.read(spark, Source(path=path, columns=columns, options={"type": "clinic", "epsg": "32630"}))
    with pytest.raises(InputError, match="service_name"):
        service.read(spark, Source(path=path))


def test_roads_are_turned_and_the_shortest_of_parallel_ones_stays(spark: SparkSession, file_of, halves) -> None:
    text = NODES + (
        "b,a,120,100,0,0,0\n"  # turned: a, b
        "a,b,150,0,0,100,0\n"  # longer than the one before
        "a,c,99.5,0,0,100,0\n"  # within the tolerance of 100 m
        "c,c,5,0,0,0,0\n"
        "c,d,0,0,0,0,0\n"
        "d,e,50,0,0,0,100\n"  # shorter than its line
        "e,f,10,,,,\n"
    )
    rows, rejected = halves(road.read(spark, Source(path=file_of("roads.csv", text))))
    assert [(r["from_node"], r["to_node"], r["metres"], r["from_easting"], r["to_easting"]) for r in rows] == [
        ("a", "b", 120.0, 0.0, 100.0),
        ("a", "c", 99.5, 0.0, 100.0),
        ("e", "f", 10.0, None, None),
    ]
    assert rejected == {"LONGER_PARALLEL": 1, "LOOP": 1, "METRES_POSITIVE": 1, "SHORTER_THAN_LINE": 1}
