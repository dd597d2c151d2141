"""The monitor on simulated weeks: hardly ever an alarm without drift, always one with; and what it says of few."""

import numpy as np
import pandas as pd
import pytest
from scipy import special

from icspark.dna import monitoring
from icspark.dna.monitoring import (
    AUROC,
    BLOCK_WEEKS,
    INDEX,
    MEAN,
    NOT_CONTACTED,
    OVER_BLOCK,
    OVERALL,
    RATIO,
    Budget,
    Crowd,
    Period,
    blockwise,
    budget,
    population,
    weekly,
    yardsticks,
)
from icspark.dna.population_stability import Bins, Sample, effective_size

SEEDS, YEAR = 20, 52


class Region:
    """People with an effect of their own, and a champion that knows all else and is somewhat off."""

    def __init__(self, seed, *, weekly_appointments, people=40):
        self.random, self.each = np.random.default_rng(seed), weekly_appointments
        size = people * weekly_appointments
        self.effect, self.covariates = self.random.normal(0, 0.7, size), self.random.normal(0, 1, (size, 5))
        self.quintile, self.site = self.random.integers(1, 6, size), self.random.integers(0, 6, size)

    def appointments(self, weeks=1, *, ratio=1.0):
        """Return (period, features) of so many weeks; `ratio` is the drift of every chance."""
        who = self.random.integers(0, len(self.effect), weeks * self.each)
        lead, is_first = self.random.exponential(1, len(who)), self.random.random(len(who)) < 0.3
        odds = -2.9 + 0.6 * self.covariates[who, 0] - 0.1 * self.quintile[who] + 0.3 * np.log(0.3 + lead)
        odds += 0.2 * is_first
        missed = self.random.random(len(who)) < ratio * special.expit(odds + self.effect[who])
        score = np.round(special.expit(0.95 * odds - 0.05), 10)
        labels = {"imd_2019_quintile": self.quintile[who], "site_code": self.site[who], "is_first": is_first}
        groups = {name: values.astype(str).astype(object) for name, values in labels.items()}
        columns = {f"x{at}": self.covariates[who, at] for at in range(5)} | {"lead": lead, "score": score}
        features = pd.DataFrame(columns | {name: groups[name] for name in ("imd_2019_quintile", "site_code")})
        return Period(score, missed.astype(float), who, groups), features


def crowd(period, features, bins):
    per_person = np.unique(period.person, return_counts=True)[1]
    independent = effective_size(per_person)
    counted = {name: np.bincount(one.place(features[name]), minlength=one.number) for name, one in bins.items()}
    samples = {name: Sample(counts, independent) for name, counts in counted.items()}
    moments = period.probability.mean(), period.probability.var()
    return Crowd(samples, len(per_person), len(period.person), independent, *moments)


def together(weeks):
    parts = [[getattr(week, name) for week in weeks] for name in ("probability", "outcome", "person")]
    return Period(*map(np.concatenate, parts), {})


def a_year(region, *, weeks=YEAR, ratio=1.0):
    """Return the findings of each week of a year, after a season and a test window without drift."""
    test, season = region.appointments(13)[0], region.appointments(13)
    bins = {name: Bins.of(values) for name, values in season[1].items()}
    known, before = yardsticks(test), crowd(*season, bins)
    shared = budget(1.0, known, features=len(bins) - 1)
    past, found = [], []
    for _ in range(weeks):
        period, features = region.appointments(ratio=ratio)
        past.append(period)
        of_block = blockwise(together(past[-BLOCK_WEEKS:]), known, shared) if len(past) % BLOCK_WEEKS == 0 else []
        of_week = weekly(period, known, shared) + population(crowd(period, features, bins), before, shared)
        found.append(of_week + of_block)
    return found


@pytest.fixture
def no_intervals(monkeypatch):
    """Leave out the intervals, which take most of the time and decide no alarm."""
    monkeypatch.setattr(monitoring, "ratio_interval", lambda *_: (np.nan, np.nan))


@pytest.mark.slow
def test_without_drift_there_is_on_average_at_most_one_false_alarm_a_year(no_intervals):
    years = [a_year(Region(seed, weekly_appointments=1_000)) for seed in range(SEEDS)]
    alarms = [sum(bool(one.is_alarm) for week in year for one in week) for year in years]
    assert np.mean(alarms) <= 1
    judged = {(one.measure, one.group_by) for one in years[0][BLOCK_WEEKS - 1] if one.is_alarm is not None}
    assert len(judged) == 8, judged


@pytest.mark.slow
def test_a_ratio_of_0_85_on_20_000_appointments_is_found_in_the_first_week(no_intervals):
    first = [
        a_year(Region(seed, weekly_appointments=20_000, people=8), weeks=1, ratio=0.85)[0] for seed in range(SEEDS)
    ]
    assert [any(one.is_alarm for one in week if one.measure == RATIO and one.group == "all") for week in first] == [
        True
    ] * SEEDS


def test_a_drift_that_one_week_of_a_small_region_hides_is_found_within_a_block(no_intervals):
    found = a_year(Region(1, weekly_appointments=2_000), weeks=BLOCK_WEEKS, ratio=0.85)
    of_block = next(one for one in found[-1] if one.measure == RATIO + OVER_BLOCK)
    assert of_block.is_alarm
    assert of_block.value < of_block.lower_limit < of_block.upper_limit
    assert of_block.appointments_count == 24_000


def small(outcome, probability=None, person=None, **groups):
    outcome = np.array(outcome, dtype=float)
    size = len(outcome)
    given = np.full(size, 0.5) if probability is None else np.array(probability, dtype=float)
    people = np.arange(size) if person is None else np.array(person)
    return Period(given, outcome, people, {name: np.array(labels, dtype=object) for name, labels in groups.items()})


NO_BUDGET = Budget(1.0, {"week": 1, "group": 0, "area by week": 1, "population": 3})


def test_outcomes_are_held_against_what_was_expected_once_95_percent_are_in():
    late = small([1, 0] * 9 + [np.nan, 1])
    assert [one.reason for one in weekly(late, {}, NO_BUDGET)] == [
        "few_outcomes" if one.measure == AUROC else "no_reference" for one in weekly(late, {}, NO_BUDGET)
    ]
    assert weekly(late, {}, NO_BUDGET)[0].value == 10 / 9.5
    later = small([1, 0] * 9 + [np.nan, np.nan])
    assert {(one.value, one.reason) for one in weekly(later, {}, NO_BUDGET)} == {(None, "outcomes_not_in")}


def test_a_group_of_fewer_than_eight_people_is_not_told():
    week = small([1, 0, 0, 1] * 5, person=[0, 0, *range(18)], site_code=["A"] * 8 + ["B"] * 12)
    found = {one.group: one for one in weekly(week, {}, NO_BUDGET) if one.group_by == "site_code"}
    assert (found["A"].value, found["A"].reason, found["A"].people_count) == (None, "few_people", 6)
    assert (found["B"].value, found["B"].people_count, found["B"].appointments_count) == (1.0, 12, 12)


def many(size=4_000, seed=1, **groups):
    random = np.random.default_rng(seed)
    probability = np.round(random.beta(1, 8, size), 10)
    return small(random.random(size) < probability, probability, **groups)


def test_contacted_patients_are_told_apart_and_raise_no_alarm():
    labels = np.where(np.arange(4_000) % 2, "contacted", "not_contacted")
    test, week = many(contact=labels, site_code=["A"] * 4_000), many(seed=2, contact=labels, site_code=["A"] * 4_000)
    reached = np.where(labels == "contacted", 0.0, week.outcome)
    known = yardsticks(test)
    assert known[("site_code", "A")] == known[NOT_CONTACTED]
    found = weekly(Period(week.probability, reached, week.person, week.groups), known, budget(1.0, known, 3))
    told = {(one.group_by, one.group): one for one in found if one.measure == RATIO}
    assert told["contact", "contacted"].value == 0
    assert told["contact", "contacted"].reason == "contacted"
    assert told[OVERALL].is_alarm is None
    assert told[NOT_CONTACTED].is_alarm is told["site_code", "A"].is_alarm is False
    assert told["site_code", "A"].appointments_count == told[NOT_CONTACTED].appointments_count == 2_000


def test_the_limits_stand_around_the_champions_own_ratio():
    test = many(size=20_000)
    off = Period(test.probability / 1.2, test.outcome, test.person, {})
    known = yardsticks(off)
    week = many(seed=2)
    found = weekly(Period(week.probability / 1.2, week.outcome, week.person, {}), known, budget(1.0, known, 3))
    assert found[0].lower_limit < known[OVERALL].ratio.value < found[0].upper_limit
    assert known[OVERALL].ratio.value == pytest.approx(1.2, abs=0.05)
    assert found[0].is_alarm is False


def test_a_score_that_no_longer_ranks_is_an_alarm():
    known = yardsticks(many(size=20_000))
    week = many(seed=3)
    shuffled = np.random.default_rng(1).permutation(week.probability)
    found = weekly(Period(shuffled, week.outcome, week.person, {}), known, budget(1.0, known, 3))
    area = next(one for one in found if one.measure == AUROC)
    assert area.is_alarm
    assert area.value == pytest.approx(0.5, abs=0.05)


def test_the_order_of_rows_changes_nothing():
    week, known = many(site_code=["A", "B"] * 2_000), yardsticks(many(size=20_000))
    shuffled = week.where(np.random.default_rng(5).permutation(4_000))
    shared = budget(1.0, known, 3)
    assert weekly(shuffled, known, shared) == weekly(week, known, shared)


def test_families_share_the_budget_in_equal_parts_and_tests_within_them():
    shared = Budget(2.0, {"week": 1, "block": 1, "group": 4, "area by week": 2, "population": 0})
    assert shared.shared_by == 8
    assert shared.chance("group") == 2 / 52 / 4 / 4
    assert shared.chance("block") == pytest.approx(12 * shared.chance("week"))
    times = {"block": 52 / 12}
    total = sum(size * times.get(name, 52) * shared.chance(name) for name, size in shared.sizes.items() if size)
    assert total == pytest.approx(2)


def test_a_week_without_a_season_before_it_has_no_limits_and_says_so():
    week = Crowd({"lead": Sample(np.array([60, 60]), 120)}, 100, 120, 118.0, 0.1, 0.01)
    mean, of_lead = population(week, None, NO_BUDGET)
    assert (mean.measure, mean.value, mean.is_alarm, mean.reason) == (MEAN, 0.1, None, "no_reference")
    assert (of_lead.measure, of_lead.feature, of_lead.value, of_lead.reason) == (INDEX, "lead", None, "no_reference")


def test_a_shift_of_the_mean_score_is_an_alarm_and_its_own_error_is_not():
    season = Crowd({}, 9_000, 10_000, 9_500.0, 0.1, 0.01)
    near = Crowd({}, 900, 1_000, 950.0, 0.103, 0.01)
    assert population(near, season, NO_BUDGET)[0].is_alarm is False
    assert population(Crowd({}, 900, 1_000, 950.0, 0.12, 0.01), season, NO_BUDGET)[0].is_alarm is True
