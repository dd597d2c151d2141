"""Pairs, arrows and differences between groups that the morbidity jobs found, held against the planted graph.

What is held against what comes from tables alone. How much of it can be found at all, the power, follows from the
tables that the generating model expects: for these the model is made anew from the planted parameters in `truth`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from icspark.checking.power import cmh_power, found_limits, heterogeneity_power, upper_limit
from icspark.errors import QualityError
from icspark.quality.findings import Finding
from icspark.simulation.condition_model import STRATA, ConditionModel, condition_model
from icspark.simulation.conditions_config import ConditionsConfig
from icspark.statistics.intervals import Floats
from icspark.tables.morbidity import ConditionHistory
from icspark.tables.truth import Truth

SHARE, PAIRS = "share of 1", "pairs"
EDGE, PATH, COMMON_CAUSE, AGE_ONLY = "edge", "path", "common_cause", "age_only"
RULES_OF_ORDER = {"naive": "the earliest date of each, backlog included", "known": "onsets alone"}
ENOUGH_POWER, FOUND_OF_THEM, MOST_CALLED, ARROWS_RIGHT, OUTSIDE = 0.95, 0.9, 0.05, 0.95, 0.01
BAND_YEARS, OLDEST = 5, 90


@dataclass(frozen=True)
class Found:
    """What the jobs wrote, a row a pair (a before b in the alphabet), and how the edges were chosen.

    `pairs` has the columns of truth_pair with p_value, q_value, odds_ratio and its limits, is_edge, arrow (1: a
    precedes b, -1: b does, 0: none), group_p, group_q, and naive_share and known_share: of the people with both in some
    order those with the planted condition first, by the earliest dates and by the onsets.
    """

    pairs: pd.DataFrame
    people: Floats
    alpha: float
    smallest_both: int


def planted_model(truth: pd.DataFrame) -> ConditionModel:
    """Return the model of conditions that the planted parameters in `truth` describe."""
    kept = truth[Truth.parameter].isin(["condition.prevalence", "condition.odds_ratio"])
    rows = truth[kept].sort_values([Truth.parameter, Truth.subject])
    prevalence: dict[str, float] = {}
    ratios: dict[str, dict[int, float]] = {}
    for parameter, subject, value in rows[[Truth.parameter, Truth.subject, Truth.value]].itertuples(index=False):
        if parameter == "condition.prevalence":
            prevalence[subject] = float(value)
        else:
            first, second, quintile = subject.split("|")
            ratios.setdefault(f"{first} > {second}", {})[int(quintile)] = float(value)
    by_quintile = {edge: tuple(of[quintile] for quintile in sorted(of)) for edge, of in ratios.items()}
    removed = dict.fromkeys(_catalogue_edges() - set(by_quintile), 1.0)
    told = truth.loc[truth[Truth.parameter] == "condition.highest_risk", Truth.value]
    highest = {"highest_risk": float(told.iloc[0])} if len(told) else {}
    odds_ratios = {**removed, **by_quintile}
    return condition_model(ConditionsConfig(prevalence=prevalence, odds_ratios=odds_ratios, **highest))


def people_by_stratum(counted: pd.DataFrame) -> Floats:
    """Return people by age band, sex and quintile of `counted` rows of condition_history; unknown ones are left out.

    Raises QualityError where bands of age are not those of the model.
    """
    people = np.zeros(STRATA)
    names = (ConditionHistory.age_band, ConditionHistory.sex_code, ConditionHistory.imd_2019_quintile, "people")
    for band, sex, quintile, number in counted[list(names)].itertuples(index=False):
        if band is None or quintile is None or sex not in ("1", "2"):
            continue
        low, high = band.split("_")
        if high != "over" and int(high) - int(low) + 1 != BAND_YEARS:
            raise QualityError("the check needs five-year bands of age", where=ConditionHistory.name(), found=str(band))
        people[min(int(low), OLDEST) // BAND_YEARS, int(sex) - 1, int(quintile) - 1] += number
    return people


@dataclass(frozen=True)
class Comparison:
    """What was found, with the power of each pair."""

    found: Found
    model: ConditionModel

    def powers(self, chosen: NDArray[np.bool_]) -> Floats:
        """Return the chance of each chosen pair to become an edge."""
        people, threshold = self.found.people.ravel(), _threshold(self.found, "p_value", "q_value")
        return np.array(
            [
                cmh_power(chances.reshape(-1, 2, 2), people, threshold, smallest_both=self.found.smallest_both)
                for chances in self._chances(chosen)
            ]
        )

    def group_powers(self, chosen: NDArray[np.bool_]) -> Floats:
        """Return the chance of each chosen pair to be found to differ between the quintiles."""
        people = np.moveaxis(self.found.people, 2, 0).reshape(STRATA[2], -1)
        threshold = _threshold(self.found, "group_p", "group_q")
        by_group = (np.moveaxis(chances, 2, 0).reshape(STRATA[2], -1, 2, 2) for chances in self._chances(chosen))
        return np.array([heterogeneity_power(chances, people, threshold) for chances in by_group])

    def _chances(self, chosen: NDArray[np.bool_]) -> Iterator[Floats]:
        ends = self.found.pairs.loc[chosen, ["condition_a", "condition_b"]].itertuples(index=False)
        return (self.model.joint((a, b)) for a, b in ends)

    def findings(self) -> list[Finding]:
        """Return all comparisons, in order."""
        return [*self._edges(), *self._called(), *self._arrows(), *self._groups(), *self._each_edge()]

    def _edges(self) -> Iterator[Finding]:
        pairs, is_planted = self.found.pairs, self._is(EDGE)
        is_found = pairs["is_edge"].to_numpy(bool)[is_planted]
        yield from _by_power("edges", self.powers(is_planted), is_found, "edges of the planted graph")
        ratio = pairs["stratified_odds_ratio"]
        covered = (pairs["odds_ratio_lower_95"] <= ratio) & (ratio <= pairs["odds_ratio_upper_95"])
        said = "planted edges whose 95 % interval holds the odds ratio that the model implies"
        yield _noted("odds_ratios_covered", 0.95, _share(covered.to_numpy(bool)[is_planted]), said)

    def _called(self) -> Iterator[Finding]:
        called = self.found.pairs["q_value"].to_numpy(float) < self.found.alpha
        of_age = called[self._is(AGE_ONLY)]
        said = "pairs related only through age, sex or deprivation that are called related"
        yield Finding("age_only_called", "", 0.0, _share(of_age), None, MOST_CALLED, SHARE, said)
        upper = upper_limit(int(of_age.sum()), len(of_age))
        yield _noted("age_only_called_upper_99", None, upper, f"upper 99 % limit of that share, of {len(of_age)} pairs")
        said = "pairs truly related through a third condition that are called: no mistake, and counted apart"
        for relation in (PATH, COMMON_CAUSE):
            yield _noted(f"{relation}_called", None, _share(called[self._is(relation)]), said)

    def _arrows(self) -> Iterator[Finding]:
        planted, drawn = _planted_arrow(self.found.pairs), self.found.pairs["arrow"].to_numpy(int)
        of_planted = (drawn != 0) & (planted != 0)
        said = f"{int(of_planted.sum())} arrows between a condition and its planted descendant: those the planted way"
        right = drawn[of_planted] == planted[of_planted]
        yield Finding("arrows_right", "", 1.0, _share(right), ARROWS_RIGHT, None, SHARE, said)
        others = float(((drawn != 0) & (planted == 0)).sum())
        yield _noted("arrows_of_others", None, others, "arrows between any others: counted apart", unit="arrows")
        edges = self.found.pairs["is_edge"].to_numpy(bool) & (planted != 0)
        for name, rule in RULES_OF_ORDER.items():
            share = self.found.pairs[f"{name}_share"].to_numpy(float)[edges]
            told = share[~np.isnan(share)]
            said = f"edges of planted descendants that most people would point the planted way, by {rule}; no test made"
            yield _noted(f"{name}_order_right", 1.0, _share(told > 0.5), said)
            said = f"of people with both in some order, those with the planted one first, by {rule}: mean of edges"
            yield _noted(f"{name}_people_in_order", None, float(told.mean()) if len(told) else None, said)

    def _groups(self) -> Iterator[Finding]:
        is_planted = self.found.pairs["is_by_deprivation"].to_numpy(bool)
        called = self.found.pairs["group_q"].to_numpy(float) < self.found.alpha
        what = "planted edges that differ by deprivation"
        yield from _by_power("by_deprivation", self.group_powers(is_planted), called[is_planted], what)
        said, alike = "pairs that are independent in every quintile and are said to differ", called[self._is(AGE_ONLY)]
        yield Finding("alike_called_different", "", 0.0, _share(alike), None, MOST_CALLED, SHARE, said)

    def _each_edge(self) -> Iterator[Finding]:
        said = "odds ratio within strata, as the model implies it and as it was found"
        for row in self.found.pairs[self._is(EDGE)].to_dict("records"):
            found = row["odds_ratio"] if np.isfinite(row["odds_ratio"]) else None
            planted, subject = row["stratified_odds_ratio"], f"{row['condition_a']}|{row['condition_b']}"
            yield _noted("odds_ratio", planted, found, said, subject=subject, unit="odds ratio")

    def _is(self, relation: str) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = (self.found.pairs["relation"] == relation).to_numpy(bool)
        return found


def _by_power(name: str, powers: Floats, found: NDArray[np.bool_], what: str) -> Iterator[Finding]:
    strong = powers >= ENOUGH_POWER
    said = f"{what} with a power of {ENOUGH_POWER:g} or more, {int(strong.sum())} of them, that are found"
    share = _share(found[strong])
    yield Finding(f"{name}_with_power", "", 1.0, share, FOUND_OF_THEM if strong.any() else None, None, SHARE, said)
    lower, upper = found_limits(powers, OUTSIDE)
    said = f"{what} that are found, of {len(powers)}: planted is the sum of their powers, the limits its 99 % interval"
    yield Finding(f"{name}_found", "", float(powers.sum()), float(found.sum()), lower, upper, PAIRS, said)


def _noted(
    name: str, planted: float | None, found: float | None, meaning: str, *, subject: str = "", unit: str = SHARE
) -> Finding:
    return Finding(name, subject, planted, found, None, None, unit, meaning)


def _planted_arrow(pairs: pd.DataFrame) -> NDArray[np.int64]:
    first = pairs["first_condition"]
    return np.where(first.isna(), 0, np.where(first == pairs["condition_a"], 1, -1)).astype(np.int64)


def _share(flags: Sequence[bool] | NDArray[np.bool_]) -> float | None:
    return float(np.mean(flags)) if len(flags) else None


def _threshold(found: Found, p_value: str, q_value: str) -> float:
    """Return the greatest p value that was called; where none was, the one that would be alone."""
    p, q = (found.pairs[name].to_numpy(float) for name in (p_value, q_value))
    called = p[q < found.alpha]
    return float(called.max()) if len(called) else found.alpha / max(int((~np.isnan(p)).sum()), 1)


def _catalogue_edges() -> set[str]:
    return {f"{first} > {second}" for first, second in ConditionsConfig().edges}
