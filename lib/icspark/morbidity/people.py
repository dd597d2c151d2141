"""How many conditions a person has, how central they are, and where the person belongs: one row per person."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from icspark.statistics.standardisation import age_band
from icspark.tables.comorbidity import PersonMorbidity
from icspark.tables.morbidity import ConditionHistory, MorbidityNode
from icspark.tables.records import Person, RegistrationPeriod

STEPS = 1e9
"""Centralities are added as whole numbers of this fraction, so that their sum has the same bytes in any order."""

UNKNOWN_SEX = "0"
PERSON, AS_OF = PersonMorbidity.person_id, PersonMorbidity.as_of_date


def people_described(histories: DataFrame, people: DataFrame | None, registrations: DataFrame | None) -> DataFrame:
    """Return the people of condition_history with their number of conditions, age band and sex, areas and practice.

    One row per person of `histories`. Where `people` or `registrations` is None, what they tell is not known.
    """
    kept = (PERSON, AS_OF, "imd_2019_quintile", "lsoa_2011_code", "lsoa_2021_code", ConditionHistory.conditions)
    described = histories.select(
        *kept,
        F.coalesce(ConditionHistory.sex_code, F.lit(UNKNOWN_SEX)).alias(PersonMorbidity.sex_code),
        F.size(ConditionHistory.conditions).cast("long").alias(PersonMorbidity.conditions_count),
    )
    return described.transform(with_age_band, people).transform(with_practice, registrations)


def with_age_band(described: DataFrame, people: DataFrame | None) -> DataFrame:
    """Add the band of age on `as_of_date`, in the bands of the European Standard Population; not_known where it is."""
    if people is None:
        return described.withColumn(PersonMorbidity.age_band, age_band(F.lit(None).cast("int")))
    born = people.select(Person.person_id, F.col(Person.birth_month).alias("_born"))
    age = F.floor(F.months_between(AS_OF, "_born") / 12)
    joined = described.join(born, on=PERSON, how="left")
    return joined.withColumn(PersonMorbidity.age_band, age_band(age)).drop("_born")


def with_practice(described: DataFrame, registrations: DataFrame | None) -> DataFrame:
    """Add the practice where each person was registered on `as_of_date`; of two at once the one that began later.

    Of two that began on one day the last by code counts. Null where there was none.
    """
    practice = PersonMorbidity.practice_code
    if registrations is None:
        return described.withColumn(practice, F.lit(None).cast("string"))
    begin, end = F.col(RegistrationPeriod.from_date), F.col(RegistrationPeriod.to_date)
    on_the_day = (begin <= F.col(AS_OF)) & (end.isNull() | (end > F.col(AS_OF)))
    there = registrations.join(described.select(PERSON, AS_OF), on=PERSON, how="inner").filter(on_the_day)
    latest = F.max(F.struct(begin, F.col(RegistrationPeriod.practice_code)))[RegistrationPeriod.practice_code]
    return described.join(there.groupBy(PERSON).agg(latest.alias(practice)), on=PERSON, how="left")


def with_network(described: DataFrame, nodes: DataFrame, *, centrality: str) -> DataFrame:
    """Add the number of communities that a person's conditions belong to, and the sum of their centrality.

    `nodes` is morbidity_node, `centrality` one of its columns; conditions that are no node add nothing.
    """
    told = nodes.select(
        F.col(MorbidityNode.condition).alias("_condition"),
        MorbidityNode.community,
        F.rint(F.col(centrality) * STEPS).cast("long").alias("_steps"),
    )
    each = described.select(PERSON, F.explode(ConditionHistory.conditions).alias("_condition"))
    of_person = (
        each.join(F.broadcast(told), on="_condition", how="inner")
        .groupBy(PERSON)
        .agg(
            F.count_distinct(MorbidityNode.community).alias(PersonMorbidity.communities_count),
            (F.sum("_steps") / STEPS).alias(PersonMorbidity.centrality_sum),
        )
    )
    joined = described.join(of_person, on=PERSON, how="left")
    return joined.fillna(0, subset=[PersonMorbidity.communities_count, PersonMorbidity.centrality_sum])
