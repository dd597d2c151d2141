"""Lists of codes: three layouts, and what a file does not say."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from icspark.config import Source
from icspark.errors import ConfigurationError, InputError
from icspark.quality.clinical_codes import normal_code
from icspark.sources import condition_code


def test_a_list_of_our_own(spark: SparkSession, file_of, halves) -> None:
    path = file_of(
        "list.csv",
        "condition,code_system,code,version\nasthma,ICD10,J45.9,2\nasthma,snomed,195967001,2\ngout,icd10,M10,\n"
        "gout,icd10,m10,\ngout,icd10,.,\n,icd10,M11,\ngout,,M12,\n",
    )
    rows, rejected = halves(condition_code.read(spark, Source(path=path)))
    assert [(row["condition"], row["code_system"], row["code"], row["version"]) for row in rows] == [
        ("asthma", "icd10", "J459", "2"), ("asthma", "snomed", "195967001", "2"), ("gout", "icd10", "M10", None)
    ]  # fmt: skip
    assert rejected == {"DUPLICATE": 1, "CODE_FORM": 1, "KEY": 2}


def test_one_of_several_mappings_is_chosen(spark: SparkSession, file_of, halves) -> None:
    text = "mapping,condition,icd_prefix\ncharlson_icd10_quan,ami,I21\ncharlson_icd9_quan,ami,410\n"
    path = file_of("prefixes.csv", text)
    rows, _ = halves(condition_code.read(spark, Source(path=path, options={"mapping": "charlson_icd9_quan"})))
    assert [(row["condition"], row["code_system"], row["code"]) for row in rows] == [("ami", "icd9", "410")]
    with pytest.raises(ConfigurationError, match="one of charlson_icd10_quan, charlson_icd9_quan"):
        condition_code.read(spark, Source(path=path))


def test_what_neither_file_nor_configuration_says(spark: SparkSession, file_of) -> None:
    path = file_of("list.csv", "condition,code\nasthma,J45\n")
    with pytest.raises(ConfigurationError, match="code_system: icd10"):
        condition_code.read(spark, Source(path=path))
    with pytest.raises(ConfigurationError, match="unknown option.*colour"):
        condition_code.read(spark, Source(path=path, options={"colour": "red"}))
    with pytest.raises(InputError, match="columns for condition, code"):
        condition_code.read(spark, Source(path=file_of("x.csv", "a,b\n1,2\n")))


def test_codes_are_compared_without_dots(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(" e11.9 ",), ("G30-0",), (None,)], "code string")
    assert [row[0] for row in frame.select(normal_code(frame.code)).collect()] == ["E119", "G300", None]


def test_the_lists_of_caliber(spark: SparkSession, data: Path, halves) -> None:
    source = Source(path=str(data / "codelists/caliber_308_icd10_codelists.csv.gz"), options={"version": "2019"})
    rows, rejected = halves(condition_code.read(spark, source))
    assert (len(rows), len({row["condition"] for row in rows}), len({row["code"] for row in rows})) == (1940, 302, 1643)
    assert not rejected
    assert "caliber_dm_hes" in {str(row["condition"]) for row in rows}
    assert {(row["code_system"], row["version"]) for row in rows} == {("icd10", "2019")}


def test_the_lists_of_charlson(spark: SparkSession, data: Path, halves) -> None:
    path = str(data / "codelists/charlson_elixhauser_icd_prefixes.csv")
    rows, rejected = halves(condition_code.read(spark, Source(path=path, options={"mapping": "charlson_icd10_quan"})))
    assert (len(rows), len({row["condition"] for row in rows}), dict(rejected)) == (289, 17, {})
