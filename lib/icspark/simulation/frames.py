"""What the frames of a simulated region are: the columns of its people, homes, registrations, links and onsets.

They are passed from one part of the generator to the next, and never written as tables of the suite.
"""

from __future__ import annotations

from pyspark.sql import types as T

from icspark.tables.records import DiagnosisColumns, RegistrationPeriodColumns, ResidenceColumns
from icspark.tables.table import Release, Table, column
from icspark.tables.truth import TruthPerson

STRING, LONG, DATE, BOOLEAN = T.StringType(), T.LongType(), T.DateType(), T.BooleanType()

LIFE = (TruthPerson.person_number, TruthPerson.sex_code, TruthPerson.birth_date, TruthPerson.death_date)
"""What the homes, registrations and links of a person are drawn from again."""


def _person_number() -> str:
    return column(LONG, "number of the simulated person", required=True)


class SimulatedPerson(TruthPerson, release=Release.PERSON):
    """One row per simulated person: the truth of them, and what records lack of it."""

    home_postcode = column(STRING, "postcode of the last home within the period", required=True)
    registration_date = column(DATE, "first registration in the region; null where there is none")
    is_home_known = column(BOOLEAN, "records have the postcode", required=True)
    is_ethnicity_known = column(BOOLEAN, "records have the ethnic category", required=True)
    is_interpreter_need_known = column(BOOLEAN, "records say whether an interpreter is needed", required=True)


class SimulatedResidence(ResidenceColumns, release=Release.PERSON):
    """One row per simulated person and home, as it is; `to_date` null for the last home within the period."""

    person_number = _person_number()
    is_home_known = column(BOOLEAN, "records have the postcode", required=True)


class SimulatedRegistration(RegistrationPeriodColumns, release=Release.PERSON):
    """One row per simulated person, practice and interval of registration."""

    person_number = _person_number()


class SimulatedLink(Table, release=Release.PERSON):
    """One row per link between two identifiers that records hold: IdentityLink without its delivery, and the truth."""

    left_id_system = column(STRING, "system that issued the left identifier", required=True)
    left_id = column(STRING, "left identifier", required=True)
    right_id_system = column(STRING, "system that issued the right identifier", required=True)
    right_id = column(STRING, "right identifier", required=True)
    link_source = column(STRING, "what the link rests on", required=True)
    link_date = column(DATE, "date of the link", required=True)
    is_true = column(BOOLEAN, "the two belong to one person", required=True)


class SimulatedOnset(Table, release=Release.PERSON):
    """One row per simulated person and condition that began by the last date and the person's death."""

    person_number = _person_number()
    condition = column(STRING, "name of the condition", required=True)
    onset_date = column(DATE, "day on which it began", required=True)
    recorded_date = column(DATE, "day of the first record: the onset, or the registration of a backlog", required=True)
    is_backlog = column(BOOLEAN, "recorded on the day of registration though it began before", required=True)


class SimulatedDiagnosis(DiagnosisColumns, release=Release.PERSON):
    """One row per simulated person, code, date and source of the record."""

    person_number = _person_number()
