"""When conditions begin in a batch of people: the network's states on a person's last day, and the days before it.

docs/decisions/simulated-conditions.md has the equations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from icspark.simulation.condition_model import AGES, BAND_YEARS, BANDS, ConditionModel, Node
from icspark.simulation.conditions_config import ConditionsConfig
from icspark.simulation.draws import Draws, Floats, Whole
from icspark.simulation.lives import NEVER, Lives
from icspark.simulation.period import DAYS_PER_YEAR, Period

TABLE = "onset"
ABSENT = np.inf
"""Age of onset of a condition that a person does not have."""


@dataclass(frozen=True, eq=False)
class Onsets:
    """The conditions of a batch of people, one entry each, by condition and person; condition counts along the model.

    `person` is the position in the batch; days are numbers since 1 January 1970.
    """

    person: Whole
    condition: Whole
    day: Whole
    recorded_day: Whole
    is_backlog: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class _Subjects:
    """A batch of people as the model sees them: stratum and age (in years) on their last day."""

    draws: Draws
    stratum: tuple[Whole, Whole, Whole]
    age: Floats

    def at(self, rows: Whole) -> _Subjects:
        band, sex, quintile = self.stratum
        return _Subjects(self.draws.at(rows), (band[rows], sex[rows], quintile[rows]), self.age[rows])


def last_day(lives: Lives, period: Period) -> Whole:
    """Return the day on which a person's conditions are as the model says: the last date, or the death before it."""
    return np.minimum(lives.death, period.last_day)


def age_band(birth: Whole, day: Whole) -> Whole:
    """Return the five-year age band of the completed years since the first of the month of birth, 90 and over as one.

    Records hold the month of birth alone, so strata that are made of records are these strata.
    """
    months = _month(day) - _month(birth)
    found: Whole = np.minimum(months // (12 * BAND_YEARS), BANDS - 1)
    return found


def onsets_of(
    lives: Lives,
    imd_quintile: Whole,
    registered: Whole,
    *,
    model: ConditionModel,
    config: ConditionsConfig,
    period: Period,
) -> Onsets:
    """Return the conditions that began by each person's last day; `registered` is the day of first registration.

    Where that registration is a backlog, what began before it is recorded on its day.
    """
    draws = Draws.of(period.seed, TABLE, lives.number)
    ends = last_day(lives, period)
    stratum = (age_band(lives.birth, ends), lives.sex, imd_quintile - 1)
    ages = ages_at_onset(_Subjects(draws, stratum, (ends - lives.birth) / DAYS_PER_YEAR), model, config)
    condition, person = np.nonzero(ages != ABSENT)
    day = lives.birth[person] + np.floor(ages[condition, person] * DAYS_PER_YEAR).astype(np.int64)
    day = np.minimum(day, ends[person])
    is_dated_then = draws.happens("backlog", config.backlog_share) & (registered < NEVER)
    is_backlog = is_dated_then[person] & (day < registered[person])
    return Onsets(person, condition, day, np.where(is_backlog, registered[person], day), is_backlog)


def ages_at_onset(subjects: _Subjects, model: ConditionModel, config: ConditionsConfig) -> Floats:
    """Return the age in years at the onset of each condition (a row each, in the model's order); ABSENT without it."""
    order = {name: row for row, name in enumerate(model.nodes)}
    ages = np.full((len(order), subjects.draws.size), ABSENT)
    for name, node in model.nodes.items():
        parents = ages[[order[parent] for parent in node.parents]]
        hurdle = scipy.special.logit(subjects.draws.uniform(name)) - node.intercept[subjects.stratum]
        effects = node.log_odds_ratios[:, subjects.stratum[2]]
        has_it = np.flatnonzero(hurdle <= (effects * (parents != ABSENT)).sum(axis=0))
        ages[order[name], has_it] = _ages_of_cases(
            node, subjects.at(has_it), hurdle[has_it], causes=(parents[:, has_it], effects[:, has_it]), config=config
        )
    return ages


def _ages_of_cases(
    node: Node, cases: _Subjects, hurdle: Floats, *, causes: tuple[Floats, Floats], config: ConditionsConfig
) -> Floats:
    """Return the age at onset of people who have the condition.

    Ageing and the onset of causes raise the log odds; the onset is when they first reach the hurdle. Where a cause does
    it at a stroke, the condition follows after a lag that ends before ageing would have brought it anyway, or at once.
    """
    since, effects = _in_time_order(*causes)
    at_end = np.interp(cases.age, AGES, node.ageing)
    # Row j: the age at which ageing alone passes the hurdle once the first j causes are there.
    by_ageing = np.array(
        [np.interp(hurdle + at_end - effect, node.ageing, AGES) for effect in _cumulated(effects, len(hurdle))]
    )
    since = np.vstack([np.full(len(hurdle), -np.inf), since])
    reached = np.maximum(since, by_ageing)
    step, everyone = reached.argmin(axis=0), np.arange(len(hurdle))
    onset = reached[step, everyone]
    is_jump = (step > 0) & (by_ageing[step, everyone] < since[step, everyone])
    limit = np.minimum(by_ageing[np.maximum(step - 1, 0), everyone], cases.age)
    lagged = onset + _lag(node.condition.name, cases.draws, np.maximum(limit - onset, 0), config)
    found: Floats = np.minimum(np.where(is_jump, lagged, onset), cases.age)
    return found


def _in_time_order(since: Floats, effects: Floats) -> tuple[Floats, Floats]:
    order = np.argsort(since, axis=0, kind="stable")
    return np.take_along_axis(since, order, axis=0), np.take_along_axis(effects, order, axis=0)


def _cumulated(effects: Floats, size: int) -> Floats:
    return np.vstack([np.zeros(size), np.cumsum(effects, axis=0)])


def _lag(name: str, draws: Draws, longest: Floats, config: ConditionsConfig) -> Floats:
    """Return an exponential lag in years that ends before `longest`; none for what is found on the same day."""
    within = -np.expm1(-longest / config.lag_years)
    lag = -config.lag_years * np.log1p(-draws.uniform(f"{name} lag") * within)
    return np.where(draws.happens(f"{name} same day", config.same_day_share), 0.0, lag)


def _month(day: Whole) -> Whole:
    return day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
