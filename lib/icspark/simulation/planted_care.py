"""What was planted in the care of a region, as rows of the table `truth`: every key of its configuration, and sites."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from icspark.config import JobConfig
from icspark.simulation.care_config import CareConfig
from icspark.simulation.care_people import Place
from icspark.simulation.non_attendance import site_log_odds
from icspark.simulation.period import Period


class Planted(NamedTuple):
    """A row of `truth`."""

    parameter: str
    subject: str
    value: float | None
    text: str | None
    meaning: str


def planted_care(config: CareConfig, *, place: Place, period: Period) -> list[Planted]:
    """Return every planted parameter of care: `care.` and its key in the configuration, its subject, value and meaning.

    The subject is the key of a table of values (a code, a knot) or the place in a list (a quintile, 1 = most deprived).
    """
    return [*_parameters(config, "care."), *_sites(config, place, period)]


def _parameters(model: JobConfig, prefix: str) -> Iterator[Planted]:
    for name, field in type(model).model_fields.items():
        value, meaning = getattr(model, name), field.description or ""
        if isinstance(value, JobConfig):
            yield from _parameters(value, f"{prefix}{name}.")
        elif isinstance(value, dict):
            yield from (_planted(prefix + name, str(key), part, meaning) for key, part in value.items())
        elif isinstance(value, tuple):
            yield from (_planted(prefix + name, str(n), part, meaning) for n, part in enumerate(value, 1))
        else:
            yield _planted(prefix + name, "", value, meaning)


def _planted(parameter: str, subject: str, value: object, meaning: str) -> Planted:
    if isinstance(value, int | float):
        return Planted(parameter, subject, float(value), None, meaning)
    return Planted(parameter, subject, None, str(value), meaning)


def _sites(config: CareConfig, place: Place, period: Period) -> Iterator[Planted]:
    codes = place.sites["site_code"].tolist()
    drawn = site_log_odds(config.non_attendance, sites=len(codes), seed=period.seed)
    for code, value in zip(codes, drawn, strict=True):
        yield Planted("care.non_attendance.site_log_odds", code, float(value), None, "log odds of the site, as drawn")
