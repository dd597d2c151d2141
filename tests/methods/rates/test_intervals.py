"""Limits of counts, proportions and means against scipy, statsmodels and the vectors that OHID publishes."""

import numpy as np
import pytest
from pyspark.sql import functions as F
from scipy import stats
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import DescrStatsW

from icspark.statistics.intervals import byar, mean_limits, poisson_limits, wilson


def limits(frame, column):
    rows = [row.found for row in frame.select("place", column.alias("found")).orderBy("place").collect()]
    return np.array([[np.nan] * 2 if row is None else [row[0], row[1]] for row in rows], dtype=float)


def numbered(spark, **columns):
    rows = list(zip(*[np.asarray(values, dtype=float).tolist() for values in columns.values()], strict=True))
    listed = [(place, *[None if np.isnan(cell) else cell for cell in row]) for place, row in enumerate(rows)]
    return spark.createDataFrame(listed, ", ".join(["place long", *(f"{name} double" for name in columns)]))


def test_byar_and_wilson_are_those_that_ohid_publishes(spark):
    # PHEindicatormethods 2.1.0, testdata_Byars_Wilson: the rows for 95 %.
    frame = numbered(spark, x=np.array([65.0, 1045.0, 1.0]), n=np.array([100.0, 5000.0, np.nan]))
    of_counts = [
        (50.163187710459454, 82.84913854593984),
        (982.5932018073325, 1110.33121298565),
        (0.01307213290150435, 5.5637555824752605),
    ]
    np.testing.assert_allclose(limits(frame, byar(F.col("x"))), of_counts, rtol=1e-12)
    of_shares = [
        (0.5525444329688797, 0.7363575175690247),
        (0.19795549880013297, 0.22049130373189027),
        (np.nan, np.nan),
    ]
    np.testing.assert_allclose(limits(frame, wilson(F.col("x"), F.col("n"))), of_shares, rtol=1e-12)


def test_counts_below_ten_have_the_exact_limits_and_others_byars(spark):
    counts = np.array([np.nan, 0, 0, 1, 2.5, 9, 9.99, 10, 250])
    found = limits(numbered(spark, x=counts), poisson_limits(F.col("x")))
    small = (counts < 10) & (counts > 0)
    np.testing.assert_allclose(found[small, 0], stats.gamma.ppf(0.025, counts[small]), rtol=1e-12)
    np.testing.assert_allclose(found[small, 1], stats.gamma.ppf(0.975, counts[small] + 1), rtol=1e-12)
    np.testing.assert_allclose(found[1:3], [[0.0, -np.log(0.025)]] * 2, rtol=1e-12)
    assert np.isnan(found[0]).all()
    # From ten on they are Byar's: within 0.2 % of the exact ones, and not the same.
    exact = np.column_stack([stats.gamma.ppf(0.025, counts[7:]), stats.gamma.ppf(0.975, counts[7:] + 1)])
    assert (abs(found[7:] / exact - 1) < 0.002).all()
    assert (found[7:] != exact).all()


def test_wilson_is_statsmodels(spark):
    random = np.random.default_rng(1)
    trials = random.integers(1, 400, 60).astype(float)
    successes = random.binomial(trials.astype(int), random.uniform(0, 1, 60)).astype(float)
    successes[:2], trials[2] = [0, trials[1]], 0.0
    found = limits(numbered(spark, x=successes, n=trials), wilson(F.col("x"), F.col("n")))
    expected = np.column_stack(proportion_confint(successes[3:], trials[3:], method="wilson"))
    np.testing.assert_allclose(found[3:], expected, rtol=1e-12, atol=1e-15)
    assert np.isnan(found[2]).all()
    assert (found[0, 0], found[1, 1]) == (0.0, 1.0)


@pytest.mark.parametrize("size", [1, 2, 30])
def test_a_mean_has_students_limits(spark, size):
    values = np.random.default_rng(size).normal(50, 12, size)
    summary = DescrStatsW(values)
    frame = numbered(spark, m=[summary.mean], v=[summary.var_ddof(1) if size > 1 else np.nan], n=[float(size)])
    found = limits(frame, mean_limits(F.col("m"), F.col("v"), F.col("n")))[0]
    expected = summary.tconfint_mean() if size > 1 else (np.nan, np.nan)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
