"""What a table is: a class whose attributes are its columns.

`AreaSummary.median_age_years` is the column's name, so a misspelling fails in the type checker, not in the cluster.
"""

from __future__ import annotations

import hashlib
import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, ClassVar, cast

from pyspark.sql import types as T


class Release(Enum):
    """What may leave the suite from a table."""

    OPEN = "published open data: leaves as it is"
    AGGREGATE = "counts of people or events: leaves through suppression and rounding"
    PERSON = "persons or events: leaves only to a named recipient for a named purpose"


@dataclass(frozen=True)
class Rate:
    """A column that is `per` x numerator / denominator, and leaves recomputed from the rounded pair."""

    numerator: str
    denominator: str
    per: float = 1.0


@dataclass(frozen=True)
class Breakdown:
    """The declaration that rows of a table add up to a row of `parent`: disclosure control follows it.

    `by` names the parent's key, which both tables hold; `columns` maps counts of this table to those of the parent.
    """

    parent: type[Table]
    by: tuple[str, ...]
    columns: Mapping[str, str]


@dataclass
class ColumnSpec:
    """One column: type, meaning, and what disclosure control has to know of it.

    `is_count` marks a count of people or of their events; `withheld_with` names the counts whose suppression
    withholds this estimate (or count); `rate` recomputes it; `follows` names the count or rate that it is a multiple of
    (a limit, a ratio to what was expected): it leaves in proportion to the rounded one, and no more precise; `is_open`
    says that no count of people stands behind this number (hectares, a published score). `vintage` is the edition of
    the area codes that it holds.
    """

    data_type: T.DataType
    description: str
    key: bool = False
    required: bool = False
    partition: bool = False
    vintage: str | None = None
    is_count: bool = False
    withheld_with: tuple[str, ...] = ()
    rate: Rate | None = None
    follows: str = ""
    is_open: bool = False
    name: str = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: object, owner: type) -> str:
        return self.name

    @property
    def nullable(self) -> bool:
        """Whether the column may hold nulls: keys and required columns may not."""
        return not (self.key or self.required)


def column(data_type: T.DataType, description: str, **options: Any) -> str:
    """Declare a column of a Table. Typed as `str`, since reading the attribute gives the column's name.

    Options are the fields of ColumnSpec: key, required, partition, vintage, is_count, withheld_with, rate,
    follows, is_open.
    """
    return cast(str, ColumnSpec(data_type, description, **options))


class Table:
    """Base of every table class. The docstring states the grain, the source, the licence and what null means."""

    release: ClassVar[Release] = Release.OPEN
    breaks_down: ClassVar[tuple[Breakdown, ...]] = ()
    adds_up: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    _specs: ClassVar[dict[str, ColumnSpec]] = {}

    def __init_subclass__(
        cls,
        *,
        release: Release = Release.OPEN,
        breaks_down: tuple[Breakdown, ...] = (),
        adds_up: Mapping[str, tuple[str, ...]] | None = None,
        more: dict[str, ColumnSpec] | None = None,
    ) -> None:
        """Collect the columns: inherited, then declared, then `more` (families such as one score a domain).

        `adds_up` maps a total to the columns of the same row that sum to it; `breaks_down` does so for other tables.
        """
        cls.release, cls.breaks_down, cls.adds_up = release, breaks_down, adds_up or {}
        for name, spec in (more or {}).items():
            spec.name = name
            setattr(cls, name, spec)
        own = {name: spec for name, spec in vars(cls).items() if isinstance(spec, ColumnSpec)}
        if taken := [name for name in own if hasattr(Table, name)]:
            raise TypeError(f"{cls.__name__}: column names that Table itself uses: {', '.join(taken)}")
        cls._specs = {**getattr(super(cls, cls), "_specs", {}), **own}

    @classmethod
    def name(cls) -> str:
        """Return the table's name: the class name in snake_case."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[a-z])(?=[0-9])", "_", cls.__name__).lower()

    @classmethod
    def columns(cls) -> dict[str, ColumnSpec]:
        """Return the columns by name, in order."""
        return dict(cls._specs)

    @classmethod
    def schema(cls) -> T.StructType:
        """Return a new Spark schema; a schema object is mutable, so it is never shared."""
        return T.StructType(
            [T.StructField(n, s.data_type, s.nullable, {"comment": s.description}) for n, s in cls._specs.items()]
        )

    @classmethod
    def schema_hash(cls) -> str:
        """Return 12 hex digits that change when a name, type or nullability does."""
        text = ";".join(f"{n} {s.data_type.simpleString()} {s.nullable}" for n, s in cls._specs.items())
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    @classmethod
    def key(cls) -> tuple[str, ...]:
        """Return the names of the columns that identify a row."""
        return tuple(n for n, s in cls._specs.items() if s.key)

    @classmethod
    def partitions(cls) -> tuple[str, ...]:
        """Return the names of the columns that the table is partitioned by: what `replacing` may name."""
        return tuple(n for n, s in cls._specs.items() if s.partition)

    @classmethod
    def vintages(cls) -> frozenset[str]:
        """Return the vintages of its area codes and scores, such as `lsoa_2011`."""
        return frozenset(s.vintage for s in cls._specs.values() if s.vintage)

    @classmethod
    def description(cls) -> str:
        """Return the docstring: grain first, then source, licence and what null means."""
        return inspect.cleandoc(cls.__doc__ or "")

    @classmethod
    def grain(cls) -> str:
        """Return the first sentence of the docstring."""
        return cls.description().split("\n", 1)[0].split(". ", 1)[0].rstrip(".")

    @classmethod
    def rejected(cls) -> type[Table]:
        """Return the table of rows and cells of this table's sources that broke a rule (`rejected_<name>`).

        It is partitioned as this table is.
        """
        if "_rejected" not in vars(cls):
            doc = f"One row per rejected row or cell of the source of {cls.name()}.\n\n{Rejected.__doc__}"
            release = Release.OPEN if cls.release is Release.OPEN else Release.PERSON
            divided = {n: replace(cls._specs[n], key=False) for n in cls.partitions()}
            name, own = f"Rejected{cls.__name__}", {"__doc__": doc}
            cls._rejected = cast(Any, type)(name, (Rejected,), own, release=release, more=divided)
        return cls._rejected

    _rejected: ClassVar[type[Table]]


class Rejected(Table):
    """Rows (`scope` row) that were left out, and cells (`scope` cell) that were made null, each with its rule.

    A row that breaks several rules stands once, under the first. Null `row_key` where the key itself is missing.
    """

    scope = column(
        T.StringType(), "row: the row was left out; cell: one cell of an accepted row was made null", required=True
    )
    rule_code = column(T.StringType(), "code of the rule that was broken", required=True)
    rule = column(T.StringType(), "the rule in words", required=True)
    column_name = column(T.StringType(), "the column concerned; null where the rule concerns the whole row")
    file = column(T.StringType(), "name of the file that the row came from")
    row_key = column(T.StringType(), "key of the row as it stood in the file, parts joined by |")
    raw_text = column(T.StringType(), "the row as it stood in the file")
