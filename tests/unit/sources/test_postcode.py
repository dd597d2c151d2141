"""Postcodes: editions of the directory, its ways to say `none`, and what is no postcode."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from icspark.config import Source
from icspark.errors import ConfigurationError, InputError, VintageError
from icspark.sources import postcode

NSPL = "pcd,pcd2,pcds,dointr,doterm,usertype,oseast1m,osnrth1m,osgrdind,lsoa11,lat,long\n"
ROWS = {
    "live": '"IP1 1AA","IP1  1AA","IP1 1AA","199002","","0","0615838","0244034","1","E01033124",52.052638,1.146583\n',
    "terminated": '"IP1 9ZZ","IP1  9ZZ","ip19zz","198001","199606","0","615838","244034","50","E01033124",52.05,1.14\n',
    "nowhere": '"JE2 3AB","JE2  3AB","JE2 3AB","198001","","0","","","9","L99999999",99.999999,0.000000\n',
    "irish": '"BT1 1AA","BT1  1AA","BT1 1AA","198001","","0","0333800","0374200","1","N00001410",54.6,-5.93\n',
    "scottish": '"EH1 1AA","EH1  1AA","EH1 1AA","198001","","0","325700","673700","1","S01008677",55.95,-3.19\n',
}


def test_the_directory_is_read_by_its_header(spark: SparkSession, file_of, halves) -> None:
    path = file_of("nspl.csv", NSPL + "".join(ROWS.values()))
    rows, rejected = halves(postcode.read(spark, Source(path=path)))
    by_code = {row["postcode"]: row for row in rows}
    assert not rejected
    assert by_code["IP1 1AA"] == {
        "postcode": "IP1 1AA", "easting": 615838, "northing": 244034, "longitude": 1.146583, "latitude": 52.052638,
        "lsoa_2011_code": "E01033124", "positional_quality_code": "1",
        "introduced_date": date(1990, 2, 1), "terminated_date": None,
    }  # fmt: skip
    assert by_code["IP1 9ZZ"]["terminated_date"] == date(1996, 6, 1)
    assert by_code["IP1 9ZZ"]["positional_quality_code"] == "5"


def test_what_the_directory_does_not_know_is_null(spark: SparkSession, file_of, halves) -> None:
    path = file_of("nspl.csv", NSPL + ROWS["nowhere"] + ROWS["irish"] + ROWS["scottish"])
    rows, rejected = halves(postcode.read(spark, Source(path=path)))
    place = {row["postcode"]: (row["easting"], row["longitude"], row["lsoa_2011_code"]) for row in rows}
    assert not rejected
    assert place == {"BT1 1AA": (None, -5.93, None), "EH1 1AA": (325700, -3.19, None), "JE2 3AB": (None, None, None)}


def test_columns_in_another_order_and_of_a_newer_edition(spark: SparkSession, file_of, halves) -> None:
    header = "LAT,LONG,LSOA11CD,GRIDIND,NORTH1M,EAST1M,DOTERM,DOINTR,PCDS\n"
    text = header + "52.05,1.14,E01033124,1,244034,615838,,199002,IP1 1AA\n"
    rows, _ = halves(postcode.read(spark, Source(path=file_of("onspd.csv.gz", "\ufeff" + text))))
    assert (rows[0]["easting"], rows[0]["northing"], rows[0]["latitude"]) == (615838, 244034, 52.05)


def test_bad_cells_leave_the_row_and_bad_postcodes_do_not(spark: SparkSession, file_of, halves) -> None:
    bad = "IP1 1AA,9000000,244034,E01033124\nNONSENSE,1,1,E01033124\n,1,1,E01033124\nZZ99 3VZ,,,\n"
    text = "postcode,easting,northing,lsoa11cd\n" + bad
    rows, rejected = halves(postcode.read(spark, Source(path=file_of("p.csv", text))))
    assert [(row["postcode"], row["easting"], row["northing"]) for row in rows] == [
        ("IP1 1AA", None, 244034),
        ("ZZ99 3VZ", None, None),
    ]
    assert rejected == {"EASTING_RANGE": 1, "POSTCODE_FORM": 1, "KEY": 1}


def test_the_same_postcode_twice_is_kept_once_and_a_contradiction_not_at_all(
    spark: SparkSession, file_of, halves
) -> None:
    text = "pcds,lsoa11\nIP1 1AA,E01033124\nIP11AA,E01033124\nIP2 2BB,E01033124\nIP2 2BB,E01033125\n"
    rows, rejected = halves(postcode.read(spark, Source(path=file_of("p.csv", text))))
    assert [row["postcode"] for row in rows] == ["IP1 1AA"]
    assert rejected == {"DUPLICATE": 1, "CONFLICT": 2}


def test_an_edition_of_2021_areas_is_refused_unless_areas_are_not_wanted(spark: SparkSession, file_of, halves) -> None:
    path = file_of("p.csv", "pcds,east1m,north1m,lsoa21cd\nIP1 1AA,615838,244034,E01033124\n")
    with pytest.raises(VintageError, match="lsoa21cd"):
        postcode.read(spark, Source(path=path))
    rows, _ = halves(postcode.read(spark, Source(path=path, options={"lsoa": "none"})))
    assert (rows[0]["easting"], rows[0]["lsoa_2011_code"]) == (615838, None)


def test_a_column_that_the_file_lacks_and_one_that_the_table_lacks(spark: SparkSession, file_of) -> None:
    path = file_of("p.csv", "pcds,lsoa11\nIP1 1AA,E01033124\n")
    with pytest.raises(InputError, match="PCD9"):
        postcode.read(spark, Source(path=path, columns={"postcode": "PCD9", "lsoa_2011_code": "lsoa11"}))
    with pytest.raises(ConfigurationError, match="postkode"):
        postcode.read(spark, Source(path=path, columns={"postkode": "pcds"}))
    with pytest.raises(InputError, match="postcode"):
        postcode.read(spark, Source(path=file_of("q.csv", "a,b\n1,2\n")))


def test_the_real_postcodes_of_ip(spark: SparkSession, data: Path) -> None:
    path = data / "postcodes/postcode_lsoa11_ip.csv.gz"
    accepted = postcode.read(spark, Source(path=str(path))).accepted
    found = accepted.agg(F.count("*"), F.sum("easting"), F.sum("northing"), F.count_distinct("lsoa_2011_code")).first()
    real = pd.read_csv(path)
    assert tuple(found or ()) == (21196, int(real.easting.sum()), int(real.northing.sum()), 379)
