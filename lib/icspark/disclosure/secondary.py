"""Which cells are withheld: the small counts, and those through which a subtraction would give a small count back.

The cells of all tables that leave together stand in one long frame, each with the sum that it is a part of. A sum is
safe when at least two of its parts are withheld, one of them can be lower (it is above 1, and so is a part of each of
its own breakdowns) and one of them can be higher. Where a sum is not safe its next smallest part is withheld, ties by
key; where no part is left, its total is. Where a total is withheld, so is at least one part of each breakdown of it.
This is repeated until nothing changes. Zeros are never withheld.

The proof that it suffices, what it does not cover and why are in docs/decisions/disclosure.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from icspark.disclosure.declarations import Sum, counts, sums, taken_along, totals_moved
from icspark.errors import DisclosureError
from icspark.tables.table import Table

WITHHELD = "_withheld"
ROUNDS = 500


def with_withheld(frames: Mapping[type[Table], DataFrame], *, threshold: int) -> dict[type[Table], DataFrame]:
    """Return the frames with `_withheld`, an array of the names of the counts to withhold in that row.

    A count is withheld from above 0 to `threshold`, with a count that it is declared to go with, or to protect a sum.
    Nulls are not withheld and protect nothing. Grain and order of the rows are those given.
    """
    ties = sums(tuple(frames))
    tied = {table for s in ties for table in (s.child, s.parent)}
    free = {t: f.withColumn(WITHHELD, _small_counts(t, threshold)) for t, f in frames.items() if t not in tied}
    if not tied:
        return free
    cells = _settled(_all_cells({t: f for t, f in frames.items() if t in tied}, ties, threshold))
    named = cells.where("is_withheld").groupBy("table", "row").agg(F.collect_set("column").alias(WITHHELD))
    return {t: free[t] if t in free else _with_names(t, frame, named) for t, frame in frames.items()}


def is_small(count: Column, threshold: int) -> Column:
    """Return whether a count is above 0 and up to the threshold; false for null. Fractions below threshold + 1 are."""
    return F.coalesce((count > 0) & (count < threshold + 1), F.lit(False))


def _small_counts(table: type[Table], threshold: int) -> Column:
    def _any_small(names: Iterable[str]) -> Column:
        return F.array_max(F.array(*(is_small(F.col(name), threshold) for name in sorted(names))))

    along = taken_along(table)
    names = [F.when((F.col(name) > 0) & _any_small(along[name]), F.lit(name)) for name in counts(table)]
    return F.array_compact(F.array(*names)) if names else F.array().cast("array<string>")


def _with_names(table: type[Table], frame: DataFrame, named: DataFrame) -> DataFrame:
    own = named.where(F.col("table") == table.name()).select(F.col("row").alias("_row"), WITHHELD)
    joined = frame.withColumn("_row", _row(table.key())).join(own, on="_row", how="left").drop("_row")
    return joined.withColumn(WITHHELD, F.coalesce(WITHHELD, F.array().cast("array<string>")))


def _row(key: Sequence[str]) -> Column:
    return F.to_json(F.struct(*key))


def _cell(table: type[Table], column: str, row: Column) -> Column:
    return F.concat(F.lit(f"{table.name()}.{column}|"), row)


def _all_cells(frames: Mapping[type[Table], DataFrame], ties: Sequence[Sum], threshold: int) -> DataFrame:
    parts = [_cells(table, frame, ties, threshold=threshold) for table, frame in frames.items()]
    cells = parts[0]
    for part in parts[1:]:
        cells = cells.unionByName(part)
    return cells


def _cells(table: type[Table], frame: DataFrame, ties: Sequence[Sum], *, threshold: int) -> DataFrame:
    """One row per count cell: its value, the cell that it is part of, what takes it along, and its state."""
    along, moved = taken_along(table, ties), totals_moved(table, ties)
    parent = {s.column: _cell(s.parent, s.parent_column, _row(s.by)) for s in ties if s.child is table}
    family = {s.column: "its row" if s.parent is table else s.column for s in ties if s.child is table}
    entries = [
        F.struct(
            F.lit(name).alias("column"),
            F.col(name).cast("double").alias("value"),
            parent.get(name, F.lit(None).cast("string")).alias("parent"),
            F.lit(f"{table.name()}.{family.get(name)}>").alias("family"),
            F.array(*(F.lit(o) for o in sorted(along[name]))).alias("along"),
            F.lit(moved.get(name)).cast("string").alias("total"),
        )
        for name in counts(table)
    ]
    cells = frame.select(_row(table.key()).alias("row"), F.inline(F.array(*entries)))
    small = is_small(F.col("value"), threshold)
    return cells.select(
        F.lit(table.name()).alias("table"),
        F.concat(F.lit(f"{table.name()}."), "column", F.lit("|"), "row").alias("cell"),
        "*",
        small.alias("is_withheld"),
        F.coalesce(F.col("value") > 1, F.lit(False)).alias("can_fall"),
        (~small | (F.col("value") < threshold)).alias("can_rise"),
    )


def _settled(cells: DataFrame) -> DataFrame:
    """Return the cells after as many rounds as change anything. Each round only ever withholds more, so it ends.

    The cells are checkpointed at first and in each round, or the plan would treble with each; one boolean comes back to
    the driver from each.
    """
    cells = cells.localCheckpoint()
    for _ in range(ROUNDS):
        cells = _round(cells).localCheckpoint()
        answer = cells.agg(F.bool_or("has_changed").alias("any")).first()
        cells = cells.drop("has_changed")
        if answer is None or not answer["any"]:
            return cells
    raise DisclosureError(
        f"the withheld cells did not settle in {ROUNDS} rounds", mend="release fewer tables or coarser breakdowns"
    )


def _round(cells: DataFrame) -> DataFrame:
    joined = cells.join(_wanted(_families(cells)), on="cell", how="left")
    row = Window.partitionBy("table", "row")
    withheld = F.collect_set(F.when(F.col("is_withheld"), F.col("column"))).over(row)
    falling = F.collect_set(F.when(F.col("can_fall"), F.col("column"))).over(row)
    is_taken_along = (F.col("value") > 0) & F.arrays_overlap("along", withheld)
    withhold = F.col("is_withheld") | F.coalesce("is_wanted", F.lit(False)) | is_taken_along
    fall = (
        (F.col("value") > 1)
        & (~F.col("is_withheld") | F.coalesce("parts_can_fall", F.lit(True)))
        & (F.col("total").isNull() | F.array_contains(falling, F.col("total")))
    )
    return (
        joined.withColumn("_withhold", F.coalesce(withhold, F.lit(False)))
        .withColumn("_fall", F.coalesce(fall, F.lit(False)))
        .withColumn("has_changed", (F.col("_withhold") != F.col("is_withheld")) | (F.col("_fall") != F.col("can_fall")))
        .withColumns({"is_withheld": F.col("_withhold"), "can_fall": F.col("_fall")})
        .drop("_withhold", "_fall", "is_wanted", "parts_can_fall")
    )


def _wanted(families: DataFrame) -> DataFrame:
    """One row per cell that a sum says something of: to withhold it, or whether its parts can fall."""

    def _said(cell: str, is_wanted: Column, parts_can_fall: Column) -> Column:
        return F.struct(F.col(cell).alias("cell"), is_wanted.alias("is_wanted"), parts_can_fall.alias("parts_can_fall"))

    yes, nothing = F.lit(True), F.lit(None).cast("boolean")
    each = F.array(
        _said("wanted_part", yes, nothing),
        _said("wanted_total", yes, nothing),
        _said("parent", nothing, F.col("parts_can_fall")),
    )
    return (
        families.select(F.inline(each))
        .where("cell is not null")
        .groupBy("cell")
        .agg(F.bool_or("is_wanted").alias("is_wanted"), F.bool_and("parts_can_fall").alias("parts_can_fall"))
    )


def _families(cells: DataFrame) -> DataFrame:
    """One row per sum whose total is there: whether its withheld parts can fall, and which cell to withhold next."""
    is_out, is_in = F.col("is_withheld"), ~F.col("is_withheld") & (F.col("value") > 0)
    totals = cells.select(F.col("cell").alias("parent"), F.col("is_withheld").alias("total_is_withheld"))
    grouped = (
        cells.where("parent is not null")
        .groupBy("family", "parent")
        .agg(
            F.count_if(is_out).alias("out"),
            F.count_if(is_out & F.col("can_fall")).alias("falling"),
            F.count_if(is_out & F.col("can_rise")).alias("rising"),
            F.min(F.when(is_in, F.struct("value", "cell"))).alias("next_part"),
        )
    )
    unsafe = (
        ~F.col("total_is_withheld")
        & (F.col("out") >= 1)
        & ((F.col("out") < 2) | (F.col("falling") < 1) | (F.col("rising") < 1))
    )
    undone = F.col("total_is_withheld") & (F.col("out") == 0)
    wanted = F.when(unsafe | undone, F.col("next_part"))
    return grouped.join(totals, on="parent", how="inner").select(
        "parent",
        ((F.col("falling") > 0) | F.coalesce(wanted["value"] > 1, F.lit(False))).alias("parts_can_fall"),
        wanted["cell"].alias("wanted_part"),
        F.when(unsafe & F.col("next_part").isNull(), F.col("parent")).alias("wanted_total"),
    )
