"""The model that makes conditions: a logistic network within strata of age band, sex and deprivation, calibrated.

docs/decisions/simulated-conditions.md has the equations.
"""

from __future__ import annotations

import graphlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from icspark.errors import ConfigurationError
from icspark.simulation import england_2019
from icspark.simulation.condition_catalogue import CATALOGUE, Condition
from icspark.simulation.conditions_config import ConditionsConfig
from icspark.simulation.draws import Floats, Whole

BAND_YEARS = 5
BANDS = 19
"""Five-year age bands 0 to 4, ..., 90 and over."""

QUINTILES = 5
STRATA = (BANDS, 2, QUINTILES)
"""Shape of whatever goes by stratum: age band, sex (MALE, FEMALE), quintile (0 = the most deprived)."""

LOWEST_PLATEAU, HIGHEST_PLATEAU = 1e-9, 1 - 1e-9

AGES = np.arange(121, dtype=np.float64)
_OLDEST_BAND_AGE = 92.5


@dataclass(frozen=True, eq=False)
class Node:
    """One condition in the network: its parents with ln odds ratios by quintile, intercepts by stratum, ageing.

    `log_odds_ratios` has a row a parent and a column a quintile; `intercept` is minus infinity in a stratum that never
    has the condition; `ageing` is the log odds of the plateau curve at each whole age, never falling.
    """

    condition: Condition
    parents: tuple[str, ...]
    log_odds_ratios: Floats
    target: Floats
    intercept: Floats
    ageing: Floats


@dataclass(frozen=True, eq=False)
class ConditionModel:
    """The calibrated network: nodes by name, each after its parents."""

    nodes: Mapping[str, Node]

    @cached_property
    def ancestors(self) -> dict[str, frozenset[str]]:
        """Return the ancestors of each condition, itself not among them."""
        found: dict[str, frozenset[str]] = {}
        for name, node in self.nodes.items():
            found[name] = frozenset(node.parents).union(*(found[parent] for parent in node.parents))
        return found

    def joint(self, names: Sequence[str]) -> Floats:
        """Return the chance of each combination of some conditions: strata first, then an axis (without, with) each.

        Exact: the product of the conditional chances of the conditions and their ancestors, the others summed out.
        """
        needed = set(names).union(*(self.ancestors[name] for name in names))
        label = {name: index + 1 for index, name in enumerate(name for name in self.nodes if name in needed)}
        operands: list[Any] = []
        for name, own in label.items():
            node = self.nodes[name]
            operands += [_conditional(node), [0, *(label[parent] for parent in node.parents), own]]
        wanted = [0, *(label[name] for name in names)]
        flat = np.einsum(*operands, wanted, optimize="greedy") if operands else np.ones(int(np.prod(STRATA)))
        return np.asarray(flat, dtype=np.float64).reshape(*STRATA, *(2,) * len(names))


def condition_model(config: ConditionsConfig) -> ConditionModel:
    """Return the network of a configuration, its intercepts solved so that every stratum has its target prevalence.

    Raises ConfigurationError, all at once and each with its key, for prevalences that no age curve reaches and for odds
    ratios under which someone's chance of a condition would pass `highest_risk`.
    """
    problems: list[str] = []
    model = ConditionModel({})
    edges = config.edges
    for name in _in_order(edges):
        condition = _planted(name, config)
        plateau = _plateau(condition)
        if plateau is None:
            problems.append(f"prevalence.{name}: {condition.prevalence:g} would need a prevalence above 1 at some age")
        causes = {ends[0]: ratio for ends, ratio in edges.items() if ends[1] == name}
        node = _node(condition, plateau or HIGHEST_PLATEAU, causes)
        node = replace(node, intercept=_intercept(node, model))
        model = ConditionModel({**model.nodes, name: node})
        if (risk := _highest_risk(node)) > config.highest_risk:
            problems.append(
                f"odds_ratios.* > {name}: would need a prevalence of {risk:.3f} among those with all its causes, above "
                f"{config.highest_risk:g}"
            )
    if problems:
        listed = "\n".join(f"  {problem}" for problem in problems)
        raise ConfigurationError(f"{len(problems)} strength(s) are impossible\n{listed}", where="conditions")
    return model


def stratified(by: Callable[[NDArray[Any], NDArray[Any], NDArray[Any]], Any]) -> Floats:
    """Return what `by` makes of age band, sex and quintile (from 0) over all strata."""
    band, sex, quintile = np.indices(STRATA)
    return np.asarray(by(band, sex, quintile), dtype=np.float64)


def base_prevalence(condition: Condition, age: Any, plateau: float) -> Floats:
    """Return the prevalence at an age, before sex and deprivation."""
    found: Floats = plateau * scipy.special.expit((np.asarray(age) - condition.midpoint_age) / condition.spread_years)
    return found


def target_prevalence(condition: Condition, plateau: float) -> Floats:
    """Return the prevalence by stratum: that of the middle of the age band, times the odds of sex and deprivation."""

    def in_stratum(band: Whole, sex: Whole, quintile: Whole) -> Floats:
        base = base_prevalence(condition, np.minimum(band * BAND_YEARS + 2.5, _OLDEST_BAND_AGE), plateau)
        of_sex = np.where(sex == england_2019.MALE, 0.5, -0.5) * np.log(condition.male_odds_ratio)
        of_area = (2 - quintile) / 4 * np.log(condition.deprived_odds_ratio)
        has_it = np.ones(STRATA) if condition.sex is None else sex == condition.sex
        odds = scipy.special.logit(base) + (of_sex if condition.sex is None else 0.0) + of_area
        return np.asarray(scipy.special.expit(odds) * has_it)

    return stratified(in_stratum)


def overall_prevalence(condition: Condition, by_stratum: Floats) -> float:
    """Return the prevalence in England's residents of `from_age` and over (of the sex that has it), quintiles alike."""
    residents = england_2019.residents()
    ages = np.arange(residents.shape[1])
    counted = residents * (ages >= condition.from_age)
    if condition.sex is not None:
        counted[1 - condition.sex] = 0
    by_age = by_stratum.mean(axis=2)[np.minimum(ages // BAND_YEARS, BANDS - 1)].T
    return float((counted * by_age).sum() / counted.sum())


def _planted(name: str, config: ConditionsConfig) -> Condition:
    condition = next(each for each in CATALOGUE if each.name == name)
    return replace(condition, prevalence=config.prevalence.get(name, condition.prevalence))


def _in_order(edges: Iterable[tuple[str, str]]) -> list[str]:
    sorter = graphlib.TopologicalSorter({condition.name: [] for condition in CATALOGUE})
    for earlier, later in edges:
        sorter.add(later, earlier)
    sorter.prepare()
    order: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        order += ready
        sorter.done(*ready)
    return order


def _plateau(condition: Condition) -> float | None:
    """Return the plateau that gives the overall prevalence; None where even 1 gives less."""

    def excess(plateau: float) -> float:
        return overall_prevalence(condition, target_prevalence(condition, plateau)) - condition.prevalence

    if excess(HIGHEST_PLATEAU) <= 0 or excess(LOWEST_PLATEAU) >= 0:
        return None
    return float(scipy.optimize.brentq(excess, LOWEST_PLATEAU, HIGHEST_PLATEAU, xtol=1e-14, rtol=1e-12))


def _node(condition: Condition, plateau: float, causes: Mapping[str, Any]) -> Node:
    ratios = [np.broadcast_to(np.asarray(causes[parent], dtype=np.float64), QUINTILES) for parent in causes]
    return Node(
        condition=condition,
        parents=tuple(causes),
        log_odds_ratios=np.log(np.array(ratios).reshape(len(causes), QUINTILES)),
        target=target_prevalence(condition, plateau),
        intercept=np.full(STRATA, np.nan),
        ageing=np.maximum.accumulate(scipy.special.logit(base_prevalence(condition, AGES, plateau))),
    )


def _shifts(node: Node) -> Floats:
    """Return the sum of ln odds ratios by quintile (rows) and combination of parents (one axis each)."""
    states = np.indices((2,) * len(node.parents)).reshape(len(node.parents), 2 ** len(node.parents))
    return node.log_odds_ratios.T @ states


def _conditional(node: Node) -> Floats:
    """Return the chance of each state of a condition: one axis of strata, one a parent, one of (without, with)."""
    risk = scipy.special.expit(node.intercept[..., None] + _shifts(node))
    return np.stack([1 - risk, risk], axis=-1).reshape(-1, *(2,) * len(node.parents), 2)


def _intercept(node: Node, model: ConditionModel) -> Floats:
    """Return the intercepts with which the mean risk over the parents' joint chances is the target, by bisection."""
    parents = model.joint(node.parents).reshape(*STRATA, -1)
    shifts = _shifts(node)
    high = scipy.special.logit(node.target)
    low = high - shifts.max(initial=0.0)
    for _ in range(60):
        middle = (low + high) / 2
        mean = (parents * scipy.special.expit(middle[..., None] + shifts)).sum(axis=-1)
        is_above = mean > node.target
        low, high = np.where(is_above, low, middle), np.where(is_above, middle, high)
    return np.asarray((low + high) / 2)


def _highest_risk(node: Node) -> float:
    return float(scipy.special.expit(node.intercept[..., None] + _shifts(node)).max())
