"""Appointments whose chance of not attending is known, as an extract: no Spark, no file."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from icspark.dna.extract import Extract
from icspark.dna.feature_list import FeatureList

FEATURES = FeatureList(
    ("lead_days", "age_years", "past_non_attendance_share", "is_first_attendance"), ("weekday", "site_code")
)
FIRST, DAYS = date(2023, 4, 1), 730


def planted(appointments: int, *, seed: int, interaction: float = 0.0) -> tuple[Extract, NDArray[np.float64]]:
    """Return an extract of two years and the planted probability of each row; some cells are missing."""
    random = np.random.default_rng(seed)
    person = np.sort(random.integers(0, max(appointments // 4, 1), appointments))
    person = np.unique(person, return_inverse=True)[1]
    effect = random.normal(0, 0.5, person.max() + 1)[person]
    lead, age = random.gamma(1.5, 20, appointments), random.integers(0, 95, appointments).astype(float)
    share, first = random.beta(2, 12, appointments), random.random(appointments) < 0.4
    weekday, site = random.integers(1, 8, appointments), random.choice(["S01", "S02", "S03"], appointments)
    both = interaction * np.where((lead > 30) == (age < 40), 1.0, -1.0)
    bent = 0.02 * np.minimum(lead, 60) + 0.0006 * (age - 50) ** 2
    margin = -3.4 + bent + 4 * share + 0.3 * first + 0.3 * (site == "S02") + both + effect
    probability = expit(margin)
    columns = {"lead_days": lead, "age_years": age, "past_non_attendance_share": share}
    features = pd.DataFrame({**columns, "is_first_attendance": first.astype(float)})
    features["weekday"], features["site_code"] = weekday.astype(str), site
    features.loc[random.random(appointments) < 0.03, "lead_days"] = np.nan
    features["site_code"] = features["site_code"].astype(object).where(random.random(appointments) > 0.02, None)
    extract = Extract(
        features=features,
        is_dna=random.random(appointments) < probability,
        person=person,
        appointment_id=np.array([f"A{number:08d}" for number in range(appointments)]),
        day=np.datetime64(FIRST) + random.integers(0, DAYS, appointments),
        site=features["site_code"].to_numpy(object),
        groups={"sex_code": random.choice(["1", "2"], appointments).astype(object)},
    )
    return extract, probability


def day_after(days: int) -> date:
    """Return the day that lies so many days after the first."""
    return FIRST + timedelta(days=days)
