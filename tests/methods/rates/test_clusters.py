"""Ratios by clusters of persons against the direct sum over persons and statsmodels' cluster-robust errors."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from pyspark.sql import functions as F
from scipy import stats

from icspark.statistics.clusters import (
    Sums,
    rate_design_effect,
    rate_limits,
    ratio_variance,
    share_design_effect,
    share_limits,
    sums_over,
)
from icspark.statistics.intervals import exact_poisson


def persons(seed, count=400, areas=3):
    """Return events and days of persons: frailty multiplies a person's rate, so events come in clusters."""
    random = np.random.default_rng(seed)
    days = random.integers(1, 366, count)
    frailty = np.exp(random.normal(0, 1, count))
    return pd.DataFrame(
        {"area": random.integers(0, areas, count), "y": random.poisson(frailty * days / 200), "t": days}
    )


def summed(spark, people):
    rows = spark.createDataFrame(people[["area", "y", "t"]])
    y, t = F.col("y"), F.col("t")
    return rows.groupBy("area").agg(
        *sums_over(y, t, prefix="e"), F.sum(t).alias("t"), F.sum(t * t).alias("tt"), F.count("*").alias("n")
    )


def sums():
    return Sums(F.col("e_y"), F.col("t"), F.col("e_yy"), F.col("e_yt"), F.col("tt"), F.col("n"))


def direct(people):
    ratio, n = people.y.sum() / people.t.sum(), len(people)
    return n / (n - 1) * ((people.y - ratio * people.t) ** 2).sum() / people.t.sum() ** 2


def test_the_variance_is_the_sum_over_persons(spark):
    people = persons(1)
    rows = summed(spark, people).select(
        "area", ratio_variance(sums()).alias("v"), rate_design_effect(sums()).alias("d")
    )
    found = rows.toPandas().set_index("area")
    for area, part in people.groupby("area"):
        assert found.v[area] == pytest.approx(direct(part), rel=1e-9)
        assert found.d[area] == pytest.approx(direct(part) / (part.y.sum() / part.t.sum() ** 2), rel=1e-9)
    assert (found.d > 1.5).all()


def test_the_variance_of_a_share_is_statsmodels_cluster_robust_one(spark):
    random = np.random.default_rng(2)
    occasions = random.integers(1, 9, 300)
    chance = 1 / (1 + np.exp(2 - random.normal(0, 1, 300)))
    people = pd.DataFrame({"area": 0, "y": random.binomial(occasions, chance), "t": occasions})
    outcomes = np.concatenate([[1.0] * y + [0.0] * (t - y) for y, t in zip(people.y, people.t, strict=True)])
    person = np.repeat(np.arange(300), occasions)
    fit = sm.OLS(outcomes, np.ones(len(outcomes))).fit(
        cov_type="cluster", cov_kwds={"groups": person, "use_correction": False}
    )
    variance = fit.bse[0] ** 2 * 300 / 299
    row = (
        summed(spark, people).select(ratio_variance(sums()).alias("v"), share_design_effect(sums()).alias("d")).first()
    )
    assert row.v == pytest.approx(variance, rel=1e-9)
    p = outcomes.mean()
    assert row.d == pytest.approx(variance / (p * (1 - p) / len(outcomes)), rel=1e-9)


def test_limits_stand_on_the_effective_number(spark):
    frame = spark.createDataFrame(
        [(0, 40, 100.0, 4.0), (1, 40, 100.0, 0.5), (2, 0, 100.0, None), (3, 0, 0.0, None), (4, 12, 100.0, 3.0)],
        "place int, y long, t double, d double",
    )
    of_rate, of_share = (f(F.col("y"), F.col("t"), F.col("d")) for f in (rate_limits, share_limits))
    rows = frame.select("place", of_rate.alias("rate"), of_share.alias("share")).orderBy("place").collect()

    def byar(x):
        upper = (x + 1) * (1 - 1 / (9 * (x + 1)) + stats.norm.ppf(0.975) / 3 / np.sqrt(x + 1)) ** 3
        return x * (1 - 1 / (9 * x) - stats.norm.ppf(0.975) / 3 / np.sqrt(x)) ** 3, upper

    assert rows[0].rate == pytest.approx([limit * 4 / 100 for limit in byar(10)])
    assert rows[1].rate == pytest.approx([limit / 100 for limit in byar(40)])
    assert rows[2].rate == pytest.approx([0, -np.log(0.025) / 100])
    assert tuple(rows[3].rate) == tuple(rows[3].share) == (None, None)
    assert rows[4].rate == pytest.approx([float(limit[0]) * 3 / 100 for limit in exact_poisson(np.array([4.0]))])
    assert rows[0].share[1] - rows[0].share[0] > 1.8 * (rows[1].share[1] - rows[1].share[0])


def test_one_person_alone_has_no_variance(spark):
    row = summed(spark, persons(3, count=1, areas=1)).select(ratio_variance(sums()), rate_design_effect(sums())).first()
    assert tuple(row) == (None, None)


@pytest.mark.slow
def test_intervals_by_clusters_cover_where_plain_ones_do_not():
    # 1,000 areas of 1,500 persons whose non-attendance has a personal effect of standard deviation 1 (numpy alone).
    random, z = np.random.default_rng(20260101), stats.norm.ppf(0.975)
    effect = random.normal(0, 1, 2_000_000)
    truth = (1 / (1 + np.exp(2.5 - effect))).mean()
    covered = {"plain": 0, "clusters": 0}
    for _ in range(1000):
        occasions = random.poisson(2.5, 1500)
        y = random.binomial(occasions, 1 / (1 + np.exp(2.5 - random.normal(0, 1, 1500))))
        n, p = occasions.sum(), y.sum() / occasions.sum()
        effect = 1500 / 1499 * ((y - p * occasions) ** 2).sum() / n**2 / (p * (1 - p) / n)
        for name, trials in {"plain": n, "clusters": n / max(effect, 1)}.items():
            middle = (p + z**2 / 2 / trials) / (1 + z**2 / trials)
            half = z / (1 + z**2 / trials) * np.sqrt(p * (1 - p) / trials + z**2 / 4 / trials**2)
            covered[name] += abs(middle - truth) <= half
    assert 930 <= covered["clusters"] <= 970
    assert covered["plain"] < 930
