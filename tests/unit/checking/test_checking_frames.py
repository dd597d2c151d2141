"""What the checks count: classes of conditions, person-time, bad rows."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from icspark.checking.bad_rows import bad_row_totals, rejected_rows
from icspark.checking.care import person_time
from icspark.checking.conditions import Graph, compare_conditions, condition_classes
from icspark.checking.planted import Planted
from icspark.tables.records import SourceAppointment

LAST = date(2025, 3, 31)
GRAPH = Graph(("asthma", "copd", "gout"), {("asthma", "copd"): dict.fromkeys((1, 2, 3, 4, 5), float(np.log(3.0)))})


@pytest.fixture(scope="module")
def people(spark: SparkSession) -> DataFrame:
    schema = "person_number long, sex_code string, birth_date date, death_date date, imd_2019_quintile long"
    rows = [
        (0, "1", date(1960, 3, 31), None, 1),
        (1, "1", date(1960, 3, 1), None, 1),
        (2, "2", date(1930, 1, 1), date(2024, 6, 1), 5),
        (3, "2", date(2025, 1, 1), None, 2),
    ]
    return spark.createDataFrame(rows, schema)


def test_people_are_tabulated_by_stratum_causes_and_condition(spark: SparkSession, people: DataFrame) -> None:
    diagnosed = spark.createDataFrame(
        [(0, "icd10", "J459"), (0, "sim", "SIM2"), (0, "icd10", "J459"), (1, "icd10", "J450"), (2, "icd10", "Z999")],
        "person_number long, code_system string, code string",
    )
    codes = spark.createDataFrame(
        [("asthma", "icd10", "J45"), ("copd", "sim", "SIM2"), ("copd", "icd10", "J44"), ("other", "icd10", "Z99")],
        "condition string, code_system string, code string",
    )
    found = condition_classes(diagnosed, people, codes, graph=GRAPH, last_day=F.lit(LAST))
    rows = {tuple(row) for row in found.itertuples(index=False, name=None)}
    assert rows == {
        ("asthma", 65, "1", 1, 0, True, 2),
        ("asthma", 90, "2", 5, 0, False, 1),
        ("asthma", 0, "2", 2, 0, False, 1),
        ("copd", 65, "1", 1, 1, True, 1),
        ("copd", 65, "1", 1, 1, False, 1),
        ("copd", 90, "2", 5, 0, False, 1),
        ("copd", 0, "2", 2, 0, False, 1),
        ("gout", 65, "1", 1, 0, False, 2),
        ("gout", 90, "2", 5, 0, False, 1),
        ("gout", 0, "2", 2, 0, False, 1),
    }


def test_odds_ratios_are_those_of_the_classes(spark: SparkSession) -> None:
    key = ["condition", "band", "sex", "quintile", "causes", "has_it", "people"]
    cells = [("copd", 60, "1", 1, 0, False, 9_000), ("copd", 60, "1", 1, 0, True, 1_000)]
    cells += [("copd", 60, "1", 1, 1, False, 750), ("copd", 60, "1", 1, 1, True, 250)]
    cells += [
        (name, 60, "1", 1, 0, has_it, n) for name in ("asthma", "gout") for has_it, n in ((True, 50), (False, 50))
    ]
    numbers: dict[str, dict[str, float]] = {"condition.stratum_prevalence": {}, "condition.stratum_log_odds": {}}
    for name, prevalence, odds in (("copd", 0.1, 1 / 9), ("asthma", 0.5, 1.0), ("gout", 0.5, 1.0)):
        numbers["condition.stratum_prevalence"][f"{name}|60|1|1"] = prevalence
        numbers["condition.stratum_log_odds"][f"{name}|60|1|1"] = float(np.log(odds))
    found = {
        (one.check_name, one.subject): one
        for one in compare_conditions(pd.DataFrame(cells, columns=key), GRAPH, Planted(numbers, {}))
    }
    # 250 of 750 with the cause are cases, at planted odds of 1 to 9 without it: the odds ratio is exactly 3.
    ratio = found["odds_ratio", "asthma|copd"]
    assert (ratio.planted, ratio.found) == (pytest.approx(3.0), pytest.approx(3.0))
    assert ratio.limits is not None
    low, high = ratio.limits(1e-6)
    assert low is not None and high is not None and 2.0 < low < 3.0 < high < 4.5
    assert found["prevalence", "copd"].found == pytest.approx(1250 / 11_000)
    assert found["risk_without_causes", "copd"].found == pytest.approx(0.1)
    assert ("risk_without_causes", "gout") not in found


def test_days_are_counted_by_year_of_age_and_home(spark: SparkSession) -> None:
    schema = (
        "person_number long, from_date date, to_date date, sex_code string, birth_date date, death_date date, imd long"
    )
    never = date(9999, 12, 31)
    rows: list[Any] = [
        (0, date(2000, 1, 1), date(2024, 7, 1), "1", date(1980, 1, 1), None, 1),  # moves to another fifth
        (0, date(2024, 7, 1), never, "1", date(1980, 1, 1), None, 2),
        (1, date(2025, 3, 1), never, "2", date(2025, 3, 1), None, 3),  # born in the period
        (2, date(2000, 1, 1), never, "2", date(1950, 6, 1), date(2024, 4, 11), 4),  # dies in it
        (3, date(2000, 1, 1), never, "2", date(1950, 6, 1), date(2024, 4, 1), 5),  # died before the first day
    ]
    found = person_time(spark.createDataFrame(rows, schema), first=date(2024, 4, 1), last=LAST)
    by = found.groupby("imd")["days"].sum().to_dict()
    assert by == {1: 91, 2: 274, 3: 31, 4: 10}
    ages = {(row.imd, row.age): row.days for row in found.itertuples()}
    assert ages[1, 44] == 91 and ages[2, 44] + ages[2, 45] == 274 and ages[2, 45] == 90
    assert ages[3, 0] == 31 and ages[4, 73] == 10


def test_bad_rows_are_compared_by_key_without_the_delivery(spark: SparkSession) -> None:
    rejected = spark.createDataFrame(
        [("row", "a1|2025-03"), ("row", "a1|2025-03"), ("row", "a9|2025-03"), ("cell", "a2|2025-03")],
        "scope string, row_key string",
    )
    planted = spark.createDataFrame(
        [("appointment", "a1", 2), ("appointment", "a3", 1)], "record string, row_key string, rows_count long"
    )
    found = bad_row_totals(planted, rejected_rows({"appointment": (SourceAppointment, rejected)}))
    assert found.to_dict("records") == [{"record": "appointment", "planted": 3, "missed": 1, "other": 1}]
