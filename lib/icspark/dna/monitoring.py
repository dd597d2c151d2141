"""What a week of scores and outcomes says of the champion, and when it is an alarm: limits with a budget of false ones.

docs/decisions/non-attendance-monitoring.md tells how the budget is shared, and why the limits stand where they do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace

import numpy as np
import scipy
from numpy.typing import NDArray

from icspark.dna.discrimination import Discrimination, discrimination
from icspark.dna.expected_outcomes import Floats, Ratio, Whole, ratio, ratio_interval, ratio_limits
from icspark.dna.population_stability import Sample, stability
from icspark.statistics.intervals import Z

WEEKS_A_YEAR = 52
BLOCK_WEEKS = 12
SHARE_IN = 0.95
"""Share of a week's outcomes that must be in before they are held against what was expected."""

FEWEST_PEOPLE = 8
ENOUGH = 100
"""Outcomes, and others, below which a ratio is no yardstick and an area under the ROC curve is not told."""

RATIO, AUROC, INDEX, MEAN = "observed_over_expected", "auroc", "population_stability_index", "predicted_mean"
OVER_BLOCK = f"_{BLOCK_WEEKS}_weeks"
OVERALL, CONTACT = ("overall", "all"), "contact"
CONTACTED, NOT_CONTACTED = (CONTACT, "contacted"), (CONTACT, "not_contacted")
SCORE = "dna_probability"

Texts = NDArray[np.object_]
Group = tuple[str, str]


BY_WEEK, BY_BLOCK, BY_GROUP, POPULATION = "week", "block", "group", "population"
AREA_BY_WEEK, AREA_BY_BLOCK = "area by week", "area by block"
SELDOM = (BY_BLOCK, AREA_BY_BLOCK)
"""Families whose tests are made once in a block of weeks; the others are made every week."""


@dataclass(frozen=True)
class Budget:
    """False alarms a year without drift, and how many tests of each family share them.

    Families get equal parts, so that many features leave the one ratio that matters most its power.
    """

    per_year: float
    sizes: Mapping[str, int]

    @property
    def shared_by(self) -> int:
        """Return the number of tests that share the budget."""
        return sum(self.sizes.values())

    def chance(self, family: str) -> float:
        """Return the chance of a false alarm that one test of a family is given, each time that it is made."""
        families = sum(1 for size in self.sizes.values() if size)
        times_a_year = WEEKS_A_YEAR / (BLOCK_WEEKS if family in SELDOM else 1)
        return self.per_year / times_a_year / families / self.sizes[family]


def budget(per_year: float, yardsticks: Mapping[Group, Yardstick], features: int) -> Budget:
    """Return the budget of a monitor: ratio and area by week and by block, ratios of groups, indices and the mean."""
    groups = sum(1 for at, known in yardsticks.items() if known.ratio and at not in (OVERALL, CONTACTED, NOT_CONTACTED))
    single = dict.fromkeys((BY_WEEK, BY_BLOCK, AREA_BY_WEEK, AREA_BY_BLOCK), 1)
    return Budget(per_year, {**single, BY_GROUP: groups, POPULATION: features + 2})


@dataclass(frozen=True)
class Yardstick:
    """The champion on its test window, in one group; None where it has too few outcomes to be held against."""

    ratio: Ratio | None
    discrimination: Discrimination | None


@dataclass(frozen=True)
class Period:
    """Appointments of a time: chance, outcome (NaN until it is in), person (a code from 0), and groups by kind."""

    probability: Floats
    outcome: Floats
    person: Whole
    groups: Mapping[str, Texts]

    def ordered(self) -> Period:
        """Return the same appointments in an order that depends on their values alone, so that sums have one result."""
        return self.where(np.lexsort((self.person, self.outcome, self.probability)))

    def where(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> Period:
        """Return some of the appointments."""
        groups = {name: labels[rows] for name, labels in self.groups.items()}
        return Period(self.probability[rows], self.outcome[rows], self.person[rows], groups)

    @property
    def watched(self) -> Group:
        """Return the group whose outcomes are judged: who was not contacted, where that is known."""
        return NOT_CONTACTED if CONTACT in self.groups else OVERALL

    @property
    def share_in(self) -> float:
        """Return the share of outcomes that are in."""
        return float(np.isfinite(self.outcome).mean())

    def known(self) -> Period:
        """Return the appointments whose outcome is in."""
        return self.where(np.isfinite(self.outcome))

    def untreated(self) -> Period:
        """Return those who were not contacted: contact changes the outcome that the score foretells."""
        return self.where(self.groups[CONTACT] == NOT_CONTACTED[1]) if CONTACT in self.groups else self

    def by_group(self) -> Iterator[tuple[Group, Period]]:
        """Yield everything, then each group; groups other than those of contact are of who was not contacted."""
        yield OVERALL, self
        untreated = self.untreated()
        for kind, labels in self.groups.items():
            those = self if kind == CONTACT else untreated
            for label in np.unique(labels.astype(str)):
                yield (kind, str(label)), those.where(those.groups[kind] == label)


@dataclass(frozen=True)
class Finding:
    """One row of dna_monitor without its model and week; columns as there."""

    measure: str
    group_by: str
    group: str
    feature: str = ""
    value: float | None = None
    lower_95: float | None = None
    upper_95: float | None = None
    lower_limit: float | None = None
    upper_limit: float | None = None
    is_alarm: bool | None = None
    false_alarm_probability: float | None = None
    reason: str | None = None
    people_count: int = 0
    appointments_count: int = 0
    non_attendances_count: int | None = None

    def judged(self, lower: float | None, upper: float | None, chance: float) -> Finding:
        """Return the finding with its limits, and whether it lies outside them."""
        outside = [
            self.value is not None and lower is not None and self.value < lower,
            self.value is not None and upper is not None and self.value > upper,
        ]
        return replace(
            self, lower_limit=lower, upper_limit=upper, is_alarm=any(outside), false_alarm_probability=chance
        )

    def row(self) -> dict[str, object]:
        """Return the columns by name."""
        return asdict(self)


def yardsticks(test: Period) -> dict[Group, Yardstick]:
    """Return what the champion showed on its test window, overall and by group."""
    return {at: _yardstick(period) for at, period in test.ordered().known().by_group()}


def _yardstick(period: Period) -> Yardstick:
    observed = int(period.outcome.sum())
    if min(observed, len(period.outcome) - observed) < ENOUGH:
        return Yardstick(None, None)
    told = period.outcome, period.probability, period.person
    return Yardstick(ratio(*told), discrimination(*told))


def weekly(week: Period, known: Mapping[Group, Yardstick], shared: Budget) -> list[Finding]:
    """Return observed over expected of a week, overall and by group, and its area under the ROC curve."""
    week = week.ordered()
    is_in = week.share_in >= SHARE_IN
    found = []
    for at, period in week.by_group():
        family = BY_WEEK if at == week.watched else BY_GROUP
        is_judged = at == week.watched or at not in (OVERALL, CONTACTED, NOT_CONTACTED)
        yardstick = known.get(at) if is_judged else None
        found.append(_ratio_finding(at, period, yardstick, is_in=is_in, chance=_chance(shared, family, yardstick)))
    return [*found, _area_finding(week, known, AUROC, shared.chance(AREA_BY_WEEK))]


def blockwise(weeks: Period, known: Mapping[Group, Yardstick], shared: Budget) -> list[Finding]:
    """Return the same of a block of weeks together, for those who are watched: what one week is too small to show.

    One person's outcomes meet in so long a time, so the limits are widened by the spread seen on the test window.
    """
    weeks = weeks.ordered()
    at, yardstick = weeks.watched, known.get(weeks.watched)
    chance = _chance(shared, BY_BLOCK, yardstick)
    wide = yardstick.ratio.spread if yardstick and yardstick.ratio else 1.0
    is_in = weeks.share_in >= SHARE_IN
    of_ratio = _ratio_finding(at, weeks.untreated(), yardstick, is_in=is_in, chance=chance, spread=wide)
    return [
        replace(of_ratio, measure=RATIO + OVER_BLOCK),
        _area_finding(weeks, known, AUROC + OVER_BLOCK, shared.chance(AREA_BY_BLOCK)),
    ]


def _chance(shared: Budget, family: str, yardstick: Yardstick | None) -> float | None:
    return shared.chance(family) if yardstick and yardstick.ratio else None


def _counted(measure: str, at: Group, period: Period) -> Finding:
    people, appointments = len(np.unique(period.person)), len(period.person)
    return Finding(measure, *at, people_count=people, appointments_count=appointments)


def _ratio_finding(
    at: Group,
    period: Period,
    yardstick: Yardstick | None,
    *,
    is_in: bool,
    chance: float | None,
    spread: float = 1.0,
) -> Finding:
    counted = _counted(RATIO, at, period)
    if not is_in:
        return replace(counted, reason="outcomes_not_in")
    period = period.known()
    observed, expected = int(period.outcome.sum()), float(period.probability.sum())
    counted = replace(_counted(RATIO, at, period), non_attendances_count=observed)
    if counted.people_count < FEWEST_PEOPLE:
        return replace(counted, reason="few_people")
    lower, upper = ratio_interval(observed, period.probability)
    told = replace(counted, value=observed / expected, lower_95=lower, upper_95=None if np.isnan(upper) else upper)
    if yardstick is None or yardstick.ratio is None or chance is None:
        return replace(told, reason="contacted" if at == CONTACTED else "no_reference")
    return told.judged(*ratio_limits(period.probability, yardstick.ratio, chance, spread=spread), chance)


def _area_finding(period: Period, known: Mapping[Group, Yardstick], name: str, chance: float) -> Finding:
    at, yardstick = period.watched, known.get(period.watched)
    counted = _counted(name, at, period.untreated())
    if period.share_in < SHARE_IN:
        return replace(counted, reason="outcomes_not_in")
    those = period.untreated().known()
    observed = int(those.outcome.sum())
    others = len(those.outcome) - observed
    counted = replace(_counted(name, at, those), non_attendances_count=observed)
    if min(observed, others) < ENOUGH:
        return replace(counted, reason="few_outcomes")
    own = discrimination(those.outcome, those.probability, those.person)
    told = replace(counted, value=own.value, lower_95=own.value - Z * own.error, upper_95=own.value + Z * own.error)
    if yardstick is None or yardstick.discrimination is None:
        return replace(told, reason="no_reference")
    champion = yardstick.discrimination
    error = np.hypot(champion.error, champion.error_with(observed, others))
    return told.judged(champion.value - float(scipy.stats.norm.isf(chance) * error), None, chance)


@dataclass(frozen=True)
class Crowd:
    """The appointments of a time by the bins of every feature, how many independent ones, and the scores' moments."""

    samples: Mapping[str, Sample]
    people: int
    appointments: int
    effective: float
    mean: float
    variance: float


def population(week: Crowd, season: Crowd | None, shared: Budget, *, pooled: Crowd | None = None) -> list[Finding]:
    """Return the index of every feature and of the score, and the mean score, against the same season a year before.

    `pooled` is the crowd of the indices where the week alone is too small. Without a season they have no limits, and
    the reason says so.
    """
    indices = [_index_finding(name, pooled or week, season, shared) for name in sorted(week.samples)]
    return [_mean_finding(week, season, shared), *indices]


def _of_crowd(measure: str, crowd: Crowd) -> Finding:
    return Finding(measure, *OVERALL, people_count=crowd.people, appointments_count=crowd.appointments)


def _index_finding(name: str, crowd: Crowd, season: Crowd | None, shared: Budget) -> Finding:
    counted = replace(_of_crowd(INDEX, crowd), feature=name)
    if season is None:
        return replace(counted, reason="no_reference")
    found = stability(crowd.samples[name], season.samples[name])
    if found is None:
        return replace(counted, reason="few_people")
    chance = shared.chance(POPULATION)
    return replace(counted, value=found.index).judged(None, found.limit(chance), chance)


def _mean_finding(week: Crowd, season: Crowd | None, shared: Budget) -> Finding:
    counted = _of_crowd(MEAN, week)
    if counted.people_count < FEWEST_PEOPLE:
        return replace(counted, reason="few_people")
    half = Z * np.sqrt(week.variance / week.effective)
    told = replace(counted, value=week.mean, lower_95=float(week.mean - half), upper_95=float(week.mean + half))
    if season is None:
        return replace(told, reason="no_reference")
    chance = shared.chance(POPULATION)
    error = np.sqrt(season.variance * (1 / week.effective + 1 / season.effective))
    reach = float(scipy.stats.norm.isf(chance / 2) * error)
    return told.judged(season.mean - reach, season.mean + reach, chance)
