"""Area codes have a vintage: joins across vintages are refused, and codes are held against those that are known."""

from __future__ import annotations

from typing import NamedTuple

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from icspark.errors import VintageError
from icspark.tables.reference import AreaLookup
from icspark.tables.table import Table

FIRST_FEW = 5


class Areas(NamedTuple):
    """A frame of a table, and the column of area codes by which it is joined."""

    frame: DataFrame
    table: type[Table]
    column: str

    @property
    def vintage(self) -> str:
        """Return the vintage that the table's class declares for the column; VintageError where it declares none."""
        spec = self.table.columns().get(self.column)
        if spec is None or spec.vintage is None:
            raise VintageError(
                f"the column {self.column} has no vintage",
                where=self.table.name(),
                expected="a column of area codes that its table class gives a vintage",
                mend=f"declare `vintage=` of the column in the class of {self.table.name()}",
            )
        return spec.vintage


def join_areas(left: Areas, right: Areas, *, how: str) -> DataFrame:
    """Return two frames joined on their area codes, which must be of one vintage; `how` as in DataFrame.join.

    The result has one column of codes where both are called alike, else both. A null code matches nothing. Raises
    VintageError, before anything is joined, that names the tables, the vintages, how many distinct codes of the left
    frame the right one lacks, and the first few; only then are codes counted.
    """
    if left.vintage != right.vintage:
        raise _mixed(left, right)
    if left.column == right.column:
        return left.frame.join(right.frame, on=left.column, how=how)
    return left.frame.join(right.frame, on=left.frame[left.column] == right.frame[right.column], how=how)


def codes_of(lookup: DataFrame, vintage: str) -> DataFrame:
    """Return the distinct codes of a level and vintage in rows of area_lookup, one a row, as `area_code`.

    Empty where the lookup does not have the level.
    """
    lower = lookup.where(F.col(AreaLookup.from_level) == vintage).select(F.col(AreaLookup.from_code).alias("area_code"))
    upper = lookup.where(F.col(AreaLookup.to_level) == vintage).select(F.col(AreaLookup.to_code).alias("area_code"))
    return lower.unionByName(upper).distinct()


def check_vintage(
    frame: DataFrame, column: str, known: DataFrame, *, table: str, vintage: str, most_unknown_share: float = 0.0
) -> int:
    """Return how many distinct codes of a column are none of `known` (one column), or stop if their share is too large.

    Nulls are no codes. Raises VintageError with the table, the vintage, the number of codes that do not match and the
    first few where more than `most_unknown_share` of the distinct codes are unknown.
    """
    given, unknown, first = _unmatched(frame.select(column), known)
    if unknown > most_unknown_share * given:
        raise VintageError(
            f"{unknown:,} of {given:,} codes in {column} are none of {vintage}",
            where=table,
            expected=f"codes of {vintage}",
            found=", ".join(first),
            mend="take the file of that vintage, or declare the vintage that the codes are of",
        )
    return unknown


def _mixed(left: Areas, right: Areas) -> VintageError:
    given, unknown, first = _unmatched(left.frame.select(left.column), right.frame.select(right.column))
    some = f", such as {', '.join(first)}" if first else ""
    return VintageError(
        f"{left.table.name()} is of {left.vintage} and {right.table.name()} of {right.vintage}",
        where=f"{left.table.name()}.{left.column} = {right.table.name()}.{right.column}",
        expected="area codes of one vintage",
        found=f"{unknown:,} of {given:,} codes of {left.table.name()} are not in {right.table.name()}{some}",
        mend="take counts across by the crosswalk (crosswalk_counts), or read both tables in one vintage",
    )


def _unmatched(codes: DataFrame, known: DataFrame) -> tuple[int, int, list[str]]:
    given = codes.toDF("code").where(F.col("code").isNotNull()).distinct()
    matched = known.toDF("code").distinct().withColumn("_is_known", F.lit(True))
    is_unknown = F.col("_is_known").isNull()
    first = F.slice(F.sort_array(F.collect_list(F.when(is_unknown, F.col("code")))), 1, FIRST_FEW)
    # One small row.
    row = given.join(matched, on="code", how="left").agg(F.count("*"), F.count_if(is_unknown), first).take(1)[0]
    return int(row[0]), int(row[1]), list(row[2])
