"""Records of identifiers become records of persons."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from icspark.linkage.identity import SAYS_NOTHING, newest_people
from icspark.tables import records
from icspark.tables.records import Person, PersonIdentity, Residence, SourcePerson
from icspark.tables.table import Table

SYSTEM, IDENTIFIER, PERSON = PersonIdentity.id_system, PersonIdentity.source_id, PersonIdentity.person_id
DELIVERY, DEATH_DATE = SourcePerson.delivery_id, Person.death_date
IS_AFTER_DEATH = records.Appointment.is_after_death
ETHNICITY_NOT_TOLD = ("Z", "99")


@dataclass(frozen=True)
class Pair:
    """A table of an extract, the table of persons made from it, and the column that dates its rows."""

    source: type[Table]
    table: type[Table]
    dated: str


PAIRS = (
    Pair(records.SourceResidence, records.Residence, Residence.from_date),
    Pair(records.SourceRegistrationPeriod, records.RegistrationPeriod, records.RegistrationPeriod.from_date),
    Pair(records.SourceAppointment, records.Appointment, records.Appointment.appointment_datetime),
    Pair(records.SourceAdmission, records.Admission, records.Admission.admission_date),
    Pair(
        records.SourceEmergencyAttendance,
        records.EmergencyAttendance,
        records.EmergencyAttendance.arrival_datetime,
    ),
    Pair(records.SourceDiagnosis, records.Diagnosis, records.Diagnosis.diagnosis_date),
    Pair(records.SourceObservation, records.Observation, records.Observation.observation_date),
    Pair(records.SourceClinicEvent, records.ClinicEvent, records.ClinicEvent.event_date),
)


def person(people: DataFrame, persons: DataFrame | None) -> DataFrame:
    """Return the table person: one row for each person of `people` (identifier and person).

    Each value is that of the newest delivery that knows it, of several identifiers the last in the order of text: not
    known and not specified yield to a sex, not stated and not known to an ethnic category, none to any value. A value
    that no identifier knows is null; without `persons` all are.
    """
    if persons is None:
        persons = people.sparkSession.createDataFrame([], SourcePerson.schema())
    told = people.join(newest_people(persons), on=[SYSTEM, IDENTIFIER], how="left")
    said = [name for name in Person.columns() if name != PERSON]
    best = [F.max_by(name, F.struct(_is_known(name), DELIVERY, SYSTEM, IDENTIFIER)).alias(name) for name in said]
    return told.groupBy(PERSON).agg(*best).select(*Person.columns())


def _is_known(name: str) -> Column:
    vague = {Person.sex_code: SAYS_NOTHING, Person.ethnic_category_code: ETHNICITY_NOT_TOLD}.get(name, ())
    known = F.when(F.col(name).isin(*vague), 1).otherwise(2) if vague else F.lit(2)
    return F.when(F.col(name).isNull(), 0).otherwise(known)


def with_death(people: DataFrame, persons: DataFrame) -> DataFrame:
    """Return the identifiers, as many as they were, with their person's date of death."""
    deaths = persons.filter(F.col(DEATH_DATE).isNotNull()).select(PERSON, F.col(DEATH_DATE).alias("_death_date"))
    return people.join(deaths, on=PERSON, how="left")


def linked(rows: DataFrame, pair: Pair, people: DataFrame) -> DataFrame:
    """Return the rows of a source table as rows of their persons. Grain: that of `pair.table`.

    `people` has one row per identifier that may be used, with `person_id` and `_death_date`; rows of others are left
    out. Of several rows of one key the newest delivery (the last in the order of text) stays, within it that of the
    first identifier. A row is after death where the extract's own date of death or that of the person says so.
    """
    joined = rows.join(people, on=[SYSTEM, IDENTIFIER], how="inner")
    if IS_AFTER_DEATH in pair.table.columns():
        is_later = F.coalesce(F.to_date(pair.dated) > F.col("_death_date"), F.lit(False))
        joined = joined.withColumn(IS_AFTER_DEATH, F.col(IS_AFTER_DEATH) | is_later)
    if pair.table is Residence:
        joined = joined.repartition(
            PERSON
        )  # one shuffle for all that follows: the key's window, and that of the person
    first = Window.partitionBy(*pair.table.key()).orderBy(F.desc(DELIVERY), SYSTEM, IDENTIFIER)
    ranked = joined.withColumn("_rank", F.row_number().over(first.rowsBetween(Window.unboundedPreceding, 0)))
    newest = ranked.filter(F.col("_rank") == 1).select(*pair.table.columns())
    return without_overlaps(newest) if pair.table is Residence else newest


def without_overlaps(residences: DataFrame) -> DataFrame:
    """Return residences of which each ends, at the latest, where the person's next one starts. Grain: as before.

    A person lives in one place: the one that was moved to last. What an interval held after a stay elsewhere within
    it is not known, and is not made up.
    """
    following = Window.partitionBy(PERSON).orderBy(Residence.from_date)
    following_start = F.lead(Residence.from_date).over(following)
    return residences.withColumn(Residence.to_date, F.least(Residence.to_date, following_start))
