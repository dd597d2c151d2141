"""A flat table of appointments: typed by the options of its source, and wide again for a model."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from icspark.config import Source
from icspark.dna.feature_source import chosen_names, widened
from icspark.errors import ConfigurationError
from icspark.sources.flat_appointment import read

TEXT = """ref,patient,when,status,lead,smoker,clinic,age
a1,p1,01/05/2024,DNA,12.5,yes,Eye,40
a2,p1,02/05/2024,Attended,,no,,41
a3,,03/05/2024,,3,,Ear,soon
a4,p2,04/05/2024,DNA,7,perhaps,Ear,9
a5,p2,05/05/2024,attended,7,1,Ear,9
"""
COLUMNS = {"row_id": "ref", "person_id": "patient", "appointment_date": "when", "is_dna": "status"}
OPTIONS = {
    "dna_class": "DNA",
    "numeric": "lead, age",
    "boolean": "smoker",
    "categorical": "clinic",
    "dates": "dd/MM/yyyy",
}


def _source(folder: Path, **changes: Any) -> Source:
    (folder / "flat.csv").write_text(TEXT, encoding="utf-8")
    given = {"path": (str(folder / "flat.csv"),), "columns": COLUMNS, "options": OPTIONS, "rejected_ceiling": 1.0}
    return Source(**{**given, **changes})


def test_each_line_is_typed_or_rejected_and_wide_again(spark: SparkSession, tmp_path: Path) -> None:
    checked = read(spark, _source(tmp_path))
    wide = widened(checked.accepted)
    assert wide.columns[5:] == ["lead", "age", "smoker", "clinic"]
    found = [tuple(row) for row in wide.drop("is_after_death").orderBy("appointment_id").collect()]
    assert found == [
        ("a1", "p1", date(2024, 5, 1), True, 12.5, 40.0, 1.0, "Eye"),
        ("a2", "p1", date(2024, 5, 2), False, None, 41.0, 0.0, None),
        ("a5", "p2", date(2024, 5, 5), False, 7.0, 9.0, 1.0, "Ear"),
    ]
    assert sorted(row.rule_code for row in checked.rejected.collect()) == ["NUMBER", "TRUE_OR_FALSE"]
    assert chosen_names("flat_appointment", wide, (), ()) == ("lead", "age", "smoker", "clinic")


def test_a_file_without_identifiers_numbers_its_rows_and_each_is_a_person(spark: SparkSession, tmp_path: Path) -> None:
    named = {"appointment_date": "when", "is_dna": "status"}
    options = {"dna_class": "DNA", "categorical": "clinic", "dates": "dd/MM/yyyy"}
    rows = read(spark, _source(tmp_path, columns=named, options=options)).accepted.orderBy("row_id").collect()
    assert [(row.row_id, row.person_id, row.is_dna) for row in rows] == [
        (f"{number:012d}", f"{number:012d}", is_dna)
        for number, is_dna in enumerate((True, False, None, True, False), 1)
    ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"options": {**OPTIONS, "numerics": "x"}}, "Did you mean numeric"),
        ({"options": {"numeric": "lead"}}, "which class means not attended"),
        ({"columns": {"is_dna": "status"}}, "Expected appointment_date"),
    ],
)
def test_a_layout_that_says_too_little_is_told(
    spark: SparkSession, tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        read(spark, _source(tmp_path, **changes))
