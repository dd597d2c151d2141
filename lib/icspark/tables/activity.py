"""What linked records become: people placed in areas, what happened to them and when, and the rates of areas."""

from __future__ import annotations

from pyspark.sql import types as T

from icspark.tables.table import Breakdown, ColumnSpec, Rate, Release, Table, column

STRING, LONG, DOUBLE, DATE, BOOLEAN = T.StringType(), T.LongType(), T.DoubleType(), T.DateType(), T.BooleanType()

RATES: dict[str, str] = {
    "appointments": "outpatient appointments that were due to be held",
    "admissions": "inpatient spells",
    "emergency_admissions": "emergency admissions: methods 21 to 25, 28 and 2A to 2D",
    "emergency_attendances": "attendances at an emergency department",
}
"""Events that are counted over person-time: stem of their columns -> meaning."""

SHARES: dict[str, tuple[str, str]] = {
    "non_attendances": ("appointments", "appointments that were not attended"),
}
"""Outcomes that are counted over other events: stem -> (stem of the denominator, meaning)."""

MEANS: dict[str, tuple[str, str]] = {
    "first_hba1c": ("hba1c_ifcc", "first HbA1c of a person, mmol/mol"),
    "first_bmi": ("bmi", "first body mass index of a person, kg/m2"),
}
"""First measurements: stem -> (measure in observation, meaning with its unit)."""

COUNTS = (*RATES, *SHARES)
PLACED_BY = (
    "supplied (the extract gives the code), point, boundary (on an edge: the first code), postcode, lookup (the other "
    "vintage's code, where it has one successor only), none"
)
NOT_PLACED = (
    "no_address, no_fixed_abode_or_overseas (ZZ99), postcode_not_in_directory, no_area_of_postcode, no_directory, "
    "outside_all_areas, no_boundaries; null where placed"
)
LEVEL = "level of the areas: lsoa_2011, lsoa_2021, practice, or a level of area_lookup"


class PersonArea(Table, release=Release.PERSON):
    """One row per person and interval of residence, with its LSOA of 2011 and of 2021.

    Source: derived from residence, boundaries and the postcode directory of ONS. Half-open intervals; `to_date` null
    while still living there. A code is null where its reason says why.
    """

    person_id = column(STRING, "pseudonym of the person", key=True)
    from_date = column(DATE, "first day there", key=True)
    to_date = column(DATE, "day from which the person no longer lived there; null = still")
    lsoa_2011_code = column(STRING, "LSOA 2011", vintage="lsoa_2011")
    lsoa_2011_placed_by = column(STRING, PLACED_BY, required=True)
    lsoa_2011_reason = column(STRING, NOT_PLACED)
    lsoa_2021_code = column(STRING, "LSOA 2021", vintage="lsoa_2021")
    lsoa_2021_placed_by = column(STRING, PLACED_BY, required=True)
    lsoa_2021_reason = column(STRING, NOT_PLACED)


class PersonAreaQuality(Table, release=Release.AGGREGATE):
    """One row per vintage of areas, deprivation of the person's practice, and way of placing or reason against it.

    Source: derived from person_area, registration_period and practice_summary. The practice is the newest registration
    that overlaps the interval of residence. Every combination that occurs is a row.
    """

    area_type = column(STRING, "lsoa_2011 or lsoa_2021", key=True)
    practice_imd_2019_quintile = column(
        STRING, "1 (most deprived) to 5; no_practice; no_quintile where the practice has none", key=True
    )
    outcome = column(STRING, "how it was placed, or the reason why not, as in person_area", key=True)
    is_placed = column(BOOLEAN, "whether there is a code", required=True)
    people_count = column(LONG, "people", required=True, is_count=True)
    residences_count = column(
        LONG, "intervals of residence", required=True, is_count=True, withheld_with=("people_count",)
    )


class PersonActivity(
    Table,
    release=Release.PERSON,
    more={
        **{f"{stem}_count": ColumnSpec(LONG, meaning, required=True) for stem, meaning in RATES.items()},
        **{f"{stem}_count": ColumnSpec(LONG, meaning, required=True) for stem, (_, meaning) in SHARES.items()},
        **{f"{stem}_value": ColumnSpec(DOUBLE, f"{meaning}, where taken here") for stem, (_, meaning) in MEANS.items()},
    },
):
    """One row per person and stretch of days within a calendar year, at one address and with one practice.

    Source: derived from person, person_area, registration_period and the events of persons. Stretches of a person do
    not overlap: days on which the person is registered, has an address in the records, and is alive (the day of death
    is the last). Of two registrations at once the one that began later counts. Events belong to the stretch that holds
    their day; those outside all stretches, and those after death, are in none. Null codes where the address is not
    placed; null values where no first measurement was taken here.
    """

    person_id = column(STRING, "pseudonym of the person", key=True)
    from_date = column(DATE, "first day", key=True)
    to_date = column(DATE, "day after the last", required=True)
    year = column(LONG, "calendar year that holds the days", required=True)
    days_count = column(LONG, "days", required=True)
    is_there_on_1_july = column(BOOLEAN, "whether 1 July is among the days", required=True)
    practice_code = column(STRING, "ODS code of the practice", required=True)
    lsoa_2011_code = column(STRING, "LSOA 2011 of the address", vintage="lsoa_2011")
    lsoa_2021_code = column(STRING, "LSOA 2021 of the address", vintage="lsoa_2021")
    sex_code = column(STRING, "1 male, 2 female, 0 not known (null in the records too), 9 not specified", required=True)
    birth_month = column(DATE, "first day of the month of birth; null where not known")


def _counted(stem: str, meaning: str) -> dict[str, ColumnSpec]:
    return {f"{stem}_count": ColumnSpec(LONG, meaning, required=True, is_count=True)}


def limit_columns(stem: str, meaning: str, counts: tuple[str, ...], *, of: str = "") -> dict[str, ColumnSpec]:
    """Return the two columns of an estimate's 95 % limits, withheld with `counts`, in proportion to `of` (its rate)."""
    sides = {"lower_95": "lower", "upper_95": "upper"}
    return {
        f"{stem}_{end}": ColumnSpec(DOUBLE, f"{side} 95 % limit: {meaning}", withheld_with=counts, follows=of)
        for end, side in sides.items()
    }


def _crude_rate(stem: str, meaning: str) -> dict[str, ColumnSpec]:
    count, name = f"{stem}_count", f"{stem}_rate_per_1000"
    both = (count, "person_years")
    return {
        **_counted(stem, meaning),
        name: ColumnSpec(DOUBLE, "per 1,000 person-years; null without any", rate=Rate(count, "person_years", 1000.0)),
        **limit_columns(name, "by clusters of persons", both, of=name),
        **limit_columns(f"{name}_plain", "as if all events were independent, for comparison", both, of=name),
        f"{stem}_design_effect": ColumnSpec(
            DOUBLE, "variance by clusters of persons / plain variance; null without events", withheld_with=both
        ),
    }


def _share(stem: str, denominator: str, meaning: str) -> dict[str, ColumnSpec]:
    count, below, name = f"{stem}_count", f"{denominator}_count", f"{stem}_share"
    both = (count, below)
    return {
        **_counted(stem, meaning),
        name: ColumnSpec(DOUBLE, f"{stem} / {denominator}; null without any", rate=Rate(count, below)),
        **limit_columns(name, "Wilson's on the effective number of clusters of persons", both, of=name),
        **limit_columns(f"{name}_plain", "Wilson's as if all were independent, for comparison", both, of=name),
        f"{stem}_design_effect": ColumnSpec(
            DOUBLE, "variance by clusters of persons / plain variance; null where the share is 0 or 1",
            withheld_with=both,
        ),
    }  # fmt: skip


def _mean(stem: str, meaning: str) -> dict[str, ColumnSpec]:
    count, name = f"{stem}_count", f"{stem}_mean"
    return {
        **_counted(stem, f"people whose {stem.replace('_', ' ')} was taken here in the period"),
        name: ColumnSpec(DOUBLE, f"mean: {meaning}; null without any", withheld_with=(count,)),
        **limit_columns(name, "Student's; null below two people", (count,)),
    }


def _standardised(stem: str) -> dict[str, ColumnSpec]:
    count, rate, expected = f"{stem}_count", f"{stem}_standardised_rate_per_1000", f"{stem}_expected_count"
    both = (count, "person_years")
    ratio, crude = f"{stem}_standardised_ratio", f"{stem}_rate_per_1000"
    return {
        rate: ColumnSpec(
            DOUBLE, "directly standardised, European Standard Population 2013 by sex and age; null where the reason is",
            withheld_with=both, follows=crude,
        ),
        **limit_columns(rate, "Dobson's by clusters of persons", both, of=crude),
        f"{stem}_standardised_reason": ColumnSpec(
            STRING, "few_events (under 10), empty_band (a band of one sex without person-time); null where there is one"
        ),
        expected: ColumnSpec(DOUBLE, "expected at the region's rates by sex and age", required=True, is_count=True),
        ratio: ColumnSpec(DOUBLE, "indirectly standardised ratio, observed / expected", rate=Rate(count, expected)),
        **limit_columns(ratio, "Byar's by clusters of persons", (count, expected), of=ratio),
    }  # fmt: skip


def _families(*, standardised: bool) -> dict[str, ColumnSpec]:
    found: dict[str, ColumnSpec] = {}
    for stem, meaning in RATES.items():
        found |= _crude_rate(stem, meaning) | (_standardised(stem) if standardised else {})
    for stem, (denominator, meaning) in SHARES.items():
        found |= _share(stem, denominator, meaning)
    for stem, (_, meaning) in MEANS.items():
        found |= _mean(stem, meaning)
    return found


class ActivityColumns(Table, release=Release.AGGREGATE):
    """Which area and which years."""

    level = column(STRING, LEVEL, key=True)
    area_code = column(STRING, "code of the area at that level", key=True)
    year = column(LONG, "calendar year; the last one where years are pooled", key=True)
    years_count = column(LONG, "calendar years pooled in the row", required=True, is_open=True)
    lsoa_2011_code = column(STRING, "the area's code where the level is lsoa_2011; else null", vintage="lsoa_2011")
    people_count = column(
        LONG,
        "residents (or patients) on 1 July; of the middle year where years are pooled",
        required=True,
        is_count=True,
    )
    person_years = column(DOUBLE, "days registered, resident and alive / 365.25", required=True, is_count=True)


class AreaActivity(ActivityColumns, release=Release.AGGREGATE, more=_families(standardised=True)):
    """One row per area and year, zeros included: what happened to its people.

    Source: derived from person_activity. Rates are per 1,000 person-years. Limits take the events of one person as one
    cluster; plain ones stand beside. Directly standardised rates are null where their reason says why. People whose age
    or sex is not known count in crude rates and in observed and expected events, not in directly standardised rates.
    """


class AreaActivityByAgeSex(
    ActivityColumns,
    release=Release.AGGREGATE,
    more=_families(standardised=False),
    breaks_down=(
        Breakdown(
            AreaActivity,
            by=("level", "area_code", "year"),
            columns={name: name for name in ("people_count", *(f"{s}_count" for s in (*COUNTS, *MEANS)))},
        ),
    ),
):
    """One row per area, year, five-year age band and sex, zeros included.

    Source: derived from person_activity. Age is that on 1 July, of the middle year where years are pooled. Rows of
    people whose age or sex is not known stand only where there are such people.
    """

    age_band = column(STRING, "00-04 to 85-89, 90+, not_known", key=True)
    sex_code = column(STRING, "1 male, 2 female, 0 not known, 9 not specified", key=True)


class ActivityGradient(Table, release=Release.AGGREGATE):
    """One row per measure, basis, index of deprivation, year and row of the gradient: five fifths and two indices.

    Source: derived from person_activity and MHCLG's English Indices of Deprivation 2019. Fifths are national, by the
    LSOA 2011 of residence. The slope index is the rise of the weighted line over ranks of deprivation from the least
    (0) to the most deprived (1), the relative index its value at 1 over that at 0. Limits take the events of one person
    as one cluster. Null estimates where `reason` says why.
    """

    measure = column(STRING, "events per 1,000 person-years, share or mean, as named in area_activity", key=True)
    basis = column(STRING, "crude, or standardised by age and sex (rates only)", key=True)
    domain = column(STRING, "index or domain of deprivation 2019", key=True)
    year = column(LONG, "calendar year; the last one where years are pooled", key=True)
    part = column(STRING, "1 (most deprived fifth) to 5; slope_index; relative_index", key=True)
    years_count = column(LONG, "calendar years pooled in the row", required=True, is_open=True)
    events_count = column(
        LONG, "events, outcomes or people measured; of all fifths beside an index", required=True, is_count=True
    )
    denominator = column(
        DOUBLE, "person-years, events or people below them; of all fifths beside an index", required=True, is_count=True
    )
    estimate = column(DOUBLE, "rate, share, mean or index", withheld_with=("events_count", "denominator"))
    lower_95 = column(DOUBLE, "lower 95 % limit", withheld_with=("events_count", "denominator"))
    upper_95 = column(DOUBLE, "upper 95 % limit", withheld_with=("events_count", "denominator"))
    fitted = column(
        DOUBLE, "the line at the middle of the fifth's ranks; null beside an index",
        withheld_with=("events_count", "denominator"),
    )  # fmt: skip
    rank = column(
        DOUBLE, "middle of the fifth's ranks, 0 (least) to 1 (most deprived); null beside an index",
        withheld_with=("denominator",),
    )  # fmt: skip
    design_effect = column(
        DOUBLE, "variance by clusters of persons / plain variance; null beside an index",
        withheld_with=("events_count", "denominator"),
    )  # fmt: skip
    p_value = column(DOUBLE, "two-sided, of no gradient; null beside a fifth", withheld_with=("events_count",))
    reason = column(
        STRING,
        "few_events, empty_band, empty_fifth, too_few_groups, no_variance (a fifth with one person), not_above_zero; "
        "null where there is an estimate",
    )
