"""From coded diagnoses to cases: who has which condition, since when, and whether that date is an onset."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from icspark.quality.checks import Checked, Rule, check
from icspark.quality.clinical_codes import beginnings
from icspark.tables.morbidity import ConditionCase, ConditionCode
from icspark.tables.records import Diagnosis, Person, RegistrationPeriod

WHY = "_why"
ONSET, BACKLOG = "onset", "backlog"

PROBLEMS = {
    "BEFORE_BIRTH": "The diagnosis is dated before the person's month of birth.",
    "AFTER_DEATH": "The diagnosis is dated after the person's death.",
    "IN_FUTURE": "The diagnosis is dated after the day on which the records were extracted.",
}

RULES = tuple(Rule(code, sentence, lambda code=code: F.col(WHY) == code) for code, sentence in PROBLEMS.items())  # type: ignore[misc]


def conditions_of_codes(diagnoses: DataFrame, codes: DataFrame) -> DataFrame:
    """Return code_system, code (as recorded), condition: one row for each condition whose list a code is on.

    A list's code stands for every code that begins with it. A code that is on no list has one row with a null
    condition; `rows_count` are the diagnoses with the code.
    """
    used = diagnoses.groupBy(Diagnosis.code_system, Diagnosis.code).agg(F.count("*").alias("rows_count"))
    listed = codes.select(
        ConditionCode.condition, ConditionCode.code_system, F.col(ConditionCode.code).alias("_beginning")
    )
    found = (
        used.withColumn("_beginning", F.explode(beginnings(F.col(Diagnosis.code))))
        .join(F.broadcast(listed), on=[ConditionCode.code_system, "_beginning"], how="inner")
        .select(Diagnosis.code_system, Diagnosis.code, ConditionCode.condition)
        .distinct()
    )
    return used.join(found, on=[Diagnosis.code_system, Diagnosis.code], how="left")


def rows_on_no_list(matched: DataFrame) -> dict[str, int]:
    """Return, by code system, the number of diagnoses whose code is on no list."""
    unknown = matched.filter(F.col(ConditionCode.condition).isNull())
    by_system = unknown.groupBy(Diagnosis.code_system).agg(F.sum("rows_count")).collect()
    return {row[0]: row[1] for row in sorted(by_system, key=lambda row: str(row[0]))}


def build_condition_case(
    diagnoses: DataFrame,
    matched: DataFrame,
    people: DataFrame,
    registrations: DataFrame,
    *,
    backlog_days: int,
    extract_date: date | None = None,
) -> Checked:
    """Return condition_case, checked: the earliest sound date of each person and condition.

    `matched` is `conditions_of_codes`. A person and condition is a rejected row for each kind of impossible date that
    it has (before the month of birth, after death, after `extract_date`), and an accepted one where it has a sound
    one. A first date within `backlog_days` from the beginning of a registration is `backlog`: the date of entry, not
    of onset.
    """
    of_codes = matched.filter(F.col(ConditionCode.condition).isNotNull()).drop("rows_count")
    dated = diagnoses.join(F.broadcast(of_codes), on=[Diagnosis.code_system, Diagnosis.code], how="inner")
    lives = people.select(Person.person_id, Person.birth_month, Person.death_date)
    judged = dated.join(lives, on=Person.person_id, how="left").withColumn(WHY, _problem(extract_date))
    first = judged.groupBy(ConditionCase.person_id, ConditionCase.condition, WHY).agg(
        F.min(Diagnosis.diagnosis_date).alias(ConditionCase.first_date)
    )
    begun = registrations.groupBy(RegistrationPeriod.person_id).agg(
        F.collect_set(RegistrationPeriod.from_date).alias("_begun")
    )
    date_ = F.col(ConditionCase.first_date)
    is_backlog = F.exists("_begun", lambda day: (date_ >= day) & (date_ <= F.date_add(day, backlog_days)))
    cases = first.join(begun, on=ConditionCase.person_id, how="left").withColumn(
        ConditionCase.known_by, F.when(F.coalesce(is_backlog, F.lit(False)), BACKLOG).otherwise(ONSET)
    )
    return check(cases, ConditionCase, RULES, ceiling=1.0)


def shared_codes(codes: Iterable[tuple[str, str, str]]) -> frozenset[tuple[str, str]]:
    """Return the pairs of conditions (in alphabetical order) of which a code of one begins with a code of the other.

    `codes` are (condition, code_system, code). Such pairs go together by definition.
    """
    holders: dict[tuple[str, str], set[str]] = {}
    listed = list(codes)
    for condition, system, code in listed:
        holders.setdefault((system, code), set()).add(condition)
    found = set()
    for condition, system, code in listed:
        for length in range(1, len(code) + 1):
            for other in holders.get((system, code[:length]), ()):
                if other != condition:
                    found.add((min(condition, other), max(condition, other)))
    return frozenset(found)


def _problem(extract_date: date | None) -> Column:
    day = F.col(Diagnosis.diagnosis_date)
    after_death = F.col(Diagnosis.is_after_death) | (day > F.col(Person.death_date))
    in_future = F.lit(False) if extract_date is None else day > F.lit(extract_date)
    return (
        F.when(day < F.col(Person.birth_month), "BEFORE_BIRTH")
        .when(in_future, "IN_FUTURE")
        .when(F.coalesce(after_death, F.lit(False)), "AFTER_DEATH")
    )
