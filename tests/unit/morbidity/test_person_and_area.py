"""How many conditions people have, how heavy they are, and what that makes of areas; all by hand and by oracles."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from icspark import plan
from icspark.disclosure.declarations import problems
from icspark.morbidity.area_table import build_area_morbidity
from icspark.morbidity.index_weights import Index, Lists, with_index
from icspark.morbidity.people import people_described, with_network
from icspark.statistics.standardisation import BANDS, EUROPEAN_STANDARD_POPULATION_2013
from icspark.tables.comorbidity import AreaMorbidity, ComorbidityCode, ConditionWeight, PersonMorbidity
from icspark.tables.morbidity import ConditionHistory, MorbidityNode
from icspark.tables.records import Diagnosis, Person, RegistrationPeriod
from icspark.tables.table import Table

AS_OF = date(2020, 5, 31)
INDEX = Index("charlson_icd10_quan", "charlson")


@pytest.fixture
def rows_of(spark: SparkSession) -> Callable[..., DataFrame]:
    """Give a function that makes a frame of a table from rows that name only what matters; the rest is null."""

    def make(table: type[Table], *rows: dict[str, Any]) -> DataFrame:
        fields = [f"{n} {s.data_type.simpleString()}" for n, s in table.columns().items()]
        return spark.createDataFrame([tuple(row.get(n) for n in table.columns()) for row in rows], ", ".join(fields))

    return make


def test_a_person_is_described_on_the_day_of_the_history(rows_of) -> None:
    histories = rows_of(
        ConditionHistory,
        {
            "person_id": "a",
            "as_of_date": AS_OF,
            "sex_code": "2",
            "conditions": ["asthma", "gout"],
            "lsoa_2011_code": "E",
        },
        {"person_id": "b", "as_of_date": AS_OF, "conditions": []},
        {"person_id": "c", "conditions": ["gout", "rare"]},
    )
    people = rows_of(Person, {"person_id": "a", "birth_month": date(1980, 6, 1)}, {"person_id": "b"})
    periods = [("a", "P1", date(2000, 1, 1), None), ("a", "P2", date(2010, 1, 1), date(2020, 6, 1)),
               ("a", "P9", date(2020, 6, 1), None), ("b", "P1", date(2000, 1, 1), AS_OF)]  # fmt: skip
    names = ("person_id", "practice_code", "from_date", "to_date")
    registrations = rows_of(RegistrationPeriod, *[dict(zip(names, p, strict=True)) for p in periods])
    nodes = rows_of(
        MorbidityNode,
        {"condition": "asthma", "community": 1, "strength": 0.1},
        {"condition": "gout", "community": 2, "strength": 0.2},
    )
    found = people_described(histories, people, registrations).transform(with_network, nodes, centrality="strength")
    wanted = ("age_band", "sex_code", "practice_code", "conditions_count", "communities_count", "centrality_sum")
    assert [tuple(row[n] for n in wanted) for row in found.orderBy("person_id").collect()] == [
        ("35-39", "2", "P2", 2, 2, 0.3),
        ("not_known", "0", None, 0, 0, 0.0),
        ("not_known", "0", None, 2, 1, 0.2),
    ]


@pytest.fixture
def lists(rows_of) -> Lists:
    coded = [("a", "E11.9", 2000), ("a", "E11.2", 2001), ("a", "I21", 2021), ("b", "e119", 2019), ("b", "Z00", 2019),
             ("d", "E119", 2000)]  # fmt: skip
    diagnoses = rows_of(
        Diagnosis,
        *[{"person_id": p, "code": c, "code_system": "icd10", "diagnosis_date": date(y, 1, 1),
           "is_after_death": p == "d"} for p, c, y in coded],
    )  # fmt: skip
    codes = [("diab", "E119"), ("diabwc", "E112"), ("ami", "I21")]
    weights = [("diab", 1.0), ("diabwc", 2.0), ("ami", 1.0)]
    held = {"mapping": "charlson_icd10_quan", "weighting": "charlson", "code_system": "icd10"}
    return Lists(
        diagnoses,
        rows_of(ComorbidityCode, *[{**held, "condition": n, "code": c} for n, c in codes]),
        rows_of(ConditionWeight, *[{**held, "condition": n, "weight": w} for n, w in weights]),
    )  # fmt: skip


def test_an_index_counts_each_condition_once_by_then_and_not_beside_its_graver_form(rows_of, lists) -> None:
    people = rows_of(PersonMorbidity, *[{"person_id": p, "as_of_date": AS_OF} for p in "abcd"], {"person_id": "w"})
    people = people.select("person_id", "as_of_date")

    def found(index: Index, given: Lists = lists) -> list[tuple[Any, Any]]:
        rows = with_index(people, "charlson", index, given).orderBy("person_id").collect()
        return [(row.charlson_weight, row.charlson_reason) for row in rows]

    nobody = [(0.0, None), (0.0, None), (None, "no_diagnoses")]  # no code; a code after death; a line of a wide table
    assert found(INDEX) == [(2.0, None), (1.0, None), *nobody]
    assert found(Index("charlson_icd10_quan", "charlson", superseding=False))[0] == (3.0, None)
    assert set(found(Index("charlson_icd10_quan", "none"))) == {(None, "no_weights")}
    assert set(found(Index("none", "charlson"))) == {(None, "no_list")}
    assert set(found(INDEX, Lists(None, lists.codes, lists.weights))) == {(None, "no_diagnoses")}


def test_areas_by_hand_and_an_area_without_people_is_a_row(rows_of, spark) -> None:
    counts = {"A": [0, 2, 4, 4], "B": [1]}
    rows = [{"person_id": f"{area}{i}", "area_code": area, "age_band": "40-44", "sex_code": "1", "conditions_count": n,
             "charlson_weight": None if area == "B" else float(n)}
            for area, numbers in counts.items() for i, n in enumerate(numbers)]  # fmt: skip
    people = _with_area(rows_of, rows)
    listed = spark.createDataFrame([(code,) for code in "ABC"], "area_code string")
    table = build_area_morbidity(people, level="lsoa_2011", areas=listed).orderBy("area_code").collect()
    a, b, c = table
    assert (a.people_count, a.conditions_count, a.under_two_count, a.two_or_three_count, a.four_or_more_count) == (
        4, 10, 1, 1, 2
    )  # fmt: skip
    assert (a.two_or_more_share, a.four_or_more_share, a.conditions_mean) == (0.75, 0.5, 2.5)
    assert (a.two_or_more_share_lower_95, a.two_or_more_share_upper_95) == pytest.approx(
        proportion_confint(3, 4, method="wilson"), abs=1e-12
    )
    half = stats.t.ppf(0.975, 3) * stats.sem([0, 2, 4, 4])
    assert (a.conditions_mean_lower_95, a.conditions_mean_upper_95) == pytest.approx((2.5 - half, 2.5 + half))
    assert (a.charlson_people_count, a.charlson_weight_mean, a.elixhauser_people_count) == (4, 2.5, 0)
    assert (b.charlson_weight_mean, b.conditions_mean_lower_95, b.two_or_more_share) == (None, None, 0.0)
    # 3 of 5 have two or more: 2.4 of 4 are expected in A, and 3 are there.
    assert (a.two_or_more_expected_count, a.two_or_more_standardised_ratio) == pytest.approx((2.4, 1.25))
    assert a.two_or_more_standardised_reason == "few_events" and a.two_or_more_standardised_share is None
    assert (c.people_count, c.conditions_mean, c.two_or_more_share, c.level) == (0, None, None, "lsoa_2011")
    assert c.two_or_more_standardised_reason == "few_events"


def test_standardised_figures_are_those_of_numpy(rows_of) -> None:
    random = np.random.default_rng(5)
    rows = [{"person_id": f"{band}{sex}{number}", "area_code": "A", "age_band": band, "sex_code": sex,
             "conditions_count": int(random.poisson(1.8))}
            for band in BANDS for sex in "12" for number in range(int(random.integers(3, 9)))]  # fmt: skip
    rows.append({"person_id": "?", "area_code": "A", "age_band": "not_known", "sex_code": "0", "conditions_count": 9})
    people = _with_area(rows_of, rows)
    row = build_area_morbidity(people.repartition(3), level="msoa_2011").collect()[0]
    weights = {band: w / 200_000 for band, w in zip(BANDS, EUROPEAN_STANDARD_POPULATION_2013, strict=True)}
    cells: dict[tuple[str, str], list[int]] = {}
    for given in rows[:-1]:
        cells.setdefault((given["age_band"], given["sex_code"]), []).append(given["conditions_count"])
    share = sum(weights[band] * np.mean([n >= 2 for n in cell]) for (band, _), cell in cells.items())
    mean = sum(weights[band] * np.mean(cell) for (band, _), cell in cells.items())
    assert (row.two_or_more_standardised_share, row.conditions_standardised_mean) == pytest.approx((share, mean))
    assert row.two_or_more_standardised_share_lower_95 < share < row.two_or_more_standardised_share_upper_95 <= 1
    # The variance of a mean over strata, by clusters of persons; Byar's limits keep its standard error.
    persons = len(rows)
    variance = persons / (persons - 1) * sum(
        weights[band] ** 2 * np.sum((np.array(cell) - np.mean(cell)) ** 2) / len(cell) ** 2
        for (band, _), cell in cells.items()
    )  # fmt: skip
    width = row.conditions_standardised_mean_upper_95 - row.conditions_standardised_mean_lower_95
    poisson = sum(weights[band] ** 2 * np.sum(cell) / len(cell) ** 2 for (band, _), cell in cells.items())
    assert width == pytest.approx(2 * 1.96 * np.sqrt(max(variance, poisson)), rel=0.03)
    assert row.lsoa_2011_code is None and row.people_count == persons


def _with_area(rows_of: Callable[..., DataFrame], rows: list[dict[str, Any]]) -> DataFrame:
    areas = [row["area_code"] for row in rows]
    made = rows_of(PersonMorbidity, *rows)
    pairs = [F.lit(part) for row, area in zip(rows, areas, strict=True) for part in (row["person_id"], area)]
    return made.withColumn("area_code", F.create_map(*pairs)[F.col("person_id")])


def test_what_leaves_is_declared() -> None:
    assert problems(AreaMorbidity) == []


def test_nothing_but_the_summary_of_areas_reads_what_is_known_of_a_person_later() -> None:
    readers = [job.name for job in plan.jobs().values() if PersonMorbidity in (*job.reads, *job.reads_if_present)]
    assert readers == ["area_morbidity"]
