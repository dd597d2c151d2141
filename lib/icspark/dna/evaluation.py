"""The table dna_evaluation: every measure of a model on a window of time, overall and by group, with limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from icspark.config import JobConfig
from icspark.dna.bootstrap import Resampling, limits, person_weights, standard_error
from icspark.dna.measures import why_undefined
from icspark.dna.ranking import Flags, Floats, Whole
from icspark.dna.scored import MEASURES, Scored

OVERALL, ALL = "overall", "all"
NOT_KNOWN = "not known"
"""The group of rows whose group is not known."""

FEW_PEOPLE, FEW_OUTCOMES = "few_people", "few_outcomes"
DIGITS = 10
"""Significant digits of a measure in the table: machines agree on these."""


@dataclass(frozen=True, eq=False)
class Rows:
    """Appointments with an outcome and a model's probability; all arrays have one entry an appointment.

    `person` numbers people from 0; `is_listed` says who is on the list at capacity. A group is None where not known.
    """

    outcome: Flags
    probability: Floats
    person: Whole
    is_listed: Flags
    groups: Mapping[str, NDArray[np.object_]] = field(default_factory=dict)

    def where(self, chosen: NDArray[np.bool_] | Whole) -> Rows:
        """Return the chosen rows; people keep their numbers."""
        groups = {name: values[chosen] for name, values in self.groups.items()}
        return Rows(self.outcome[chosen], self.probability[chosen], self.person[chosen], self.is_listed[chosen], groups)


class Enough(JobConfig):
    """How many must stand behind a measure."""

    people: int = Field(8, ge=8, description="people of a group below which nothing is told of it")
    outcomes: int = Field(100, ge=8, description="non-attendances, and attendances, below which no measure is")


@dataclass(frozen=True)
class Counts:
    """How many stand behind a measure."""

    people: int
    appointments: int
    non_attendances: int

    @property
    def attendances(self) -> int:
        """Return the appointments that were attended."""
        return self.appointments - self.non_attendances

    def why_withheld(self, enough: Enough) -> str | None:
        """Return why no measure is told of so few; None where there are enough."""
        if self.people < enough.people:
            return FEW_PEOPLE
        return FEW_OUTCOMES if min(self.non_attendances, self.attendances) < enough.outcomes else None


@dataclass(frozen=True)
class Measured:
    """One measure of one group: a row of dna_evaluation without its model and window; NaN where there is none."""

    group_by: str
    group: str
    measure: str
    value: float
    standard_error: float
    lower: float
    upper: float
    reason: str | None
    counts: Counts


@dataclass(frozen=True)
class Terms:
    """How a window is judged: how people are drawn anew, and how many are enough."""

    resampling: Resampling = field(default_factory=Resampling)
    enough: Enough = field(default_factory=Enough)


def evaluate(rows: Rows, terms: Terms) -> Iterator[Measured]:
    """Yield every measure of the rows, overall and in each group of each kind, in the order of their names.

    Limits are percentiles over people drawn anew, the same people in every group. Those of E90 and ECI, which cannot
    fall below 0 and so grow with every drawing, are given overall only.
    """
    kinds = {OVERALL: np.full(len(rows.outcome), ALL, dtype=object), **rows.groups}
    for group_by in sorted(kinds, key=lambda kind: (kind != OVERALL, kind)):
        labels = as_text(kinds[group_by])
        parts = {name: np.flatnonzero(labels == name) for name in np.unique(labels).tolist()}
        counts = {name: counted(rows.where(part)) for name, part in parts.items()}
        told = {name: part for name, part in parts.items() if counts[name].why_withheld(terms.enough) is None}
        found = _told(rows, told, terms.resampling, with_curve=group_by == OVERALL)
        for name in parts:
            figures = found.get(name) or _Figures.withheld(counts[name].why_withheld(terms.enough))
            yield from _measured(group_by, name, counts[name], figures)


def as_text(labels: NDArray[np.object_]) -> NDArray[np.str_]:
    """Return the labels of a group as text, `not known` where there is none."""
    return np.array([NOT_KNOWN if label is None else str(label) for label in labels], dtype=str)


def counted(rows: Rows) -> Counts:
    """Return how many people, appointments and non-attendances there are."""
    return Counts(len(np.unique(rows.person)), len(rows.outcome), int(rows.outcome.sum()))


def significant(value: float) -> float | None:
    """Return a number to DIGITS significant digits; None where it is not finite."""
    return float(f"{value:.{DIGITS}g}") if np.isfinite(value) else None


class _Figures(NamedTuple):
    """The measures of a group, a row of them for each replicate, and why one of them may be NaN."""

    values: Floats
    replicates: Floats
    why: str | None

    @classmethod
    def withheld(cls, why: str | None) -> _Figures:
        """Return no figures, and why."""
        return cls(np.full(len(MEASURES), np.nan), np.zeros((0, len(MEASURES))), why)


def _told(rows: Rows, parts: Mapping[str, Whole], resampling: Resampling, *, with_curve: bool) -> dict[str, _Figures]:
    prepared, people = {}, np.unique(rows.person, return_inverse=True)[1]
    for name, part in parts.items():
        own = rows.where(part)
        scored = Scored.of(own.outcome, own.probability, own.is_listed)
        prepared[name] = (scored, people[part][scored.order], why_undefined(own.outcome, own.probability))
    drawn: dict[str, list[Floats]] = {name: [] for name in parts}
    if parts:
        for weight in person_weights(int(people.max()) + 1, resampling):
            for name, (scored, person, _) in prepared.items():
                drawn[name].append(scored.weighted(weight[person], with_curve=with_curve))
    return {
        name: _Figures(scored.measures(), np.reshape(drawn[name], (-1, len(MEASURES))), why)
        for name, (scored, _, why) in prepared.items()
    }


def _measured(group_by: str, name: str, counts: Counts, figures: _Figures) -> Iterator[Measured]:
    lower, upper = limits(figures.replicates)
    error = standard_error(figures.replicates)
    for at, measure in enumerate(MEASURES):
        value = figures.values[at]
        reason = None if np.isfinite(value) else figures.why
        yield Measured(group_by, name, measure, value, error[at], lower[at], upper[at], reason, counts)
