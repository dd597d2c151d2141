"""Simulated spells, attendances, measurements and clinic events: possible, and of the planted strengths."""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from icspark.simulation.admissions import Spells, diagnoses, discharges, spells
from icspark.simulation.care_config import AdmissionConfig, CareConfig, EmergencyConfig
from icspark.simulation.care_people import NEVER, Onsets, People, conditions_of
from icspark.simulation.care_rates import Rates, events
from icspark.simulation.care_sites import Sites
from icspark.simulation.clinic import referrals
from icspark.simulation.clock_changes import last_sundays, touches_a_change
from icspark.simulation.draws import Draws
from icspark.simulation.emergency import attendances, chain_of_times
from icspark.simulation.observations import MEASURES, measured, values
from icspark.simulation.period import Period

DAY = 1440


@pytest.fixture(scope="module")
def people(region: ModuleType) -> People:
    return region.people_batch(20_000)


@pytest.fixture(scope="module")
def sites(region: ModuleType) -> Sites:
    return Sites.of(region.small_place())


def day(text: str) -> int:
    return int(np.datetime64(text, "D").astype(int))


def test_the_rate_of_each_quintile_and_condition_is_the_planted_one(
    region: ModuleType, people: People, sites: Sites
) -> None:
    rate = CareConfig().admissions.emergency_rate
    period = region.PERIOD
    made = Rates(people, rate, sites.imd_quintile)
    keys = Draws.of(7, "x", people.number)
    person, when, _ = events(made, keys, first_day=period.first_day, last_day=period.last_day)

    days = [np.arange(period.first_day, period.last_day + 1, 73)] * people.size
    whom = np.repeat(np.arange(people.size), len(days[0]))
    expected = np.bincount(whom, made.at(whom, np.concatenate(days)), people.size) * period.days / 365.25 / len(days[0])

    for group in (sites.imd_quintile[people.homes.area], people.conditions_count.astype(int), people.sex):
        seen, due = np.bincount(group[person]), np.bincount(group, expected)
        asked = due > 0
        assert (np.abs(seen[asked] - due[asked]) < 4 * np.sqrt(due[asked])).all()
    assert people.is_there(person, when).all()


def test_conditions_raise_a_rate_and_leave_the_mean_of_the_cell_as_it_is(people: People, sites: Sites) -> None:
    rate = CareConfig().admissions.emergency_rate.model_copy(update={"age_rate_ratio": {0: 1.0, 90: 1.0}})
    one_area = replace(people, homes=replace(people.homes, area=np.zeros_like(people.homes.area)))
    today = np.full(people.size, day("2023-06-01"))
    alive = people.is_there(np.arange(people.size), today)

    found = Rates(one_area, rate, sites.imd_quintile).at(np.arange(people.size), today)[alive]

    by_count = pd.Series(found).groupby(people.conditions_count[alive]).mean()
    assert by_count[2] / by_count[0] == pytest.approx(1 + 2 * rate.condition_rate_increase)
    assert found.mean() == pytest.approx(rate.per_person_year * 1.6, rel=0.01)


def test_spells_of_a_person_do_not_overlap_and_end_with_a_death() -> None:
    first = day("2022-04-01")
    dead = replace(small_people(), death=np.array([NEVER, first + 20]))
    found = Spells(
        person=np.array([0, 0, 0, 1]),
        day=first + np.array([0, 4, 1090, 15]),
        stay=np.array([9, 0, 30, 30]),
        method=np.zeros(4, dtype=np.int64),
        draws=Draws.of(1, "x", np.arange(4)),
    )

    out = discharges(found, dead, period=period_of(first, first + 1095))

    assert (out - first).tolist() == [4, 4, NEVER - first, 20]


def test_diagnoses_are_those_known_on_the_day() -> None:
    known = Onsets.of(np.array([3, 0]), np.array([10, 20, 30]), np.array([5, 6, 7]))
    found = Spells(
        person=np.array([0, 0, 0, 1]),
        day=np.array([9, 20, 99, 99]),
        stay=np.zeros(4, dtype=np.int64),
        method=np.zeros(4, dtype=np.int64),
        draws=Draws.of(1, "x", np.arange(4)),
    )

    never = diagnoses(found, known, AdmissionConfig(own_condition_share=0.0))
    always = diagnoses(found, known, AdmissionConfig(own_condition_share=1.0))
    short = diagnoses(found, known, AdmissionConfig(own_condition_share=0.0, most_secondary=1))

    assert never.primary.tolist() == [-1, -1, -1, -1]
    assert never.secondary.tolist() == [5, 6, 5, 6, 7]
    assert never.secondary_counts.tolist() == [0, 2, 3, 0]
    assert sorted([always.primary[1], always.secondary[0]]) == [5, 6]
    assert sorted([always.primary[2], *always.secondary[1:]]) == [5, 6, 7]
    assert short.secondary.tolist() == [5, 5]


def test_admission_methods_are_of_their_kind(region: ModuleType, people: People, sites: Sites) -> None:
    config = CareConfig().admissions
    found = spells(people, sites, config, period=region.PERIOD)

    codes = np.array([*config.emergency_method_weights, *config.elective_method_weights])[found.method]

    assert set(codes) == {"21", "22", "23", "24", "25", "28", "2A", "2B", "2C", "2D", "11", "12", "13"}
    assert (np.diff(found.person) >= 0).all()
    assert 0.2 < np.char.startswith(codes.astype(str), "2").mean() < 0.6


def test_the_times_of_an_attendance_are_in_order(people: People, sites: Sites, region: ModuleType) -> None:
    found = attendances(people, sites, EmergencyConfig(), period=region.PERIOD)
    chain, has_left = chain_of_times(found.draws, found.arrival, EmergencyConfig())

    steps = np.stack(list(chain.values()))

    assert (np.diff(steps, axis=0) >= 0).all()
    assert has_left.mean() == pytest.approx(0.04, abs=0.01)
    assert not touches_a_change(steps[0], steps[-1]).any()
    assert found.day.min() >= region.PERIOD.first_day
    wait = chain["seen_datetime"] - chain["triaged_datetime"]
    assert wait.mean() == pytest.approx(75, rel=0.05)


def test_clock_changes_are_found() -> None:
    changes = [day(d) for d in ("2022-03-27", "2022-10-30", "2023-03-26", "2023-10-29")]
    assert last_sundays(day("2022-05-01"), day("2023-02-01")).tolist() == changes

    start = np.array([changes[0] * DAY + 50, changes[0] * DAY + 120, changes[1] * DAY - 600, changes[1] * DAY - 600])
    end = np.array([changes[0] * DAY + 60, changes[0] * DAY + 900, changes[1] * DAY + 59, changes[2] * DAY])
    assert touches_a_change(start, end).tolist() == [True, False, False, True]
    assert touches_a_change(start[:0], end[:0]).tolist() == []


@pytest.mark.parametrize(("measure", "gradient"), [("hba1c_ifcc", 6.0), ("bmi", 2.0), ("diastolic_bp", 0.0)])
def test_the_first_measurement_has_the_planted_gradient_and_later_change_none(
    region: ModuleType, people: People, sites: Sites, measure: str, gradient: float
) -> None:
    found = measured(people, CareConfig(), region.PERIOD)
    value = values(found, people, sites.adult_skills_quintile, CareConfig().observations)
    rows = pd.DataFrame({"person": found.person, "measure": found.measure, "day": found.day, "value": value})
    rows = rows[rows["measure"] == MEASURES.index(measure)]
    first = rows.groupby("person").first()
    quintile = sites.adult_skills_quintile[people.homes.area_at(first.index.to_numpy(), first["day"].to_numpy())]

    later = rows[rows["person"].duplicated()].groupby("person")["value"].mean() - first["value"]
    change = later.reindex(first.index)

    assert_slope(first["value"].to_numpy(), quintile, gradient)
    assert_slope(change.dropna().to_numpy(), quintile[change.notna()], 0.0)


def assert_slope(value: np.ndarray, quintile: np.ndarray, expected: float) -> None:
    fit = sm.OLS(value, sm.add_constant((5 - quintile) / 4)).fit()
    assert abs(fit.params[1] - expected) < 4 * fit.bse[1]
    assert fit.bse[1] < 0.5


def test_only_people_with_diabetes_have_hba1c_and_only_adults_are_measured(region: ModuleType, people: People) -> None:
    found = measured(people, CareConfig(), region.PERIOD)
    of_hba1c = found.measure == MEASURES.index("hba1c_ifcc")

    diabetes = conditions_of(CareConfig()).index("diabetes")
    diabetic = np.unique(people.onsets.person[people.onsets.condition == diabetes])

    assert of_hba1c.sum() > 1000
    assert np.isin(found.person[of_hba1c], diabetic).all()
    assert people.age(found.person, found.day).min() >= 18
    assert people.is_there(found.person, found.day).all()


def test_people_are_referred_after_their_onset_and_before_their_death(region: ModuleType, people: People) -> None:
    since = np.where(people.number % 2 == 0, region.PERIOD.first_day + 200, NEVER)

    found = referrals(people, since, CareConfig().clinic, period=region.PERIOD)

    referred = found < NEVER
    assert (found[referred] >= since[referred]).all()
    assert (found[referred] < people.death[referred]).all()
    assert referred[since < NEVER].mean() == pytest.approx(0.25, abs=0.02)


def small_people() -> People:
    two = np.array([0, 1])
    homes = {"home_from": [[0], [0]], "home_to": [[NEVER], [NEVER]], "home_area": [[0], [0]]}
    none = {"onset_onset": [[], []], "onset_condition": [[], []]}
    lists = {name: objects(value) for name, value in {**homes, **none}.items()}
    flags = ("is_interpreter_needed", "is_home_known", "is_interpreter_need_known")
    return People.of(
        {
            "person_number": two,
            "sex": two + 1,
            "birth_day": two,
            "death_day": two + NEVER,
            "non_attendance_effect": two * 0.0,
            "conditions_count": two,
            "conditions_mean": two * 0.0,
            **dict.fromkeys(flags, two == 0),
            **lists,
        }
    )


def objects(parts: list[list[int]]) -> np.ndarray:
    found = np.empty(len(parts), dtype=object)
    found[:] = [np.array(part, dtype=np.int64) for part in parts]
    return found


def period_of(first: int, last: int) -> object:
    def date_of(number: int) -> object:
        return np.datetime64(number, "D").item()

    return Period(date_of(first), date_of(last), seed=1)
