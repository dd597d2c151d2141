"""Why an appointment is on the list, in words that can be said to whom it concerns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from icspark.dna.contributions import Explainer
from icspark.dna.expected_outcomes import Floats
from icspark.tables.dna import PROTECTED

REASONS = 3

WORDS: dict[str, str] = {
    "lead_days": "time between booking and appointment",
    "home_to_site_metres": "distance from home to the site",
    "imd_2019_score": "deprivation of the home area",
    "imd_2019_decile": "deprivation of the home area",
    "past_outcomes_count": "earlier appointments, kept or missed",
    "past_non_attendances_count": "earlier appointments, kept or missed",
    "past_non_attendance_share": "earlier appointments, kept or missed",
    "past_year_outcomes_count": "earlier appointments, kept or missed",
    "past_year_non_attendances_count": "earlier appointments, kept or missed",
    "last_outcome_code": "earlier appointments, kept or missed",
    "days_since_last_outcome": "earlier appointments, kept or missed",
    "is_without_history": "earlier appointments, kept or missed",
    "conditions_count": "long-term conditions",
    "past_year_admissions_count": "stays in hospital in the last year",
    "past_year_emergency_attendances_count": "emergency attendances in the last year",
    "weekday": "day and time of the appointment",
    "hour": "day and time of the appointment",
    "month": "time of year",
    "consultation_medium_code": "in person, by telephone or by video",
    "priority_type_code": "priority of the referral",
    "treatment_function_code": "clinic",
    "site_code": "site of the clinic",
    "is_first_attendance": "first visit or follow-up",
}
"""Feature -> what is said of it. Features with the same words are added before the largest are chosen."""

UNSPOKEN = (*PROTECTED, "age_years", "is_interpreter_needed")
"""Never a reason: characteristics that the Equality Act 2010 protects, and what stands for one of them."""

DIRECTIONS = {True: "raises the risk", False: "lowers the risk"}


def words_of(feature: str) -> str:
    """Return what is said of a feature; of one that is not ours, its name."""
    return WORDS.get(feature, feature.replace("_", " "))


def reasons(explainer: Explainer, features: pd.DataFrame, *, unspoken: Sequence[str] = UNSPOKEN) -> list[list[str]]:
    """Return for each row the three reasons that moved its score most, and which way; fewer where fewer moved it.

    They hold no value of the patient. What is `unspoken` moves the score all the same, and is not told.
    """
    told, _ = explainer.contributions(features)
    return _worded(told, explainer.sources, frozenset(unspoken))


def _worded(contributions: Floats, sources: Sequence[str], unspoken: frozenset[str]) -> list[list[str]]:
    spoken = [at for at, name in enumerate(sources) if name not in unspoken]
    topics = sorted({words_of(sources[at]) for at in spoken})
    membership = np.array([[words_of(sources[at]) == topic for topic in topics] for at in spoken], dtype=float)
    # Rounded, so that a tie goes by the words and not by the last place.
    totals = np.round(contributions[:, spoken] @ membership.reshape(len(spoken), len(topics)), 9)
    order = np.argsort(-np.abs(totals), axis=1, kind="stable")[:, :REASONS]
    return [
        [f"{topics[at]}: {DIRECTIONS[bool(row[at] > 0)]}" for at in places if row[at]]
        for row, places in zip(totals, order, strict=True)
    ]
