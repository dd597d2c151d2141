"""Activity of areas: hand-made rows, and random ones against pandas, whatever the partitions."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import functions as F
from pyspark.sql import types as T
from scipy import stats

from icspark.areas.area_activity import build_area_activity, build_area_activity_by_age_sex, strata_of_areas
from icspark.disclosure.declarations import check_declarations, problems
from icspark.errors import TableError
from icspark.geography.levels import areas_of, with_area
from icspark.statistics.periods import Periods, PooledYears
from icspark.statistics.standardisation import EUROPEAN_STANDARD_POPULATION_2013
from icspark.tables.activity import (
    COUNTS,
    ActivityGradient,
    AreaActivity,
    AreaActivityByAgeSex,
    PersonActivity,
    PersonAreaQuality,
)
from icspark.tables.areas import RegionArea
from icspark.tables.reference import AreaLookup

RATES = ("appointments", "admissions", "emergency_admissions", "emergency_attendances")


def stretch(person, start, end, area, **events):
    born, sex = events.pop("born", date(1980, 3, 1)), events.pop("sex", "2")
    july = date(start.year, 7, 1)
    return {
        "person_id": person, "from_date": start, "to_date": end, "year": start.year, "practice_code": "P1",
        "days_count": (end - start).days, "is_there_on_1_july": start <= july < end, "lsoa_2011_code": area,
        "sex_code": sex, "birth_month": born, **{f"{stem}_count": 0 for stem in COUNTS}, **events,
    }  # fmt: skip


BY_HAND = [
    stretch("a", date(2020, 1, 1), date(2021, 1, 1), "A", appointments_count=4, non_attendances_count=1),
    stretch("b", date(2020, 1, 1), date(2020, 7, 1), "A", appointments_count=2, first_bmi_value=30.0, sex="1"),
    stretch("b", date(2020, 7, 1), date(2021, 1, 1), "B", admissions_count=3, emergency_admissions_count=2, sex="1"),
    stretch("c", date(2020, 1, 1), date(2021, 1, 1), "A", first_bmi_value=20.0, born=None, sex="0"),
    stretch("d", date(2020, 6, 1), date(2020, 6, 2), None, admissions_count=1),  # not placed
    stretch("e", date(2021, 3, 1), date(2021, 3, 2), "A", appointments_count=1),
]


def tables(activity, *, level="lsoa_2011", periods, areas=None, lookup=None):
    strata = strata_of_areas(with_area(activity, level, lookup), level=level, periods=periods, areas=areas)
    return build_area_activity(strata), build_area_activity_by_age_sex(strata)


def test_by_hand(rows_of):
    region = rows_of(RegionArea, *[{"lsoa_2011_code": code} for code in "ABC"])
    areas = areas_of("lsoa_2011", region, None)
    whole, parts = tables(rows_of(PersonActivity, *BY_HAND), periods=Periods(2020, 2021), areas=areas)
    found = {(row.lsoa_2011_code, row.year): row for row in whole.collect()}
    assert sorted(found) == [(code, year) for code in "ABC" for year in (2020, 2021)]
    a = found["A", 2020]
    assert (a.people_count, a.person_years) == (2, pytest.approx((366 + 182 + 366) / 365.25))
    assert (a.appointments_count, a.non_attendances_count, a.admissions_count) == (6, 1, 0)
    assert a.appointments_rate_per_1000 == pytest.approx(6000 / a.person_years)
    assert a.admissions_rate_per_1000_lower_95 == 0
    assert a.admissions_rate_per_1000_upper_95 == pytest.approx(-np.log(0.025) * 1000 / a.person_years)
    assert (a.non_attendances_share, a.first_bmi_count, a.first_bmi_mean) == (pytest.approx(1 / 6), 2, 25.0)
    half = stats.t.ppf(0.975, 1) * np.std([20, 30], ddof=1) / np.sqrt(2)
    assert (a.first_bmi_mean_lower_95, a.first_bmi_mean_upper_95) == pytest.approx((25 - half, 25 + half))
    assert (a.first_hba1c_mean, a.appointments_standardised_reason) == (None, "few_events")
    assert a.appointments_standardised_rate_per_1000 is None
    # Three people with 4, 2 and 0 appointments: clusters, by the direct sum.
    y, t = np.array([4, 2, 0]), np.array([366, 182, 366])
    spread = 3 / 2 * ((y - 6 / 914 * t) ** 2).sum() / 914**2
    assert a.appointments_design_effect == pytest.approx(spread / (6 / 914**2))
    b = found["B", 2020]
    assert (b.people_count, b.admissions_count, b.emergency_admissions_count) == (1, 3, 2)
    # In 2020 only men of 40 to 44 were admitted, 3 times in 366 days, 184 of them in B and 182 in A.
    assert b.admissions_expected_count == pytest.approx(3 * 184 / 366)
    assert b.admissions_standardised_ratio == pytest.approx(366 / 184)
    nobody = found["C", 2020]
    assert (nobody.people_count, nobody.person_years, nobody.appointments_count) == (0, 0.0, 0)
    assert (nobody.appointments_rate_per_1000, nobody.non_attendances_share) == (None, None)
    assert (nobody.admissions_expected_count, nobody.admissions_standardised_ratio) == (0.0, None)
    shown = parts.where("area_code = 'C' or (year = 2020 and area_code = 'A' and people_count > 0)").collect()
    cells = [row for row in shown if row.area_code == "A"]
    assert {(row.age_band, row.sex_code, row.appointments_count) for row in cells} == {
        ("40-44", "2", 4), ("not_known", "0", 0)
    }  # fmt: skip
    assert len(shown) - len(cells) == 2 * 38


def test_pooled_years_take_the_age_and_the_residents_of_the_middle_year(rows_of):
    rows = [stretch("a", date(y, 1, 1), date(y + 1, 1, 1), "A", born=date(1980, 7, 1), admissions_count=1) for y in
            (2019, 2020, 2021)]  # fmt: skip
    frame = rows_of(PersonActivity, *rows).withColumn("area_code", F.col("lsoa_2011_code"))
    found = strata_of_areas(frame, level="lsoa_2011", periods=Periods(2019, 2021, 3)).where("t > 0").collect()
    assert [(r.year, r.years_count, r.people, r.admissions_y, r.admissions_yy, r.t) for r in found] == [
        (2021, 3, 1, 3, 9, 1096)
    ]
    assert found[0].age_band == "40-44"  # 40 on 1 July 2020


def test_years_that_the_table_does_not_cover_are_refused(rows_of):
    activity = rows_of(PersonActivity, *BY_HAND)
    assert PooledYears(pooled_years=2).periods(activity) == Periods(2020, 2021, 2)
    with pytest.raises(TableError, match="Expected 2019 to 2021. Found 2020 to 2021"):
        PooledYears(first_year=2019).periods(activity)
    with pytest.raises(TableError, match="no whole periods of 3"):
        PooledYears(pooled_years=3).periods(activity)
    with pytest.raises(TableError):
        PooledYears().periods(activity.limit(0))


def test_any_level_of_the_lookup_practices_and_networks(rows_of):
    pairs = [
        ("lsoa_2011", "A", "msoa_2011", "M1"),
        ("lsoa_2011", "B", "msoa_2011", "M1"),
        ("lsoa_2011", "B", "msoa_2011", "M2"),
        ("practice", "P1", "pcn", "N1"),
        ("lsoa_2011", "A", "lsoa_2021", "A1"),
        ("lsoa_2011", "B", "lsoa_2021", "B1"),
        ("lsoa_2021", "A1", "ward_2024", "W1"),
    ]
    names = ("from_level", "from_code", "to_level", "to_code")
    lookup = rows_of(AreaLookup, *[dict(zip(names, pair, strict=True)) for pair in pairs])
    region = rows_of(RegionArea, {"lsoa_2011_code": "A"})
    activity = rows_of(PersonActivity, *BY_HAND).where("year = 2020")
    found = {}
    for level in ("msoa_2011", "practice", "pcn"):
        rows = with_area(activity, level, lookup).groupBy("area_code").agg(F.sum("admissions_count")).collect()
        found[level] = {tuple(row) for row in rows}
    assert found["msoa_2011"] == {("M1", 3), (None, 1)}  # best fit gives B to both: the first
    assert found["practice"] == {("P1", 4)}  # those who could not be placed too
    assert found["pcn"] == {("N1", 4)}
    assert [r.area_code for r in areas_of("ward_2024", region, lookup).collect()] == ["W1"]
    assert [r.area_code for r in areas_of("lsoa_2021", region, lookup).collect()] == ["A1"]
    assert areas_of("pcn", region, lookup) is None
    with pytest.raises(TableError, match="no area_lookup leads to nowhere"):
        with_area(activity, "nowhere", lookup)


def random_activity(seed, people=2500):
    """Return rows of person_activity as pandas: two years, moves between two areas, all ages, clustered events."""
    random = np.random.default_rng(seed)
    born = pd.to_datetime(random.integers(-16000, 17500, people), unit="D").to_period("M").to_timestamp()
    sex, frailty = random.choice(["1", "2"], people), np.exp(random.normal(0, 1, people))
    rows = []
    for year in (2020, 2021):
        lengths = random.integers(1, 365, people)
        for area, days in (("A", lengths), ("B", 365 - lengths)):
            mean = np.outer(frailty * days / 365, [2.0, 0.5, 0.3, 0.4])
            events = random.poisson(mean)
            frame = pd.DataFrame(events, columns=[f"{stem}_count" for stem in RATES])
            frame["non_attendances_count"] = random.binomial(frame.appointments_count, 0.1)
            is_first = random.random(people) < 0.02
            frame["first_bmi_value"] = np.where(
                is_first & (year == 2020) & (area == "A"), random.normal(28, 4, people), np.nan
            )
            frame = frame.assign(person_id=[f"p{i}" for i in range(people)], year=year, days_count=days)
            frame = frame.assign(
                lsoa_2011_code=area, is_there_on_1_july=area == "A", sex_code=sex, birth_month=born.date
            )
            start = date(year, 1, 1) if area == "A" else date(year, 6, 1)
            rows.append(frame.assign(from_date=start, to_date=date(year, 12, 31), practice_code="P"))
    return pd.concat(rows, ignore_index=True)


@pytest.fixture(scope="module")
def random_rows(spark):
    frame = random_activity(5)
    for name in PersonActivity.columns():
        if name not in frame:
            frame[name] = None
    fields = [T.StructField(name, spec.data_type) for name, spec in PersonActivity.columns().items()]
    return frame, spark.createDataFrame(frame[list(PersonActivity.columns())], T.StructType(fields))


def expected_of(frame, area):
    """Return figures of one area over both years pooled, from one row per person, with nothing of ours."""
    months = pd.to_datetime(frame.birth_month)
    ages = (2021 - months.dt.year - (months.dt.month > 7)).clip(lower=0)
    frame = frame.assign(stratum=(ages // 5).clip(upper=18).astype(int) * 2 + (frame.sex_code == "2"))
    people = frame.groupby(["lsoa_2011_code", "person_id", "stratum"], as_index=False)[
        ["days_count", *(f"{stem}_count" for stem in COUNTS)]
    ].sum()
    own = people[people.lsoa_2011_code == area]
    weights = pd.Series(np.repeat(np.array(EUROPEAN_STANDARD_POPULATION_2013) / 2e5, 2))
    found = {"person_years": own.days_count.sum() / 365.25}
    for stem in RATES:
        y, t, n = own[f"{stem}_count"], own.days_count, len(own)
        rate = y.sum() / t.sum()
        found[f"{stem}_count"] = y.sum()
        found[f"{stem}_rate_per_1000"] = rate * 365250
        found[f"{stem}_design_effect"] = n / (n - 1) * ((y - rate * t) ** 2).sum() / y.sum()
        strata = own.groupby("stratum")[[f"{stem}_count", "days_count"]].sum()
        found[f"{stem}_standardised_rate_per_1000"] = (
            weights * strata[f"{stem}_count"] / strata.days_count
        ).sum() * 365250
        region = people.groupby("stratum")[[f"{stem}_count", "days_count"]].sum()
        found[f"{stem}_expected_count"] = (strata.days_count * region[f"{stem}_count"] / region.days_count).sum()
    found["non_attendances_share"] = own.non_attendances_count.sum() / own.appointments_count.sum()
    values = frame[(frame.lsoa_2011_code == area)].first_bmi_value.dropna().round(3)
    found["first_bmi_count"] = len(values)
    if len(values):
        found["first_bmi_mean"] = values.mean()
        half = stats.t.ppf(0.975, len(values) - 1) * values.std() / np.sqrt(len(values))
        found["first_bmi_mean_upper_95"] = values.mean() + half
    return found


def test_random_rows_are_what_pandas_makes_of_them(random_rows):
    frame, activity = random_rows
    whole, parts = tables(activity, periods=Periods(2020, 2021, 2))
    rows = sorted(whole.collect(), key=lambda row: row.area_code)
    for row in rows:
        for name, value in expected_of(frame, row.area_code).items():
            assert row[name] == pytest.approx(value, rel=1e-9), name
        assert row.appointments_standardised_reason is None
        rate = "appointments_rate_per_1000"
        assert row[f"{rate}_lower_95"] < row[f"{rate}_plain_lower_95"] < row[rate] < row[f"{rate}_plain_upper_95"]
        assert row[f"{rate}_plain_upper_95"] < row[f"{rate}_upper_95"]
    columns = ["people_count", *(f"{stem}_count" for stem in (*COUNTS, "first_bmi"))]
    sums = parts.groupBy("area_code").agg(*[F.sum(name).alias(name) for name in columns]).orderBy("area_code").collect()
    assert [tuple(row) for row in sums] == [tuple(row[name] for name in ("area_code", *columns)) for row in rows]


def test_the_same_bytes_for_any_partitions(spark, random_rows):
    _, activity = random_rows
    found = []
    for count in (1, 7, 64):
        spark.conf.set("spark.sql.shuffle.partitions", min(count, 7))
        shuffled = activity.repartition(count, F.rand(count)).sortWithinPartitions(F.rand(count))
        whole, _ = tables(shuffled, periods=Periods(2020, 2021))
        shown = [name for name in whole.columns if name.startswith(("admissions", "non_attendances", "first_bmi"))]
        found.append(
            [tuple(row) for row in whole.select(*AreaActivity.key(), *shown).orderBy("area_code", "year").collect()]
        )
    spark.conf.set("spark.sql.shuffle.partitions", 3)
    assert len(found[0]) == 4
    assert found[0] == found[1] == found[2]


def test_what_may_leave_is_declared():
    tables = (AreaActivity, AreaActivityByAgeSex, ActivityGradient, PersonAreaQuality)
    assert {table.name(): problems(table) for table in tables} == {table.name(): [] for table in tables}
    check_declarations(tables)
