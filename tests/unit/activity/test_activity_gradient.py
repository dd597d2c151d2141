"""Rates over fifths of deprivation against statsmodels on random persons."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from pyspark.sql import types as T

from icspark.inequality.activity_gradient import build_activity_gradient
from icspark.statistics.periods import Periods
from icspark.tables.activity import COUNTS, PersonActivity
from icspark.tables.reference import Deprivation2019

AREAS = [f"E{decile:02d}" for decile in range(1, 11)]


@pytest.fixture(scope="module")
def people():
    """Return one row per person of 2020: ten areas, one a decile; the more deprived, the more admissions."""
    random = np.random.default_rng(11)
    size = 4000
    decile = random.integers(1, 11, size)
    days = random.integers(30, 367, size)
    rate = (0.6 - 0.04 * decile) * np.exp(random.normal(0, 1, size))
    frame = pd.DataFrame({"decile": decile, "days_count": days, "admissions_count": random.poisson(rate * days / 365)})
    frame["appointments_count"] = random.poisson(2, size)
    frame["non_attendances_count"] = random.binomial(frame.appointments_count, 0.15 - 0.01 * decile)
    frame["first_hba1c_value"] = np.where(random.random(size) < 0.1, (60 - decile).astype(float), np.nan)
    return frame


@pytest.fixture(scope="module")
def rows(rows_of, spark, people):
    frame = people.assign(person_id=[f"p{i}" for i in range(len(people))], year=2020, from_date=date(2020, 1, 1))
    frame = frame.assign(
        lsoa_2011_code=[AREAS[d - 1] for d in people.decile], sex_code="1", birth_month=date(1980, 1, 1)
    )
    for name in PersonActivity.columns():
        if name not in frame:
            frame[name] = 0 if name.removesuffix("_count") in COUNTS else None
    fields = [T.StructField(name, spec.data_type) for name, spec in PersonActivity.columns().items()]
    activity = spark.createDataFrame(frame[list(PersonActivity.columns())], T.StructType(fields))
    listed = [
        {"lsoa_2011_code": code, "ranked_areas_count": 10, "imd_2019_decile": decile}
        for decile, code in enumerate(AREAS, start=1)
    ]
    deprivation = rows_of(Deprivation2019, *listed)
    found = build_activity_gradient(activity, deprivation, domains=("imd", "health"), periods=Periods(2020, 2020))
    return {tuple(row)[:5]: row for row in found.collect()}


def by_statsmodels(y, t, fifth, *, scale=1.0):
    """Return slope, its standard error, intercept: WLS on ridits, and the sandwich with variances over persons."""
    groups = pd.DataFrame({"y": y, "t": t, "g": 5 - fifth}).groupby("g")
    total = groups.sum()
    value = total.y / total.t * scale
    variance = np.array([
        len(g) / (len(g) - 1) * ((g.y - g.y.sum() / g.t.sum() * g.t) ** 2).sum() / g.t.sum() ** 2 for _, g in groups
    ]) * scale**2  # fmt: skip
    share = (total.t / total.t.sum()).to_numpy()
    model = sm.WLS(value.to_numpy(), sm.add_constant(np.cumsum(share) - share / 2), weights=share)
    low, slope = model.fit().params
    covariance = model.pinv_wexog @ np.diag(share * variance) @ model.pinv_wexog.T
    relative = (low + slope) / low
    toward = np.array([1 / (low + slope) - 1 / low, 1 / (low + slope)])
    return slope, np.sqrt(covariance[1, 1]), relative, np.sqrt(toward @ covariance @ toward)


@pytest.mark.parametrize("measure", ["admissions_rate_per_1000", "non_attendances_share"])
def test_indices_are_those_of_statsmodels(rows, people, measure):
    fifth = (people.decile + 1) // 2
    if measure == "admissions_rate_per_1000":
        expected = by_statsmodels(people.admissions_count, people.days_count, fifth, scale=365250)
    else:
        held = people[people.appointments_count > 0]
        expected = by_statsmodels(held.non_attendances_count, held.appointments_count, fifth[held.index])
    slope, error, relative, log_error = expected
    found = rows[measure, "crude", "imd", 2020, "slope_index"]
    assert (found.estimate, found.upper_95) == pytest.approx((slope, slope + 1.959963984540054 * error), rel=1e-9)
    assert found.lower_95 > 0
    found = rows[measure, "crude", "imd", 2020, "relative_index"]
    assert found.estimate == pytest.approx(relative, rel=1e-9)
    assert found.lower_95 == pytest.approx(relative * np.exp(-1.959963984540054 * log_error), rel=1e-9)


def test_fifths_have_their_rates_ranks_and_the_line(rows, people):
    parts = [rows["admissions_rate_per_1000", "crude", "imd", 2020, str(f)] for f in (5, 4, 3, 2, 1)]
    most = people[people.decile <= 2]
    assert parts[-1].estimate == pytest.approx(most.admissions_count.sum() / most.days_count.sum() * 365250)
    assert parts[-1].events_count == most.admissions_count.sum()
    assert [round(one.rank, 1) for one in parts] == [0.1, 0.3, 0.5, 0.7, 0.9]
    slope = rows["admissions_rate_per_1000", "crude", "imd", 2020, "slope_index"].estimate
    assert parts[-1].fitted - parts[0].fitted == pytest.approx(slope * (parts[-1].rank - parts[0].rank))
    assert all(one.lower_95 < one.estimate < one.upper_95 and one.design_effect > 1 for one in parts)
    assert rows["first_hba1c_mean", "crude", "imd", 2020, "slope_index"].estimate > 7


def test_no_estimate_says_why(rows):
    assert rows["admissions_rate_per_1000", "standardised", "imd", 2020, "1"].reason == "empty_band"
    assert rows["admissions_rate_per_1000", "standardised", "imd", 2020, "slope_index"].reason == "empty_band"
    assert rows["emergency_attendances_rate_per_1000", "crude", "imd", 2020, "slope_index"].reason == "few_events"
    assert rows["first_bmi_mean", "crude", "imd", 2020, "5"].reason == "empty_fifth"
    assert not [key for key in rows if key[2] == "health" and rows[key].estimate is not None]
