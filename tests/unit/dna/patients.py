"""Random patients, and the features of their appointments told one appointment at a time.

The telling is an implementation of its own: for each appointment it goes through all that ever happened and asks
whether the midnight that ended that day was before the point. No windows, no joins, no day numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

Rows = dict[str, list[dict[str, Any]]]
LONDON = ZoneInfo("Europe/London")
FIRST, DAYS = date(2022, 11, 1), 900
AREAS = ("E01A", "E01B", "E01C", None)
SITES = ("S1", "S2", "S3", None)
HELD = "5637"


def patients(seed: int, people: int) -> Rows:
    """Return rows of the input tables of some people, many of whose times are midnights or those of another event."""
    random = np.random.default_rng(seed)
    rows: Rows = {name: [] for name in ("appointments", "people", "areas", "residences", "admissions",
                                        "emergency_attendances", "cases")}  # fmt: skip
    for number in range(people):
        _patient(random, rows, f"p{number}")
    rows["services"] = [
        {"service_code": "S1", "easting": 600_000.0, "northing": 240_000.0},
        {"service_code": "S2", "easting": 610_500.5, "northing": 251_000.0},
        {"service_code": "S3"},
    ]
    rows["deprivation"] = [
        {"lsoa_2011_code": "E01A", "imd_2019_score": 40.5, "imd_2019_decile": 1},
        {"lsoa_2011_code": "E01B", "imd_2019_score": 7.25, "imd_2019_decile": 9},
    ]
    rows["postcodes"] = [
        {"postcode": "ZY1 1AA", "lsoa_2011_code": "E01A", "easting": 600_100, "northing": 240_100},
        {"postcode": "ZY1 1AB", "lsoa_2011_code": "E01A", "easting": 600_301, "northing": 240_200},
        {"postcode": "ZY1 1AC", "lsoa_2011_code": "E01A", "easting": 1, "northing": 1,
         "terminated_date": date(2020, 1, 1)},
        {"postcode": "ZY1 1AD", "lsoa_2011_code": "E01B", "easting": 605_000, "northing": 245_000},
    ]  # fmt: skip
    return rows


def _patient(random: np.random.Generator, rows: Rows, who: str) -> None:
    def chance(share: float) -> bool:
        return bool(random.random() < share)

    def day() -> date:
        return FIRST + timedelta(int(random.integers(0, DAYS)))

    def instant(on: date) -> datetime:
        clock = time(0) if chance(0.25) else time(int(random.integers(0, 24)), int(random.integers(0, 4)) * 15)
        return datetime.combine(on, clock, LONDON).astimezone(UTC)

    died = day() if chance(0.15) else None
    if chance(0.9):
        born = date(int(random.integers(1930, 2024)), int(random.integers(1, 13)), 1)
        need = (True, False, None)[random.integers(0, 3)]
        rows["people"].append({"person_id": who, "birth_month": None if chance(0.1) else born, "death_date": died,
                               "sex_code": "2", "main_language_needs_interpreter": need})  # fmt: skip
    edges = sorted({day() for _ in range(random.integers(1, 4))})
    for place, start in enumerate(edges):
        after = edges[place + 1] if place + 1 < len(edges) else None
        end = after if chance(0.7) else start + timedelta(int(random.integers(1, 60)))
        interval = {"person_id": who, "from_date": start, "to_date": min(end, after) if end and after else end}
        rows["areas"].append({**interval, "lsoa_2011_code": AREAS[random.integers(0, 4)]})
        point = {"easting": int(random.integers(590_000, 620_000)), "northing": int(random.integers(230_000, 260_000))}
        rows["residences"].append(interval | (point if chance(0.5) else {}))
    spread = [day() for _ in range(3)]
    for number in range(random.integers(0, 9)):
        near = spread[random.integers(0, 3)] + timedelta(int(random.integers(0, 4)))
        held, booked = instant(near), instant(near - timedelta(int(random.integers(0, 40))))
        code = str(random.choice(list("5637240"), p=(0.4, 0.1, 0.2, 0.05, 0.05, 0.05, 0.15)))
        rows["appointments"].append({
            "appointment_id": f"{random.integers(0, 10**6):06d}-{who}-{number}", "person_id": who,
            "appointment_datetime": held, "attended_or_did_not_attend_code": code,
            "appointment_booked_datetime": None if chance(0.1) else min(booked, held),
            "site_code": SITES[random.integers(0, 4)], "priority_type_code": "1" if chance(0.8) else None,
            "first_attendance_code": ("1", "2", "3", "4", "5", None)[random.integers(0, 6)],
            "is_after_death": bool(died and near > died),
        })  # fmt: skip
    for name, dated in (("admissions", "admission_date"), ("cases", "first_date")):
        events = [{"person_id": who, dated: day(), "condition": f"c{at}"} for at in range(random.integers(0, 4))]
        rows[name] += [event | {"is_after_death": bool(died and event[dated] > died)} for event in events]
    for _ in range(random.integers(0, 4)):
        rows["emergency_attendances"].append({"person_id": who, "arrival_datetime": instant(day())})


def told(rows: Rows, *, rules: Any) -> dict[str, dict[str, Any]]:
    """Return the features of each appointment that is not cancelled, by its identifier."""
    return {
        one["appointment_id"]: _row(one, rows, rules)
        for one in rows["appointments"]
        if one["attended_or_did_not_attend_code"] not in "24"
    }


def _row(one: dict[str, Any], rows: Rows, rules: Any) -> dict[str, Any]:
    held, booked = one["appointment_datetime"], one["appointment_booked_datetime"]
    point = _point(held, booked, rules)
    clock, code = held.astimezone(LONDON), one["attended_or_did_not_attend_code"]
    own = {name: [row for row in part if row.get("person_id") == one["person_id"]] for name, part in rows.items()}
    person = own["people"][0] if own["people"] else {}
    first = one["first_attendance_code"]
    found = {
        "prediction_datetime": point,
        "is_point_at_booking": point == booked,
        "is_dna": code in rules.dna_codes if code in HELD else None,
        "appointment_date": clock.date(),
        "weekday": str(clock.isoweekday()),
        "hour": str(clock.hour),
        "month": str(clock.month),
        "lead_days": (held - booked).total_seconds() / 86_400 if booked else None,
        "is_first_attendance": {"1": True, "3": True, "2": False, "4": False}.get(first),
        "site_code": one["site_code"],
        "priority_type_code": one["priority_type_code"],
        "is_interpreter_needed": person.get("main_language_needs_interpreter"),
        "age_years": _age(person.get("birth_month"), point),
        "past_year_admissions_count": sum(
            not row["is_after_death"] and _is_in(row["admission_date"], point, 365) for row in own["admissions"]
        ),
        "past_year_emergency_attendances_count": sum(
            _is_in(row["arrival_datetime"].astimezone(LONDON).date(), point, 365)
            for row in own["emergency_attendances"]
        ),
        "conditions_count": sum(_is_in(row["first_date"], point, 10**5) for row in own["cases"]),
        **_home(one, own, rows, point),
        **_history(own["appointments"], rows["appointments"], point, rules),
    }
    missing = {f"{name}_is_missing": found[name] is None for name in ("lead_days", "site_code", "age_years",
               "imd_2019_score", "home_to_site_metres", "is_first_attendance", "conditions_count")}  # fmt: skip
    return found | missing


def _point(held: datetime, booked: datetime | None, rules: Any) -> datetime:
    local = held.astimezone(LONDON)
    wall = datetime.combine(local.date() - timedelta(rules.days_before), local.time(), LONDON)
    before = wall.astimezone(UTC)
    if rules.as_of is not None:
        before = min(before, rules.as_of)
    if booked is None:
        return before
    return booked if rules.point == "at_booking" else max(booked, before)


def _midnight_after(day: date) -> datetime:
    return datetime.combine(day + timedelta(1), time(0), LONDON).astimezone(UTC)


def _as_of(point: datetime) -> date:
    local = point.astimezone(LONDON)
    return local.date() - timedelta(local.time() == time(0))


def _is_in(day: date, point: datetime, back: int) -> bool:
    return _midnight_after(day) < point and (_as_of(point) - day).days <= back


def _age(born: date | None, point: datetime) -> float | None:
    day = _as_of(point)
    if born is None or born > day:
        return None
    return float(day.year - born.year - ((day.month, day.day) < (born.month, born.day)))


def _home(one: dict[str, Any], own: Rows, rows: Rows, point: datetime) -> dict[str, Any]:
    def at(name: str) -> dict[str, Any]:
        day = _as_of(point)
        return next((r for r in own[name] if r["from_date"] <= day < (r["to_date"] or date.max)), {})

    code = at("areas").get("lsoa_2011_code")
    known = next((row for row in rows["deprivation"] if row["lsoa_2011_code"] == code), {})
    decile = known.get("imd_2019_decile")
    site = next((row for row in rows["services"] if row["service_code"] == one["site_code"]), {})
    home = at("residences")
    here = (home["easting"], home["northing"]) if home.get("easting") else _centre(code, rows)
    metres = math.dist(here, (site["easting"], site["northing"])) if here and site.get("easting") else None
    return {
        "imd_2019_score": known.get("imd_2019_score"),
        "imd_2019_decile": str(decile) if decile else None,
        "imd_2019_quintile": (decile + 1) // 2 if decile else None,
        "home_to_site_metres": metres,
    }


def _centre(code: str | None, rows: Rows) -> tuple[float, float] | None:
    live = [row for row in rows["postcodes"] if row["lsoa_2011_code"] == code and not row.get("terminated_date")]
    if not live:
        return None
    return float(np.mean([row["easting"] for row in live])), float(np.mean([row["northing"] for row in live]))


def _history(own: Any, everybody: Any, point: datetime, rules: Any) -> dict[str, Any]:
    back = rules.look_back_days
    mine, of_year = list(_known(own, point, back)), list(_known(own, point, 365))
    region = list(_known(everybody, point, back))
    missed, missed_of_year, missed_of_region = (
        sum(row["attended_or_did_not_attend_code"] in rules.dna_codes for row in part)
        for part in (mine, of_year, region)
    )
    last = max(mine, key=lambda row: (row["appointment_datetime"], row["appointment_id"]), default=None)
    prior = rules.prior_appointments
    rate = missed_of_region / len(region) if region else None
    return {
        "past_outcomes_count": len(mine),
        "past_non_attendances_count": missed,
        "past_year_outcomes_count": len(of_year),
        "past_year_non_attendances_count": missed_of_year,
        "past_non_attendance_share": None if rate is None else (missed + prior * rate) / (len(mine) + prior),
        "last_outcome_code": last["attended_or_did_not_attend_code"] if last else None,
        "days_since_last_outcome": (_as_of(point) - _held_on(last)).days if last else None,
        "is_without_history": not mine,
    }


def _known(appointments: Any, point: datetime, back: int) -> Iterator[Any]:
    for row in appointments:
        is_outcome = row["attended_or_did_not_attend_code"] in HELD and not row["is_after_death"]
        if is_outcome and _is_in(_held_on(row), point, back):
            yield row


def _held_on(row: dict[str, Any]) -> date:
    return row["appointment_datetime"].astimezone(LONDON).date()
