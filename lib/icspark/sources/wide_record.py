"""A wide table of people: one line a person, without an identifier, with pairs of code and time columns.

Record specification: that of the tools in use: `Age,code1,time1,code2,time2,...`, header in the first lines, any
separator. A time is a whole number (days, or another unit) or a date; missing, 0 or less is not known. The number of
the line is the person.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from icspark.config import Source
from icspark.errors import InputError
from icspark.quality.checks import Checked, Rule, check
from icspark.sources.headers import listed, of_file
from icspark.sources.reading import BOOKKEEPING, NULL_MARKERS, read_delimited
from icspark.tables.morbidity import WideRecord

PARTITION_BITS = 33
"""Spark's monotonically increasing ids hold the partition above this bit, and the row within it below."""

RULES = (
    Rule("TIME", "A time is a whole number or a date; it is taken as not known.", lambda: F.col("_has_bad_time"),
         WideRecord.times, whole_row=True),
)  # fmt: skip


@dataclass(frozen=True)
class WideLayout:
    """Which columns make the strata, and which hold codes, each with the column of its time (None: it has none).

    Without `codes` they are the columns code1, code2, ..., each with time1, time2, ... where there is one.
    """

    strata: tuple[str, ...] = ("Age",)
    codes: Mapping[str, str | None] = field(default_factory=dict)
    separator: str = ","


def read(spark: SparkSession, source: Source, layout: WideLayout) -> Checked:
    """Return wide_record, checked. Grain: one row per line.

    A code that stands twice in a line counts once, with its earliest known time. A line with a time that is neither a
    number nor a date is rejected. Raises InputError where the file lacks a column of the layout.
    """
    raw = read_delimited(spark, source, required=layout.strata, separator=layout.separator)
    codes = dict(layout.codes) or numbered_codes(raw.columns)
    _demand(raw.columns, [*layout.strata, *codes, *(time for time in codes.values() if time)])
    parts = [F.coalesce(_unmarked(F.col(f"`{name}`")), F.lit("unknown")) for name in layout.strata]
    stratum = F.concat_ws("|", *parts) if parts else F.lit("all")
    # Most cells are empty, and only the others are worth trimming and casting.
    filled = F.filter(F.array(*[_cells(code, time) for code, time in codes.items()]), F.isnotnull)
    pairs = F.filter(F.transform(F.transform(filled, _numbered), _judged), lambda pair: pair["code"].isNotNull())
    rows = with_record_number(raw).select(
        *BOOKKEEPING,
        WideRecord.record_number,
        stratum.alias(WideRecord.stratum),
        F.sort_array(pairs).alias("_pairs"),
    )
    named = rows.withColumn(WideRecord.codes, F.array_distinct(F.col("_pairs.code")))
    earliest = F.transform(WideRecord.codes, lambda name: F.array_min(_times_of(name)))
    has_repeats = F.size(WideRecord.codes) < F.size("_pairs")
    named = named.withColumn(WideRecord.times, F.when(has_repeats, earliest).otherwise(F.col("_pairs.time")))
    is_bad = F.exists("_pairs", lambda pair: pair["is_bad"])
    judged = named.withColumn("_has_bad_time", is_bad)
    return check(judged, WideRecord, RULES, ceiling=source.rejected_ceiling, keys_are_unique=True)


def numbered_codes(columns: Sequence[str]) -> dict[str, str | None]:
    """Return code1 -> time1 and so on for the columns of a file, in the order of their numbers."""
    by_name = {name.lower(): name for name in columns}
    numbers = sorted(int(found.group(1)) for name in by_name if (found := re.fullmatch(r"code(\d+)", name)))
    return {by_name[f"code{number}"]: by_name.get(f"time{number}") for number in numbers}


def with_record_number(rows: DataFrame) -> DataFrame:
    """Add `record_number`, from 1 in the order of the lines, however the file is split among tasks."""
    numbered = rows.withColumn("_id", F.monotonically_increasing_id())
    part = F.shiftright("_id", PARTITION_BITS)
    sizes = {row[0]: row[1] for row in numbered.groupBy(part).count().collect()}
    before, offsets = 0, {}
    for index in sorted(sizes):
        offsets[index] = before
        before += sizes[index]
    offset = F.element_at(F.create_map(*[F.lit(number) for pair in offsets.items() for number in pair]), part)
    within = F.col("_id").bitwiseAND(F.lit((1 << PARTITION_BITS) - 1))
    return numbered.withColumn(WideRecord.record_number, within + offset + 1)


def _cells(code: str, time: str | None) -> Column:
    text = F.lit(None).cast("string") if time is None else F.col(f"`{time}`")
    return F.when(F.col(f"`{code}`") != "", F.struct(F.col(f"`{code}`").alias("code"), text.alias("time")))


def _numbered(cells: Column) -> Column:
    # In a step of its own, since Spark works out an expression as often as it is named within one lambda.
    time = cells["time"]
    number = F.coalesce(time.try_cast("int"), F.unix_date(time.try_cast("date")))
    return F.struct(F.btrim(cells["code"]).alias("code"), time.alias("text"), number.alias("number"))


def _judged(cells: Column) -> Column:
    number = cells["number"]
    is_bad = F.when(number.isNull(), _unmarked(cells["text"]).isNotNull()).otherwise(F.lit(False))
    code = F.when(~cells["code"].isin(list(NULL_MARKERS)), cells["code"])
    return F.struct(code.alias("code"), F.when(number > 0, number).alias("time"), is_bad.alias("is_bad"))


def _unmarked(text: Column) -> Column:
    trimmed = F.btrim(text)
    return F.when(~trimmed.isin(list(NULL_MARKERS)), trimmed)


def _times_of(name: Column) -> Column:
    return F.transform(F.filter("_pairs", lambda pair: pair["code"] == name), lambda pair: pair["time"])


def _demand(columns: Sequence[str], wanted: Sequence[str]) -> None:
    missing = [name for name in wanted if name not in columns]
    if missing or len(wanted) < 2:
        raise InputError(
            "the file lacks columns of the layout",
            where="wide_record",
            expected=listed(missing) or "columns code1, code2, ...",
            found=listed(of_file(columns)),
            mend="name its columns under `strata` and `codes` of jobs.ingest_wide_record",
        )
