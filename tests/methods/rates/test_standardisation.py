"""Standardised rates against the vectors that OHID publishes and against numpy on random strata of persons."""

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import functions as F

from icspark.statistics.standardisation import (
    BANDS,
    EUROPEAN_STANDARD_POPULATION_2013,
    age_band,
    expected_parts,
    no_standardised_rate,
    ratio_limits,
    standard_weight,
    standardised_limits,
    standardised_parts,
)

# PHEindicatormethods 2.1.0, testdata_DSR_ISR: one area of 19 bands, small and big; how often persons had 1, 2, 3, 4
# events (f1 to f4) in the big one; the reference of the indirect ratio.
PEOPLE = [636, 558, 609, 543, 384, 594, 669, 843, 660, 576, 606, 522, 426, 273, 300, 288, 153, 123, 207]
BIG = [127, 25, 18, 21, 12, 27, 48, 27, 29, 32, 32, 34, 45, 65, 38, 68, 74, 82, 91]
SMALL = [12, 4, 3, 2, 3, 4, 8, 2, 2, 3, 4, 5, 6, 8, 5, 6, 5, 5, 4]
FREQUENCIES = [
    (75, 16, 4, 2), (16, 3, 1, 0), (11, 2, 1, 0), (12, 3, 1, 0), (8, 0, 0, 1), (18, 3, 1, 0), (26, 6, 2, 1),
    (18, 3, 1, 0), (18, 4, 1, 0), (21, 4, 1, 0), (21, 4, 1, 0), (23, 4, 1, 0), (23, 6, 2, 1), (39, 8, 2, 1),
    (25, 5, 1, 0), (40, 9, 2, 1), (46, 9, 2, 1), (49, 10, 3, 1), (56, 11, 3, 1),
]  # fmt: skip
REFERENCE = [
    (10303, 50520), (2824, 57173), (0, 60213), (3615, 54659), (3641, 44345), (3490, 50128), (3789, 62163),
    (3213, 67423), (3031, 62899), (2771, 55463), (3089, 60479), (3490, 49974), (3595, 44140), (4745, 40888),
    (5514, 37239), (7125, 30819), (5694, 18136), (6210, 15325), (5757, 13918),
]  # fmt: skip
FIELDS = "order: int, weight: double, t: bigint, tt: bigint, persons: bigint, e_y: bigint, e_yy: bigint, e_yt: bigint"
SCHEMA = f"area string, persons bigint, observed bigint, strata array<struct<{FIELDS}, e_reference: double>>"
PARTS = {"direct": standardised_parts, "indirect": expected_parts}


def estimated(spark, areas):
    """Return direct parts, limits and reason, indirect parts and limits, of areas: name -> (persons, strata)."""
    rows = [(name, persons, sum(s[5] for s in strata), strata) for name, (persons, strata) in areas.items()]
    frame = spark.createDataFrame(rows, SCHEMA).withColumns(
        {name: part(F.col("strata"), "e", F.col("persons")) for name, part in PARTS.items()}
    )
    columns = {
        "limits": standardised_limits(F.col("direct")),
        "reason": no_standardised_rate(F.col("direct")),
        "ratio_limits": ratio_limits(F.col("observed"), F.col("indirect")),
    }
    return {row.area: row for row in frame.withColumns(columns).collect()}


def independent(events, squares=None):
    """Return strata of one sex whose persons had rare events: the sum of squares is the count, or as given."""
    bands = zip(events, squares or events, PEOPLE, REFERENCE, EUROPEAN_STANDARD_POPULATION_2013, strict=True)
    strata = [(i, w / 1e5, n, 0, n, y, yy, 0, a / b) for i, (y, yy, n, (a, b), w) in enumerate(bands)]
    return 10**12, strata


def test_rates_and_ratios_are_those_that_ohid_publishes(spark):
    tiny = [0] * 6 + [1] + [0] * 5 + [1, 0, 0, 1, 1, 2, 3]
    squares = [sum(f * k**2 for k, f in enumerate(row, start=1)) for row in FREQUENCIES]
    rows = estimated(
        spark,
        {
            "big": independent(BIG),
            "small": independent(SMALL),
            "tiny": independent(tiny),
            "repeated": independent(BIG, squares),
        },
    )
    assert rows["big"].direct.rate * 1e4 == pytest.approx(1043.0247991469423, rel=1e-12)
    assert rows["small"].direct.rate * 1e4 == pytest.approx(110.3212025300104, rel=1e-12)
    assert np.array(rows["big"].limits) * 1e4 == pytest.approx([971.770906798568, 1117.894091547925], rel=1e-9)
    assert np.array(rows["small"].limits) * 1e4 == pytest.approx([87.7455767536709, 136.70882227251795], rel=1e-9)
    assert rows["big"].indirect.expected == pytest.approx(835.8835612311743, rel=1e-12)
    for area, ratio in (
        ("big", [1.0017147712553987, 1.143233287249895]),
        ("small", [0.08765040101829405, 0.1336657632841891]),
        ("tiny", [0.004923380825095776, 0.02043921455549973]),
    ):
        assert tuple(rows[area].ratio_limits) == pytest.approx(ratio, rel=1e-9)
    assert rows["tiny"].reason == "few_events"
    # OHID widens Dobson's limits, ours are those of the effective number: the same but for their asymmetry.
    assert np.array(rows["repeated"].limits) * 1e5 == pytest.approx([9532.94977862, 11373.07483298], rel=2e-3)


def people_of(seed, count=3000):
    random = np.random.default_rng(seed)
    frame = pd.DataFrame({"stratum": random.integers(0, 38, count), "t": random.integers(1, 366, count)})
    return frame.assign(y=random.poisson(np.exp(random.normal(0, 1, count)) * frame.t * (1 + frame.stratum) / 9000))


def strata_of(people, reference):
    weights = np.repeat(np.array(EUROPEAN_STANDARD_POPULATION_2013) / 2e5, 2)
    found = []
    for s, part in people.groupby("stratum"):
        y, t = part.y, part.t
        sums = (t.sum(), (t * t).sum(), len(part), y.sum(), (y * y).sum(), (y * t).sum())
        found.append((int(s), float(weights[s]), *(int(x) for x in sums), float(reference[s])))
    return found


def test_variances_are_the_sums_over_persons(spark):
    reference = np.linspace(0.001, 0.004, 38)
    areas = {str(seed): people_of(seed) for seed in range(3)}
    rows = estimated(spark, {name: (len(p), strata_of(p, reference)) for name, p in areas.items()})
    weights = np.repeat(np.array(EUROPEAN_STANDARD_POPULATION_2013) / 2e5, 2)
    for name, people in areas.items():
        total = people.groupby("stratum")[["y", "t"]].sum()
        rate, w = total.y / total.t, weights[total.index]
        row, n = rows[name], len(people)
        assert row.direct.rate == pytest.approx((w * rate).sum(), rel=1e-12)
        # Each person's own contribution to the standardised rate, squared and added up.
        own = weights[people.stratum] / total.t[people.stratum].to_numpy()
        influence = own * (people.y - rate[people.stratum].to_numpy() * people.t)
        assert row.direct.variance == pytest.approx(n / (n - 1) * (influence**2).sum(), rel=1e-9)
        assert row.direct.poisson_variance == pytest.approx((w**2 * total.y / total.t**2).sum(), rel=1e-12)
        expected = people.t * reference[people.stratum]
        ratio = people.y.sum() / expected.sum()
        assert row.indirect.expected == pytest.approx(expected.sum(), rel=1e-12)
        assert row.indirect.variance == pytest.approx(
            n / (n - 1) * ((people.y - ratio * expected) ** 2).sum(), rel=1e-9
        )
        assert row.reason is None


def test_an_empty_band_and_unknown_strata(spark):
    people = people_of(1)
    reference = np.full(38, 0.002)
    whole = strata_of(people, reference)
    rows = estimated(
        spark,
        {
            "empty": (len(people), [s for s in whole if s[0] != 17]),
            "no time": (len(people), [(*s[:2], 0, 0, 0, 0, 0, 0, s[8]) if s[0] == 17 else s for s in whole]),
            "unknown": (len(people), [*whole, (38, None, 500, 90000, 3, 70, 2000, 9000, 0.1)]),
            "whole": (len(people), whole),
            "nobody": (0, []),
        },
    )
    assert [rows[name].reason for name in rows] == ["empty_band", "empty_band", None, None, "few_events"]
    assert rows["unknown"].direct.rate == rows["whole"].direct.rate
    assert rows["unknown"].indirect.expected == pytest.approx(rows["whole"].indirect.expected + 50)
    assert tuple(rows["nobody"].limits) == tuple(rows["nobody"].ratio_limits) == (None, None)


def test_bands_and_weights(spark):
    ages = [(-1, "1"), (0, "2"), (4, "1"), (5, "1"), (89, "2"), (90, "1"), (111, "2"), (None, "1"), (50, "9")]
    frame = spark.createDataFrame(ages, "age long, sex string").withColumn("band", age_band(F.col("age")))
    rows = frame.withColumn("weight", standard_weight(F.col("band"), F.col("sex"))).collect()
    assert [row.band for row in rows] == [
        "00-04", "00-04", "00-04", "05-09", "85-89", "90+", "90+", "not_known", "50-54"
    ]  # fmt: skip
    assert [row.weight for row in rows] == [0.025, 0.025, 0.025, 0.0275, 0.0075, 0.005, 0.005, None, None]
    assert len(BANDS) == 19
    assert sum(EUROPEAN_STANDARD_POPULATION_2013) == 100_000
