"""Whose records may be used, by the purpose: the two opt-outs of the NHS in England.

docs/decisions/opt-outs.md says which list applies to which purpose, and by which policy.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import reduce
from typing import Literal

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from icspark.errors import ConfigurationError
from icspark.tables.records import PersonIdentity

NATIONAL, TYPE_1 = "national_data_opt_out", "type_1_opt_out"
LISTS = (NATIONAL, TYPE_1)

OptOut = Literal["national_data_opt_out", "type_1_opt_out"]
Purpose = Literal["research", "planning", "direct_care", "required_by_law"]

LISTS_BY_PURPOSE: dict[Purpose, tuple[str, ...]] = {
    "research": LISTS,
    "planning": LISTS,
    "direct_care": (),
    "required_by_law": (),
}
"""Purpose -> the lists whose members are left out."""

SYSTEM, IDENTIFIER, PERSON = PersonIdentity.id_system, PersonIdentity.source_id, PersonIdentity.person_id


def lists_to_apply(purpose: Purpose, *, configured: Collection[str], applied_by_supplier: Collection[str]) -> list[str]:
    """Return the names of the lists that have to be applied here.

    Raises ConfigurationError where a list that the purpose needs is neither configured nor said to have been applied.
    """
    needed = [name for name in LISTS_BY_PURPOSE[purpose] if name not in applied_by_supplier]
    lacking = [name for name in needed if name not in configured]
    if lacking:
        raise ConfigurationError(
            f"the purpose {purpose} needs lists that are not there",
            where="jobs.linked_records",
            expected=f"sources.{', sources.'.join(lacking)}",
            mend="configure them, or name them under `applied_by_supplier` if the extract came without these people",
        )
    return needed


def people_opted_out(identities: DataFrame, lists: Sequence[DataFrame]) -> DataFrame:
    """Return the persons of whom any identifier is on any list, once each: `person_id`."""
    if not lists:
        return identities.select(PERSON).limit(0)
    listed = reduce(DataFrame.unionByName, [frame.select(SYSTEM, IDENTIFIER) for frame in lists])
    found = identities.join(listed, on=[SYSTEM, IDENTIFIER], how="left_semi")
    return found.filter(F.col(PERSON).isNotNull()).select(PERSON).distinct()


def people_included(identities: DataFrame, opted_out: DataFrame) -> DataFrame:
    """Return the identifiers of persons who are not in `opted_out`, each with its person. Grain: identifier.

    Identifiers that are held apart have no person, and are not among them.
    """
    known = identities.filter(F.col(PERSON).isNotNull()).select(SYSTEM, IDENTIFIER, PERSON)
    return known.join(opted_out, on=PERSON, how="left_anti").select(SYSTEM, IDENTIFIER, PERSON)
