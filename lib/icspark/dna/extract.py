"""The compact extract: the outcome rows that one model is made or judged on, as columns on the driver.

It grows with appointments, which is why its size is estimated, and held against a ceiling, before a row is fetched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import reduce
from operator import add

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from icspark.dna.feature_list import FeatureList, feature_list
from icspark.dna.groups import group_columns
from icspark.errors import ConfigurationError, QualityError, nearest

MEGABYTE = 1_000_000
PARTS = 1_000_000
"""People are sampled by the remainder of a hash to this many parts."""

_GROUP = "_group_"


@dataclass(frozen=True)
class Extract:
    """Appointments with an outcome, in the order of their identifiers; all arrays have one entry an appointment.

    `features` has the model's columns in its order: doubles (NaN where missing; true-or-false as 1 and 0) and text
    (None where missing). `person` numbers the people of this extract from 0. A group is None where not known.
    """

    features: pd.DataFrame
    is_dna: NDArray[np.bool_]
    person: NDArray[np.int64]
    appointment_id: NDArray[np.str_]
    day: NDArray[np.datetime64]
    site: NDArray[np.object_]
    groups: dict[str, NDArray[np.object_]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.is_dna)

    @property
    def feature_list(self) -> FeatureList:
        """Return which of the features are numbers, and which are categories."""
        is_number = self.features.dtypes == np.float64
        return FeatureList(tuple(self.features.columns[is_number]), tuple(self.features.columns[~is_number]))

    def rows(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> Extract:
        """Return the chosen rows, by a mask or by positions; people keep their numbers."""
        arrays = {name: getattr(self, name)[chosen] for name in ("is_dna", "person", "appointment_id", "day", "site")}
        groups = {name: values[chosen] for name, values in self.groups.items()}
        features = self.features[chosen] if chosen.dtype == bool else self.features.iloc[chosen]
        return replace(self, features=features.reset_index(drop=True), groups=groups, **arrays)


def outcome_rows(frame: DataFrame, *, start: date | None = None, end: date | None = None) -> DataFrame:
    """Return the rows from `start` before `end` whose outcome is known and whose person was alive."""
    known = frame.where(F.col("is_dna").isNotNull() & ~F.col("is_after_death"))
    day = F.col("appointment_date")
    since = known if start is None else known.where(day >= F.lit(start))
    return since if end is None else since.where(day < F.lit(end))


def outcome_days(frame: DataFrame) -> tuple[date, date]:
    """Return the first and the last day with an outcome; QualityError where there is none."""
    day = F.col("appointment_date")
    found = outcome_rows(frame).agg(F.min(day), F.max(day)).first()
    if found is None or found[0] is None:
        raise QualityError(
            "no appointment has an outcome",
            where="is_dna",
            mend="check the attendance codes, and that the appointments lie before the end of the extract",
        )
    return found[0], found[1]


def sampled_people(frame: DataFrame, share: float, *, seed: int) -> DataFrame:
    """Return all rows of a share of the people, chosen by a hash of their identifier; the same people for any order."""
    if share >= 1:
        return frame
    part = F.pmod(F.xxhash64(F.col("person_id"), F.lit(seed)), F.lit(PARTS))
    return frame.where(part < round(share * PARTS))


def compact(
    frame: DataFrame, names: Sequence[str], *, ceiling_bytes: int, groups: Sequence[str] | None = None
) -> Extract:
    """Gather a feature table on the driver, in the order of appointment_id, whatever its partitions.

    `groups` are its groups (all that there are, unless named). Raises ConfigurationError for a feature or group that
    the table does not have, and QualityError, before anything is gathered, where it would take more than
    `ceiling_bytes` of memory.
    """
    chosen = feature_list(frame.schema, names)
    there = group_columns(frame)
    wanted = tuple(there) if groups is None else tuple(groups)
    narrow = _narrow(frame, chosen, {name: _group(frame, name, there) for name in wanted})
    _stop_above(ceiling_bytes, narrow)
    table = narrow.toArrow().sort_by("appointment_id")
    return _extract(table, chosen, wanted)


def _group(frame: DataFrame, name: str, there: dict[str, Column]) -> Column:
    if name not in there and name not in frame.columns:
        known = {*there, *frame.columns}
        mend = nearest(name, known) or "name a column of the feature table"
        raise ConfigurationError("the feature table has no such group", where="groups", found=name, mend=mend)
    return there.get(name, F.col(name).cast("string"))


def _narrow(frame: DataFrame, chosen: FeatureList, groups: dict[str, Column]) -> DataFrame:
    site = F.col("site_code") if "site_code" in frame.columns else F.lit(None).cast("string")
    numbers = [F.col(name).cast("double").alias(f"_{name}") for name in chosen.numbers]
    texts = [F.col(name).alias(f"_{name}") for name in chosen.categories]
    divided = [column.alias(f"{_GROUP}{name}") for name, column in groups.items()]
    ids = ["appointment_id", "person_id", "is_dna", "appointment_date"]
    return frame.select(*ids, site.alias("site_code"), *numbers, *texts, *divided)


def estimated_bytes(frame: DataFrame) -> tuple[int, int]:
    """Return the rows of a frame, and the memory of gathering it: Arrow's copy and pandas', texts by their length."""
    kinds = dict(frame.dtypes)
    texts = [F.coalesce(F.octet_length(name), F.lit(0)).cast("long") for name in kinds if kinds[name] == "string"]
    length = F.coalesce(F.sum(reduce(add, texts)), F.lit(0))
    found = frame.agg(F.count(F.lit(1)), length).first()
    rows, characters = (int(found[0]), int(found[1])) if found is not None else (0, 0)
    return rows, rows * (16 * (len(kinds) - len(texts)) + 12 * len(texts)) + 2 * characters


def _stop_above(ceiling_bytes: int, frame: DataFrame) -> None:
    rows, size = estimated_bytes(frame)
    if size > ceiling_bytes:
        share = int(1000 * ceiling_bytes / size) / 1000
        raise QualityError(
            f"{rows:,} appointments would take about {size / MEGABYTE:,.0f} MB on the driver",
            where="extract",
            expected=f"at most {ceiling_bytes / MEGABYTE:,.0f} MB",
            mend=f"set `sample_share` to {share:g} or less (whole people, chosen by a hash of person_id), name fewer "
            "features, narrow the windows, or raise `extract_ceiling_megabytes` together with the driver's memory",
        )


def _extract(table: pa.Table, chosen: FeatureList, groups: Sequence[str]) -> Extract:
    numbers = {name: _doubles(table[f"_{name}"]) for name in chosen.numbers}
    texts = {name: _objects(table[f"_{name}"]) for name in chosen.categories}
    person, _ = pd.factorize(_objects(table["person_id"]), sort=True)
    return Extract(
        features=pd.DataFrame({**numbers, **texts}, columns=list(chosen.names)),
        is_dna=table["is_dna"].to_numpy().astype(bool),
        person=np.asarray(person, np.int64),
        appointment_id=_objects(table["appointment_id"]).astype(str),
        day=table["appointment_date"].to_numpy().astype("datetime64[D]"),
        site=_objects(table["site_code"]),
        groups={name: _objects(table[f"{_GROUP}{name}"]) for name in groups},
    )


def _doubles(column: pa.ChunkedArray) -> NDArray[np.float64]:
    return np.asarray(column.to_pandas(), np.float64)


def _objects(column: pa.ChunkedArray) -> NDArray[np.object_]:
    return np.asarray(column.to_pandas(), dtype=object)
