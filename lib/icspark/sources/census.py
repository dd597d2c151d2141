"""Tables of the Census of 2011 as Nomis exports them: proficiency in English, highest qualification, ethnic group.

Record specification: Nomis "query data" CSV export: a preamble of title, source, population, units and date; a header
row whose first cell is `Area`; a row of each larger area that was asked for (`country:England`); one row per LSOA
under the key `lsoa2011:CODE : NAME`; a footer on disclosure. Tables QS205EW and QS501EW of 23 November 2022 are seen;
KS201EW (`sources.ethnicity`) is not seen on a real file. Tidied files are read by the names in the configuration.

Rows of larger areas and footers are rejected by the rules `LARGER_AREA` and `NOT_AN_AREA`, so that they are counted
and kept. A row with a cell that is no number has no sum, and is rejected too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from icspark.config import Source
from icspark.errors import InputError
from icspark.quality.checks import Checked, Rule, check
from icspark.sources.headers import check_declared, configured, demand, listed, normal
from icspark.sources.reading import BOOKKEEPING, read_any, read_delimited, typed
from icspark.tables.reference import EnglishProficiency, Qualification
from icspark.tables.table import Table

NOMIS_KEY = r"^\s*lsoa2011:([EW]01[0-9]{6})\s*:"
"""Key of an LSOA in a Nomis export."""

LARGER_AREA = r"^\s*[a-z0-9]+:"
"""Key of any other type of area in a Nomis export, such as country:England."""

LOW_ENGLISH = ("cannot speak english well", "cannot speak english")
"""Ends of the headers whose residents have low proficiency."""

LOW_QUALIFICATION = ("no qualifications", "level 1 qualifications")
"""Headers whose residents have a low qualification or none."""


def _is_larger_area() -> Column:
    return F.col("lsoa_2011_code").isNull() & F.coalesce(F.col("_text_lsoa_2011_code").rlike(LARGER_AREA), F.lit(False))


def _is_no_area() -> Column:
    return F.col("lsoa_2011_code").isNull() | ~F.col("lsoa_2011_code").rlike("^[EW]01[0-9]{6}$")


def _is_not_within(part: str, every: str) -> Callable[[], Column]:
    return lambda: (F.col(part) < 0) | (F.col(part) > F.col(every))


AREA_RULES = (
    Rule("LARGER_AREA", "A row of a larger area, such as the country, is no row of the table.", _is_larger_area),
    Rule(
        "NOT_AN_AREA", "A row whose key is no LSOA, such as a line of the footer, is no row of the table.", _is_no_area
    ),
)
"""What keeps larger areas and footers out of a table of LSOAs of 2011."""

PART_WITHIN_WHOLE = ("PART_WITHIN_WHOLE", "The part is not negative and not above the whole.")
ENGLISH_COUNTS = (EnglishProficiency.residents_3_over_count, EnglishProficiency.low_english_proficiency_count)
QUALIFICATION_COUNTS = (Qualification.residents_16_over_count, Qualification.low_qualification_count)
RULES_ENGLISH = (*AREA_RULES, Rule(*PART_WITHIN_WHOLE, _is_not_within(ENGLISH_COUNTS[1], ENGLISH_COUNTS[0])))
RULES_QUALIFICATION = (
    *AREA_RULES,
    Rule(*PART_WITHIN_WHOLE, _is_not_within(QUALIFICATION_COUNTS[1], QUALIFICATION_COUNTS[0])),
)


def read_english_proficiency(spark: SparkSession, source: Source) -> Checked:
    """Return residents aged 3 and over and those of low proficiency, one row per LSOA 2011, checked (QS205EW)."""
    rows = _rows(spark, source, table=EnglishProficiency, counts=ENGLISH_COUNTS, low=LOW_ENGLISH)
    return check(rows, EnglishProficiency, RULES_ENGLISH, ceiling=source.rejected_ceiling)


def read_qualification(spark: SparkSession, source: Source) -> Checked:
    """Return residents aged 16 and over and those of low qualification, one row per LSOA 2011, checked (QS501EW)."""
    rows = _rows(spark, source, table=Qualification, counts=QUALIFICATION_COUNTS, low=LOW_QUALIFICATION)
    return check(rows, Qualification, RULES_QUALIFICATION, ceiling=source.rejected_ceiling)


def read_nomis(spark: SparkSession, source: Source, *, where: str) -> DataFrame:
    """Return a Nomis export as text: its columns, `lsoa_2011_code`, and the key as `_text_lsoa_2011_code`.

    The code is null where the key is of no LSOA. Raises InputError where the file has no header row that begins with
    `Area`, or no row of an LSOA 2011.
    """
    raw = read_delimited(spark, source, required=("Area",), starts_with="Area")
    key = F.col("Area")
    code = F.nullif(F.regexp_extract(key, NOMIS_KEY, 1), F.lit(""))
    # Lines of the footer have few fields: what they are is said by their key, not by the number of fields.
    problem = F.when(code.isNotNull(), F.col("_problem"))
    keyed = raw.withColumns({"_text_lsoa_2011_code": F.trim(key), "lsoa_2011_code": code, "_problem": problem})
    if keyed.where(F.col("lsoa_2011_code").isNotNull()).isEmpty():
        raise InputError(
            "no row of the export is an LSOA of 2011", where=where, expected="keys such as lsoa2011:E01000001 : NAME"
        )
    return keyed


def count_columns(columns: Sequence[str]) -> list[str]:
    """Return the columns of counts of a Nomis export: all but the key and the `All ...` totals that repeat them."""
    skipped = {"area", "mnemonic", "lsoa_2011_code", "_text_lsoa_2011_code", *BOOKKEEPING}
    return [column for column in columns if normal(column) not in skipped and not normal(column).startswith("all ")]


def whole(columns: Sequence[str]) -> Column:
    """Return the sum of columns of text as a whole number; null where one of them is no number."""
    total = F.lit(0).cast("bigint")
    for column in columns:
        total = total + F.expr(f"try_cast(trim(`{column}`) AS bigint)")
    return total


def _rows(
    spark: SparkSession, source: Source, *, table: type[Table], counts: tuple[str, str], low: Sequence[str]
) -> DataFrame:
    check_declared(source, "lsoa_2011", where=table.name())
    rows = (
        _tidied(spark, source, table, counts)
        if source.columns
        else _exported(spark, source, table, counts=counts, low=low)
    )
    every, part = counts
    share = F.try_divide(F.col(part), F.nullif(F.col(every), F.lit(0)))
    return rows.withColumn(part.replace("_count", "_share"), share)


def _exported(
    spark: SparkSession, source: Source, table: type[Table], *, counts: tuple[str, str], low: Sequence[str]
) -> DataFrame:
    raw = read_nomis(spark, source, where=table.name())
    columns = count_columns(raw.columns)
    chosen = [column for column in columns if normal(column).endswith(tuple(low))]
    if len(chosen) != len(low):
        raise InputError(
            "the export is not of the table that is meant",
            where=table.name(),
            expected=f"columns that end in {listed(low)}",
            found=listed(columns),
        )
    every, part = counts
    return raw.select(
        "lsoa_2011_code", "_text_lsoa_2011_code", *BOOKKEEPING, whole(columns).alias(every), whole(chosen).alias(part)
    )


def _tidied(spark: SparkSession, source: Source, table: type[Table], counts: tuple[str, str]) -> DataFrame:
    raw = read_any(spark, source, required=())
    names = configured(raw.columns, source, table, where=table.name())
    demand(names, ("lsoa_2011_code", *counts), raw.columns, where=table.name())
    return typed(raw, table, names)
