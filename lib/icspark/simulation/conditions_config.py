"""What is planted in the conditions of a simulated region: prevalences, the graph, and how they come to be recorded."""

from __future__ import annotations

import graphlib
from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field, model_validator

from icspark.config import JobConfig
from icspark.errors import nearest
from icspark.simulation.condition_catalogue import CATALOGUE, ODDS_RATIOS, OddsRatio

Share = Annotated[float, Field(ge=0, le=1)]
NAMES = tuple(condition.name for condition in CATALOGUE)
MOST_PARENTS = 8
LARGEST_ODDS_RATIO = 50.0


class ConditionsConfig(JobConfig):
    """Strengths of what makes people ill, and of what becomes of it in records."""

    prevalence: dict[str, Share] = Field({}, description="prevalence of a condition, instead of the catalogue's")
    odds_ratios: dict[str, OddsRatio] = Field(
        {},
        description="`earlier > later`: odds ratio, or five by deprivation quintile from the most deprived; changes or "
        "adds to the planted graph, and 1 takes the edge away",
    )
    highest_risk: float = Field(
        0.98, gt=0, le=0.999, description="largest chance that anyone may have of a condition, all its causes present"
    )
    lag_years: float = Field(4.0, gt=0, le=50, description="mean years from a condition to one that it brings about")
    same_day_share: Share = Field(0.08, description="share of conditions brought about that are found on the same day")
    backlog_share: Share = Field(
        0.15, description="share of first registrations that date old diagnoses on the day of registration"
    )
    repeats_per_year: float = Field(
        0.4, ge=0, le=20, description="further records of a condition per year of the period"
    )
    primary_care_share: Share = Field(0.7, description="share of diagnoses recorded in primary care, in its own coding")
    inpatient_share: Share = Field(0.4, description="of the other diagnoses, the share recorded by inpatient care")

    @property
    def edges(self) -> dict[tuple[str, str], OddsRatio]:
        """Return the odds ratio of each edge (earlier, later), those that are 1 left out, in order of the names."""
        both = ODDS_RATIOS | self.odds_ratios
        return {_ends(key): ratio for key, ratio in sorted(both.items()) if ratio not in (1.0, (1.0,) * 5)}

    @model_validator(mode="after")
    def _is_possible(self) -> ConditionsConfig:
        problems = [*_unknown("prevalence", self.prevalence), *_impossible(self.odds_ratios)]
        if not problems:
            problems = list(_graph_problems(self.edges))
        if problems:
            raise ValueError("; ".join(problems))
        return self


def _ends(key: str) -> tuple[str, str]:
    earlier, _, later = key.partition(">")
    return earlier.strip(), later.strip()


def _unknown(key: str, names: Mapping[str, object]) -> Iterator[str]:
    for name in names:
        if name not in NAMES:
            yield f"{key}.{name}: no such condition. {nearest(name, NAMES)}".strip()


def _impossible(odds_ratios: Mapping[str, OddsRatio]) -> Iterator[str]:
    for key, ratio in odds_ratios.items():
        where = f"odds_ratios.{key}"
        ends = _ends(key)
        if any(end not in NAMES for end in ends):
            yield f"{where}: must be `earlier > later`, two conditions of the catalogue"
        elif ends[0] == ends[1]:
            yield f"{where}: a condition cannot bring about itself"
        if not all(1 <= value <= LARGEST_ODDS_RATIO for value in (ratio if isinstance(ratio, tuple) else (ratio,))):
            yield f"{where}: must be from 1 to {LARGEST_ODDS_RATIO:g}: a condition only ever raises the risk of another"


def _graph_problems(edges: Mapping[tuple[str, str], OddsRatio]) -> Iterator[str]:
    earlier: dict[str, list[str]] = {}
    for first, second in edges:
        earlier.setdefault(second, []).append(first)
    for name, parents in earlier.items():
        if len(parents) > MOST_PARENTS:
            yield f"odds_ratios: {name} has {len(parents)} earlier conditions, at most {MOST_PARENTS} are possible"
    try:
        graphlib.TopologicalSorter(earlier).prepare()
    except graphlib.CycleError as error:
        yield f"odds_ratios: a cycle, {' > '.join(reversed(error.args[1]))}"
