"""How many conditions a person has and how heavy they are, and what that makes of areas."""

from __future__ import annotations

from pyspark.sql import types as T

from icspark.tables.activity import LEVEL, limit_columns
from icspark.tables.table import ColumnSpec, Rate, Release, Table, column

STRING, LONG, DOUBLE, DATE = T.StringType(), T.LongType(), T.DoubleType(), T.DateType()

WEIGHTS: dict[str, str] = {"charlson": "Charlson", "elixhauser": "Elixhauser"}
"""Indices of comorbidity: stem of their columns -> name."""

SHARES: dict[str, str] = {
    "two_or_more": "people with two or more conditions",
    "four_or_more": "people with four or more conditions",
}
"""Shares of people that areas are told: stem of their columns -> meaning."""


class ComorbidityCode(Table):
    """One row per mapping, condition of it, and code or beginning of codes.

    Source: lists of codes of the conditions of an index of comorbidity, such as Charlson's (Quan et al. 2005, Med Care
    43:1130). Licence: that of the list. A code stands without dots, and for every code that begins with it.
    """

    mapping = column(STRING, "list of codes, such as charlson_icd10_quan", key=True)
    condition = column(STRING, "condition of the index", key=True)
    code_system = column(STRING, "icd10, or another that the records use", key=True)
    code = column(STRING, "code or its beginning, upper case, without dots", key=True)


class ConditionWeight(Table):
    """One row per mapping, weighting and condition of an index of comorbidity.

    Source: published weights of Charlson's and Elixhauser's conditions. Licence: that of the list.
    """

    mapping = column(STRING, "list of codes that the conditions are of", key=True)
    weighting = column(STRING, "set of weights, such as charlson or vw (van Walraven et al. 2009)", key=True)
    condition = column(STRING, "condition of the index", key=True)
    weight = column(DOUBLE, "what the condition adds to a person's index", required=True)


def _weights() -> dict[str, ColumnSpec]:
    found: dict[str, ColumnSpec] = {}
    for stem, name in WEIGHTS.items():
        found[f"{stem}_weight"] = ColumnSpec(DOUBLE, f"{name} index: sum of the weights of its conditions by then")
        found[f"{stem}_reason"] = ColumnSpec(
            STRING, f"why there is no {name} index: no_list, no_weights, no_diagnoses; null where there is one"
        )
    return found


class PersonMorbidity(Table, release=Release.PERSON, more=_weights()):
    """One row per person who is counted in condition_history: how many conditions, how heavy, and where they live.

    Source: derived from condition_history, morbidity_node, person, registration_period, diagnosis, comorbidity_code and
    condition_weight. As of the day that condition_history describes the person. For summaries of areas only: the
    network is fitted on everybody, and later than what a model of one person may know. Null codes and practice where
    not known, or for lines of a wide table; null weights where their reason says why.
    """

    person_id = column(STRING, "pseudonym of the person", key=True)
    as_of_date = column(DATE, "day on which the person is described; null for a line of a wide table")
    age_band = column(STRING, "00-04 to 85-89, 90+, not_known", required=True)
    sex_code = column(STRING, "1 male, 2 female, 0 not known (null in the records too), 9 not specified", required=True)
    imd_2019_quintile = column(STRING, "national quintile of deprivation; 1 = most deprived", vintage="imd_2019")
    lsoa_2011_code = column(STRING, "LSOA 2011 of residence", vintage="lsoa_2011")
    lsoa_2021_code = column(STRING, "LSOA 2021 of residence", vintage="lsoa_2021")
    practice_code = column(STRING, "ODS code of the practice; of two at once that of the later registration")
    conditions_count = column(LONG, "conditions by then", required=True)
    communities_count = column(LONG, "communities of the network that these conditions belong to", required=True)
    centrality_sum = column(DOUBLE, "sum of the conditions' centrality in the network, as configured", required=True)


def _standardised(stem: str, kind: str) -> dict[str, ColumnSpec]:
    count, name, ratio = f"{stem}_count", f"{stem}_standardised_{kind}", f"{stem}_standardised_ratio"
    expected, both, crude = f"{stem}_expected_count", (f"{stem}_count", "people_count"), f"{stem}_{kind}"
    return {
        name: ColumnSpec(
            DOUBLE, "directly standardised, European Standard Population 2013 by sex and age; null where the reason is",
            withheld_with=both, follows=crude,
        ),
        **limit_columns(name, "Dobson's by clusters of persons", both, of=crude),
        f"{stem}_standardised_reason": ColumnSpec(
            STRING, "few_events (under 10), empty_band (a band of one sex without people); null where there is one"
        ),
        expected: ColumnSpec(DOUBLE, "expected by the region's people of its sexes and ages", is_count=True),
        ratio: ColumnSpec(DOUBLE, "indirectly standardised ratio, observed / expected", rate=Rate(count, expected)),
        **limit_columns(ratio, "Byar's by clusters of persons", (count, expected), of=ratio),
    }  # fmt: skip


def _area_families() -> dict[str, ColumnSpec]:
    found: dict[str, ColumnSpec] = {}
    for stem, meaning in SHARES.items():
        both = (f"{stem}_count", "people_count")
        found[f"{stem}_share"] = ColumnSpec(DOUBLE, f"{meaning} / people; null without any", rate=Rate(*both))
        found |= limit_columns(f"{stem}_share", "Wilson's", both, of=f"{stem}_share") | _standardised(stem, "share")
    both = ("conditions_count", "people_count")
    found["conditions_mean"] = ColumnSpec(DOUBLE, "conditions of a person; null without people", rate=Rate(*both))
    found |= limit_columns(
        "conditions_mean", "Student's; null below two people", both, of="conditions_mean"
    ) | _standardised("conditions", "mean")
    for stem, name in WEIGHTS.items():
        count = f"{stem}_people_count"
        found[count] = ColumnSpec(LONG, f"people with a {name} index", required=True, is_count=True)
        found[f"{stem}_weight_mean"] = ColumnSpec(DOUBLE, f"their mean {name} index", withheld_with=(count,))
        found |= limit_columns(f"{stem}_weight_mean", "Student's; null below two people", (count,))
    return found


class AreaMorbidity(
    Table,
    release=Release.AGGREGATE,
    adds_up={
        "people_count": ("under_two_count", "two_or_more_count"),
        "two_or_more_count": ("two_or_three_count", "four_or_more_count"),
    },
    more=_area_families(),
):
    """One row per area, areas without people included: how many conditions its people have.

    Source: derived from person_morbidity. Directly standardised figures are null where their reason says why. People
    whose age or sex is not known count in crude and in observed and expected figures, not in directly standardised
    ones. Null `lsoa_2011_code` at other levels.
    """

    level = column(STRING, LEVEL, key=True)
    area_code = column(STRING, "code of the area at that level", key=True)
    lsoa_2011_code = column(STRING, "the area's code where the level is lsoa_2011; else null", vintage="lsoa_2011")
    people_count = column(LONG, "people counted", required=True, is_count=True)
    conditions_count = column(LONG, "their conditions together", required=True, is_count=True)
    under_two_count = column(LONG, "people with none or one", required=True, is_count=True)
    two_or_more_count = column(LONG, "people with two or more", required=True, is_count=True)
    two_or_three_count = column(LONG, "people with two or three", required=True, is_count=True)
    four_or_more_count = column(LONG, "people with four or more", required=True, is_count=True)
