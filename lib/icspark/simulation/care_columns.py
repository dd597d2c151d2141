"""Columns of simulated records from numpy arrays: codes, identifiers, dates and local times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from hashlib import blake2b
from typing import Any, Self, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import types as T

from icspark.simulation.care_people import Flags, Whole
from icspark.simulation.draws import Draws
from icspark.tables.table import Table

NOT_OF_AN_EXTRACT = ("is_after_death",)
"""Columns that ingest adds."""

_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_HEX = np.array([f"{byte:02x}" for byte in range(256)], dtype="S2")


A = TypeVar("A", bound="Aligned")


@dataclass(frozen=True, eq=False)
class Aligned:
    """Arrays of one length (and draws), one entry a row."""

    def at(self, rows: Whole | Flags) -> Self:
        """Return some of the rows, by index or mask."""
        parts = {field.name: getattr(self, field.name) for field in fields(self)}
        return type(self)(**{name: v.at(rows) if isinstance(v, Draws) else v[rows] for name, v in parts.items()})


def together(parts: Sequence[A]) -> A:
    """Return the rows of some parts, one part after the other; draws of one seed and table stay so."""
    joined: dict[str, Any] = {}
    for field in fields(parts[0]):
        each = [getattr(part, field.name) for part in parts]
        if isinstance(each[0], Draws):
            joined[field.name] = Draws(each[0].seed, each[0].table, np.concatenate([draws.bits for draws in each]))
        else:
            joined[field.name] = np.concatenate(each)
    return type(parts[0])(**joined)


def record_schema(columns: type[Table]) -> T.StructType:
    """Return the schema of simulated records: person_number, then the columns of the table.

    Times are TIMESTAMP_NTZ: local wall-clock times without a zone, as hospitals write them; the source declares
    Europe/London.
    """
    fields = [
        T.StructField(name, T.TimestampNTZType() if spec.data_type == T.TimestampType() else spec.data_type)
        for name, spec in columns.columns().items()
        if name not in NOT_OF_AN_EXTRACT
    ]
    return T.StructType([T.StructField("person_number", T.LongType()), *fields])


def coded(codes: Sequence[Any], index: Whole) -> pa.Array:
    """Return the code at each position; null at position -1."""
    return pa.array(codes).take(pa.array(index, mask=index < 0))


def identifiers(table: str, person_number: Whole, number: Whole) -> pa.Array:
    """Return 16 hex digits that no two pairs of a table share (person below 2^49, number below 2^15), in no order."""
    pairs = (person_number.astype(np.uint64) << np.uint64(15)) + number.astype(np.uint64)
    salt = np.uint64(int.from_bytes(blake2b(table.encode(), digest_size=8).digest(), "little"))
    digits: NDArray[Any] = _HEX[((pairs ^ salt) * _SPREAD).byteswap().view(np.uint8)]
    return pa.array(digits.view("S16").tolist(), type=pa.binary()).cast(pa.string())


def dates(day: Whole) -> NDArray[Any]:
    """Return dates from numbers of days since 1970."""
    return day.astype("datetime64[D]")


def nth_of_person(person: Whole) -> Whole:
    """Return the number of each row among those of its person, from 0; rows of a person stand together."""
    return np.arange(len(person)) - np.searchsorted(person, person, side="left")


def times(day: Whole | int, minute: Whole) -> NDArray[Any]:
    """Return local times from days since 1970 and minutes since local midnight."""
    return (day * 1440 + minute).astype("datetime64[m]").astype("datetime64[us]")
