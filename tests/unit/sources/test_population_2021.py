"""Residents of LSOAs of 2021."""

from icspark.config import Source
from icspark.sources.population_2021 import read

LONG = {"lsoa_2021_code": "code", "residents_count": "n", "age_band": "age"}


def given(folder, text):
    path = folder / "a.csv"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_the_publishers_table_has_a_column_of_totals(spark, tmp_path):
    path = given(
        tmp_path,
        "date,geography,geography code,Age: Total,Age: Aged 4 years and under\n"
        '2021,City of London 001A,E01000001,"1,474",60\n2021,England,E92000001,56490048,1\n2021,x,E01000002,..,1\n',
    )
    checked = read(spark, Source(path=path, rejected_ceiling=1))
    assert [tuple(row) for row in checked.accepted.collect()] == [("E01000001", 1474)]
    rules = {(row.row_key, row.rule_code) for row in checked.rejected.collect()}
    assert rules == {("E92000001", "AREA_CODE_FORM"), ("E01000002", "MISSING")}


def test_bands_are_added_up_and_their_totals_are_not(spark, tmp_path):
    rows = [
        "code,age,n", "E01000001,  Aged 15 years and under,125.0", "E01000001,Aged 16 to 24 years,10.0",
        "E01000001,Total: All usual residents,135",
        "E01000002,Aged 15 years and under,3", "E01000002,Aged 16 to 24 years,c",
    ]  # fmt: skip
    checked = read(spark, Source(path=given(tmp_path, "\n".join(rows)), columns=LONG, rejected_ceiling=1))
    assert [tuple(row) for row in checked.accepted.collect()] == [("E01000001", 135)]
    (row,) = checked.rejected.collect()
    assert (row.row_key, row.rule_code) == ("E01000002", "MISSING")
    assert "Aged 16 to 24 years" in row.raw_text


def test_the_real_file_has_everybody(spark, data):
    path = data / "reference/census2021_pop_age_bands_lsoa21.parquet"
    names = {"lsoa_2021_code": "lsoa21_code", "residents_count": "usual_residents", "age_band": "age_group"}
    rows = read(spark, Source(path=str(path), columns=names)).accepted.toPandas()
    assert (len(rows), rows.residents_count.sum()) == (35_672, 59_597_114)
