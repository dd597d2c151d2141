"""What the conditions' model implies: the odds ratio of every pair within strata, exact, and what was planted."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from icspark.simulation.condition_model import BAND_YEARS, BANDS, QUINTILES, ConditionModel, overall_prevalence
from icspark.simulation.conditions_config import ConditionsConfig
from icspark.simulation.draws import Floats
from icspark.simulation.england_2019 import SEX_CODES
from icspark.simulation.homes import Place
from icspark.simulation.lives import expected_residents
from icspark.simulation.people_config import PeopleConfig
from icspark.simulation.period import Period

EDGE, PATH, COMMON_CAUSE, AGE_ONLY = "edge", "path", "common_cause", "age_only"


def expected_strata(place: Place, config: PeopleConfig, period: Period) -> Floats:
    """Return the expected share of people alive on the last date by age band, sex and deprivation quintile."""
    by_age = expected_residents(period, config)
    band = np.minimum(np.arange(by_age.shape[1]) // BAND_YEARS, BANDS - 1)
    by_band = np.array([np.bincount(band, row, minlength=BANDS) for row in by_age]).T
    quintile = place.areas_2011["imd_2019_quintile"].to_numpy(dtype=np.int64) - 1
    of_quintile = np.bincount(quintile, place.areas_2011["expected_people"], minlength=QUINTILES)
    weights = by_band[:, :, None] * (of_quintile / of_quintile.sum())
    found: Floats = weights / weights.sum()
    return found


def truth_pair(model: ConditionModel, strata: Floats) -> pd.DataFrame:
    """Return the rows of TruthPair: every pair, its relation, what was planted, and the odds ratio within strata.

    The last is the Mantel-Haenszel odds ratio of the expected tables, `strata` (age band, sex, quintile) giving the
    people of each: sum(n p11 p00) / sum(n p10 p01). It is computed from the network, not drawn, so it has no sampling
    error; 1 exactly where the two are independent within strata.
    """
    rows = [_pair(model, strata, a, b) for a, b in combinations(sorted(model.nodes), 2)]
    return pd.DataFrame(rows)


def relation(model: ConditionModel, a: str, b: str) -> str:
    """Return how the graph relates two conditions: edge, path, common_cause or age_only."""
    if a in model.nodes[b].parents or b in model.nodes[a].parents:
        return EDGE
    if a in model.ancestors[b] or b in model.ancestors[a]:
        return PATH
    return COMMON_CAUSE if model.ancestors[a] & model.ancestors[b] else AGE_ONLY


def planted_conditions(model: ConditionModel, config: ConditionsConfig) -> list[dict[str, Any]]:
    """Return rows of Truth: the prevalence of each condition, whole and by stratum, and each edge's odds ratios."""
    return [
        *_planted_prevalences(model),
        *_planted_odds_ratios(model),
        *_planted_strata(model),
        *_planted_shares(config),
    ]


def _pair(model: ConditionModel, strata: Floats, a: str, b: str) -> dict[str, Any]:
    how = relation(model, a, b)
    first = None if how not in (EDGE, PATH) else a if a in model.ancestors[b] else b
    later = b if first == a else a
    log_odds = _log_odds_ratios(model, str(first), later) if how == EDGE else None
    return {
        "condition_a": a,
        "condition_b": b,
        "relation": how,
        "first_condition": first,
        # The geometric mean over quintiles, where the odds ratio differs between them.
        "planted_odds_ratio": None if log_odds is None else float(np.exp(log_odds.mean())),
        "is_by_deprivation": log_odds is not None and bool(np.ptp(log_odds) > 0),
        "stratified_odds_ratio": 1.0 if how == AGE_ONLY else _stratified(model.joint((a, b)), strata),
    }


def _log_odds_ratios(model: ConditionModel, earlier: str, later: str) -> Floats:
    node = model.nodes[later]
    found: Floats = node.log_odds_ratios[node.parents.index(earlier)]
    return found


def _stratified(joint: Floats, strata: Floats) -> float:
    both, neither = joint[..., 1, 1], joint[..., 0, 0]
    only_a, only_b = joint[..., 1, 0], joint[..., 0, 1]
    return float((strata * both * neither).sum() / (strata * only_a * only_b).sum())


def _planted_prevalences(model: ConditionModel) -> Iterator[dict[str, Any]]:
    for name, node in sorted(model.nodes.items()):
        condition = node.condition
        of_whom = "" if condition.sex is None else (" males", " females")[condition.sex]
        meaning = f"prevalence among England's residents{of_whom} of {condition.from_age} and over; {condition.source}"
        yield _row("condition.prevalence", name, overall_prevalence(condition, node.target), meaning)


def _planted_odds_ratios(model: ConditionModel) -> Iterator[dict[str, Any]]:
    meaning = "odds of the second with the first over those without it, all else equal, in a deprivation quintile"
    for name, node in sorted(model.nodes.items()):
        for parent in node.parents:
            for quintile, log_odds in enumerate(_log_odds_ratios(model, parent, name), 1):
                yield _row("condition.odds_ratio", f"{parent}|{name}|{quintile}", float(np.exp(log_odds)), meaning)


def _planted_strata(model: ConditionModel) -> Iterator[dict[str, Any]]:
    """Yield prevalence and log odds without any cause of each stratum in which a condition occurs.

    The subject is condition|youngest age of the band|sex code|quintile.
    """
    planted = {
        "condition.stratum_prevalence": ("target", "prevalence in an age band, sex and deprivation quintile"),
        "condition.stratum_log_odds": ("intercept", "log odds of those without any cause in such a stratum"),
    }
    for name, node in sorted(model.nodes.items()):
        for band, sex, quintile in np.argwhere(node.target > 0).tolist():
            subject = f"{name}|{band * BAND_YEARS}|{SEX_CODES[sex]}|{quintile + 1}"
            for parameter, (part, meaning) in planted.items():
                yield _row(parameter, subject, float(getattr(node, part)[band, sex, quintile]), meaning)


def _planted_shares(config: ConditionsConfig) -> Iterator[dict[str, Any]]:
    for name, field in ConditionsConfig.model_fields.items():
        value = getattr(config, name)
        if isinstance(value, float):
            yield _row(f"condition.{name}", "", value, field.description or name)


def _row(parameter: str, subject: str, value: float, meaning: str) -> dict[str, Any]:
    return {"parameter": parameter, "subject": subject, "value": value, "text": None, "meaning": meaning}
