"""The crosswalk on the real lookup: totals to the person, and an independent apportionment of random counts."""

from collections import defaultdict
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from icspark.geography.crosswalk import crosswalk_counts, crosswalk_weights
from icspark.geography.hectares import hectares_2011
from icspark.tables.reference import AreaLookup, LandArea


@pytest.fixture(scope="module")
def lookup(data):
    return pd.read_csv(data / "lookups/lookup_lsoa11_lsoa21_ltla22.csv.gz")


@pytest.fixture(scope="module")
def lookup_frame(spark, lookup):
    frame = pd.DataFrame(
        {
            AreaLookup.from_level: "lsoa_2011",
            AreaLookup.from_code: lookup.lsoa11_code,
            AreaLookup.to_level: "lsoa_2021",
            AreaLookup.to_code: lookup.lsoa21_code,
            AreaLookup.to_name: None,
            AreaLookup.change_code: lookup.change_code,
        }
    )
    return spark.createDataFrame(frame, AreaLookup.schema())


@pytest.fixture(scope="module")
def residents(data):
    """Give the residents of both vintages: England and Wales in 2021, and in the middle of 2020."""
    bands = pd.read_parquet(data / "reference/census2021_pop_age_bands_lsoa21.parquet")
    new = bands.groupby("lsoa21_code").usual_residents.sum().astype("int64")
    assert not bands.age_group.str.contains("total", case=False).any()
    old = pd.read_parquet(data / "reference/population_mid2020_lsoa11_single_year_age.parquet")
    return new, old.set_index("lsoa11_code").total_population.astype("int64")


@pytest.fixture(scope="module")
def weights(spark, lookup_frame, residents):
    new, old = (
        spark.createDataFrame(frame.rename("residents_count").rename_axis(code).reset_index())
        for frame, code in zip(residents, ("lsoa_2021_code", "lsoa_2011_code"), strict=True)
    )
    made = crosswalk_weights(lookup_frame, population_2021=new, population_2011=old)
    return spark.createDataFrame(made.toPandas(), made.schema).cache()


def independent(counts, weights):
    """Return counts by 2021 area by Hamilton's method with exact fractions, in plain Python."""
    parts = defaultdict(list)
    for old, new, weight in weights:
        parts[old].append((new, weight))
    result = defaultdict(int)
    for old, count in counts.items():
        total = sum(weight for _, weight in parts[old])
        quotas = {new: Fraction(count * weight, total) for new, weight in parts[old]}
        shares = {new: int(quota) for new, quota in quotas.items()}
        order = sorted(quotas, key=lambda new: (shares[new] - quotas[new], new))
        for new in order[: count - sum(shares.values())]:
            shares[new] += 1
        for new, share in shares.items():
            result[new] += share
    return dict(result)


def test_every_area_has_weights_and_the_redrawn_ones_those_of_the_definition(weights, lookup, residents):
    frame = weights.toPandas().set_index(["lsoa_2011_code", "lsoa_2021_code"]).weight
    assert len(frame) == len(lookup)
    new, old = residents
    redrawn = lookup[lookup.change_code == "X"]
    assert len(redrawn) == 9
    # E01008187 lies in E01035637, which also holds the whole of E01027506, and in E01035624 alone.
    assert frame["E01008187", "E01035637"] == max(0, new["E01035637"] - old["E01027506"])
    assert frame["E01008187", "E01035624"] == new["E01035624"]
    assert frame["E01027506", "E01035637"] == 1
    assert (frame >= 0).all()


def test_residents_of_2020_are_carried_to_2021_to_the_person(spark, weights, residents):
    old = residents[1].rename("people_count").rename_axis("lsoa_2011_code").reset_index()
    carried = crosswalk_counts(spark.createDataFrame(old), weights, columns=["people_count"]).toPandas()
    assert carried.people_count.sum() == old.people_count.sum()
    assert set(carried.lsoa_2021_code) == set(residents[0].index)


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32 - 1), scale=st.sampled_from([2, 7, 1000, 10**9]))
def test_random_counts_equal_an_independent_apportionment(spark, weights, lookup, seed, scale):
    rng = np.random.default_rng(seed)
    changed = lookup[lookup.change_code != "U"].lsoa11_code.unique()
    counts = pd.DataFrame({"lsoa_2011_code": changed, "people_count": rng.integers(0, scale, len(changed))})
    carried = crosswalk_counts(spark.createDataFrame(counts), weights, columns=["people_count"])
    expected = independent(
        dict(zip(counts.lsoa_2011_code, counts.people_count.tolist(), strict=True)),
        weights.toPandas().itertuples(index=False),
    )
    assert {row.lsoa_2021_code: row.people_count for row in carried.collect()} == expected
    assert sum(expected.values()) == counts.people_count.sum()


def test_hectares_of_all_areas_of_2011_sum_to_those_of_2021_where_nothing_was_redrawn(
    spark, data, lookup, lookup_frame
):
    land = pd.read_parquet(data / "reference/land-area-lsoa.parquet").LandHectare
    frame = land.rename("area_hectares").rename_axis("lsoa_2021_code").reset_index()
    found = hectares_2011(spark.createDataFrame(frame, LandArea.schema()), lookup_frame, None).toPandas()
    assert len(found) == lookup.lsoa11_code.nunique() == 34_753
    assert found.lsoa_2011_code.is_unique
    by_source = found.groupby("area_hectares_source").agg(
        areas=("lsoa_2011_code", "size"), hectares=("area_hectares", "sum")
    )
    assert by_source.areas.to_dict() == {"no_boundary": 245, "sum_of_parts": 861, "unchanged": 33_647}
    same = lookup[lookup.change_code.isin(["U", "S"])].lsoa21_code
    assert found.area_hectares.sum() == pytest.approx(land.reindex(same).sum(), abs=0.01)
