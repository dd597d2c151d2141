"""Indices of comorbidity: the sum of the weights of the conditions that a person's codes stand for.

A condition counts once, and not at all beside its graver form: diabetes with complications supersedes diabetes without,
and likewise liver disease and cancer (Charlson et al. 1987, J Chronic Dis 40:373; Elixhauser et al. 1998, Med Care
36:8; the ICD-10 lists of Quan et al. 2005, Med Care 43:1130).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import add

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from icspark.errors import QualityError
from icspark.morbidity.cases import conditions_of_codes
from icspark.tables.comorbidity import ComorbidityCode, ConditionWeight, PersonMorbidity
from icspark.tables.morbidity import ConditionCode
from icspark.tables.records import Diagnosis

NO_LIST, NO_WEIGHTS, NO_DIAGNOSES = "no_list", "no_weights", "no_diagnoses"
MOST_CONDITIONS = 500
PERSON, AS_OF = PersonMorbidity.person_id, PersonMorbidity.as_of_date

SUPERSEDED_BY: dict[str, str] = {
    "mld": "msld",
    "diab": "diabwc",
    "canc": "metacanc",
    "hypunc": "hypc",
    "diabunc": "diabc",
    "solidtum": "metacanc",
}
"""Condition of an index -> the graver form beside which it does not count, by their names in the gathered lists."""


@dataclass(frozen=True)
class Index:
    """Which list and which weights make an index. `superseding`: a condition does not count beside its graver form."""

    mapping: str
    weighting: str
    superseding: bool = True


@dataclass(frozen=True)
class Lists:
    """What indices are made from; None where no job has written the table."""

    diagnoses: DataFrame | None
    codes: DataFrame | None
    weights: DataFrame | None


def with_index(people: DataFrame, stem: str, index: Index, lists: Lists) -> DataFrame:
    """Add `<stem>_weight`, a person's index as of `as_of_date`, and `<stem>_reason` why there is none.

    Whoever has no code of the index has 0. Codes count from the day of their diagnosis, those dated after death not at
    all. Reasons: no_list, no_weights, no_diagnoses (none were read, or the person is a line of a wide table).
    """
    weight, reason = f"{stem}_weight", f"{stem}_reason"
    weights = weights_of(lists.weights, index)
    listed = None if lists.codes is None else lists.codes.filter(F.col(ComorbidityCode.mapping) == index.mapping)
    why = _missing(lists, listed, weights)
    if why or lists.diagnoses is None or listed is None:
        return people.withColumns({weight: F.lit(None).cast("double"), reason: F.lit(why)})
    total = index_of(F.col("_has"), weights, superseding=index.superseding).alias(weight)
    of_person = conditions_of_people(people, lists.diagnoses, listed).select(PERSON, total)
    is_dated = F.col(AS_OF).isNotNull()
    return people.join(of_person, on=PERSON, how="left").withColumns(
        {
            weight: F.when(is_dated, F.coalesce(weight, F.lit(0.0))),
            reason: F.when(~is_dated, NO_DIAGNOSES),
        }
    )


def weights_of(weights: DataFrame | None, index: Index) -> dict[str, float]:
    """Return condition -> weight of an index on the driver, in order of the names; empty where there are none."""
    if weights is None:
        return {}
    is_asked = (F.col(ConditionWeight.mapping) == index.mapping) & (F.col(ConditionWeight.weighting) == index.weighting)
    rows = weights.filter(is_asked).orderBy(ConditionWeight.condition).take(MOST_CONDITIONS + 1)
    if len(rows) > MOST_CONDITIONS:
        raise QualityError("an index has more conditions than one can have", where=ConditionWeight.name())
    return {row[ConditionWeight.condition]: row[ConditionWeight.weight] for row in rows}


def conditions_of_people(people: DataFrame, diagnoses: DataFrame, listed: DataFrame) -> DataFrame:
    """Return person_id and `_has`, the conditions of an index's list that each had been coded with by `as_of_date`.

    Without `as_of_date` a person has no dated code, and is left out, as is whoever has none.
    """
    columns = (ConditionCode.condition, ConditionCode.code_system, ConditionCode.code)
    matched = conditions_of_codes(diagnoses, listed.select(*columns)).drop("rows_count")
    known = matched.filter(F.col(ConditionCode.condition).isNotNull())
    sound = diagnoses.filter(~F.coalesce(Diagnosis.is_after_death, F.lit(False)))
    coded = sound.join(F.broadcast(known), on=[Diagnosis.code_system, Diagnosis.code], how="inner")
    dated = coded.join(people.select(PERSON, AS_OF), on=PERSON, how="inner")
    by_then = dated.filter(F.col(Diagnosis.diagnosis_date) <= F.col(AS_OF))
    return by_then.groupBy(PERSON).agg(F.collect_set(ConditionCode.condition).alias("_has"))


def index_of(has: Column, weights: Mapping[str, float], *, superseding: bool) -> Column:
    """Return the sum of the weights of the conditions in an array, in a fixed order."""
    return reduce(add, [_weighed(has, name, weight, superseding) for name, weight in weights.items()], F.lit(0.0))


def _weighed(has: Column, name: str, weight: float, superseding: bool) -> Column:
    counts = F.array_contains(has, name)
    if superseding and name in SUPERSEDED_BY:
        counts = counts & ~F.array_contains(has, SUPERSEDED_BY[name])
    return F.when(counts, weight).otherwise(0.0)


def _missing(lists: Lists, listed: DataFrame | None, weights: Mapping[str, float]) -> str | None:
    if lists.diagnoses is None:
        return NO_DIAGNOSES
    if listed is None or listed.isEmpty():
        return NO_LIST
    return None if weights else NO_WEIGHTS
