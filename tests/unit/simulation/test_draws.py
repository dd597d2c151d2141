"""Random numbers without state: each distribution against scipy, and no trace of one draw in another."""

from __future__ import annotations

import numpy as np
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from scipy import stats

from icspark.errors import IcsparkError
from icspark.simulation.draws import Draws, uniform_column

SEEDS = (1, 2, 20_261)
LEAST_P = 0.0005
"""Below it a test fails: with fixed seeds the draws are fixed, so this is no matter of luck from run to run."""


def draws(seed: int, table: str = "person", size: int = 200_000) -> Draws:
    return Draws.of(seed, table, np.arange(size))


@pytest.mark.parametrize("seed", SEEDS)
def test_continuous_draws_follow_their_distribution(seed: int) -> None:
    some = draws(seed)
    assert stats.kstest(some.uniform("u"), "uniform").pvalue > LEAST_P
    assert stats.kstest(some.normal("n"), "norm").pvalue > LEAST_P
    assert stats.kstest(some.exponential("e", 3.0), "expon", args=(0, 3.0)).pvalue > LEAST_P


@pytest.mark.parametrize("seed", SEEDS)
def test_discrete_draws_follow_their_distribution(seed: int) -> None:
    some = draws(seed)
    weights = np.array([3.0, 0.0, 1.0, 4.0])
    found = np.bincount(some.categorical("c", weights), minlength=4)
    assert found[1] == 0
    assert stats.chisquare(found[[0, 2, 3]], 200_000 * weights[[0, 2, 3]] / 8).pvalue > LEAST_P
    assert stats.chisquare(np.bincount(some.whole("w", 7), minlength=7)).pvalue > LEAST_P
    assert stats.binomtest(int(some.happens("b", 0.03).sum()), 200_000, 0.03).pvalue > LEAST_P
    counts = np.bincount(np.minimum(some.poisson("p", 2.5), 9), minlength=10)
    expected = np.append(stats.poisson.pmf(np.arange(9), 2.5), stats.poisson.sf(8, 2.5))
    assert stats.chisquare(counts, 200_000 * expected).pvalue > LEAST_P


def test_poisson_counts_are_the_exact_inverse() -> None:
    some = draws(5, size=20_000)
    means = np.geomspace(0.001, 500, 20_000)
    assert (some.poisson("p", means) == stats.poisson.ppf(some.uniform("p"), means)).all()
    assert not some.poisson("p", 0.0).any()
    with pytest.raises(IcsparkError, match="out of range"):
        some.poisson("p", 501.0)
    with pytest.raises(IcsparkError, match="out of range"):
        some.poisson("p", np.nan)


def test_weights_of_one_row_each_draw_as_weights_of_all() -> None:
    some = draws(3, size=1000)
    weights = [1.0, 0.0, 2.0, 5.0]
    assert (some.categorical("c", weights) == some.categorical("c", np.tile(weights, (1000, 1)))).all()


def test_a_choice_within_a_group_stays_in_it_and_follows_its_weights() -> None:
    some = draws(4, size=90_000)
    weights = np.array([5.0, 5.0, 1.0, 0.0, 2.0, 9.0])
    found = some.within("w", np.cumsum(weights), np.full(90_000, 2), np.full(90_000, 5))
    seen = np.bincount(found, minlength=6)
    assert seen[[0, 1, 3, 5]].sum() == 0
    assert stats.binomtest(int(seen[2]), 90_000, 1 / 3).pvalue > LEAST_P


@pytest.mark.parametrize("other", ["purpose", "table", "seed", "next key", "second part"])
def test_no_draw_tells_of_another(other: str) -> None:
    some = draws(9)
    one = some.uniform("a")
    two = {
        "purpose": lambda: some.uniform("b"),
        "table": lambda: draws(9, "residence").uniform("a"),
        "seed": lambda: draws(10).uniform("a"),
        "next key": lambda: np.roll(one, 1),
        "second part": lambda: some.also(np.zeros(200_000)).uniform("a"),
    }[other]()
    cells = np.histogram2d(one, two, bins=20, range=[[0, 1], [0, 1]])[0].ravel()
    assert stats.chisquare(cells).pvalue > LEAST_P
    assert abs(stats.spearmanr(one, two).statistic) < 4 / np.sqrt(one.size)


def test_every_bit_of_a_key_moves_half_of_the_bits() -> None:
    keys = np.arange(4096)
    plain = Draws.of(1, "t", keys).bits
    for bit in range(0, 40, 3):
        changed = Draws.of(1, "t", keys ^ (1 << bit)).bits ^ plain
        ones = np.unpackbits(changed.view(np.uint8)).mean()
        assert abs(ones - 0.5) < 0.005


def test_a_draw_does_not_depend_on_the_batch() -> None:
    whole = draws(6, size=1000)
    part = Draws.of(6, "person", np.arange(500, 700))
    assert (whole.uniform("u")[500:700] == part.uniform("u")).all()
    assert (whole.at(np.arange(1000) % 2 == 0).normal("n") == whole.normal("n")[::2]).all()


def test_events_of_a_key_have_draws_of_their_own() -> None:
    some = draws(7, size=4)
    rows, nth, events = some.each(np.array([2, 0, 1, 3]))
    assert rows.tolist() == [0, 0, 2, 3, 3, 3]
    assert nth.tolist() == [0, 1, 0, 0, 1, 2]
    assert len(set(events.uniform("u").tolist())) == 6
    assert events.uniform("u")[2] == some.at(np.array([2])).also([0]).uniform("u")[0]


def test_neither_end_is_drawn() -> None:
    extremes = Draws(1, "t", np.array([0, 2**64 - 1], dtype=np.uint64))
    assert ((extremes.uniform("u") > 0) & (extremes.uniform("u") < 1)).all()
    highest = (float(2**52 - 1) + 0.5) * 2.0**-52
    assert highest < 1


def test_a_column_of_draws_is_uniform_and_depends_on_every_part(spark: SparkSession) -> None:
    def column(**parts: object) -> object:
        given = {"seed": 1, "table": "t", "purpose": "p"} | parts
        return uniform_column("id", "second", **given)  # type: ignore[arg-type]

    rows = spark.range(20_000).withColumn("second", F.col("id") % 3)
    found = rows.select(
        column().alias("plain"),
        *[column(**{name: value}).alias(name) for name, value in {"seed": 2, "table": "u", "purpose": "q"}.items()],
    ).toPandas()
    assert stats.kstest(found["plain"], "uniform").pvalue > LEAST_P
    for name in ("seed", "table", "purpose"):
        assert abs(stats.spearmanr(found["plain"], found[name]).statistic) < 4 / np.sqrt(20_000)
