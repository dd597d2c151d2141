"""One comparison of what was planted with what was found, and its limits once it is known how many there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from icspark.checking.limits import Limits
from icspark.quality.findings import Finding

SIGNIFICANT_DIGITS = 9
SHARE, PER_1000 = "share of 1", "per 1,000 person-years"


@dataclass(frozen=True)
class Comparison:
    """Planted and found; `limits` gives the limits of `found` for a chance of passing neither, None where none hold."""

    check_name: str
    subject: str
    planted: float | None
    found: float | None
    unit: str
    meaning: str
    limits: Callable[[float], Limits] | None = None


def judged(comparisons: Sequence[Comparison], *, chance: float) -> list[Finding]:
    """Return the comparisons with limits that all of them together pass, but for `chance` (Bonferroni).

    Source: Dunn 1961, J Am Stat Assoc 56:52.
    """
    alpha = chance / max(sum(one.limits is not None for one in comparisons), 1)
    return [_finding(one, alpha) for one in comparisons]


def equal(check_name: str, subject: str, *, planted: float, found: float, unit: str, meaning: str) -> Comparison:
    """Return a comparison of two numbers that must be the same."""
    return Comparison(check_name, subject, planted, found, unit, meaning, lambda _: (planted, planted))


def scaled(limits: tuple[float, float], by: float) -> Limits:
    """Return the limits of a sum as those of the sum / `by`; none where that is 0."""
    return (limits[0] / by, limits[1] / by) if by else (None, None)


def _finding(one: Comparison, alpha: float) -> Finding:
    lower, upper = one.limits(alpha) if one.limits else (None, None)
    planted, found, lower, upper = (_significant(value) for value in (one.planted, one.found, lower, upper))
    return Finding(one.check_name, one.subject, planted, found, lower, upper, one.unit, one.meaning)


def _significant(value: float | None) -> float | None:
    """Return a number to so many digits that sums of the same rows in another order give the same bytes."""
    return None if value is None else float(f"{value:.{SIGNIFICANT_DIGITS}g}")
