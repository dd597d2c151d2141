"""Lists of codes and weights behind indices of comorbidity."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from icspark.config import Source
from icspark.errors import ConfigurationError, InputError
from icspark.sources import comorbidity


def test_codes_lose_their_dots_and_the_mapping_tells_the_system(spark: SparkSession, file_of, halves) -> None:
    text = "mapping,condition,icd_prefix\ncharlson_icd10_quan,ami,I25.2\nlocal,ami,I21\ncharlson_icd9_quan,ami,..\n"
    path = file_of("codes.csv", text)
    rows, rejected = halves(comorbidity.read_codes(spark, Source(path=path, rejected_ceiling=1)))
    assert [tuple(row.values()) for row in rows] == [("charlson_icd10_quan", "ami", "icd10", "I252")]
    assert len(rejected) == 2 and "NO_SYSTEM" in rejected
    told = Source(path=path, options={"code_system": "ICD10"}, rejected_ceiling=1)
    rows, _ = halves(comorbidity.read_codes(spark, told))
    assert [(row["mapping"], row["code_system"]) for row in rows] == [
        ("charlson_icd10_quan", "icd10"),
        ("local", "icd10"),
    ]


def test_weights_may_be_negative_and_must_be_numbers(spark: SparkSession, file_of, halves) -> None:
    text = "mapping,weighting,condition,weight\nm,vw,obes,-4\nm,vw,ami,many\nm,vw,chf,\n"
    source = Source(path=file_of("weights.csv", text), rejected_ceiling=1)
    rows, rejected = halves(comorbidity.read_weights(spark, source))
    assert [(row["condition"], row["weight"]) for row in rows] == [("obes", -4.0)]
    assert sum(rejected.values()) == 2


def test_another_layout_and_another_option_are_refused(spark: SparkSession, file_of) -> None:
    path = file_of("codes.csv", "list,condition\na,b\n")
    with pytest.raises(InputError, match="mapping"):
        comorbidity.read_codes(spark, Source(path=path))
    with pytest.raises(ConfigurationError, match="dialect"):
        comorbidity.read_codes(spark, Source(path=path, options={"dialect": "x"}))


def test_the_gathered_lists(spark: SparkSession, data: Path, halves) -> None:
    folder = data / "codelists"
    codes, lost = halves(
        comorbidity.read_codes(spark, Source(path=str(folder / "charlson_elixhauser_icd_prefixes.csv")))
    )
    weights, gone = halves(
        comorbidity.read_weights(spark, Source(path=str(folder / "charlson_elixhauser_weights.csv")))
    )
    # Two of its 1,933 lines stand twice.
    assert (len(codes), len(weights), sum(lost.values()), dict(gone)) == (1931, 464, 2, {})
    named = {row["condition"] for row in codes if row["mapping"] == "elixhauser_icd10_quan"}
    weighed = {r["condition"]: r["weight"] for r in weights if (r["mapping"], r["weighting"]) == (
        "elixhauser_icd10_quan", "vw")}  # fmt: skip
    assert named == set(weighed) and len(named) == 31 and sum(weighed.values()) == 70
