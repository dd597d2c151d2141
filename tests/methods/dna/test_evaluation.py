"""Evaluation overall and by group: who is told of, what is withheld, and whether limits hold what they promise."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit
from sklearn.metrics import roc_auc_score

from icspark.dna.bootstrap import Resampling
from icspark.dna.evaluation import NOT_KNOWN, Enough, Measured, Rows, Terms, evaluate
from icspark.dna.scored import MEASURES

TERMS = Terms(Resampling(replicates=30), Enough())


def rows_of(size: int, seed: int, *, effect: float = 0.0) -> Rows:
    """Return appointments, four a person, whose chance is the probability unless people differ by an effect."""
    random = np.random.default_rng(seed)
    person = np.arange(size) // 4
    odds = random.normal(-1.5, 1, size)
    chance = np.round(expit(odds), 10)
    outcome = random.random(size) < expit(odds + random.normal(0, effect, size // 4 + 1)[person])
    groups = {
        "sex_code": np.where(person % 3 == 0, None, np.where(person % 2 == 0, "1", "2")).astype(object),
        "few": np.where(np.arange(size) < 20, "five people", "others").astype(object),
        "rare": np.where(np.arange(size) < 120, "few outcomes", "others").astype(object),
    }
    return Rows(outcome, chance, person, chance > 0.4, groups)


def table(rows: Rows, terms: Terms = TERMS) -> dict[tuple[str, str, str], Measured]:
    return {(one.group_by, one.group, one.measure): one for one in evaluate(rows, terms)}


def test_every_group_has_every_measure_and_unknown_is_a_group() -> None:
    rows = rows_of(3000, 1)
    found = table(rows)
    places = {key[:2] for key in found}
    assert len(found) == len(places) * len(MEASURES)
    assert {group for kind, group in places if kind == "sex_code"} == {"1", "2", NOT_KNOWN}
    unknown = np.array([label is None for label in rows.groups["sex_code"]])
    auroc = found["sex_code", NOT_KNOWN, "auroc"]
    assert auroc.value == pytest.approx(roc_auc_score(rows.outcome[unknown], rows.probability[unknown]))
    assert auroc.counts.appointments == unknown.sum()


def test_too_few_people_and_too_few_outcomes_are_withheld_each_with_its_reason() -> None:
    found = table(rows_of(3000, 1))
    for group_by, group, reason in (("few", "five people", "few_people"), ("rare", "few outcomes", "few_outcomes")):
        for measure in MEASURES:
            one = found[group_by, group, measure]
            assert one.reason == reason
            assert np.isnan([one.value, one.lower, one.upper, one.standard_error]).all()
        assert found[group_by, group, "auroc"].counts.appointments > 0
        assert found[group_by, "others", "auroc"].reason is None


def test_one_probability_is_a_reason_and_the_rest_stands() -> None:
    rows = rows_of(2000, 2)
    flat = Rows(rows.outcome, np.full(2000, 0.2), rows.person, rows.is_listed)
    found = table(flat)
    assert found["overall", "all", "calibration_slope"].reason == "one_probability"
    assert found["overall", "all", "brier"].reason is None


def test_the_order_of_rows_does_not_matter() -> None:
    rows = rows_of(1500, 3)
    mixed = rows.where(np.random.default_rng(0).permutation(1500))
    ours, theirs = table(rows), table(mixed)
    for key, one in ours.items():
        other = theirs[key]
        assert [one.value, one.lower, one.upper] == pytest.approx([other.value, other.lower, other.upper], nan_ok=True)


def test_groups_have_no_limits_of_e90_but_the_whole_has() -> None:
    found = table(rows_of(3000, 4))
    whole, group = found["overall", "all", "e90"], found["sex_code", "1", "e90"]
    assert np.isfinite([whole.lower, whole.upper]).all()
    assert np.isfinite(group.value) and np.isnan(group.upper)


@pytest.mark.slow
def test_limits_cover_the_true_value_in_93_to_97_of_a_hundred_though_people_differ() -> None:
    """The true slope and area of a model that lacks the personal effect come from one window of two million rows."""
    truth = {key[2]: one.value for key, one in table(rows_of(2_000_000, 0, effect=0.8), _without_limits()).items()}
    names = ("auroc", "calibration_slope", "calibration_in_the_large", "brier")
    covered = dict.fromkeys(names, 0)
    seeds = 250
    for seed in range(1, seeds + 1):
        rows = rows_of(4000, seed, effect=0.8)
        found = table(
            Rows(rows.outcome, rows.probability, rows.person, rows.is_listed), Terms(Resampling(replicates=200))
        )
        for name in names:
            one = found["overall", "all", name]
            covered[name] += one.lower <= truth[name] <= one.upper
    shares = {name: number / seeds for name, number in covered.items()}
    assert all(0.92 <= share <= 0.98 for share in shares.values()), shares


def _without_limits() -> Terms:
    return Terms(Resampling(replicates=0))
