"""Conditions of people, and how they go together: cases, histories, pairs, the network, and what follows from it."""

from __future__ import annotations

from typing import Any

from pyspark.sql import types as T

from icspark.tables.table import Breakdown, Rate, Release, Table, column

STRING, LONG, INT, DOUBLE = T.StringType(), T.LongType(), T.IntegerType(), T.DoubleType()
DATE, BOOLEAN = T.DateType(), T.BooleanType()


class ConditionCode(Table):
    """One row per condition, code system and code (or beginning of codes).

    Source: lists of codes that define conditions, such as CALIBER or Charlson. Licence: that of the list. A code stands
    without dots, and for every code that begins with it.
    """

    condition = column(STRING, "condition", key=True)
    code_system = column(STRING, "icd10, snomed, ctv3, or another that the records use", key=True)
    code = column(STRING, "code or its beginning, upper case, without dots", key=True)
    version = column(STRING, "version of the list")


class WideRecord(Table, release=Release.PERSON):
    """One row per line of a wide table of one person a line, with pairs of code and time columns.

    Source: a flat extract. `codes` and `times` go together; a time is a number of days, or of whatever unit the file
    has, and null where it is not known.
    """

    record_number = column(LONG, "number of the line below the header, from 1", key=True)
    stratum = column(STRING, "values of the columns that make the strata, joined by |", required=True)
    codes = column(T.ArrayType(STRING), "codes of the line, each once", required=True)
    times = column(T.ArrayType(INT), "first time of each code; null where not known", required=True)


class ConditionCase(Table, release=Release.PERSON):
    """One row per person and condition.

    Source: derived from diagnosis and condition_code. `first_date` is the earliest date of any code of the condition.
    """

    person_id = column(STRING, "pseudonym of the person", key=True)
    condition = column(STRING, "condition", key=True)
    first_date = column(DATE, "earliest date of a code of the condition", required=True)
    known_by = column(
        STRING, "onset; backlog where the date falls within some days after a registration began", required=True
    )


class ConditionHistory(Table, release=Release.PERSON):
    """One row per person who is counted: their stratum and their conditions, as known on the as-of date.

    Source: derived from person, registration_period, person_area, deprivation_2019 and condition_case; or from
    wide_record. People without conditions are rows too. Null demographics where the person's are not known, or where
    the records have none.
    """

    person_id = column(STRING, "pseudonym of the person", key=True)
    stratum = column(STRING, "values of the columns that make the strata, joined by |", required=True)
    age_band = column(STRING, "band of age on the as-of date, such as 040_044")
    sex_code = column(STRING, "1 male, 2 female, 0 not known, 9 not specified")
    ethnic_category_code = column(STRING, "16+1 codes A to S, Z not stated, 99 not known")
    imd_2019_quintile = column(
        STRING, "national quintile of deprivation where the person lived; 1 = most deprived", vintage="imd_2019"
    )
    lsoa_2011_code = column(STRING, "LSOA 2011 of residence on the as-of date", vintage="lsoa_2011")
    lsoa_2021_code = column(STRING, "LSOA 2021 of residence on the as-of date", vintage="lsoa_2021")
    as_of_date = column(DATE, "day on which the person is described; null for a line of a wide table")
    conditions = column(T.ArrayType(STRING), "conditions by then, in alphabetical order", required=True)
    onset_days = column(
        T.ArrayType(INT), "first date of each as days since 1970; null where only history (backlog)", required=True
    )


_OF_PAIR = ("both_count", "a_count", "b_count")
_PAIR: dict[str, Any] = {"withheld_with": _OF_PAIR}
_DIRECTION: dict[str, Any] = {"withheld_with": ("a_before_b_count", "b_before_a_count", "both_count")}


class PairColumns(Table, release=Release.AGGREGATE):
    """Two conditions, a before b in the alphabet."""

    condition_a = column(STRING, "condition, first in the alphabet", key=True)
    condition_b = column(STRING, "condition, second in the alphabet", key=True)
    both_count = column(LONG, "people with both", required=True, is_count=True)
    a_count = column(LONG, "people with a", required=True, is_count=True)
    b_count = column(LONG, "people with b", required=True, is_count=True)
    people_count = column(LONG, "people counted", required=True, is_count=True)
    strata_count = column(LONG, "strata with all four margins: those that contribute", required=True, is_open=True)
    odds_ratio = column(DOUBLE, "Mantel-Haenszel odds ratio", **_PAIR)
    odds_ratio_lower_95 = column(DOUBLE, "lower 95 % limit (Robins, Breslow and Greenland)", **_PAIR)
    odds_ratio_upper_95 = column(DOUBLE, "upper 95 % limit, likewise", **_PAIR)
    reason = column(STRING, "why there is no odds ratio: no_contrast, odds_ratio_zero, odds_ratio_infinite; else null")


class MorbidityPair(PairColumns, release=Release.AGGREGATE):
    """One row per pair of conditions (a before b in the alphabet).

    Source: derived from condition_history. Statistics are null where `reason` says why; `homogeneity_p_value` where
    `homogeneity_reason` does; what concerns order is null where nobody has both in a known order.
    """

    smallest_stratum_count = column(LONG, "people of the smallest of those strata", is_count=True)
    strata_without_contrast_count = column(LONG, "strata that contribute nothing", required=True, is_open=True)
    risk_ratio_b_given_a = column(DOUBLE, "Mantel-Haenszel risk ratio of b, with a against without", **_PAIR)
    risk_ratio_b_given_a_lower_95 = column(DOUBLE, "lower 95 % limit (Greenland and Robins)", **_PAIR)
    risk_ratio_b_given_a_upper_95 = column(DOUBLE, "upper 95 % limit, likewise", **_PAIR)
    risk_ratio_a_given_b = column(DOUBLE, "Mantel-Haenszel risk ratio of a, with b against without", **_PAIR)
    risk_ratio_a_given_b_lower_95 = column(DOUBLE, "lower 95 % limit (Greenland and Robins)", **_PAIR)
    risk_ratio_a_given_b_upper_95 = column(DOUBLE, "upper 95 % limit, likewise", **_PAIR)
    chi_square = column(DOUBLE, "Cochran-Mantel-Haenszel test of no association, 1 degree of freedom", **_PAIR)
    p_value = column(DOUBLE, "its p value", **_PAIR)
    q_value = column(
        DOUBLE, "Benjamini-Hochberg over the pairs tested; null where not tested, or codes are shared", **_PAIR
    )
    homogeneity_chi_square = column(DOUBLE, "Breslow-Day test of one odds ratio in all strata, Tarone", **_PAIR)
    homogeneity_p_value = column(DOUBLE, "its p value, degrees of freedom strata_count - 1", **_PAIR)
    homogeneity_reason = column(
        STRING, "why there is none: no_odds_ratio, one_stratum, sparse (too few expected in too many strata); else null"
    )
    shares_codes = column(BOOLEAN, "the two lists share or nest codes: related by definition", required=True)
    a_before_b_count = column(LONG, "people with a known at least the gap before b", is_count=True)
    b_before_a_count = column(LONG, "people with b known at least the gap before a", is_count=True)
    a_before_b_share = column(DOUBLE, "a before b / the two together", **_DIRECTION)
    a_before_b_expected_share = column(DOUBLE, "that share if onsets were independent within strata", **_DIRECTION)
    direction_z = column(DOUBLE, "z of the share against one half", **_DIRECTION)
    direction_p_value = column(DOUBLE, "exact binomial test of the share against one half", **_DIRECTION)
    direction_q_value = column(DOUBLE, "Benjamini-Hochberg over the pairs", **_DIRECTION)
    order_p_value = column(DOUBLE, "exact binomial test of the share against its expectation", **_DIRECTION)
    order_q_value = column(DOUBLE, "Benjamini-Hochberg over the pairs", **_DIRECTION)


_COUNTS = (*_OF_PAIR, "people_count")


class MorbidityPairByGroup(
    PairColumns,
    release=Release.AGGREGATE,
    breaks_down=(
        Breakdown(MorbidityPair, by=("condition_a", "condition_b"), columns={name: name for name in _COUNTS}),
    ),
):
    """One row per pair of conditions, grouping and group.

    Source: derived from condition_history; odds ratios within strata of the other columns. The heterogeneity and the
    trend belong to the pair and are repeated in each of its rows. Null where fewer than two groups have an estimate.
    """

    group_by = column(STRING, "column whose values make the groups", key=True)
    group = column(STRING, "value of it; unknown where there is none", key=True)
    heterogeneity_chi_square = column(DOUBLE, "Cochran's Q of ln OR over the groups", **_PAIR)
    heterogeneity_p_value = column(DOUBLE, "its p value", **_PAIR)
    heterogeneity_q_value = column(DOUBLE, "Benjamini-Hochberg over the pairs", **_PAIR)
    trend = column(DOUBLE, "change of ln OR from one group to the next, inverse-variance", **_PAIR)
    trend_lower_95 = column(DOUBLE, "lower 95 % limit", **_PAIR)
    trend_upper_95 = column(DOUBLE, "upper 95 % limit", **_PAIR)


_CASES: dict[str, Any] = {"withheld_with": ("observed_count",)}
_PATH: dict[str, Any] = {"withheld_with": ("people_count",)}
_NODE: dict[str, Any] = {"withheld_with": ("cases_count",)}


class MorbidityNode(Table, release=Release.AGGREGATE):
    """One row per condition that is a node of the network.

    Source: derived from morbidity_pair and condition_history. Null `distance` out of reach of the reference conditions,
    or where none is named; null `community_stability` where no replicates were drawn.
    """

    condition = column(STRING, "condition", key=True)
    cases_count = column(LONG, "people with the condition", required=True, is_count=True)
    people_count = column(LONG, "people counted", required=True, is_count=True)
    prevalence = column(DOUBLE, "the two divided", rate=Rate("cases_count", "people_count"))
    degree = column(LONG, "edges of the node", required=True, is_open=True)
    strength = column(DOUBLE, "sum of ln ratio over its edges", **_NODE)
    betweenness = column(DOUBLE, "share of shortest paths between two others that pass it", **_NODE)
    pagerank = column(DOUBLE, "PageRank along the arcs, unweighted; sums to 1", **_NODE)
    k_core = column(LONG, "greatest k of a part in which each node has k edges", required=True, is_open=True)
    component = column(STRING, "smallest condition that it is connected with", required=True)
    community = column(LONG, "community by the Leiden method, largest first from 1", required=True, is_open=True)
    community_stability = column(DOUBLE, "mean best Jaccard of the community over replicates of people", **_NODE)
    distance = column(DOUBLE, "length of the shortest way from the nearest reference condition", **_NODE)


class MorbidityEdge(
    Table,
    release=Release.AGGREGATE,
    breaks_down=(
        Breakdown(MorbidityPair, by=("condition_a", "condition_b"), columns={name: name for name in _OF_PAIR}),
    ),
):
    """One row per edge of the network.

    Source: derived from morbidity_pair and condition_history. An arrow says `source` precedes `target`, never that it
    causes it; without one the order is that of the alphabet. The counts are those of the pair, and leave where they do.
    Null `kept_share` where no replicates were drawn.
    """

    source = column(STRING, "condition; where directed, the one that comes first", key=True)
    target = column(STRING, "the other condition", key=True)
    is_directed = column(BOOLEAN, "the order can be told", required=True)
    condition_a = column(STRING, "of the two, the first in the alphabet", required=True)
    condition_b = column(STRING, "of the two, the second in the alphabet", required=True)
    both_count = column(LONG, "people with both", required=True, is_count=True)
    a_count = column(LONG, "people with a", required=True, is_count=True)
    b_count = column(LONG, "people with b", required=True, is_count=True)
    odds_ratio = column(DOUBLE, "Mantel-Haenszel odds ratio", **_PAIR)
    weight = column(DOUBLE, "ln of the ratio that the network is made of", **_PAIR)
    length = column(DOUBLE, "1 / that ratio", **_PAIR)
    kept_share = column(DOUBLE, "share of replicates of people in which it is kept", **_PAIR)


class MorbidityEnrichment(Table, release=Release.AGGREGATE):
    """One row per condition (or set of them), demographic and group of it.

    Source: derived from condition_history, within strata of the other demographics. Null `z` where the group and the
    condition leave nothing to chance; null ratio where none is expected.
    """

    subject = column(STRING, "condition, or set:<name> for a set of conditions", key=True)
    demographic = column(STRING, "column whose values make the groups", key=True)
    group = column(STRING, "value of it; unknown where there is none", key=True)
    people_count = column(LONG, "people of the group", required=True, is_count=True)
    observed_count = column(LONG, "people of the group with the condition", required=True, is_count=True)
    expected_count = column(DOUBLE, "expected if it were spread evenly within strata", **_CASES)
    ratio = column(DOUBLE, "observed / expected", follows="observed_count", **_CASES)
    z = column(DOUBLE, "(observed - expected) / standard deviation", **_CASES)
    p_value = column(DOUBLE, "two-sided: exact where few are expected, else of z", **_CASES)
    is_exact = column(BOOLEAN, "the p value is exact", required=True)
    q_value = column(DOUBLE, "Benjamini-Hochberg over all rows", **_CASES)


class Trajectory(Table, release=Release.AGGREGATE):
    """One row per ordered path of three or four conditions.

    Source: derived from morbidity_edge and condition_history. Arrows say 'precedes', never 'causes'. Null ratio where
    none is expected.
    """

    path = column(STRING, "conditions in order, joined by >", key=True)
    conditions_count = column(LONG, "conditions of the path", required=True, is_open=True)
    people_count = column(LONG, "people who had them in that order, with gaps", required=True, is_count=True)
    expected_count = column(
        DOUBLE,
        "expected if each step depended on the one before it only",
        required=True,
        **_PATH,
    )
    ratio = column(DOUBLE, "people / expected", follows="people_count", **_PATH)
    ratio_lower_95 = column(DOUBLE, "lower 95 % limit: exact Poisson", follows="people_count", **_PATH)
    ratio_upper_95 = column(DOUBLE, "upper 95 % limit, likewise", follows="people_count", **_PATH)
