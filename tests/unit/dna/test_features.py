"""What a row of features knows: by hand at midnights, clock changes and ties, and against random patients."""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import ModuleType
from typing import Any

import pytest
from pydantic import ValidationError
from pyspark.sql import functions as F

from icspark import plan
from icspark.dna.features import build_dna_feature
from icspark.dna.points import FeatureRules, tally, with_points

AT_BOOKING = FeatureRules(point="at_booking", look_back_days=365, prior_appointments=2)
HISTORY = ("past_outcomes_count", "past_non_attendances_count", "last_outcome_code", "days_since_last_outcome")


def at(*when: int) -> datetime:
    return datetime(*when, tzinfo=UTC)


def appointment(key: str, who: str, held: datetime, booked: datetime | None, code: str, **more: Any) -> dict[str, Any]:
    return {"appointment_id": key, "person_id": who, "appointment_datetime": held,
            "appointment_booked_datetime": booked, "attended_or_did_not_attend_code": code, **more}  # fmt: skip


EARLIER = at(2024, 1, 2, 9)
BY_HAND = {
    "appointments": [
        # Two of one day and one time: known from its midnight on, the later identifier is the last.
        appointment("a1", "tie", at(2024, 3, 4, 9), EARLIER, "3"),
        appointment("a2", "tie", at(2024, 3, 4, 9), EARLIER, "5"),
        appointment("b-same-day", "tie", at(2024, 4, 1, 9), at(2024, 3, 4, 15), "5"),
        appointment("c-midnight", "tie", at(2024, 4, 2, 9), at(2024, 3, 5), "0"),
        appointment("d-after", "tie", at(2024, 4, 3, 9), at(2024, 3, 5, 0, 0, 1), "0"),
        appointment("e-year", "tie", at(2025, 4, 3, 9), at(2025, 3, 4, 12), "0"),
        appointment("f-forgotten", "tie", at(2025, 4, 3, 9), at(2025, 3, 5, 12), "0"),
        # 23:30 UTC on 10 June is 00:30 on the 11th in summer: known from 23:00 UTC on the 11th.
        appointment("s1", "summer", at(2024, 6, 10, 23, 30), EARLIER, "3"),
        appointment("s2", "summer", at(2024, 7, 1, 8), at(2024, 6, 11, 23), "5"),
        appointment("s3", "summer", at(2024, 7, 1, 8), at(2024, 6, 11, 23, 1), "5"),
        # Cancelled, late and not seen, after death: the first has no row, the last no outcome.
        appointment("x1", "other", at(2024, 3, 4, 9), EARLIER, "2"),
        appointment("x2", "other", at(2024, 3, 4, 9), EARLIER, "7"),
        appointment("x3", "other", at(2024, 5, 1, 9), at(2024, 3, 6, 9), "3", is_after_death=True),
        appointment("x4", "other", at(2024, 9, 1, 9), at(2024, 5, 9, 9), "0", is_after_death=True),
        appointment("nobody", "nobody", at(2024, 3, 31, 9), None, "0"),
    ],
    "people": [{"person_id": "tie", "birth_month": date(1980, 3, 1), "main_language_needs_interpreter": True}],
    "areas": [{"person_id": "tie", "from_date": date(2024, 3, 5), "lsoa_2011_code": "E01A"}],
    "deprivation": [{"lsoa_2011_code": "E01A", "imd_2019_score": 30.0, "imd_2019_decile": 4}],
}  # fmt: skip


@pytest.fixture(scope="module")
def by_hand(inputs_of: Any) -> dict[str, Any]:
    found = build_dna_feature(inputs_of(BY_HAND), AT_BOOKING).collect()
    return {row["appointment_id"]: row for row in found}


def history(row: Any) -> tuple[Any, ...]:
    return tuple(row[name] for name in HISTORY)


def test_an_outcome_counts_from_the_midnight_after_its_day_and_only_if_that_is_before_the_point(by_hand: Any) -> None:
    assert history(by_hand["a1"]) == (0, 0, None, None)
    assert history(by_hand["b-same-day"]) == (0, 0, None, None)
    assert history(by_hand["c-midnight"]) == (0, 0, None, None)
    assert history(by_hand["d-after"]) == (2, 1, "5", 1)
    assert by_hand["c-midnight"].is_without_history and not by_hand["d-after"].is_without_history


def test_history_goes_back_over_one_fixed_time(by_hand: Any) -> None:
    assert history(by_hand["e-year"]) == (3, 1, "5", 337)  # 4 March is 365 days before: still in
    assert history(by_hand["f-forgotten"]) == (1, 0, "5", 338)


def test_the_day_after_is_that_of_local_time(by_hand: Any) -> None:
    assert history(by_hand["s2"]) == (0, 0, None, None)
    assert history(by_hand["s3"]) == (1, 1, "3", 1)
    assert (by_hand["s1"].weekday, by_hand["s1"].hour, by_hand["s1"].appointment_date) == ("2", "0", date(2024, 6, 11))


def test_the_share_is_shrunk_to_what_the_region_had_seen_by_then(by_hand: Any) -> None:
    # Known on 5 March 2024: 3 of a1, 5 of a2, 7 of x2, which is no non-attendance by default.
    assert by_hand["d-after"].past_non_attendance_share == (1 + 2 * (1 / 3)) / (2 + 2)
    assert by_hand["a1"].past_non_attendance_share is None  # nothing was known of anybody


def test_cancelled_ones_have_no_row_and_those_after_death_are_no_outcome(by_hand: Any) -> None:
    assert "x1" not in by_hand
    assert history(by_hand["x4"]) == (1, 0, "7", 66)
    assert [by_hand[key].is_after_death for key in ("x2", "x3", "x4")] == [False, True, True]
    assert [by_hand[key].is_dna for key in ("x2", "x3", "x4")] == [False, True, None]


def test_home_and_age_are_those_of_the_point(by_hand: Any) -> None:
    placed = {key: (row.imd_2019_decile, row.imd_2019_quintile, row.age_years) for key, row in by_hand.items()}
    assert placed["a1"] == (None, None, 43)
    assert placed["c-midnight"] == (None, None, 44)  # lived there from that midnight on: not yet before it
    assert placed["d-after"] == ("4", 2, 44)


def test_what_is_missing_stays_missing_and_says_so(by_hand: Any) -> None:
    row = by_hand["nobody"]
    missing = {name for name in row.asDict() if name.endswith("_is_missing") and row[name]}
    assert missing == {f"{name}_is_missing" for name in (
        "lead_days", "home_to_site_metres", "age_years", "imd_2019_score", "conditions_count", "is_interpreter_needed",
        "consultation_medium_code", "priority_type_code", "treatment_function_code", "site_code",
        "is_first_attendance")}  # fmt: skip
    assert row.lead_days is None and row.age_years is None and row.conditions_count is None
    assert not row.is_point_at_booking and by_hand["a1"].is_point_at_booking


def test_days_before_are_local_days_and_a_later_booking_is_its_own_point(inputs_of: Any) -> None:
    rows = [
        appointment("spring", "p", at(2024, 4, 2, 8), EARLIER, "0"),  # 09:00 in summer, 09:00 a week before in winter
        appointment("late", "p", at(2024, 4, 2, 8), at(2024, 3, 30, 10), "0"),
        appointment("equal", "p", at(2024, 4, 2, 8), at(2024, 3, 26, 9), "0"),
        appointment("far", "p", at(2024, 12, 2, 9), EARLIER, "0"),
        appointment("unknown", "p", at(2024, 12, 2, 9), None, "0"),
        appointment("gone", "p", at(2024, 3, 2, 9), None, "4"),
    ]
    rules = FeatureRules(days_before=7, as_of=at(2024, 4, 1))
    points = with_points(inputs_of({"appointments": rows}).appointments, rules)
    seconds = F.unix_seconds("prediction_datetime").alias("seconds")
    found = {
        row[0]: (row[1], row[2]) for row in points.select("appointment_id", seconds, "is_point_at_booking").collect()
    }
    expected = {
        "spring": (at(2024, 3, 26, 9), False),
        "late": (at(2024, 3, 30, 10), True),
        "equal": (at(2024, 3, 26, 9), True),
        "far": (at(2024, 4, 1), False),
        "unknown": (at(2024, 4, 1), False),
        "gone": (at(2024, 2, 24, 9), False),
    }
    assert found == {key: (int(point.timestamp()), is_booking) for key, (point, is_booking) in expected.items()}
    assert tally(points, rules) == {
        "cancelled_by_patient": 0, "cancelled_by_provider": 1, "to_come": 5, "after_death": 0, "booking_not_known": 1,
        "point_at_booking": 2, "point_at_as_of": 2,
    }  # fmt: skip


def test_the_section_is_the_rules_and_refuses_what_is_no_outcome_and_times_without_a_zone() -> None:
    config = plan.job_named("dna_features").config
    assert FeatureRules(**config().model_dump()) == FeatureRules()
    for section in ({"dna_codes": ["5"]}, {"dna_codes": []}, {"as_of": "2025-04-01T00:00:00"}):
        with pytest.raises(ValidationError):
            config(**section)


@pytest.mark.parametrize(
    "rules",
    [
        FeatureRules(point="at_booking", look_back_days=200, dna_codes=("3", "7"), prior_appointments=4),
        FeatureRules(days_before=3, look_back_days=500, as_of=at(2024, 12, 1, 12)),
    ],
    ids=["at_booking", "days_before"],
)
def test_random_patients_are_those_told_one_by_one(inputs_of: Any, patients: ModuleType, rules: FeatureRules) -> None:
    rows = patients.patients(seed=5, people=60)
    expected = patients.told(rows, rules=rules)
    names = list(next(iter(expected.values())))
    frame = build_dna_feature(inputs_of(rows), rules).repartition(7)
    micros = frame.withColumn("prediction_datetime", F.unix_micros("prediction_datetime"))
    found = {row["appointment_id"]: row for row in micros.select("appointment_id", *names).collect()}
    assert found.keys() == expected.keys() and len(found) > 150
    for key, wanted in expected.items():
        wanted["prediction_datetime"] = int(wanted["prediction_datetime"].timestamp() * 1_000_000)
        exact = {
            name: pytest.approx(value, rel=1e-12) if isinstance(value, float) else value
            for name, value in wanted.items()
        }
        assert found[key].asDict() == {"appointment_id": key, **exact}
    assert len({row["past_outcomes_count"] for row in found.values()}) > 4
