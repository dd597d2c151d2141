"""Random histories of persons, and what happened to them by area and year, counted one person and day at a time.

The counting is an implementation of its own: sets of days, no intervals and no joins.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

Rows = dict[str, list[dict[str, Any]]]
LONDON = ZoneInfo("Europe/London")
FIRST, LAST = date(2018, 6, 1), date(2022, 6, 1)
AREAS, PRACTICES = ("E01A", "E01B", "E01C", None), ("P1", "P2", "P3")
EMERGENCIES = {"21", "22", "23", "24", "25", "28", "2A", "2B", "2C", "2D"}


def histories(seed: int, people: int) -> Rows:
    """Return rows of the record tables of some people: moves, gaps, overlapping registrations, births and deaths."""
    random = np.random.default_rng(seed)

    def day() -> date:
        return FIRST + timedelta(int(random.integers(0, (LAST - FIRST).days)))

    rows: Rows = {
        name: [] for name in ("person", "area", "registration", "appointment", "admission", "ae", "observation")
    }
    for number in range(people):
        who = f"p{number}"
        born = date(int(random.integers(1925, 2022)), int(random.integers(1, 13)), 1)
        died = day() if random.random() < 0.3 else None
        if number % 11:
            sex = ("1", "2", "9", None)[random.choice(4, p=(0.45, 0.45, 0.05, 0.05))]
            rows["person"].append({"person_id": who, "sex_code": sex, "death_date": died,
                                   "birth_month": born if number % 7 else None})  # fmt: skip
        edges = sorted({day() for _ in range(random.integers(1, 5))})
        for place, start in enumerate(edges):
            after = edges[place + 1] if place + 1 < len(edges) else None
            end = after if random.random() < 0.8 else start + timedelta(int(random.integers(1, 20)))
            end = min(end, after) if end and after else end
            code = AREAS[random.integers(0, 4)]
            rows["area"].append({"person_id": who, "from_date": start, "to_date": end, "lsoa_2011_code": code})
        for _ in range(random.integers(1, 5)):
            start, end = sorted((day(), day()))
            until = None if random.random() < 0.4 else end
            practice = PRACTICES[random.integers(0, 3)]
            rows["registration"].append(
                {"person_id": who, "practice_code": practice, "from_date": start, "to_date": until}
            )
        for kind, most in (("appointment", 8), ("admission", 4), ("ae", 4), ("observation", 6)):
            for _ in range(random.integers(0, most)):
                rows[kind].append(_event(random, who, kind, day(), died))
    return rows


def _event(random: np.random.Generator, who: str, kind: str, day: date, died: date | None) -> dict[str, Any]:
    late = bool(died and day > died)
    at = datetime(day.year, day.month, day.day, int(random.integers(0, 24)), 30, tzinfo=UTC)
    event: dict[str, Any] = {"person_id": who, "is_after_death": late}
    if kind == "appointment":
        code = ("5", "6", "7", "3", "2", "4", "0")[random.integers(0, 7)]
        return event | {"appointment_datetime": at, "attended_or_did_not_attend_code": code}
    if kind == "admission":
        method = (*EMERGENCIES, "11", "81", None)[random.integers(0, 13)]
        return event | {"admission_date": day, "admission_method_code": method}
    if kind == "ae":
        return event | {"arrival_datetime": at}
    measure, value = ("bmi", "hba1c_ifcc", "egfr")[random.integers(0, 3)], round(float(random.normal(40, 8)), 1)
    return event | {"measure": measure, "observation_date": day, "value": value}


def counted(rows: Rows, years: range) -> dict[tuple[str, str, date], Counter[str]]:
    """Return, for each (person, practice, day) at which a person counts, what happened on it; `area` is counted too."""
    people = {row["person_id"]: row for row in rows["person"]}
    found: dict[tuple[str, str, date], Counter[str]] = {}
    for who in {row["person_id"] for row in rows["area"]}:
        own = {name: [row for row in part if row["person_id"] == who] for name, part in rows.items()}
        happened = _by_day(own)
        person = people.get(who, {})
        one = date(years[0], 1, 1)
        while one < date(years[-1] + 1, 1, 1):
            practice, place = _practice(own["registration"], one), _place(own["area"], one)
            alive = (person.get("birth_month") or one) <= one <= (person.get("death_date") or one)
            if practice and place and alive:
                found[who, practice, one] = Counter({f"at {place['lsoa_2011_code']}": 1}) + happened.get(one, Counter())
            one += timedelta(1)
    return found


def _practice(registrations: list[dict[str, Any]], day: date) -> str | None:
    holding = [r for r in registrations if r["from_date"] <= day < (r["to_date"] or date.max)]
    newest = max(holding, key=lambda r: (r["from_date"], r["to_date"] or date.max, r["practice_code"]), default=None)
    return newest["practice_code"] if newest else None


def _place(residences: list[dict[str, Any]], day: date) -> dict[str, Any] | None:
    return next((r for r in residences if r["from_date"] <= day < (r["to_date"] or date.max)), None)


def _by_day(own: Rows) -> dict[date, Counter[str]]:
    found: dict[date, Counter[str]] = {}

    def add(day: date, name: str, number: float = 1) -> None:
        found.setdefault(day, Counter())[name] += number

    def local(at: datetime) -> date:
        return at.astimezone(LONDON).date()

    for row in own["appointment"]:
        if row["attended_or_did_not_attend_code"] in "5673" and not row["is_after_death"]:
            add(local(row["appointment_datetime"]), "appointments")
            if row["attended_or_did_not_attend_code"] in "37":
                add(local(row["appointment_datetime"]), "non_attendances")
    for row in own["admission"]:
        if not row["is_after_death"]:
            add(row["admission_date"], "admissions")
            if row["admission_method_code"] in EMERGENCIES:
                add(row["admission_date"], "emergency_admissions")
    for row in own["ae"]:
        if not row["is_after_death"]:
            add(local(row["arrival_datetime"]), "emergency_attendances")
    for stem, measure in (("first_hba1c", "hba1c_ifcc"), ("first_bmi", "bmi")):
        taken = [(r["observation_date"], r["value"]) for r in own["observation"]
                 if r["measure"] == measure and not r["is_after_death"]]  # fmt: skip
        if taken:
            add(min(taken)[0], stem)
            add(min(taken)[0], f"{stem} value", min(taken)[1])
    return found
