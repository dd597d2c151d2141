"""The compact extract: the same for any partitions, of a size that is known before a row is fetched."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession

from icspark.dna.extract import compact, estimated_bytes, outcome_days, outcome_rows, sampled_people
from icspark.errors import ConfigurationError, QualityError
from icspark.tables.dna import DnaFeature

NAMES = ("site_code", "lead_days", "is_first_attendance", "past_outcomes_count")
ROOM = 10**9


def _row(number: int, **values: Any) -> dict[str, Any]:
    return {
        "appointment_id": f"A{number:03d}",
        "person_id": f"P{number // 2}",
        "appointment_datetime": datetime(2024, 5, 1),  # noqa: DTZ001 - of the session's zone
        "appointment_date": date(2024, 5, 1 + number),
        "is_dna": number % 3 == 0,
        "past_outcomes_count": 1.0,
        "lead_days": 0.5 * number,
        "site_code": f"S{number % 2}",
        "is_first_attendance": number % 2 == 0,
        "sex_code": "1",
        "age_years": 34.0,
        "ethnic_category_code": "J",
        **values,
    }


@pytest.fixture(scope="module")
def features(rows_of: Callable[..., DataFrame]) -> DataFrame:
    odd = {2: {"lead_days": None, "age_years": None, "ethnic_category_code": "99"}, 3: {"site_code": None}}
    odd |= {4: {"is_dna": None}, 5: {"is_after_death": True}, 6: {"is_first_attendance": None, "age_years": 80.0}}
    return rows_of(DnaFeature, *[_row(number, **odd.get(number, {})) for number in range(8)]).localCheckpoint()


def test_it_holds_the_outcomes_of_the_living_in_the_order_of_their_identifiers(features: DataFrame) -> None:
    turned = outcome_rows(features).orderBy("lead_days", ascending=False).repartition(3)
    found = compact(turned, NAMES, ceiling_bytes=ROOM)
    assert found.appointment_id.tolist() == ["A000", "A001", "A002", "A003", "A006", "A007"]
    assert found.is_dna.tolist() == [True, False, False, True, True, False]
    assert found.person.tolist() == [0, 0, 1, 1, 2, 2]
    assert found.day[[0, -1]].tolist() == [date(2024, 5, 1), date(2024, 5, 8)]
    assert found.site.tolist() == ["S0", "S1", "S0", None, "S0", "S1"]
    assert list(found.features) == ["lead_days", "is_first_attendance", "past_outcomes_count", "site_code"]
    assert found.feature_list.categories == ("site_code",)
    assert np.array_equal(found.features["lead_days"], [0, 0.5, np.nan, 1.5, 3, 3.5], equal_nan=True)
    assert np.array_equal(found.features["is_first_attendance"], [1, 0, 1, 0, np.nan, 0], equal_nan=True)
    assert found.groups["age_band"].tolist() == ["18-34", "18-34", None, "18-34", "80 and over", "18-34"]
    assert found.groups["ethnic_group"].tolist() == ["Asian", "Asian", None, "Asian", "Asian", "Asian"]
    assert found.groups["imd_2019_quintile"].tolist() == [None] * 6
    part = found.rows(found.day < np.datetime64("2024-05-03"))
    assert (len(part), part.groups["sex_code"].tolist()) == (2, ["1", "1"])


def test_it_is_refused_before_anything_is_fetched_and_says_which_share_would_fit(features: DataFrame) -> None:
    rows, size = estimated_bytes(features.select("appointment_id", "lead_days", "site_code"))
    assert (rows, size) == (8, 8 * (16 + 2 * 12) + 2 * (8 * 4 + 7 * 2))
    with pytest.raises(QualityError, match=re.escape("set `sample_share` to 0.")) as refused:
        compact(features, NAMES, ceiling_bytes=1000)
    assert "8 appointments would take about" in str(refused.value)


def test_a_sample_takes_or_leaves_people_whole_and_hangs_on_the_seed(spark: SparkSession) -> None:
    people = spark.range(600).selectExpr("cast(id div 3 as string) as person_id")
    found = [
        sorted(row[0] for row in sampled_people(people.repartition(parts), 0.3, seed=seed).collect())
        for parts, seed in ((1, 5), (3, 5), (2, 6))
    ]
    assert found[0] == found[1] != found[2]
    assert all(found[0].count(person) == 3 for person in set(found[0]))
    assert 0.2 < len(found[0]) / 600 < 0.4


@pytest.mark.parametrize(
    ("names", "groups", "message"),
    [
        (("lead_dais",), None, "Did you mean lead_days"),
        (("person_id",), None, "no feature is called person_id"),
        (("is_dna",), None, "no feature is called is_dna"),
        (("lead_days", "lead_days"), None, "named twice"),
        (("lead_days",), ("sex_cod",), "no such group. Found sex_cod. Mend: Did you mean sex_code"),
    ],
)
def test_names_that_are_no_feature_or_group_are_told(
    features: DataFrame, names: tuple[str, ...], groups: tuple[str, ...] | None, message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        compact(features, names, ceiling_bytes=ROOM, groups=groups)


def test_the_days_of_outcomes_leave_out_what_is_to_come(features: DataFrame) -> None:
    assert outcome_days(features.where("appointment_id >= 'A004'")) == (date(2024, 5, 7), date(2024, 5, 8))
    with pytest.raises(QualityError, match="no appointment has an outcome"):
        outcome_days(features.where("appointment_id = 'A004'"))
