"""What is planted comes back as often as theory says: people drawn from the network of conditions, many times over."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy import stats

from icspark.checking.morbidity import Comparison, Found, people_by_stratum, planted_model
from icspark.checking.power import cmh_power, found_limits, heterogeneity_power, upper_limit
from icspark.errors import QualityError
from icspark.morbidity.cells import Cells
from icspark.morbidity.counting import Counts, Survey
from icspark.morbidity.homogeneity import cochran_q
from icspark.morbidity.mantel_haenszel import cochran_mantel_haenszel, odds_ratio
from icspark.morbidity.network import EdgeRules, arrows, is_kept
from icspark.morbidity.pair_table import PairRules, group_columns, pair_columns
from icspark.morbidity.tally import People, Tally
from icspark.quality.findings import Finding
from icspark.simulation.condition_catalogue import CATALOGUE
from icspark.simulation.condition_model import STRATA, ConditionModel, condition_model
from icspark.simulation.condition_truth import planted_conditions, truth_pair
from icspark.simulation.conditions_config import ConditionsConfig

HOW_MANY_STRATA = int(np.prod(STRATA))


@pytest.fixture(scope="module")
def model() -> ConditionModel:
    return condition_model(ConditionsConfig())


def counted(drawn: Any) -> tuple[Counts, NDArray[np.float64]]:
    """Return the counts of people that were drawn, and how many are in each stratum."""
    names = tuple(sorted(condition.name for condition in CATALOGUE))
    found = Survey(names, tuple(map(str, range(HOW_MANY_STRATA))), int(drawn.day.min()), 0)
    tally, sizes = Tally(found.plan(min_gap=1)), np.bincount(drawn.person, minlength=len(drawn.stratum))
    tally.add(People(drawn.stratum, np.concatenate([[0], np.cumsum(sizes)]), drawn.condition, drawn.day))
    arrays = {name: values.astype(np.int64) for name, values in tally.counts.items()}
    by_stratum = np.bincount(drawn.stratum, minlength=HOW_MANY_STRATA).reshape(STRATA)
    return Counts(found, arrays), by_stratum.astype(float)


@pytest.fixture(scope="module")
def planted(model: ConditionModel, people: ModuleType) -> pd.DataFrame:
    return truth_pair(model, people.england())


def found_among(model: ConditionModel, planted: pd.DataFrame, drawn: Any) -> dict[str, Finding]:
    """Return what the check says of what the methods of the jobs find among people, by name."""
    counts, by_stratum = counted(drawn)
    columns, rules = pair_columns(counts, PairRules()), EdgeRules()
    quintile = [str(int(name) % STRATA[2] + 1) for name in counts.survey.strata]
    groups = group_columns(counts, [str(q) for q in range(1, STRATA[2] + 1)], quintile, PairRules())["1"]
    told = ("p_value", "q_value", "odds_ratio", "odds_ratio_lower_95", "odds_ratio_upper_95")
    is_first = planted["first_condition"] == planted["condition_a"]
    pairs = planted.assign(
        **{name: columns[name] for name in told},
        is_edge=is_kept(columns, rules),
        arrow=arrows(columns, rules),
        group_p=groups["heterogeneity_p_value"],
        group_q=groups["heterogeneity_q_value"],
        known_share=np.where(is_first, columns["a_before_b_share"], 1 - columns["a_before_b_share"]),
        naive_share=np.nan,
    )
    findings = Comparison(Found(pairs, by_stratum, rules.alpha, rules.smallest_both), model).findings()
    return {finding.check_name: finding for finding in findings if not finding.subject}


def test_what_is_planted_comes_back_from_few_people(
    model: ConditionModel, planted: pd.DataFrame, people: ModuleType
) -> None:
    found = found_among(model, planted, people.drawn(model, 20_000, seed=3))
    outside = {name: finding.found for name, finding in found.items() if finding.verdict == "outside"}
    assert outside == {}
    assert 30 < found["edges_found"].planted < 60 and found["known_order_right"].found > 0.9
    assert found["by_deprivation_with_power"].found is None  # none can be told among so few people


@pytest.mark.slow
def test_what_is_planted_is_found_as_often_as_its_power_says_over_seeds(
    model: ConditionModel, planted: pd.DataFrame, people: ModuleType
) -> None:
    rounds = [found_among(model, planted, people.drawn(model, 200_000, seed)) for seed in range(5)]
    outside = [name for each in rounds for name, finding in each.items() if finding.verdict == "outside"]
    assert outside == []
    of_age = int((planted["relation"] == "age_only").sum())
    called = sum(round(each["age_only_called"].found * of_age) for each in rounds)
    assert of_age * len(rounds) >= 300 and upper_limit(called, of_age * len(rounds)) < 0.05
    gap = sum(each["by_deprivation_found"].found - each["by_deprivation_found"].planted for each in rounds)
    assert abs(gap) < 8  # of 70, each found or not: two standard errors


def widened(counts: Counts, bands: int) -> Counts:
    """Return the same people in strata of so many five-year bands together."""
    band, sex, quintile = np.indices(STRATA).reshape(3, -1)
    wide = (band // bands) * 10 + sex * 5 + quintile
    of_wide = (np.arange(wide.max() + 1)[:, np.newaxis] == wide).astype(np.int64)
    arrays = {name: np.tensordot(of_wide, counts.arrays[name], axes=(1, 1)) for name in ("people", "single", "both")}
    arrays = {name: np.moveaxis(values, 1, 0) for name, values in arrays.items()}
    strata = tuple(map(str, range(len(of_wide))))
    return Counts(Survey(counts.survey.conditions, strata, 0, 0), arrays)


def test_wide_bands_of_age_leave_age_in_the_odds_ratio(
    model: ConditionModel, planted: pd.DataFrame, people: ModuleType
) -> None:
    counts, _ = counted(people.drawn(model, 60_000, seed=11))
    late = {name for name, node in model.nodes.items() if node.condition.midpoint_age >= 70}
    old = sorted(name for name in late if model.nodes[name].condition.sex is None)
    rising = planted["condition_a"].isin(old) & planted["condition_b"].isin(old)
    only_age = (rising & (planted["relation"] == "age_only")).to_numpy(bool)
    assert only_age.sum() > 15
    narrow, wide = (pair_columns(each, PairRules()) for each in (counts, widened(counts, 8)))
    assert (narrow["both_count"] == wide["both_count"]).all()
    ratios = [np.nanmedian(columns["odds_ratio"][only_age]) for columns in (narrow, wide)]
    called = [np.mean(columns["q_value"][only_age] < 0.05) for columns in (narrow, wide)]
    assert ratios[0] == pytest.approx(1, abs=0.06) and called[0] <= 0.05
    assert ratios[1] > 1.3 and called[1] > 0.3


def test_the_power_of_the_stratified_test_is_what_simulation_says() -> None:
    random = np.random.default_rng(1)
    chances = np.array([[[0.86, 0.06], [0.05, 0.03]], [[0.70, 0.10], [0.15, 0.05]], [[0.97, 0.02], [0.009, 0.001]]])
    people, threshold, rounds = np.array([150.0, 100.0, 400.0]), 0.01, 4000
    drawn = np.stack([random.multinomial(int(n), c.ravel(), rounds) for n, c in zip(people, chances, strict=True)], 1)
    cells = Cells(*(drawn[..., at].astype(float) for at in (3, 2, 1, 0)))
    test = cochran_mantel_haenszel(cells).p_value < threshold
    is_found = test & (odds_ratio(cells).ratio > 1)
    assert cmh_power(chances, people, threshold) == pytest.approx(is_found.mean(), abs=0.03)
    enough = is_found & (cells.a.sum(axis=1) >= 12)
    assert cmh_power(chances, people, threshold, smallest_both=12) == pytest.approx(enough.mean(), abs=0.05)
    nothing = np.array([[[0.5, 0.5], [0.0, 0.0]]])
    assert cmh_power(nothing, people[:1], threshold) == 0


def test_the_power_to_tell_groups_apart_is_what_simulation_says() -> None:
    random, rounds, threshold = np.random.default_rng(2), 3000, 0.05
    people = np.full((3, 2), 4000.0)
    chances = np.empty((3, 2, 2, 2))
    for group, ratio in enumerate((1.7, 2.0, 2.3)):
        for stratum, (a, b) in enumerate(((0.1, 0.1), (0.2, 0.15))):
            odds = np.array([[(1 - a) * (1 - b), (1 - a) * b], [a * (1 - b), a * b * ratio]])
            chances[group, stratum] = odds / odds.sum()
    drawn = np.stack([[random.multinomial(4000, c.ravel(), rounds) for c in of_group] for of_group in chances])
    told = [odds_ratio(Cells(*(d[..., at].T.astype(float) for at in (3, 2, 1, 0)))) for d in drawn]
    test = cochran_q(np.log([each.ratio for each in told]).T, np.array([each.log_error for each in told]).T)
    power = heterogeneity_power(chances, people, threshold)
    assert 0.3 < power < 0.95 and power == pytest.approx((test.p_value < threshold).mean(), abs=0.03)
    assert heterogeneity_power(chances[:1], people[:1], threshold) == 0


def test_limits_of_the_number_found_are_those_of_the_binomial_where_all_are_alike() -> None:
    for power, number in ((0.3, 20), (0.98, 60), (1.0, 3)):
        wanted = stats.binom.ppf([0.005, 0.995], number, power)
        assert found_limits(np.full(number, power), 0.01) == pytest.approx(tuple(wanted), abs=1)
    assert found_limits(np.array([]), 0.01) == (0, 0)


@pytest.mark.parametrize(("called", "pairs"), [(0, 300), (7, 323), (5, 5)])
def test_the_upper_limit_is_that_of_clopper_and_pearson(called: int, pairs: int) -> None:
    upper = stats.binomtest(called, pairs, alternative="less").proportion_ci(0.99).high
    assert upper_limit(called, pairs) == pytest.approx(upper)


def test_the_model_is_made_again_from_what_was_planted() -> None:
    changed = ConditionsConfig(
        prevalence={"gout": 0.05},
        odds_ratios={"gout > osteoarthritis": 1.0, "anxiety > asthma": (2, 2, 2, 2, 3)},
        highest_risk=0.99,
    )
    model = condition_model(changed)
    again = planted_model(pd.DataFrame(planted_conditions(model, changed)))
    assert [(name, node.parents) for name, node in again.nodes.items()] == [
        (name, node.parents) for name, node in model.nodes.items()
    ]
    for pair in (("gout", "osteoarthritis"), ("anxiety", "asthma")):
        assert again.joint(pair) == pytest.approx(model.joint(pair), abs=1e-9)


def test_people_are_placed_in_the_strata_of_the_model() -> None:
    rows = [("000_004", "1", "1", 5), ("090_over", "2", "5", 7), (None, "1", "1", 9), ("040_044", "9", "3", 2)]
    strata = pd.DataFrame(rows, columns=["age_band", "sex_code", "imd_2019_quintile", "people"])
    found = people_by_stratum(strata)
    assert (found[0, 0, 0], found[18, 1, 4], found.sum()) == (5, 7, 12)
    with pytest.raises(QualityError, match="five-year bands"):
        people_by_stratum(strata.assign(age_band="000_009"))
