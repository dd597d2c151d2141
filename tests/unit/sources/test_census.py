"""Census tables as Nomis exports them, and shares of ethnic minorities that are none."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from icspark.config import Source
from icspark.errors import ConfigurationError, InputError, VintageError
from icspark.sources import census, ethnicity

ENGLISH = (
    '\n"QS205EW - Proficiency in English"\n"ONS Crown Copyright Reserved [from Nomis on 23 November 2022]"\n'
    '"Population :","All"\n\n'
    '"Area","Main language is English (English or Welsh in Wales)",'
    '"Main language is not English (English or Welsh in Wales): Can speak English very well",'
    '"Main language is not English (English or Welsh in Wales): Can speak English well",'
    '"Main language is not English (English or Welsh in Wales): Cannot speak English well",'
    '"Main language is not English (English or Welsh in Wales): Cannot speak English"\n\n'
)
FOOTER = '\n\n\n"","In order to protect against disclosure of personal information, records"\n"",""\n'
QUALIFICATIONS = (
    '"Area","Level 1 qualifications","No qualifications","Level 2 qualifications","Apprenticeship",'
    '"Level 3 qualifications","Level 4 qualifications and above","Other qualifications"\n'
)


def test_a_table_of_english_with_its_preamble_and_footer(spark: SparkSession, file_of, halves) -> None:
    rows = '"country:England",46936780,1689406,1535579,709862,133983\n"lsoa2011:E01000001 : City 001A",90,4,3,2,1\n'
    empty = '"lsoa2011:W01000002 : Town 1",0,0,0,0,0\n'
    path = file_of("qs205.csv", ENGLISH + rows + empty + FOOTER)
    got, rejected = halves(census.read_english_proficiency(spark, Source(path=path)))
    assert [tuple(row.values()) for row in got] == [("E01000001", 100, 3, 0.03), ("W01000002", 0, 0, None)]
    assert rejected == {"LARGER_AREA": 1, "NOT_AN_AREA": 2}


def test_a_cell_that_is_no_number_rejects_its_row(spark: SparkSession, file_of, halves) -> None:
    rows = '"lsoa2011:E01000001 : A",90,4,3,2,1\n"lsoa2011:E01000002 : B",90,*,3,2,1\n"lsoa2011:E01000003 : C",90,4,3\n'
    got, rejected = halves(census.read_english_proficiency(spark, Source(path=file_of("q.csv", ENGLISH + rows))))
    assert [row["lsoa_2011_code"] for row in got] == ["E01000001"]
    assert rejected == {"MISSING": 1, "FIELDS": 1}


def test_qualifications_are_found_by_name_whatever_their_order(spark: SparkSession, file_of, halves) -> None:
    path = file_of("q.csv.gz", QUALIFICATIONS + '"lsoa2011:E01000001 : A",30,10,5,5,20,25,5\n')
    got, _ = halves(census.read_qualification(spark, Source(path=path)))
    assert [tuple(row.values()) for row in got] == [("E01000001", 100, 40, 0.4)]


def test_the_other_table_is_no_table_of_english(spark: SparkSession, file_of) -> None:
    path = file_of("q.csv", QUALIFICATIONS + '"lsoa2011:E01000001 : A",30,10,5,5,20,25,5\n')
    with pytest.raises(InputError, match="cannot speak english"):
        census.read_english_proficiency(spark, Source(path=path))


def test_an_export_of_other_areas(spark: SparkSession, file_of) -> None:
    path = file_of("q.csv", QUALIFICATIONS + '"msoa2011:E02000001 : A",30,10,5,5,20,25,5\n')
    with pytest.raises(InputError, match="no row of the export is an LSOA of 2011"):
        census.read_qualification(spark, Source(path=path))


@pytest.mark.parametrize(
    "read", [census.read_english_proficiency, census.read_qualification, ethnicity.read, ethnicity.read_2021]
)
def test_codes_that_are_declared_to_be_of_another_vintage(spark: SparkSession, file_of, read) -> None:
    other = "lsoa_2011" if read is ethnicity.read_2021 else "lsoa_2021"
    with pytest.raises(VintageError, match=f"found vintage: {other}|Found vintage: {other}"):
        read(spark, Source(path=file_of("x.csv", "a\n1\n"), vintage=other))


def test_a_tidied_table(spark: SparkSession, file_of, halves) -> None:
    path = file_of("t.csv", "area,everyone,few\nE01000001,100,40\nE01000002,100,140\nNO2011,5,1\n")
    columns = {"lsoa_2011_code": "area", "residents_16_over_count": "everyone", "low_qualification_count": "few"}
    got, rejected = halves(census.read_qualification(spark, Source(path=path, columns=columns)))
    assert [row["low_qualification_share"] for row in got] == [0.4]
    assert rejected == {"PART_WITHIN_WHOLE": 1, "NOT_AN_AREA": 1}


@pytest.mark.parametrize(
    ("name", "read", "columns"),
    [
        ("EnglishLanguage-LSOA11.csv", census.read_english_proficiency, (5, [4, 5])),
        ("HigherEducation-LSOA11.csv", census.read_qualification, (7, [1, 2])),
    ],
)
def test_the_real_tables_add_up_to_their_country(spark: SparkSession, data: Path, name, read, columns) -> None:
    path = data / "reference" / name
    checked = read(spark, Source(path=str(path)))
    every, part = list(checked.table.columns())[1:3]
    england = F.sum(F.when(F.col("lsoa_2011_code").startswith("E"), F.col(every)))
    found = checked.accepted.agg(F.count("*"), F.sum(every), F.sum(part), england).first()
    real = pd.read_csv(path, header=None, skiprows=9, names=range(columns[0] + 1))
    areas = real[real[0].astype(str).str.startswith("lsoa2011:")].drop(columns=0).astype(int)
    country = real[real[0] == "country:England"].drop(columns=0).astype(int).sum(axis=1).iloc[0]
    assert tuple(found or ()) == (34753, areas.sum().sum(), areas[columns[1]].sum().sum(), country)


SHARES = {"lsoa_2011_code": "LSOA11CD", "ethnic_minority_share": "EthnicMinority"}


def shares(count: int, first: str) -> str:
    return "LSOA11CD,EthnicMinority\n" + "".join(f"E01{at:06d},{first if at == 0 else 0.6}\n" for at in range(count))


def test_a_column_of_shares_that_is_none_is_refused(spark: SparkSession, file_of) -> None:
    source = Source(path=file_of("e.csv", shares(30, "0.5")), columns=SHARES)
    with pytest.raises(InputError, match=r"30 areas, none below 0.5000.*inverse_one_plus_white"):
        ethnicity.read(spark, source)


@pytest.mark.parametrize("count_and_first", [(30, "0.49"), (29, "0.5")])
def test_shares_that_may_be_shares_are_believed(spark: SparkSession, file_of, count_and_first) -> None:
    source = Source(path=file_of("e.csv", shares(*count_and_first)), columns=SHARES)
    assert ethnicity.read(spark, source).accepted.count() == count_and_first[0]


def test_a_part_of_the_country_may_insist_and_the_country_may_not(spark: SparkSession, file_of) -> None:
    insisting = {"columns": SHARES, "options": {"measure": "share"}}
    assert ethnicity.read(spark, Source(path=file_of("e.csv", shares(40, "0.5")), **insisting)).accepted.count() == 40
    with pytest.raises(InputError, match="30,000 areas"):
        ethnicity.read(spark, Source(path=file_of("f.csv", shares(30_000, "0.5")), **insisting))


def test_measures_are_turned_into_shares_of_minorities(spark: SparkSession, file_of, halves) -> None:
    # White shares 0.8 and 1: 1/1.8 and 1/2. A value below one half is no 1/(1+w): its share would be negative.
    path = file_of(
        "e.csv", f"LSOA11CD,EthnicMinority\nE01000001,{1 / 1.8}\nE01000002,0.5\nE01000003,0.4\nE01000004,*\n"
    )
    rows, rejected = halves(
        ethnicity.read(spark, Source(path=path, columns=SHARES, options={"measure": "inverse_one_plus_white"}))
    )
    assert [row["ethnic_minority_share"] for row in rows] == [pytest.approx(0.2), pytest.approx(0), None, None]
    assert rejected == {"SHARE_RANGE": 1}
    white, _ = halves(ethnicity.read(spark, Source(path=path, columns=SHARES, options={"measure": "white_share"})))
    assert white[1]["ethnic_minority_share"] == 0.5
    with pytest.raises(ConfigurationError, match="inverse_one_plus_white"):
        ethnicity.read(spark, Source(path=path, columns=SHARES, options={"measure": "percent"}))


def test_ethnic_groups_as_nomis_exports_them(spark: SparkSession, file_of, halves) -> None:
    groups = '"White: Irish","White: Other White","Asian/Asian British: Indian","Other ethnic group: Arab"'
    head = f'"KS201EW - Ethnic group"\n"Area","All usual residents",{groups}\n'
    path = file_of("ks201.csv", head + '"country:England",10,5,3,1,1\n"lsoa2011:E01000001 : A",10,5,3,1,1\n' + FOOTER)
    rows, rejected = halves(ethnicity.read(spark, Source(path=path)))
    assert [(row["lsoa_2011_code"], row["ethnic_minority_share"]) for row in rows] == [
        ("E01000001", pytest.approx(0.2))
    ]
    assert rejected == {"LARGER_AREA": 1, "NOT_AN_AREA": 2}


def test_groups_of_2021_lose_the_blanks_around_their_names(spark: SparkSession, file_of, halves) -> None:
    columns = {"lsoa_2021_code": "code", "ethnic_group": "group", "residents_count": "n", "all_residents_count": "all"}
    path = file_of(
        "g.csv",
        'code,group,n,all\nE01000001,"   White",8.0,10\nE01000001,  Other group ,2.0,10\nE01000002,White,11,10\n',
    )
    rows, rejected = halves(ethnicity.read_2021(spark, Source(path=path, columns=columns)))
    assert [(row["ethnic_group"], row["residents_count"], row["all_residents_count"]) for row in rows] == [
        ("Other group", 2, 10),
        ("White", 8, 10),
    ]
    assert rejected == {"GROUP_WITHIN_ALL": 1}


def test_the_real_column_that_is_no_share(spark: SparkSession, data: Path) -> None:
    path = data / "reference/ethnicity-lsoa.parquet"
    with pytest.raises(InputError, match=r"34,753 areas, none below 0.5000"):
        ethnicity.read(spark, Source(path=str(path), columns=SHARES))
    source = Source(path=str(path), columns=SHARES, options={"measure": "inverse_one_plus_white"})
    english = F.avg(F.when(F.col("lsoa_2011_code").startswith("E"), F.col("ethnic_minority_share")))
    found = ethnicity.read(spark, source).accepted.agg(F.count("ethnic_minority_share"), english).first()
    real = pd.read_parquet(path)["EthnicMinority"]
    assert tuple(found or ()) == (34753, pytest.approx((2 - 1 / real[real.index.str.startswith("E")]).mean()))
    assert found is not None
    assert round(found[1], 3) == 0.138
