"""The extracts that a simulated region leaves: each kind of record as Parquet, as a hospital's extract would stand.

They carry identifiers of source systems, local times without a zone (Europe/London), and bad rows that are planted.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pyspark import StorageLevel
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from icspark.simulation.defects import DEFECTS, PARENT_DEFECTS, REJECTED_PARENT, Change
from icspark.simulation.draws import uniform_column
from icspark.simulation.extracts_config import ExtractsConfig
from icspark.simulation.frames import SimulatedPerson, SimulatedResidence
from icspark.simulation.identities import DIABETES_CENTRE, HOSPITAL, ID_SYSTEMS, PRIMARY_CARE, identifier
from icspark.tables.records import (
    IdentityLink,
    SourceAdmission,
    SourceAppointment,
    SourceClinicEvent,
    SourceDiagnosis,
    SourceEmergencyAttendance,
    SourceObservation,
    SourcePerson,
    SourceRegistrationPeriod,
    SourceResidence,
)
from icspark.tables.table import Table
from icspark.tables.truth import TruthBadRow

RECORDS: dict[str, type[Table]] = {
    "person": SourcePerson,
    "residence": SourceResidence,
    "registration_period": SourceRegistrationPeriod,
    "appointment": SourceAppointment,
    "admission": SourceAdmission,
    "emergency_attendance": SourceEmergencyAttendance,
    "diagnosis": SourceDiagnosis,
    "observation": SourceObservation,
    "clinic_event": SourceClinicEvent,
    "identity_link": IdentityLink,
}
"""Kinds of record in the order in which they are written, with the source table that each becomes."""

SYSTEM_OF: dict[str, Callable[[], Column]] = {
    "residence": lambda: F.lit(PRIMARY_CARE),
    "registration_period": lambda: F.lit(PRIMARY_CARE),
    "appointment": lambda: F.lit(HOSPITAL),
    "admission": lambda: F.lit(HOSPITAL),
    "emergency_attendance": lambda: F.lit(HOSPITAL),
    "diagnosis": lambda: F.when(F.col("source") == "primary", PRIMARY_CARE).otherwise(HOSPITAL),
    "observation": lambda: F.lit(PRIMARY_CARE),
    "clinic_event": lambda: F.lit(DIABETES_CENTRE),
}
"""Whose identifier a kind of record carries; a person's row stands under each, and links under their own two."""

OWN_ID = {
    "appointment": SourceAppointment.appointment_id,
    "admission": SourceAdmission.spell_id,
    "emergency_attendance": SourceEmergencyAttendance.attendance_id,
}

NO_FIXED_ABODE = "ZZ99 3VZ"
NOTICE = "Every record in this folder is simulated. None is of a real person or place."
_NUMBER, _VARIANT = SimulatedPerson.person_number, "_variant"


@dataclass(frozen=True)
class _Variant:
    """A bad row that a true row may have beside it: its kind, what is changed, and by which draw it is planted."""

    kind: str
    changes: Mapping[str, Change]
    is_planted: Column
    parent: tuple[str, str] | None = None


@contextmanager
def written_extracts(
    records: Mapping[str, DataFrame], folder: Path, *, config: ExtractsConfig, seed: int
) -> Iterator[DataFrame]:
    """Write each kind of record to `folder`/<kind> as Parquet in order of its key, and give the planted bad rows.

    `records` are frames as `recorded` and `recorded_...` give them, by kind; `seed` is the period's. The bad rows, as
    TruthBadRow has them, lie in files of their own until the context is left: then nothing of them stays here.
    """
    planted = folder / "_planted"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "SIMULATED.txt").write_text(NOTICE + "\n", encoding="utf-8")
    session = next(iter(records.values())).sparkSession
    for kind in (kind for kind in RECORDS if kind in records):
        rows = with_bad_rows(kind, records[kind], config=config, seed=seed)
        rows.persist(StorageLevel.DISK_ONLY)  # read three times: to sample the order, to write it, for the bad rows
        try:
            in_order = rows.orderBy(*_key(kind), _VARIANT).select(*extract_columns(kind))
            in_order.write.mode("overwrite").parquet(str(folder / kind))
            bad_rows(kind, rows).write.mode("overwrite").parquet(str(planted / kind))
        finally:
            rows.unpersist()
    try:
        yield planted_bad_rows(session, planted)
    finally:
        shutil.rmtree(planted)


def planted_bad_rows(spark: SparkSession, planted: Path) -> DataFrame:
    """Return what `written_extracts` keeps in `planted`: TruthBadRow."""
    folders = [str(planted / kind) for kind in RECORDS if (planted / kind).exists()]
    return spark.read.schema(TruthBadRow.schema()).parquet(*folders).select(*TruthBadRow.columns())


def extract_columns(kind: str) -> list[str]:
    """Return the columns of an extract: those of its source table but the delivery and what the ingest adds."""
    added = (SourceAppointment.delivery_id, SourceAppointment.is_after_death)
    return [name for name in RECORDS[kind].columns() if name not in added]


def recorded(kind: str, frame: DataFrame, *, seed: int) -> DataFrame:
    """Return the rows of a kind of record (person_number and its columns) under the identifiers of their system."""
    system = SYSTEM_OF[kind]()
    identified = frame.withColumns(
        {SourcePerson.id_system: system, SourcePerson.source_id: identifier(_NUMBER, system, seed=seed)}
    )
    return identified.select(*extract_columns(kind))


def recorded_people(people: DataFrame, *, seed: int) -> DataFrame:
    """Return the rows of SimulatedPerson as records hold them: one a person and system, what is unknown left out.

    An ethnic category that is not known is null in half of the cases, else Z (not stated) or 99 (not known).
    """
    system = F.explode(F.array(*[F.lit(name) for name in ID_SYSTEMS]))
    rows = people.withColumn(SourcePerson.id_system, system)
    chance = uniform_column(_NUMBER, seed=seed, table="person", purpose="how ethnicity is unknown")
    unknown = F.when(chance < 0.25, "Z").when(chance < 0.5, "99")
    need = F.col(SimulatedPerson.is_interpreter_needed)
    said = {
        SourcePerson.source_id: identifier(_NUMBER, F.col(SourcePerson.id_system), seed=seed),
        SourcePerson.birth_month: F.trunc(SimulatedPerson.birth_date, "month"),
        SourcePerson.ethnic_category_code: F.when(
            F.col(SimulatedPerson.is_ethnicity_known), F.col(SimulatedPerson.ethnic_category_code)
        ).otherwise(unknown),
        SourcePerson.main_language_needs_interpreter: F.when(F.col(SimulatedPerson.is_interpreter_need_known), need),
    }
    return rows.withColumns(said).select(*extract_columns("person"))


def recorded_residences(residences: DataFrame, *, seed: int) -> DataFrame:
    """Return the rows of SimulatedResidence as records hold them: no areas, and no place where the home is not known.

    One person in five of those has no fixed abode (ZZ99 3VZ), the others no postcode at all.
    """
    is_known = F.col(SimulatedResidence.is_home_known)
    chance = uniform_column(_NUMBER, seed=seed, table="residence", purpose="no fixed abode")
    postcode = F.when(is_known, F.col(SourceResidence.postcode)).when(chance < 0.2, NO_FIXED_ABODE)
    point = {name: F.when(is_known, F.col(name)) for name in (SourceResidence.easting, SourceResidence.northing)}
    areas = {
        name: F.lit(None).cast("string") for name in (SourceResidence.lsoa_2011_code, SourceResidence.lsoa_2021_code)
    }
    said = residences.withColumns({SourceResidence.postcode: postcode, **point, **areas})
    return recorded("residence", said, seed=seed)


def recorded_links(links: DataFrame) -> DataFrame:
    """Return the rows of SimulatedLink without what only the generator knows."""
    return links.select(*extract_columns("identity_link"))


def with_bad_rows(kind: str, rows: DataFrame, *, config: ExtractsConfig, seed: int) -> DataFrame:
    """Return the rows of an extract and the bad ones beside them, with `_variant` (0 for a true row), `_kind` and
    `_parent_key` (null for a true row).

    One pass: each true row is repeated once for each bad row that it has beside it.
    """
    variants = list(_variants(kind, config=config, seed=seed))
    numbered = [F.when(variant.is_planted, F.lit(number)) for number, variant in enumerate(variants, 1)]
    repeated = rows.withColumn(_VARIANT, F.explode(F.array_compact(F.array(F.lit(0), *numbered))))
    changed = [_changed(name, variants, rows).alias(name) for name in extract_columns(kind)]
    kinds = F.coalesce(*[F.when(F.col(_VARIANT) == number, variant.kind) for number, variant in enumerate(variants, 1)])
    return repeated.select(*changed, _VARIANT, kinds.alias("_kind"), _parent_key(variants).alias("_parent_key"))


def bad_rows(kind: str, rows: DataFrame) -> DataFrame:
    """Return the bad ones of `with_bad_rows` as TruthBadRow: one row per key and kind."""
    key = [F.coalesce(F.col(name).cast("string"), F.lit("")) for name in _key(kind)]
    found = rows.filter(F.col("_kind").isNotNull()).select(
        F.lit(kind).alias(TruthBadRow.record),
        F.concat_ws("|", *key).alias(TruthBadRow.row_key),
        F.col("_kind").alias(TruthBadRow.kind),
        F.col("_parent_key").alias(TruthBadRow.parent_key),
    )
    counted = found.groupBy(TruthBadRow.record, TruthBadRow.row_key, TruthBadRow.kind).agg(
        F.count(F.lit(1)).alias(TruthBadRow.rows_count), F.min(TruthBadRow.parent_key).alias(TruthBadRow.parent_key)
    )
    is_child = F.col(TruthBadRow.kind) == REJECTED_PARENT
    return counted.withColumn(TruthBadRow.is_child, is_child).select(*TruthBadRow.columns())


def _key(kind: str) -> list[str]:
    """Return the key of a row as it stands in the extract: that of its source table without the delivery."""
    return [name for name in RECORDS[kind].key() if name != SourcePerson.delivery_id]


def _variants(kind: str, *, config: ExtractsConfig, seed: int) -> Iterator[_Variant]:
    listed = DEFECTS[kind]
    share = config.bad_row_share / len(listed)
    for defect in listed:
        chance = uniform_column(*_key(kind), seed=seed, table=f"bad {kind}", purpose=defect.kind)
        is_planted = (chance < share) & defect.among()
        yield _Variant(defect.kind, defect.changes, is_planted)
        if defect.pair is not None:
            yield _Variant(defect.kind, {**defect.changes, **defect.pair}, is_planted)
    yield from _of_parents(kind, config=config, seed=seed)


def _of_parents(kind: str, *, config: ExtractsConfig, seed: int) -> Iterator[_Variant]:
    """Yield the bad persons themselves, or the copies of their rows, under identifiers that are theirs alone."""
    system, end = _person_end(kind)
    for number, defect in enumerate(PARENT_DEFECTS):
        chance = uniform_column(system, end, seed=seed, table="bad person", purpose=defect.kind)
        is_planted = chance < config.bad_person_share / len(PARENT_DEFECTS)
        renamed: dict[str, Change] = {end: _phantom(number)}
        if kind == "person":
            yield _Variant(defect.kind, {**renamed, **defect.changes}, is_planted)
            if defect.pair is not None:
                yield _Variant(defect.kind, {**renamed, **defect.changes, **defect.pair}, is_planted)
        else:
            own = {OWN_ID[kind]: _phantom(number)} if kind in OWN_ID else {}
            yield _Variant(REJECTED_PARENT, {**renamed, **own}, is_planted, parent=(system, end))


def _person_end(kind: str) -> tuple[str, str]:
    if kind == "identity_link":
        return IdentityLink.right_id_system, IdentityLink.right_id
    return SourcePerson.id_system, SourcePerson.source_id


def _phantom(number: int) -> Change:
    return lambda identifier: F.concat(F.lit(f"Y{number}"), identifier)


def _changed(name: str, variants: list[_Variant], rows: DataFrame) -> Column:
    value = F.col(name)
    for number, variant in enumerate(variants, 1):
        if name in variant.changes:
            changed = variant.changes[name](F.col(name)).cast(rows.schema[name].dataType)
            value = F.when(F.col(_VARIANT) == number, changed).otherwise(value)
    return value


def _parent_key(variants: list[_Variant]) -> Column:
    keys = []
    for number, variant in enumerate(variants, 1):
        if variant.parent is not None:
            system, end = variant.parent
            key = F.concat_ws("|", F.col(system), variant.changes[end](F.col(end)))
            keys.append(F.when(F.col(_VARIANT) == number, key))
    return F.coalesce(*keys, F.lit(None).cast("string"))
