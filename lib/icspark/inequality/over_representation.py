"""Is a cohort from more deprived areas than the practices that it comes from?"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
import scipy

from icspark.errors import QualityError


class OverRepresentation(NamedTuple):
    """Mean score of a cohort beside that of as many patients drawn from the same practices."""

    people_count: int
    observed_mean: float
    expected_mean: float
    expected_standard_deviation: float
    z: float | None
    p_value: float | None


def over_representation(cohort: pd.DataFrame, registrations: pd.DataFrame) -> OverRepresentation:
    """Compare a cohort's mean deprivation score with draws, with replacement, from its practices' registrations.

    `cohort` has a row per person: `practice`, `score`. `registrations` has a row per practice and area: `practice`,
    `score`, `patients`. People and areas without a score take no part. For each practice g as many patients are drawn
    as the cohort has there, n_g; the distribution of their mean needs no drawing: with N = sum n_g, its mean is
    sum(n_g mu_g) / N and its variance sum(n_g sigma_g^2) / N^2, mu_g and sigma_g^2 being those of the score over the
    practice's patients. z = (observed - mean) / sd, with its two-sided normal p; both None where sd is 0. Raises
    QualityError where nobody has a score, or a practice of the cohort has no registrations with one.
    """
    people = cohort.dropna(subset=["practice", "score"])
    counts = people.groupby("practice").size()
    mean, variance = _of_practices(registrations.dropna(subset=["practice", "score"]))
    lost = counts.index.difference(mean.index)
    if people.empty or len(lost):
        raise QualityError(
            "the cohort cannot be held against registrations",
            where="over_representation",
            expected="people with a score, at practices with registrations",
            found="nobody" if people.empty else f"{len(lost)} practices without registrations",
        )
    total = int(counts.sum())
    expected = float((counts * mean.reindex(counts.index)).sum() / total)
    deviation = float(np.sqrt((counts * variance.reindex(counts.index)).sum()) / total)
    observed = float(people["score"].mean())
    z = (observed - expected) / deviation if deviation > 0 else None
    p_value = None if z is None else float(2 * scipy.stats.norm.sf(abs(z)))
    return OverRepresentation(total, observed, expected, deviation, z, p_value)


def _of_practices(registrations: pd.DataFrame) -> tuple[pd.Series[float], pd.Series[float]]:
    """Return mean and variance of the score over the patients of each practice with any."""
    rows = registrations[registrations["patients"] > 0]
    weight = rows["patients"].groupby(rows["practice"]).sum()
    mean = (rows["score"] * rows["patients"]).groupby(rows["practice"]).sum() / weight
    apart = rows["score"] - rows["practice"].map(mean)
    variance = (apart**2 * rows["patients"]).groupby(rows["practice"]).sum() / weight
    return mean, variance
