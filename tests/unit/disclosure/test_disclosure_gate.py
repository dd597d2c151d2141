"""Each rule of the release gate on tables small enough to check by hand."""

from __future__ import annotations

from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from icspark.disclosure.config import DisclosureConfig, Recipient
from icspark.disclosure.declarations import leaves_with, problems
from icspark.disclosure.gate import MARKER, Permission, check_released, permission, permissions, release
from icspark.errors import DisclosureError
from icspark.tables.table import Breakdown, Rate, Release, Table, column

STRING, LONG, DOUBLE = T.StringType(), T.LongType(), T.DoubleType()
CONFIG = DisclosureConfig()


class PlaceActivity(Table, release=Release.AGGREGATE):
    """One row per LSOA and year. Source: the tests. Licence: none."""

    lsoa_2011_code = column(STRING, "LSOA", key=True, vintage="lsoa_2011")
    year = column(LONG, "year", key=True)
    people_count = column(LONG, "people", is_count=True, required=True)
    seen_count = column(LONG, "events", is_count=True)
    person_years = column(DOUBLE, "person-years", is_count=True)
    seen_rate_per_1000 = column(DOUBLE, "seen / person-years", rate=Rate("seen_count", "person_years", 1000.0))
    mean_bmi = column(DOUBLE, "mean BMI", withheld_with=("people_count",))
    area_hectares = column(DOUBLE, "hectares", is_open=True)


class PlaceActivityByBand(
    Table,
    release=Release.AGGREGATE,
    breaks_down=(Breakdown(PlaceActivity, ("lsoa_2011_code", "year"), {"people_count": "people_count"}),),
):
    """One row per LSOA, year and age band."""

    lsoa_2011_code = column(STRING, "LSOA", key=True, vintage="lsoa_2011")
    year = column(LONG, "year", key=True)
    age_band = column(STRING, "age band", key=True)
    people_count = column(LONG, "people", is_count=True)
    events_count = column(LONG, "events", is_count=True, withheld_with=("people_count",))


class Spell(
    Table, release=Release.AGGREGATE, adds_up={"admissions_count": ("emergency_count", "planned_count", "other_count")}
):
    """One row per LSOA."""

    lsoa_2011_code = column(STRING, "LSOA", key=True)
    admissions_count = column(LONG, "all", is_count=True)
    emergency_count = column(LONG, "emergency", is_count=True)
    planned_count = column(LONG, "planned", is_count=True)
    other_count = column(LONG, "other", is_count=True)


class Hospital(Table):
    """One row per hospital. Source: open data."""

    hospital_code = column(STRING, "code", key=True)
    beds = column(LONG, "beds")


class Seen(Table, release=Release.AGGREGATE):
    """One row per LSOA."""

    lsoa_2011_code = column(STRING, "LSOA", key=True)
    seen_count = column(LONG, "events", is_count=True)
    person_years = column(DOUBLE, "person-years", is_count=True)
    rate = column(DOUBLE, "seen / person-years", rate=Rate("seen_count", "person_years", 1000.0))
    rate_upper_95 = column(DOUBLE, "limit", withheld_with=("seen_count", "person_years"), follows="rate")


class Visit(Table, release=Release.PERSON):
    """One row per visit."""

    appointment_id = column(STRING, "visit", key=True)
    person_id = column(STRING, "person")


def frame(spark: SparkSession, table: type[Table], rows: list[tuple[Any, ...]]) -> DataFrame:
    schema = T.StructType([T.StructField(f.name, f.dataType, True) for f in table.schema()])
    return spark.createDataFrame(rows, schema)


def rows(released: DataFrame, *names: str) -> list[tuple[Any, ...]]:
    return sorted((tuple(r) for r in released.select(*names).collect()), key=lambda row: tuple(str(c) for c in row))


def places(spark: SparkSession, *given: tuple[str, int | None, int | None, float | None, float | None]) -> DataFrame:
    return frame(
        spark,
        PlaceActivity,
        [
            (code, 2022, people, seen, py, None if py is None else 1.5, bmi, 9.25)
            for code, people, seen, py, bmi in given
        ],
    )


def test_counts_are_withheld_up_to_7_rounded_half_up_above_and_zero_and_null_stay(spark: SparkSession) -> None:
    given = places(
        spark,
        *((f"E{n:02d}", n, 100, 50.0, None) for n in (0, 1, 7, 8, 12, 13, 17, 18, 1002, 1003)),
        ("E99", None, 100, 50.0, None),
    )
    released = release({PlaceActivity: given}, CONFIG)[PlaceActivity]
    assert dict(rows(released, "lsoa_2011_code", "people_count")) == {
        "E00": 0,
        "E01": None,
        "E07": None,
        "E08": 10,
        "E12": 10,
        "E13": 15,
        "E17": 15,
        "E18": 20,
        "E1002": 1000,
        "E1003": 1005,
        "E99": None,
    }
    assert {r[0] for r in rows(released, "lsoa_2011_code", MARKER) if r[1] == "people_count"} == {"E01", "E07"}
    assert released.schema["people_count"].dataType == LONG


def test_estimates_go_with_their_counts_and_rates_come_from_the_rounded_pair(spark: SparkSession) -> None:
    given = places(
        spark,
        ("both known", 93, 18, 88.4, 27.1),
        ("few people", 3, 18, 88.4, 27.1),
        ("few seen", 93, 2, 88.4, 27.1),
        ("few years", 93, 18, 7.9, 27.1),
        ("no years", 93, 18, 0.0, 27.1),
        ("no rate", 93, 18, None, None),
    )
    released = release({PlaceActivity: given}, CONFIG)[PlaceActivity]
    found = {
        r[0]: r[1:]
        for r in rows(
            released,
            "lsoa_2011_code",
            "people_count",
            "seen_count",
            "person_years",
            "seen_rate_per_1000",
            "mean_bmi",
            "area_hectares",
            MARKER,
        )
    }
    assert found == {
        "both known": (95, 20, 90.0, pytest.approx(1000 * 20 / 90), 27.1, 9.25, ""),
        "few people": (None, 20, 90.0, pytest.approx(1000 * 20 / 90), None, 9.25, "people_count,mean_bmi"),
        "few seen": (95, None, 90.0, None, 27.1, 9.25, "seen_count,seen_rate_per_1000"),
        "few years": (95, 20, None, None, 27.1, 9.25, "person_years,seen_rate_per_1000"),
        "no years": (95, 20, 0.0, None, 27.1, 9.25, ""),
        "no rate": (95, 20, None, None, None, 9.25, ""),
    }


def test_a_stricter_setting_withholds_and_rounds_more(spark: SparkSession) -> None:
    given = places(spark, ("a", 9, 100, 50.0, None), ("b", 14, 100, 50.0, None), ("c", 15, 100, 50.0, None))
    released = release({PlaceActivity: given}, DisclosureConfig(preset="strict"))[PlaceActivity]
    assert dict(rows(released, "lsoa_2011_code", "people_count")) == {"a": None, "b": 10, "c": 20}


def bands(spark: SparkSession, **areas: list[int | None]) -> DataFrame:
    return frame(
        spark,
        PlaceActivityByBand,
        [(a, 2022, f"band {i}", n, 20 * bool(n)) for a, values in areas.items() for i, n in enumerate(values)],
    )


def published(
    spark: SparkSession, totals: dict[str, int | None], parts: dict[str, list[int | None]]
) -> dict[str, tuple[Any, list[Any]]]:
    given = {
        PlaceActivity: places(spark, *((code, total, 100, 50.0, None) for code, total in totals.items())),
        PlaceActivityByBand: bands(spark, **parts),
    }
    out = release(given, CONFIG)
    people = dict(rows(out[PlaceActivity], "lsoa_2011_code", "people_count"))
    found = rows(out[PlaceActivityByBand], "lsoa_2011_code", "age_band", "people_count")
    return {code: (people.get(code), [n for area, _, n in found if area == code]) for code in parts}


def test_a_sum_protects_its_small_parts_with_the_next_smallest(spark: SparkSession) -> None:
    parts: dict[str, list[int | None]] = {
        "one": [3, 40, 20, 0],
        "tie": [3, 20, 20, 20],
        "two": [3, 4, 20, 40],
        "ones": [1, 1, 30, 40],
        "sevens": [7, 7, 30, 40],
        "none": [10, 20, 0, 30],
        "only_small": [1, 1, 0, 1, 1, 1, 1, 1, 1, 1],
        "unknown": [3, None, 30, 0],
        "no_total": [3, 40],
    }
    totals = {code: sum(v or 0 for v in values) for code, values in parts.items() if code != "no_total"}
    assert published(spark, totals, parts) == {
        "one": (65, [None, 40, None, 0]),
        "tie": (65, [None, None, 20, 20]),
        "two": (65, [None, None, 20, 40]),
        "ones": (70, [None, None, None, 40]),
        "sevens": (85, [None, None, None, 40]),
        "none": (60, [10, 20, 0, 30]),
        "only_small": (None, [None, None, 0, None, None, None, None, None, None, None]),
        "unknown": (35, [None, None, None, 0]),
        "no_total": (None, [None, 40]),
    }


def test_counts_declared_to_go_with_a_count_go_with_its_secondary_withholding_too(spark: SparkSession) -> None:
    given = {
        PlaceActivity: places(spark, ("a", 63, 100, 50.0, None)),
        PlaceActivityByBand: bands(spark, a=[3, 40, 20, 0]),
    }
    found = rows(release(given, CONFIG)[PlaceActivityByBand], "age_band", "events_count", MARKER)
    both = "people_count,events_count"
    assert found == [("band 0", None, both), ("band 1", 20, ""), ("band 2", None, both), ("band 3", 0, "")]


def test_without_the_other_table_nothing_but_small_counts_is_withheld(spark: SparkSession) -> None:
    found = rows(
        release({PlaceActivityByBand: bands(spark, a=[3, 40, 20])}, CONFIG)[PlaceActivityByBand],
        "age_band",
        "people_count",
    )
    assert found == [("band 0", None), ("band 1", 40), ("band 2", 20)]


def test_columns_of_one_row_that_add_up_protect_each_other(spark: SparkSession) -> None:
    given = frame(
        spark,
        Spell,
        [("a", 53, 3, 40, 10), ("b", 60, 10, 20, 30), ("c", 12, 12, 0, 0), ("d", 5, 5, 0, 0), ("e", None, 3, 9, None)],
    )
    found = rows(
        release({Spell: given}, CONFIG)[Spell],
        "lsoa_2011_code",
        "admissions_count",
        "emergency_count",
        "planned_count",
        "other_count",
    )
    assert found == [
        ("a", 55, None, 40, None),
        ("b", 60, 10, 20, 30),
        ("c", 10, 10, 0, 0),
        ("d", None, None, 0, 0),
        ("e", None, None, None, None),
    ]


def test_open_tables_are_unchanged_and_tables_of_persons_do_not_leave(spark: SparkSession) -> None:
    hospitals, visits = frame(spark, Hospital, [("H1", 3)]), frame(spark, Visit, [("V1", "P1")])
    assert release({Hospital: hospitals}, CONFIG) == {Hospital: hospitals}
    with pytest.raises(DisclosureError, match="visit holds persons or events and may not leave"):
        release({Visit: visits}, CONFIG)
    rejected = Visit.rejected()
    with pytest.raises(DisclosureError, match="rejected_visit holds persons"):
        release({rejected: frame(spark, rejected, [])}, CONFIG)
    with pytest.raises(DisclosureError, match="rejected_spell holds persons"):
        release({Spell.rejected(): frame(spark, Spell.rejected(), [])}, CONFIG)


def test_a_configured_permission_lets_a_table_of_persons_leave_and_is_returned(spark: SparkSession) -> None:
    visits = frame(spark, Visit, [("V1", "P1")])
    config = DisclosureConfig(
        recipients=(Recipient(table="visit", purpose="reminder calls", recipient="booking office"),)
    )
    assert release({Visit: visits}, config) == {Visit: visits}
    assert permissions({Visit: visits}, config) == (Permission("visit", "reminder calls", "booking office"),)
    with pytest.raises(DisclosureError, match="may not leave"):
        permission(Visit.rejected(), config)
    with pytest.raises(DisclosureError, match="may not leave"):
        release({Visit: visits}, config, recipient="somebody else")


def test_two_permissions_for_one_table_need_the_recipient_named() -> None:
    two = tuple(Recipient(table="visit", purpose="audit", recipient=r) for r in ("audit team", "booking office"))
    config = DisclosureConfig(recipients=two)
    with pytest.raises(DisclosureError, match="audit team, booking office"):
        permission(Visit, config)
    assert permission(Visit, config, recipient="audit team").recipient == "audit team"


def test_a_frame_that_was_not_released_is_refused_at_the_last_step(spark: SparkSession) -> None:
    spells = frame(spark, Spell, [("a", 53, 3, 40, 10)])
    with pytest.raises(DisclosureError, match="spell has not been through disclosure control"):
        check_released(Spell, spells)
    with pytest.raises(DisclosureError, match="no permission"):
        check_released(Visit, frame(spark, Visit, []))
    check_released(Spell, release({Spell: spells}, CONFIG)[Spell])
    assert problems(Spell) == []


def test_a_column_that_the_class_does_not_declare_is_refused(spark: SparkSession) -> None:
    spells = frame(spark, Spell, [("a", 53, 3, 40, 10)])
    with pytest.raises(DisclosureError, match="spell: columns that the table does not declare.*raw_count"):
        release({Spell: spells.withColumn("raw_count", spells["emergency_count"])}, CONFIG)


def test_undeclared_numbers_and_impossible_declarations_are_listed_together() -> None:
    class Loose(Table, release=Release.AGGREGATE, adds_up={"a_count": ("b_count",)}):
        """One row per area."""

        area = column(STRING, "area", key=True)
        a_count = column(LONG, "a", is_count=True)
        b_count = column(DOUBLE, "b", is_count=True)
        mean_age = column(DOUBLE, "a mean without its count")
        other_count = column(LONG, "a count not declared")
        share = column(DOUBLE, "a rate of something else", rate=Rate("a_count", "area"))
        person_id = column(STRING, "a person")

    class Careless(Table):
        """One row per person, left open by mistake."""

        person_id = column(STRING, "person", key=True)
        visits_count = column(LONG, "visits", is_count=True)

    assert problems(Loose) == [
        "mean_age is a number that is not declared: is_count, withheld_with, rate or is_open",
        "other_count is a number that is not declared: is_count, withheld_with, rate or is_open",
        "share depends on area, which is not declared as a count",
        "declared an aggregate, and holds person_id",
        "b_count takes part in a sum, and is not a count of whole numbers",
    ]
    assert problems(Careless) == [
        "declared open, and holds person_id",
        "declared open, and visits_count is declared as a count or an estimate of people",
    ]
    with pytest.raises(DisclosureError, match=r"(?s)loose: mean_age.*careless: declared open"):
        release({Loose: None, Careless: None}, CONFIG)  # type: ignore[dict-item]


def test_crossed_breakdowns_are_refused_only_where_they_leave_together() -> None:
    class Sexes(Table, release=Release.AGGREGATE):
        """One row per LSOA, year and sex."""

        lsoa_2011_code = column(STRING, "LSOA", key=True)
        year = column(LONG, "year", key=True)
        people_count = column(LONG, "people", is_count=True)

    both = (
        Breakdown(PlaceActivity, ("lsoa_2011_code", "year"), {"people_count": "people_count"}),
        Breakdown(Sexes, ("lsoa_2011_code", "year"), {"people_count": "people_count"}),
    )

    class Crossed(Table, release=Release.AGGREGATE, breaks_down=both):
        """One row per LSOA, year, age band and sex."""

        lsoa_2011_code = column(STRING, "LSOA", key=True)
        year = column(LONG, "year", key=True)
        age_band = column(STRING, "band", key=True)
        people_count = column(LONG, "people", is_count=True)

    assert problems(Crossed) == []
    with pytest.raises(DisclosureError, match="crossed sums cannot be protected"):
        release({PlaceActivity: None, Sexes: None, Crossed: None}, CONFIG)  # type: ignore[dict-item]


def test_a_breakdown_that_maps_half_of_a_sum_is_refused() -> None:
    class SpellByBand(
        Table,
        release=Release.AGGREGATE,
        adds_up={"admissions_count": ("emergency_count", "planned_count", "other_count")},
        breaks_down=(Breakdown(Spell, ("lsoa_2011_code",), {"emergency_count": "emergency_count"}),),
    ):
        """One row per LSOA and age band."""

        lsoa_2011_code = column(STRING, "LSOA", key=True)
        age_band = column(STRING, "band", key=True)
        admissions_count = column(LONG, "all", is_count=True)
        emergency_count = column(LONG, "emergency", is_count=True)
        planned_count = column(LONG, "planned", is_count=True)
        other_count = column(LONG, "other", is_count=True)

    assert any("map admissions_count alone, or with all its parts" in problem for problem in problems(SpellByBand))


def test_tables_that_breakdowns_connect_are_judged_together_whichever_leaves() -> None:
    everything = (Hospital, PlaceActivity, Spell, PlaceActivityByBand)
    assert leaves_with(PlaceActivityByBand, everything) == (PlaceActivityByBand, PlaceActivity)
    assert leaves_with(PlaceActivity, everything) == (PlaceActivity, PlaceActivityByBand)
    assert leaves_with(Hospital, everything) == (Hospital,)


def test_a_limit_follows_its_rounded_rate_and_is_no_more_precise(spark: SparkSession) -> None:
    known = [
        (12, 100.0, 210.0, 200.0),  # x (10 / 100) / (12 / 100) = 175, in steps of at least 175 x 5 / 10: of 100
        (1003, 5001.0, 213.1, 214.0),  # x (1005 / 5000) / (1003 / 5001) = 213.57, in steps of at least 1.06: of 2
        (0, 100.0, 36.9, 36.0),  # no events are no secret: of 100 years, in steps of at least 1.845: of 2
        (1003, 1007.0, 0.9995, 1.0),  # x (1005 / 1005) / (1003 / 1007) = 1.0035, and the limit of a share stays one
        (12, 40.0, 0.3, 0.2),  # x (10 / 40) / (12 / 40) = 0.25, in steps of at least 0.125: of 0.2
        (3, 100.0, 90.0, None),
        (12, 100.0, None, None),
        (12, 100.0, 0.0, 0.0),
    ]
    given = [(f"E{i}", n, years, 1000.0 * n / years, upper) for i, (n, years, upper, _) in enumerate(known)]
    released = release({Seen: frame(spark, Seen, given)}, CONFIG)[Seen]
    assert [row[1] for row in rows(released, "lsoa_2011_code", "rate_upper_95")] == [row[-1] for row in known]


def test_what_follows_has_to_follow_a_count_or_a_rate() -> None:
    class Astray(Table, release=Release.AGGREGATE):
        """One row."""

        people_count = column(LONG, "people", is_count=True)
        mean = column(DOUBLE, "mean", withheld_with=("people_count",))
        lower_95 = column(DOUBLE, "limit", withheld_with=("people_count",), follows="mean")

    assert problems(Astray) == ["lower_95 follows mean, which is no count and no rate"]
