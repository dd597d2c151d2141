"""Split rows into accepted and rejected by rules that have a code and a sentence; nothing is lost between the two."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from pyspark.sql import Column, DataFrame, Observation, Window
from pyspark.sql import functions as F

from icspark.errors import QualityError, TableError
from icspark.tables.table import Rejected, Table


@dataclass(frozen=True)
class Rule:
    """What a row or a cell must not be. `broken` makes the condition (a null counts as not broken).

    Without `column` the row is rejected. With it, that cell becomes null and the row stays, unless `whole_row`.
    """

    code: str
    sentence: str
    broken: Callable[[], Column]
    column: str | None = None
    whole_row: bool = False

    @property
    def is_cell(self) -> bool:
        """Whether only a cell is rejected."""
        return self.column is not None and not self.whole_row


@dataclass(frozen=True)
class Checked:
    """The two halves of a source, and the numbers counted on the pass that writes `rejected`.

    `counts` has `read`, `rejected_rows` and one number per rule code; `noted` the numbers for the run record. `judged`
    is the frame that both halves come from: whoever writes both may persist it between the two.
    """

    accepted: DataFrame
    rejected: DataFrame
    counts: Observation
    ceiling: float
    table: type[Table]
    judged: DataFrame
    rule_codes: tuple[str, ...]
    noted: Observation | None = None

    def numbers(self) -> dict[str, int]:
        """Return `read`, `rejected_rows` and one number per rule code; waits until `rejected` has been written."""
        return cast("dict[str, int]", self.counts.get)

    def notes(self) -> dict[str, int]:
        """Return the numbers worth keeping in the run record; waits until `rejected` has been written."""
        return cast("dict[str, int]", self.noted.get) if self.noted else {}

    def stop_above_ceiling(self) -> None:
        """Raise QualityError where the share of rejected rows is above the ceiling, with the number of each rule."""
        numbers = self.numbers()
        read, rejected = numbers["read"], numbers["rejected_rows"]
        if rejected <= self.ceiling * read:
            return
        by_rule = ", ".join(f"{code} {numbers[code]:,}" for code in self.rule_codes if numbers[code])
        raise QualityError(
            f"{rejected:,} of {read:,} rows are rejected",
            where=self.table.name(),
            expected=f"at most a share of {self.ceiling:g}",
            found=by_rule,
            mend=f"look at {self.table.rejected().name()}, then mend the file or set `rejected_ceiling` of the source",
        )


FIELDS = ("FIELDS", "the line has more or fewer fields than its header")
TYPE = ("TYPE", "the value is not of its column's type")
KEY = ("KEY", "a part of the key is missing")
MISSING = ("MISSING", "a required value is missing")
DUPLICATE = ("DUPLICATE", "the row says the same as another row; one of them is kept")
CONFLICT = ("CONFLICT", "rows with one key say different things; none of them is kept")
BUILT_IN = (FIELDS, TYPE, KEY, MISSING, DUPLICATE, CONFLICT)


def check(
    raw: DataFrame,
    table: type[Table],
    rules: Sequence[Rule] = (),
    *,
    ceiling: float,
    notes: Mapping[str, Callable[[], Column]] | None = None,
    keys_are_unique: bool = False,
) -> Checked:
    """Split `raw` by `rules` and by the rules of every table; a row is listed once, under the first that it breaks.

    `raw` has the table's columns (one that is absent is null) and, where there are any, `_text_<column>` (the text
    before it was cast), `_problem`, `_file` and `_raw`. The order is: fields, `rules`, type, key, missing, then over
    the rows that are left, duplicates (one stays) and conflicts (none stays). A cell is listed under its first broken
    rule, where its row is accepted. `notes` are conditions or numbers of the table's columns, summed over the accepted
    rows on the same pass, by name. `keys_are_unique`: the reader numbered the rows itself, and no repeat is looked for.
    """
    listed = rules_for(raw, table, rules)
    judged = _judged(raw, table, listed)
    if table.key() and not keys_are_unique:
        judged = _with_duplicates(judged, table, len(listed) - 2)
    judged = judged.transform(_with_texts_of_the_broken)
    counts, noted = Observation(), Observation() if notes else None
    counted = judged.observe(counts, *_numbers(listed))
    if notes and noted:
        counted = counted.observe(noted, *[_noted(made()).alias(name) for name, made in notes.items()])
    return Checked(
        accepted=judged.filter(F.col("_rule").isNull()).select(*_columns(table)),
        rejected=_rejected(counted, table, listed),
        counts=counts,
        ceiling=ceiling,
        table=table,
        judged=judged,
        rule_codes=tuple(dict.fromkeys(rule.code for rule in listed)),
        noted=noted,
    )


def rules_for(raw: DataFrame, table: type[Table], rules: Sequence[Rule]) -> list[Rule]:
    """Return the rules that apply to `raw`, in the order in which a row is held against them.

    Raises TableError where `raw` lacks a key column or a rule names a column that is not the table's.
    """
    there, specs = set(raw.columns), table.columns()
    lost = [name for name in table.key() if name not in there]
    lost += [rule.column for rule in rules if rule.column and rule.column not in specs]
    if lost:
        raise TableError(f"no column {', '.join(lost)} to check", where=table.name(), mend="name it in the reader")
    needed = [name for name, spec in specs.items() if not spec.nullable]
    cast_columns = [name for name in specs if f"_text_{name}" in there]
    return [
        *([Rule(*FIELDS, lambda: F.col("_problem") == "FIELDS")] if "_problem" in there else []),
        *rules,
        *[Rule(*TYPE, _is_bad(name), name, whole_row=name in needed) for name in cast_columns],
        *[Rule(*KEY, _is_null(name), name, whole_row=True) for name in table.key()],
        *[Rule(*MISSING, _is_null(name), name, whole_row=True) for name in needed if name not in table.key()],
        *[Rule(*what, lambda: F.lit(False)) for what in (DUPLICATE, CONFLICT)],
    ]


def _is_bad(name: str) -> Callable[[], Column]:
    return lambda: F.col(f"_text_{name}").isNotNull() & F.col(name).isNull()


def _is_null(name: str) -> Callable[[], Column]:
    return lambda: F.col(name).isNull()


def _columns(table: type[Table]) -> list[Column]:
    return [F.col(name).cast(spec.data_type).alias(name) for name, spec in table.columns().items()]


def _judged(raw: DataFrame, table: type[Table], listed: Sequence[Rule]) -> DataFrame:
    """Return the table's columns, with `_rule` (index of the row's first broken rule), `_cells` (indices), `_key`."""
    there = set(raw.columns)
    absent = {name: F.lit(None).cast(spec.data_type) for name, spec in table.columns().items() if name not in there}
    books = {name: F.lit(None).cast("string") for name in ("_file", "_raw") if name not in there}
    parts = [F.col(f"_text_{name}" if f"_text_{name}" in there else name).cast("string") for name in table.key()]
    rows = raw.withColumns({**absent, **books})
    judged = rows.withColumns(
        {
            "_rule": _first([(i, rule) for i, rule in enumerate(listed) if not rule.is_cell]),
            "_cells": _broken_cells(listed),
            "_key": F.concat_ws("|", *[F.coalesce(part, F.lit("")) for part in parts]),
        }
    )
    return judged.select(*_emptied(table, listed), "_rule", "_cells", "_key", "_file", "_raw")


def _with_texts_of_the_broken(judged: DataFrame) -> DataFrame:
    # What is accepted whole is never asked for its text, which costs most of what is kept between the two halves.
    is_broken = F.col("_rule").isNotNull() | (F.size("_cells") > 0)
    return judged.withColumns({name: F.when(is_broken, F.col(name)) for name in ("_key", "_raw")})


def _first(rules: Sequence[tuple[int, Rule]]) -> Column:
    tests = [F.when(rule.broken(), F.lit(index)) for index, rule in rules]
    return F.coalesce(*tests, F.lit(None).cast("int"))


def _by_column(listed: Sequence[Rule]) -> dict[str, list[tuple[int, Rule]]]:
    cells: dict[str, list[tuple[int, Rule]]] = {}
    for index, rule in enumerate(listed):
        if rule.is_cell:
            cells.setdefault(str(rule.column), []).append((index, rule))
    return cells


def _broken_cells(listed: Sequence[Rule]) -> Column:
    firsts = [_first(rules) for rules in _by_column(listed).values()]
    return F.array_compact(F.array(*firsts)) if firsts else F.array().cast("array<int>")


def _emptied(table: type[Table], listed: Sequence[Rule]) -> list[Column]:
    broken = {name: [index for index, _ in rules] for name, rules in _by_column(listed).items()}
    result = []
    for name, spec in table.columns().items():
        value = F.col(name).cast(spec.data_type)
        kept = F.when(~F.arrays_overlap("_cells", _literals(broken[name])), value) if name in broken else value
        result.append(kept.alias(name))
    return result


def _literals(indices: Sequence[int]) -> Column:
    return F.array(*[F.lit(index) for index in indices])


def _with_duplicates(judged: DataFrame, table: type[Table], duplicate: int) -> DataFrame:
    # One window: the rows of a key that broke no rule so far, in an order that does not depend on how they arrived.
    same = Window.partitionBy(*table.key(), F.col("_rule").isNull()).orderBy("_file", "_raw")
    whole = same.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    others = [F.col(name) for name in table.columns() if name not in table.key()]
    placed = judged.withColumn("_says", F.struct(*(others or [F.lit(0)]))).withColumns(
        {"_least": F.min("_says").over(whole), "_most": F.max("_says").over(whole), "_nth": F.row_number().over(same)}
    )
    repeat = F.when(~F.col("_least").eqNullSafe(F.col("_most")), duplicate + 1).when(F.col("_nth") > 1, duplicate)
    return placed.withColumn("_rule", F.coalesce("_rule", repeat)).drop("_says", "_least", "_most", "_nth")


def _numbers(listed: Sequence[Rule]) -> list[Column]:
    indices: dict[str, list[int]] = {}
    for index, rule in enumerate(listed):
        indices.setdefault(rule.code, []).append(index)
    is_accepted = F.col("_rule").isNull()
    by_code = [
        _total(
            F.when(~is_accepted, F.col("_rule").isin(these).cast("int")).otherwise(
                F.size(F.array_intersect("_cells", _literals(these)))
            )
        ).alias(code)
        for code, these in indices.items()
    ]
    return [F.count(F.lit(1)).alias("read"), _total((~is_accepted).cast("int")).alias("rejected_rows"), *by_code]


def _noted(number: Column) -> Column:
    return _total(F.when(F.col("_rule").isNull(), number.cast("long")))


def _total(number: Column) -> Column:
    return F.coalesce(F.sum(number), F.lit(0))


def _rejected(judged: DataFrame, table: type[Table], listed: Sequence[Rule]) -> DataFrame:
    index = F.explode(F.when(F.col("_rule").isNotNull(), F.array("_rule")).otherwise(F.col("_cells")))
    described = F.array(*[_described(rule) for rule in listed])
    broken = judged.withColumn("_index", index).withColumn("_broken", F.element_at(described, F.col("_index") + 1))
    values = {
        Rejected.scope: F.when(F.col("_rule").isNotNull(), "row").otherwise("cell"),
        Rejected.rule_code: F.col("_broken.code"),
        Rejected.rule: F.col("_broken.sentence"),
        Rejected.column_name: F.col("_broken.column"),
        Rejected.file: F.col("_file"),
        Rejected.row_key: F.when(F.translate("_key", "|", "") != "", F.col("_key")),
        Rejected.raw_text: F.col("_raw"),
        **{name: F.col(name) for name in table.partitions()},
    }
    return broken.select(*[values[name].alias(name) for name in table.rejected().columns()])


def _described(rule: Rule) -> Column:
    return F.struct(
        F.lit(rule.code).alias("code"),
        F.lit(rule.sentence).alias("sentence"),
        F.lit(rule.column).cast("string").alias("column"),
    )
