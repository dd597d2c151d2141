"""Deprivation: the publisher's headers, national ranks, and what would silently be local."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from icspark.config import Source
from icspark.errors import ConfigurationError, InputError, VintageError
from icspark.sources import deprivation
from icspark.tables.codes import DOMAINS
from icspark.tables.reference import Deprivation2019

REAL_2019 = {
    "imd": "IMD",
    "income": "Income",
    "education": "Education",
    "barriers": "Barriers (H&S)",
    "idaopi": "IDAOPI",
    "adult_skills": "AdultSkills",
    "outdoors": "OutdoorSubDomain",
}
REAL_2025 = {"imd": "IMD", "crime": "Crime", "barriers": "Housing_and_Services", "adult_skills": "adult_skills"}
PEOPLE = [
    "Total population: mid 2015 (excluding prisoners)",
    "Dependent Children aged 0-15: mid 2015 (excluding prisoners)",
    "Population aged 16-59: mid 2015 (excluding prisoners)",
    "Older population aged 60 and over: mid 2015 (excluding prisoners)",
    "Working age population 18-59/64: for use with Employment Deprivation Domain (excluding prisoners) ",
]


def file_7(vintage: int, year: int) -> list[str]:
    """Headers as published: 57 columns in 2019, one cut short, one with a blank at its end."""
    kinds = ("Score{}", "Rank (where 1 is most deprived)", "Decile (where 1 is most deprived 10% of LSOAs)")
    triplets = [
        f"{deprivation.TITLES[domain]} {kind}".format(" (rate)" if domain in deprivation.RATES else "")
        for domain in DOMAINS
        for kind in kinds
    ]
    cut = "Children and Young People Sub-domain Decile (where 1 is most deprived 10% of LSO"
    triplets = [cut if name.startswith(cut) else name for name in triplets]
    areas = [
        f"LSOA code ({vintage})",
        f"LSOA name ({vintage})",
        "Local Authority District code (2019)",
        "Local Authority District name (2019)",
    ]
    return [*areas, *triplets, *(PEOPLE if year == 2019 else PEOPLE[:1])]


def line(code: str, rank: int, people: list[int], names: list[str]) -> str:
    values = {f"LSOA code ({names[0][-5:-1]})": code, names[1]: f"Area {code}"}
    for name in names[4:]:
        number = 0.25 if "Score" in name else rank if "Rank" in name else 1 if "Decile" in name else None
        if number is not None:
            values[name] = str(number)
    values |= dict(zip(names[52:], map(str, people), strict=False))
    return ",".join(f'"{values.get(name, "x")}"' for name in names) + "\n"


def test_file_7_of_2019_is_read_by_its_header(spark: SparkSession, file_of, halves) -> None:
    names = file_7(2011, 2019)
    assert len(names) == 57
    path = file_of(
        "File_7.csv",
        "\ufeff"
        + ",".join(f'"{n}"' for n in names)
        + "\n"
        + line("E01000001", 32844, [1296, 175, 656, 465, 715], names),
    )
    rows, rejected = halves(deprivation.read_2019(spark, Source(path=path)))
    row = rows[0]
    assert not rejected
    assert not [name for name, value in row.items() if value is None]
    assert [row[c] for c in ("lsoa_2011_code", "lsoa_2011_name", "ranked_areas_count")] == [
        "E01000001",
        "Area E01000001",
        32844,
    ]
    assert [
        row[c]
        for c in ("population_count", "population_0_15_count", "population_16_59_count", "population_60_over_count")
    ] == [1296, 175, 656, 465]
    assert row["population_working_age_count"] == 715
    assert {row[f"{domain}_2019_{kind}"] for domain in DOMAINS for kind in ("rank",)} == {32844}
    assert {row[f"{domain}_2019_score"] for domain in DOMAINS} == {0.25}


def test_headers_stand_where_positions_say(spark: SparkSession) -> None:
    names = file_7(2011, 2019)
    found = deprivation.file_7_headers(names, 2019, "lsoa_2011_code")
    positions = [names.index(found[f"{domain}_2019_score"]) for domain in DOMAINS]
    assert positions == [4, 7, 10, 13, 16, 19, 22, 25, 28, 31, 34, 37, 40, 43, 46, 49]
    assert set(found) | {"ranked_areas_count"} == set(Deprivation2019.columns())


def test_file_7_of_2025(spark: SparkSession, file_of, halves) -> None:
    names = file_7(2021, 2025)
    path = file_of("File_7.csv", ",".join(f'"{n}"' for n in names) + "\n" + line("E01000001", 7, [], names))
    rows, _ = halves(deprivation.read_2025(spark, Source(path=path)))
    assert (rows[0]["lsoa_2021_code"], rows[0]["ranked_areas_count"], rows[0]["outdoors_2025_rank"]) == (
        "E01000001",
        33755,
        7,
    )


SCORES = {"lsoa_2011_code": "LSOA11CD", "imd_2019_score": "IMD", "crime_2019_score": "Crime"}


def test_ranks_from_scores_with_a_tie_and_a_gap(spark: SparkSession, file_of, halves) -> None:
    text = "LSOA11CD,IMD,Crime\nE01000003,10,0.5\nE01000001,10,..\nE01000002,30,-2.5\nE01000004,1,0.7\n"
    source = Source(path=file_of("s.csv", text), columns=SCORES, options={"ranked_areas": "4"})
    rows, rejected = halves(deprivation.read_2019(spark, source))
    assert not rejected
    kept = ("lsoa_2011_code", "imd_2019_rank", "imd_2019_decile", "crime_2019_rank")
    assert [tuple(row[name] for name in kept) for row in rows] == [
        ("E01000001", 2, 5, None), ("E01000002", 1, 3, 3), ("E01000003", 3, 8, 2), ("E01000004", 4, 10, 1),
    ]  # fmt: skip
    assert {row["ranked_areas_count"] for row in rows} == {4}


def test_an_area_that_stands_twice_does_not_shift_the_ranks(spark: SparkSession, file_of, halves) -> None:
    text = "LSOA11CD,IMD,Crime\nE01000001,10,1\nE01000001,10,1\nE01000002,5,2\n"
    source = Source(path=file_of("s.csv", text), columns=SCORES, options={"ranked_areas": "2"})
    rows, rejected = halves(deprivation.read_2019(spark, source))
    assert [(row["lsoa_2011_code"], row["imd_2019_rank"]) for row in rows] == [("E01000001", 1), ("E01000002", 2)]
    assert rejected == {"DUPLICATE": 1}


def test_scores_of_a_part_of_the_country_are_refused(spark: SparkSession, file_of) -> None:
    path = file_of("s.csv", "LSOA11CD,IMD,Crime\nE01000001,10,1\nE01000002,5,2\n")
    with pytest.raises(InputError, match=r"its ranks would be local.*32,844 areas.*2 areas"):
        deprivation.read_2019(spark, Source(path=path, columns=SCORES))
    with pytest.raises(InputError, match="more areas than are ranked"):
        deprivation.read_2019(spark, Source(path=path, columns=SCORES, options={"ranked_areas": "1"}))
    with pytest.raises(ConfigurationError, match="ranked_areas"):
        deprivation.read_2019(spark, Source(path=path, columns=SCORES, options={"ranked_areas": "many"}))


def test_a_part_of_the_country_with_its_ranks_gets_its_national_deciles(spark: SparkSession, file_of, halves) -> None:
    text = "code,s,r\nE01000001,10,3285\nE01000002,50,3284\nE01000003,5,32845\nE06000001,5,1\n"
    columns = {"lsoa_2011_code": "code", "imd_2019_score": "s", "imd_2019_rank": "r"}
    rows, rejected = halves(deprivation.read_2019(spark, Source(path=file_of("s.csv", text), columns=columns)))
    assert [(row["imd_2019_rank"], row["imd_2019_decile"]) for row in rows] == [(3285, 2), (3284, 1), (None, None)]
    assert rejected == {"RANK_RANGE": 1, "DECILE_RANGE": 1, "AREA_CODE_FORM": 1}


def test_a_share_above_1_is_rejected_and_its_row_is_not(spark: SparkSession, file_of, halves) -> None:
    columns = {
        "lsoa_2011_code": "code",
        "imd_2019_score": "s",
        "imd_2019_rank": "r",
        "income_2019_score": "i",
        "income_2019_rank": "ir",
    }
    path = file_of("s.csv", "code,s,r,i,ir\nE01000001,10,1,1.2,1\n")
    rows, rejected = halves(deprivation.read_2019(spark, Source(path=path, columns=columns)))
    assert (rows[0]["imd_2019_score"], rows[0]["income_2019_score"]) == (10, None)
    assert rejected == {"RATE_RANGE": 1}


def test_two_files_are_joined_by_area_and_a_missing_area_is_null(spark: SparkSession, file_of, halves) -> None:
    first = file_of("domains.csv", "c,IMD_s,IMD_r\nE01000001,10,5\nE01000002,20,4\n")
    second = file_of("sub.csv", "c,skills_s,skills_r\nE01000002,0.3,9\nE01000003,0.4,8\n")
    columns = {"lsoa_2021_code": "c", "imd_2025_score": "IMD_s", "imd_2025_rank": "IMD_r",
               "adult_skills_2025_score": "skills_s", "adult_skills_2025_rank": "skills_r"}  # fmt: skip
    rows, _ = halves(deprivation.read_2025(spark, Source(path=(first, second), columns=columns)))
    kept = ("lsoa_2021_code", "imd_2025_rank", "adult_skills_2025_rank", "idaci_2025_score")
    assert [tuple(row[name] for name in kept) for row in rows] == [
        ("E01000001", 5, None, None), ("E01000002", 4, 9, None), ("E01000003", None, 8, None),
    ]  # fmt: skip


def test_the_index_of_one_year_on_areas_of_another(spark: SparkSession, file_of) -> None:
    with pytest.raises(VintageError, match="lsoa_2011"):
        deprivation.read_2019(spark, Source(path=file_of("s.csv", "a\n1\n"), vintage="lsoa_2021"))


@pytest.mark.slow
def test_real_ranks_of_2019_follow_the_scores(spark: SparkSession, data: Path) -> None:
    path = data / "reference/imd-statistics.parquet"
    columns = {"lsoa_2011_code": "LSOA11CD", **{f"{ours}_2019_score": theirs for ours, theirs in REAL_2019.items()}}
    accepted = deprivation.read_2019(spark, Source(path=str(path), columns=columns)).accepted
    few = [f"{domain}_2019_rank" for domain in ("imd", "income", "outdoors")]
    got = accepted.select("lsoa_2011_code", *few, "imd_2019_decile").toPandas().set_index("lsoa_2011_code")
    real = pd.read_parquet(path)
    for column in few:
        score = real[REAL_2019[column.removesuffix("_2019_rank")]].reset_index()
        ordered = score.sort_values([score.columns[1], "LSOA11CD"], ascending=[False, True])["LSOA11CD"]
        assert (got[column].sort_values().index == ordered).all()
    assert got["imd_2019_decile"].value_counts().between(3284, 3285).all()


@pytest.mark.slow
def test_real_deciles_of_2025_are_of_their_ranks(spark: SparkSession, data: Path) -> None:
    paths = tuple(str(data / f"reference/imd2025_england_lsoa21{name}.parquet") for name in ("", "_subdomains"))
    columns = {"lsoa_2021_code": "lsoa21_code"}
    columns |= {
        f"{ours}_2025_{kind}": f"{theirs}_{kind}"
        for ours, theirs in REAL_2025.items()
        for kind in ("score", "rank", "decile")
    }
    accepted = deprivation.read_2025(spark, Source(path=paths, columns=columns)).accepted
    ceilings = [
        F.col(f"{d}_2025_decile") == deprivation.decile(F.col(f"{d}_2025_rank"), F.col("ranked_areas_count"))
        for d in REAL_2025
    ]
    found = accepted.agg(F.count("*"), *(F.count_if(~same) for same in ceilings)).first()
    assert tuple(found or ()) == (33755, *(0 for _ in REAL_2025))
