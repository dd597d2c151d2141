"""Person-time and events: moves, births, deaths and leap years by hand, and random histories day by day."""

from collections import Counter
from datetime import UTC, date, datetime

from icspark.areas.person_time import practice_in_force
from icspark.tables.activity import COUNTS, MEANS
from icspark.tables.records import RegistrationPeriod

YEARS = range(2019, 2022)


def one_person(*, lived, registered, born=date(1980, 3, 1), died=None, **events):
    who = {"person_id": "a"}
    return {
        "person": [{**who, "sex_code": "2", "birth_month": born, "death_date": died}],
        "area": [{**who, "from_date": a, "to_date": b, "lsoa_2011_code": code} for a, b, code in lived],
        "registration": [{**who, "from_date": a, "to_date": b, "practice_code": code} for a, b, code in registered],
        **{name: [{**who, "is_after_death": False, **row} for row in rows] for name, rows in events.items()},
    }


def days(frame):
    rows = frame.orderBy("from_date").collect()
    return [(r.year, r.lsoa_2011_code, r.practice_code, r.days_count, r.is_there_on_1_july) for r in rows]


LONG_AGO, P1 = date(2000, 1, 1), [(date(2000, 1, 1), None, "P1")]


def test_whole_years_and_a_leap_year(activity_of):
    found = days(activity_of(one_person(lived=[(LONG_AGO, None, "A")], registered=P1), YEARS))
    assert found == [(2019, "A", "P1", 365, True), (2020, "A", "P1", 366, True), (2021, "A", "P1", 365, True)]


def test_a_move_within_a_year_parts_it_at_the_day_of_the_move(activity_of):
    moves = [(LONG_AGO, date(2020, 7, 1), "A"), (date(2020, 7, 1), None, None)]
    found = days(activity_of(one_person(lived=moves, registered=P1), range(2020, 2021)))
    assert found == [(2020, "A", "P1", 182, False), (2020, None, "P1", 184, True)]


def test_life_begins_with_the_month_of_birth_and_ends_with_the_day_of_death(activity_of):
    rows = one_person(
        lived=[(LONG_AGO, None, "A")],
        registered=P1,
        born=date(2020, 2, 1),
        died=date(2020, 3, 1),
        admission=[{"admission_date": date(2020, 3, 1), "admission_method_code": "21"}],
    )
    frame = activity_of(rows, YEARS)
    assert days(frame) == [(2020, "A", "P1", 30, False)]  # 29 days of February, and the day of death
    assert frame.first().emergency_admissions_count == 1


def test_of_two_registrations_the_later_counts_and_the_earlier_comes_back(rows_of):
    periods = [
        ("a", "P1", date(2019, 1, 1), None),
        ("a", "P2", date(2019, 6, 1), date(2019, 9, 1)),
        ("b", "P1", date(2019, 1, 1), date(2019, 2, 1)),
        ("b", "P2", date(2019, 3, 1), date(2019, 4, 1)),
        ("c", "P1", date(2019, 1, 1), date(2019, 2, 1)),  # a tie that goes on for longer,
        ("c", "P3", date(2019, 1, 1), date(2019, 3, 1)),
        ("c", "P2", date(2019, 1, 1), date(2019, 3, 1)),  # and a tie
        ("d", "P1", date(2019, 1, 1), date(2019, 1, 1)),  # no day at all
    ]
    names = ("person_id", "practice_code", "from_date", "to_date")
    frame = rows_of(RegistrationPeriod, *[dict(zip(names, row, strict=True)) for row in periods])
    found = {(r.person_id, r.from_date.month): (r.practice_code, r.to_date) for r in practice_in_force(frame).collect()}
    assert found == {
        ("a", 1): ("P1", date(2019, 6, 1)),
        ("a", 6): ("P2", date(2019, 9, 1)),
        ("a", 9): ("P1", date(9999, 12, 31)),
        ("b", 1): ("P1", date(2019, 2, 1)),
        ("b", 3): ("P2", date(2019, 4, 1)),
        ("c", 1): ("P3", date(2019, 2, 1)),
        ("c", 2): ("P3", date(2019, 3, 1)),
    }


def test_events_belong_to_the_day_in_england_and_only_to_counted_days(activity_of):
    def at(*when):
        return datetime(*when, tzinfo=UTC)

    rows = one_person(
        lived=[(LONG_AGO, date(2019, 7, 1), "A"), (date(2019, 7, 1), date(2020, 1, 1), "B")],
        registered=P1,
        appointment=[
            {"appointment_datetime": at(2019, 6, 30, 22, 59), "attended_or_did_not_attend_code": "3"},
            {
                "appointment_datetime": at(2019, 6, 30, 23, 1),
                "attended_or_did_not_attend_code": "7",
            },  # 1 July in summer
            {"appointment_datetime": at(2019, 6, 30, 9), "attended_or_did_not_attend_code": "2"},  # cancelled
            {"appointment_datetime": at(2020, 6, 30, 9), "attended_or_did_not_attend_code": "5"},  # no address
            {"appointment_datetime": at(2019, 5, 1), "attended_or_did_not_attend_code": "5", "is_after_death": True},
        ],
        observation=[
            {"measure": "bmi", "observation_date": date(2019, 8, 1), "value": 31.0},
            {"measure": "bmi", "observation_date": date(2019, 8, 1), "value": 30.0},  # a tie: the lowest
            {"measure": "bmi", "observation_date": date(2019, 2, 1), "value": None},
            {"measure": "hba1c_ifcc", "observation_date": date(2018, 8, 1), "value": 50.0},  # first, and before
            {"measure": "hba1c_ifcc", "observation_date": date(2019, 8, 1), "value": 60.0},
        ],
    )
    found = activity_of(rows, YEARS).orderBy("from_date").collect()
    assert [(r.lsoa_2011_code, r.appointments_count, r.non_attendances_count) for r in found] == [
        ("A", 1, 1),
        ("B", 1, 1),
    ]
    assert [(r.first_bmi_value, r.first_hba1c_value) for r in found] == [(None, None), (30.0, None)]
    by_code = activity_of(rows, YEARS, non_attendance_codes=("3",)).orderBy("from_date").collect()
    assert [(r.appointments_count, r.non_attendances_count) for r in by_code] == [(1, 1), (1, 0)]


def test_random_histories_are_those_counted_day_by_day(activity_of, histories):
    rows = histories.histories(seed=7, people=60)
    expected = {}
    for (who, practice, day), happened in histories.counted(rows, YEARS).items():
        place = next(name for name in happened if name.startswith("at "))
        key = who, practice, place.removeprefix("at "), day.year
        expected.setdefault(key, Counter()).update({name: n for name, n in happened.items() if name != place})
        expected[key]["days"] += 1
        expected[key]["july"] += (day.month, day.day) == (7, 1)
    found = {}
    for row in activity_of(rows, YEARS).collect():
        assert row.from_date.year == (row.to_date - (row.to_date - row.from_date) / row.days_count).year == row.year
        total = found.setdefault((row.person_id, row.practice_code, str(row.lsoa_2011_code), row.year), Counter())
        total.update({stem: row[f"{stem}_count"] for stem in COUNTS})
        total.update({"days": row.days_count, "july": int(row.is_there_on_1_july)})
        for stem in MEANS:
            if row[f"{stem}_value"] is not None:
                total.update({stem: 1, f"{stem} value": row[f"{stem}_value"]})
    assert {key: +total for key, total in found.items()} == {key: +total for key, total in expected.items()}
    assert len(found) > 100
    assert sum(total["non_attendances"] for total in found.values()) > 10
