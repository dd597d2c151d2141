"""The truth of a simulated region: what was planted. Only `check_` jobs read these tables."""

from __future__ import annotations

from pyspark.sql import types as T

from icspark.tables.table import Release, Table, column

STRING, LONG, DOUBLE, DATE, BOOLEAN = T.StringType(), T.LongType(), T.DoubleType(), T.DateType(), T.BooleanType()


class Truth(Table):
    """One row per planted parameter of a simulated region.

    Source: simulate_region; simulated. Null `value` where the parameter is text, null `text` where it is a number.
    """

    parameter = column(STRING, "name of the parameter, such as non_attendance.log_odds.lead_time_days", key=True)
    subject = column(
        STRING, "what it belongs to, such as a condition, a pair a|b or a quintile; empty where none", key=True
    )
    value = column(DOUBLE, "planted value")
    text = column(STRING, "planted value, where it is no number")
    meaning = column(STRING, "the parameter in words, with its unit", required=True)


class TruthPerson(Table, release=Release.PERSON):
    """One row per simulated person: what the generator knows of them. Simulated.

    Source: simulate_region. Null dates where the event did not happen.
    """

    person_number = column(LONG, "number of the person, from 0; identifiers in the extracts are made from it", key=True)
    sex_code = column(STRING, "1 male, 2 female", required=True)
    birth_date = column(DATE, "date of birth", required=True)
    death_date = column(DATE, "date of death within the period; null while alive")
    ethnic_category_code = column(STRING, "ethnic category before any was made missing", required=True)
    is_interpreter_needed = column(BOOLEAN, "an interpreter is needed", required=True)
    lsoa_2011_code = column(STRING, "LSOA 2011 of residence on the last date", required=True, vintage="lsoa_2011")
    lsoa_2021_code = column(STRING, "LSOA 2021 of residence on the last date", required=True, vintage="lsoa_2021")
    imd_2019_quintile = column(
        LONG, "quintile of the area's IMD 2019 among the region's reference set; 1 = most deprived", required=True
    )
    adult_skills_2019_quintile = column(
        LONG, "quintile of the area's Adult Skills score; 1 = most deprived", required=True
    )
    non_attendance_effect = column(DOUBLE, "personal random effect on the log odds of not attending", required=True)


class TruthPair(Table):
    """One row per pair of simulated conditions (a before b in the alphabet). Simulated.

    Source: simulate_region. The odds ratio is what the generator implies at the as-of date within strata of five-year
    age band, sex and deprivation quintile. Null `planted_odds_ratio` where the graph has no edge between the two.
    """

    condition_a = column(STRING, "condition, first in the alphabet", key=True)
    condition_b = column(STRING, "condition, second in the alphabet", key=True)
    relation = column(
        STRING,
        "edge; path (one an ancestor of the other); common_cause; age_only (no path and no common cause)",
        required=True,
    )
    first_condition = column(STRING, "condition that comes first along the graph; null unless edge or path")
    planted_odds_ratio = column(DOUBLE, "conditional odds ratio of the edge")
    is_by_deprivation = column(BOOLEAN, "the edge differs by deprivation quintile", required=True)
    stratified_odds_ratio = column(DOUBLE, "odds ratio within strata that the generator implies", required=True)


class TruthAppointment(Table, release=Release.PERSON):
    """One row per simulated appointment that was due to be held: the chance that it is not attended. Simulated.

    Source: simulate_region. The observable chances have missing covariates and the personal effect integrated out, the
    latter over its posterior given the person's outcomes known by then. Null before the appointment was booked.
    """

    appointment_id = column(STRING, "identifier of the appointment", key=True)
    person_number = column(LONG, "number of the simulated person", required=True)
    non_attendance_probability = column(DOUBLE, "given everything, the personal effect too", required=True)
    observable_at_booking_probability = column(DOUBLE, "given what is observable at booking", required=True)
    observable_14_days_before_probability = column(DOUBLE, "given what is observable 14 days before")
    observable_7_days_before_probability = column(DOUBLE, "given what is observable 7 days before")
    observable_2_days_before_probability = column(DOUBLE, "given what is observable 2 days before")


class TruthIdentity(Table, release=Release.PERSON):
    """One row per identifier of a simulated person in a source system. Simulated.

    Source: simulate_region.
    """

    id_system = column(STRING, "system that issued the identifier", key=True)
    source_id = column(STRING, "identifier of the person in that system", key=True)
    person_number = column(LONG, "number of the simulated person", required=True)


class TruthBadRow(Table, release=Release.PERSON):
    """One row per bad row that was planted in an extract. Simulated.

    Source: simulate_region. Each is a row that the ingest must reject; no other row of the extracts may be. A row
    stands once, under the first kind that it was made for; null `parent_key` unless it is a child of a bad row.
    """

    record = column(STRING, "kind of record, such as appointment", key=True)
    row_key = column(STRING, "key of the row as it stands in the extract, parts joined by |", key=True)
    kind = column(
        STRING,
        "unknown_code, impossible_date, event_before_birth, unknown_identifier, exact_duplicate, conflict, "
        "rejected_parent",
        key=True,
    )
    rows_count = column(LONG, "rows of this key that must be rejected", required=True)
    is_child = column(BOOLEAN, "bad only because the row of the person that it belongs to is", required=True)
    parent_key = column(STRING, "key of the person row that it belongs to, for a child")
