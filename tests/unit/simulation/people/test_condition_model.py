"""The network of conditions: calibrated prevalences, exact joint chances, the truth of pairs, and what it refuses."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from scipy import special

from icspark.errors import ConfigurationError
from icspark.simulation.condition_catalogue import CATALOGUE, ODDS_RATIOS, simulated_code
from icspark.simulation.condition_model import (
    STRATA,
    ConditionModel,
    condition_model,
    overall_prevalence,
    target_prevalence,
)
from icspark.simulation.condition_truth import expected_strata, planted_conditions, relation, truth_pair
from icspark.simulation.conditions import condition_code_feed
from icspark.simulation.conditions_config import ConditionsConfig
from icspark.simulation.homes import Place
from icspark.simulation.people_config import PeopleConfig
from icspark.simulation.period import Period

CONFIG = ConditionsConfig()


@pytest.fixture(scope="module")
def model() -> ConditionModel:
    return condition_model(CONFIG)


@pytest.fixture(scope="module")
def pairs(model: ConditionModel, place: Place, period: Period) -> pd.DataFrame:
    return truth_pair(model, expected_strata(place, PeopleConfig(), period))


def test_the_planted_graph_is_as_large_as_promised(pairs: pd.DataFrame) -> None:
    assert len(CATALOGUE) == 40
    assert len(pairs) == 780
    edges = pairs[pairs["relation"] == "edge"]
    assert len(edges) == len(ODDS_RATIOS) >= 60
    assert edges["planted_odds_ratio"].between(1.3, 8).all()
    assert edges["is_by_deprivation"].sum() >= 10
    assert (pairs["relation"] == "age_only").sum() >= 30
    values = [value for ratio in ODDS_RATIOS.values() for value in (ratio if isinstance(ratio, tuple) else (ratio,))]
    assert min(values) >= 1.3 and max(values) <= 8


def test_prevalences_are_those_of_the_registers(data: Path) -> None:
    real = pd.read_parquet(data / "reference" / "qof.parquet").mean()
    columns = {"copd": "COPD", "dementia": "DEM", "diabetes": "DM", "hypertension": "HYP", "obesity": "OB"}
    columns |= {"asthma": "AST", "depression": "DEP", "epilepsy": "EP", "mental_health": "MH", "smoking": "SMOK"}
    planted = {condition.name: condition.prevalence for condition in CATALOGUE}
    for name, register in columns.items():
        assert planted[name] == pytest.approx(real[f"{register}-prevalance"], rel=0.06)


def test_every_stratum_has_its_target_and_all_together_the_published_prevalence(model: ConditionModel) -> None:
    for name, node in model.nodes.items():
        marginal = model.joint((name,))[..., 1]
        assert np.abs(marginal - node.target).max() < 1e-9
        assert overall_prevalence(node.condition, node.target) == pytest.approx(node.condition.prevalence, rel=1e-6)


def test_deprivation_and_sex_change_the_odds_by_what_is_planted(model: ConditionModel) -> None:
    odds = special.logit(model.nodes["copd"].target)
    assert np.allclose(np.exp(odds[..., 0] - odds[..., 4]), 2.4)
    assert np.allclose(np.exp(odds[:, 0] - odds[:, 1]), 1.1)
    assert not model.nodes["endometriosis"].target[:, 0].any()


def test_joint_chances_are_those_of_all_states_counted_one_by_one(model: ConditionModel) -> None:
    """Enumerate every state of the ancestors, by the definition of the network, for pairs with up to ten of them."""
    chosen = [("chronic_liver_disease", "smoking"), ("asthma", "rheumatoid_arthritis"), ("copd", "obesity")]
    for a, b in chosen:
        names = [n for n in model.nodes if n in model.ancestors[a] | model.ancestors[b] | {a, b}]
        states = np.indices((2,) * len(names)).reshape(len(names), -1).astype(bool)
        for stratum in [(4, 0, 0), (10, 1, 2), (18, 0, 4)]:
            chance = np.ones(states.shape[1])
            for row, name in enumerate(names):
                node = model.nodes[name]
                shift = sum(
                    (node.log_odds_ratios[i, stratum[2]] * states[names.index(p)] for i, p in enumerate(node.parents)),
                    start=np.zeros(states.shape[1]),
                )
                risk = 1 / (1 + np.exp(-(node.intercept[stratum] + shift)))
                chance *= np.where(states[row], risk, 1 - risk)
            both = chance[states[names.index(a)] & states[names.index(b)]].sum()
            assert model.joint((a, b))[stratum][1, 1] == pytest.approx(both, abs=1e-14)
            assert chance.sum() == pytest.approx(1)


def test_the_conditional_odds_ratio_of_an_edge_is_what_was_planted(model: ConditionModel) -> None:
    joint = model.joint(("smoking", "asthma", "copd"))
    odds = joint[..., 1] / joint[..., 0]
    by_smoking = odds[..., 1, :] / odds[..., 0, :]
    for quintile, planted in enumerate((8.0, 7.5, 7.0, 6.5, 6.0)):
        assert np.allclose(by_smoking[:, :, quintile], planted)


def test_pairs_that_share_only_age_are_independent_and_others_are_not(
    model: ConditionModel, pairs: pd.DataFrame
) -> None:
    for row in pairs[pairs["relation"] == "age_only"].sample(25, random_state=1).itertuples():
        joint = model.joint((row.condition_a, row.condition_b))
        product = joint.sum(-1)[..., 1] * joint.sum(-2)[..., 1]
        assert np.abs(joint[..., 1, 1] - product).max() < 1e-12
    rest = pairs[pairs["relation"] != "age_only"]
    assert (rest["stratified_odds_ratio"] > 1 + 1e-9).all()
    assert (pairs.loc[pairs["relation"] == "age_only", "stratified_odds_ratio"] == 1).all()


def test_an_edge_without_confounding_has_its_planted_odds_ratio_within_strata(pairs: pd.DataFrame) -> None:
    found = pairs.set_index(["condition_a", "condition_b"])
    alone = found.loc[("asthma", "atopic_eczema")]
    assert alone["stratified_odds_ratio"] == pytest.approx(3.0)
    assert alone["first_condition"] == "atopic_eczema"


def test_relations_follow_the_graph(model: ConditionModel) -> None:
    assert relation(model, "obesity", "diabetes") == "edge"
    assert relation(model, "stroke_tia", "obesity") == "path"
    assert relation(model, "osteoarthritis", "psoriasis") == "common_cause"
    assert relation(model, "glaucoma", "hypertension") == "age_only"


def test_lists_of_codes_share_no_prefix() -> None:
    feed = condition_code_feed()
    assert set(feed["code_system"]) == {"icd10", "simulated"}
    for _, codes in feed.groupby("code_system")["code"]:
        listed = sorted(codes)
        assert not any(later.startswith(earlier) for earlier, later in pairwise(listed))
    assert feed.groupby("condition").ngroups == 40
    assert simulated_code("alcohol_dependence") == "SIM001"


def test_the_planted_strengths_are_rows_of_truth(model: ConditionModel) -> None:
    rows = planted_conditions(model, CONFIG)
    keys = [(row["parameter"], row["subject"]) for row in rows]
    assert len(set(keys)) == len(keys)
    values = {key: row["value"] for key, row in zip(keys, rows, strict=True)}
    assert values["condition.odds_ratio", "smoking|copd|1"] == pytest.approx(8.0)
    assert values["condition.prevalence", "copd"] == pytest.approx(0.019)
    assert values["condition.backlog_share", ""] == 0.15


def test_impossible_graphs_are_refused_all_at_once() -> None:
    with pytest.raises(ValidationError) as raised:
        ConditionsConfig(
            prevalence={"gout": 1.5, "gowt": 0.1},
            odds_ratios={"obesity > obesity": 2.0, "gout > measles": 2.0, "gout > copd": 0.5},
        )
    assert "prevalence.gout" in str(raised.value)
    with pytest.raises(ValidationError) as raised:
        ConditionsConfig(prevalence={"gowt": 0.1}, odds_ratios={"obesity > obesity": 2.0, "gout > copd": 0.5})
    for text in ("prevalence.gowt: no such condition", "obesity > obesity: a condition cannot", "gout > copd: must be"):
        assert text in str(raised.value)
    with pytest.raises(ValidationError, match="a cycle, bronchiectasis > asthma > bronchiectasis"):
        ConditionsConfig(odds_ratios={"bronchiectasis > asthma": 2.0})


def test_strengths_that_need_a_prevalence_above_one_are_refused_all_at_once() -> None:
    causes = {"hypertension > heart_failure": 50.0, "glaucoma > heart_failure": 40.0}
    with pytest.raises(ConfigurationError) as raised:
        condition_model(ConditionsConfig(prevalence={"smoking": 0.99}, odds_ratios=causes))
    assert "prevalence.smoking: 0.99 would need a prevalence above 1" in str(raised.value)
    assert "odds_ratios.* > heart_failure: would need a prevalence of 0.98" in str(raised.value)


def test_an_edge_can_be_changed_added_and_taken_away() -> None:
    config = ConditionsConfig(
        odds_ratios={"atopic_eczema > asthma": 1, "glaucoma > gout": 2.0, "obesity > gout": (3.0, 2.5, 2.0, 1.5, 1.2)}
    )
    changed = condition_model(config)
    assert "asthma" in changed.nodes and not changed.nodes["asthma"].parents
    assert set(changed.nodes["gout"].parents) >= {"glaucoma", "obesity"}
    assert relation(changed, "glaucoma", "osteoarthritis") == "path"


def test_target_prevalence_never_falls_with_age() -> None:
    for condition in CATALOGUE:
        target = target_prevalence(condition, 0.2)
        assert target.shape == STRATA
        assert (np.diff(target, axis=0) >= 0).all()
