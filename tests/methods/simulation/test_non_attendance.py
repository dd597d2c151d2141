"""The planted model of not attending, and the chance that is left when the personal effect cannot be seen."""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import integrate, special, stats

from icspark.simulation import non_attendance_truth as truth
from icspark.simulation.appointments import Outpatients, true_chances
from icspark.simulation.care_config import CareConfig, NonAttendanceConfig
from icspark.simulation.care_sites import Sites
from icspark.simulation.non_attendance import Booked, LogOdds

NODES = 25


def booked(days: list[int], held: list[bool], person: list[int] | None = None) -> Booked:
    count = len(days)
    zeros = np.zeros(count, dtype=np.int64)
    return Booked(
        person=np.array(person or [0] * count),
        booked_day=np.array(days) - 30,
        booked_minute=zeros + 600,
        day=np.array(days),
        minute=zeros + 600,
        medium=zeros,
        site=zeros,
        is_first=zeros > 0,
        quintile=zeros + 1,
        is_held=np.array(held),
        is_due=zeros == 0,
        drift=np.array([1.0] * (count - 1) + [0.85]),
    )


@pytest.fixture(scope="module")
def many(region: ModuleType) -> Outpatients:
    return simulated(region, CareConfig())


def simulated(region: ModuleType, config: CareConfig) -> Outpatients:
    people = region.people_batch(25_000)
    return Outpatients.of(people, Sites.of(region.small_place()), config, period=region.PERIOD)


@pytest.mark.parametrize("deviation", [0.3, 0.8, 1.5])
def test_the_quadrature_equals_adaptive_integration(deviation: float) -> None:
    model = NonAttendanceConfig(effect_standard_deviation=deviation, nodes=NODES)
    appointments = booked([100, 120, 120, 150, 200], [True, True, True, True, False])
    odds = LogOdds(np.array([-2.0, -1.0, -2.5, -3.0, -1.5]), np.full(5, 0.7), np.zeros(5))
    is_missed = np.array([True, False, True, False, False])

    found = truth.observable_chances(
        appointments, odds, is_missed, days=[np.full(5, 150), np.full(5, 151)], of=truth.points(model)
    )

    for day, chances in zip((150, 151), found, strict=True):
        known = (appointments.day < day) & appointments.is_held
        assert chances[4] == pytest.approx(integrated(odds.total, is_missed, known, deviation=deviation), abs=2e-5)


def integrated(odds: np.ndarray, is_missed: np.ndarray, known: np.ndarray, *, deviation: float) -> float:
    def density(effect: float, extra: float = 1.0) -> float:
        chance = special.expit(odds[known] + effect)
        return extra * stats.norm.pdf(effect, scale=deviation) * np.prod(np.where(is_missed[known], chance, 1 - chance))

    def weighted(effect: float) -> float:
        return density(effect, 0.85 * special.expit(odds[4] + effect))

    ends = (-9 * deviation, 9 * deviation)
    return integrate.quad(weighted, *ends)[0] / integrate.quad(density, *ends)[0]


def test_what_an_extract_lacks_is_summed_over_its_posterior() -> None:
    model = NonAttendanceConfig(effect_standard_deviation=0.0, unknown_home_weights=(3, 1, 1, 1, 1))
    appointments = booked([100, 150], [True, False])
    odds = LogOdds(np.array([-2.0, -1.5]), np.array([9.9, 9.9]), np.array([9.9, 9.9]))

    points = truth.points(model, is_home_known=False, is_need_known=False)
    found = truth.observable_chances(appointments, odds, np.array([True, False]), days=[np.full(2, 150)], of=points)

    need = model.unknown_interpreter_share
    weights = np.outer(np.array([3, 1, 1, 1, 1]) / 7, [need, 1 - need])
    added = np.add.outer(model.imd_quintile_log_odds, [model.interpreter_log_odds, 0.0])
    posterior = weights * special.expit(-2.0 + added)
    expected = (posterior * 0.85 * special.expit(-1.5 + added)).sum() / posterior.sum()
    assert found[0][1] == pytest.approx(expected, abs=1e-12)


def test_one_persons_outcomes_tell_nothing_of_another() -> None:
    appointments = booked([100, 100], [True, True], person=[0, 1])
    odds = LogOdds(np.full(2, -2.0), np.zeros(2), np.zeros(2))
    points = truth.points(NonAttendanceConfig())

    def of_second(first: bool) -> float:
        days = [np.full(2, 150)]
        return truth.observable_chances(appointments, odds, np.array([first, False]), days=days, of=points)[0][1]

    assert of_second(True) == of_second(False)


def test_planted_odds_ratios_come_back_from_logistic_regression(many: Outpatients) -> None:
    model = CareConfig().non_attendance
    made = many.booked.at(many.booked.is_held & (many.booked.drift == 1))
    rows = many.booked.is_held & (many.booked.drift == 1)
    lead = np.log((1 + made.day - made.booked_day) / 31)
    previous = np.minimum(many.previous[rows], model.most_previous)
    columns = np.column_stack([np.ones(len(lead)), lead, made.is_first, previous])
    planted = [model.lead_time_log_odds, model.first_attendance_log_odds, model.previous_non_attendance_log_odds]
    rest = many.odds.total[rows] - columns[:, 1:3] @ planted[:2] + many.people.effect[made.person] - model.intercept

    fit = sm.GLM(many.is_missed[rows].astype(float), columns, sm.families.Binomial(), offset=rest).fit()

    assert (np.abs(fit.params - [model.intercept, *planted]) < 4 * fit.bse).all()


@pytest.mark.parametrize("name", ["at_booking", "14_days_before", "7_days_before", "2_days_before"])
@pytest.mark.parametrize("unknown", [False, True])
def test_observable_chances_are_calibrated(region: ModuleType, many: Outpatients, name: str, unknown: bool) -> None:
    config = CareConfig()
    patients = replace(many, people=lacking(many)) if unknown else many
    chance = true_chances(patients, config)[f"observable_{name}_probability"]
    asked = many.booked.is_held & ~np.isnan(chance)
    y, p = many.is_missed[asked], chance[asked]
    tenth = np.digitize(p, np.quantile(p, np.linspace(0.1, 0.9, 9)))

    observed, expected = np.bincount(tenth, y), np.bincount(tenth, p)
    z = (observed - expected) / np.sqrt(np.bincount(tenth, p * (1 - p)))

    assert np.abs(z).max() < 4
    slope = sm.GLM(y.astype(float), sm.add_constant(special.logit(p)), sm.families.Binomial()).fit()
    assert (np.abs(slope.params - [0, 1]) < 4 * slope.bse).all()


def lacking(many: Outpatients) -> object:
    """Return the people as an extract that lacks the home of the most deprived more often, at the prior's weights."""
    model, draw = CareConfig().non_attendance, np.random.default_rng(8)
    home = np.zeros(many.people.size, dtype=np.int64)
    home[many.booked.person] = many.booked.quintile
    chance = np.append(0, model.unknown_home_weights)[home] / 8
    return replace(many.people, is_home_known=draw.random(many.people.size) > chance)


def test_the_more_is_known_the_better_the_chance_tells_them_apart(many: Outpatients) -> None:
    chances = true_chances(many, CareConfig())
    asked = many.booked.is_held & ~np.isnan(chances["observable_14_days_before_probability"])

    def brier(name: str) -> float:
        return float(((chances[name][asked] - many.is_missed[asked]) ** 2).mean())

    full, late, early = (
        brier(f"{name}_probability") for name in ("non_attendance", "observable_2_days_before", "observable_at_booking")
    )
    assert full < late < early


def test_the_drift_is_the_planted_ratio_of_observed_to_expected(region: ModuleType) -> None:
    config = CareConfig.model_validate({"non_attendance": {"drift_ratio": 0.7, "drift_days": 365}})
    made = simulated(region, config)
    undrifted = true_chances(made, config)["non_attendance_probability"] / made.booked.drift
    drifted = made.booked.is_held & (made.booked.day > region.PERIOD.last_day - 365)

    for rows, ratio in ((drifted, 0.7), (made.booked.is_held & ~drifted, 1.0)):
        observed, expected = made.is_missed[rows].sum(), undrifted[rows].sum()
        assert abs(observed - ratio * expected) < 4 * np.sqrt(observed)
        assert observed > 800


def test_the_interaction_makes_a_truth_that_is_not_additive(region: ModuleType) -> None:
    def interaction(strength: float) -> float:
        made = simulated(region, CareConfig.model_validate({"non_attendance": {"lead_time_by_age_log_odds": strength}}))
        rows = made.booked.is_held
        b = made.booked.at(rows)
        lead = np.log((1 + b.day - b.booked_day) / 31)
        age = (made.people.age(b.person, b.day) - 50) / 20
        table = sm.add_constant(np.column_stack([lead, age, age**2, age**3, lead * age]))
        fit = sm.GLM(made.is_missed[rows].astype(float), table, sm.families.Binomial()).fit()
        return float(fit.params[-1] / fit.bse[-1])

    assert abs(interaction(0.0)) < 4
    assert interaction(0.4) > 8
