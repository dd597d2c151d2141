"""Practitioners of a practice, counted by somebody else at a date of their own.

Record specification: none. These are tidied files made from ODS `epracmem`, read by the names in the configuration
(seen). Turnover is per year and in `options: {turnover_unit: percent}` or `{turnover_unit: fraction}`: a file does not
say which, and there is no default. The date is the source's `as_of`. Turnover is null where nobody ever worked there.
"""

from __future__ import annotations

from collections.abc import Callable

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from icspark.config import Source
from icspark.errors import ConfigurationError
from icspark.quality.checks import Checked, Rule, check
from icspark.sources.headers import configured
from icspark.sources.parents import PARENT, is_no_code, with_parent_rejected
from icspark.sources.reading import read_any, typed
from icspark.tables.reference import PracticeStaff

UNITS = {"percent": 100.0, "fraction": 1.0}
"""Unit of turnover -> what a turnover of one a year is in it."""

NUMBERS = (
    PracticeStaff.staff_current_count,
    PracticeStaff.staff_departed_count,
    PracticeStaff.staff_mean_count,
    PracticeStaff.staff_turnover_per_year,
)


def _is_negative(name: str) -> Callable[[], Column]:
    return lambda: F.col(name) < 0


RULES = (
    Rule(
        "PRACTICE_CODE_FORM",
        "A practice's code is capitals and digits, with a digit, 3 to 8 of them.",
        is_no_code(PracticeStaff.practice_code),
    ),
    PARENT,
    *(
        Rule("STAFF_NEGATIVE", "A number of practitioners, or of those leaving, is not negative.", _is_negative(n), n)
        for n in NUMBERS
    ),
    Rule(
        "TURNOVER_DISAGREES",
        "Turnover is above zero where practitioners have left, and only there.",
        lambda: (F.col(PracticeStaff.staff_turnover_per_year) > 0) != (F.col(PracticeStaff.staff_departed_count) > 0),
        PracticeStaff.staff_turnover_per_year,
    ),
)


def read(spark: SparkSession, source: Source, *, lost_practices: DataFrame | None = None) -> Checked:
    """Read a file of counts whose columns the configuration names. Grain: one row per practice.

    Raises ConfigurationError where the columns, or the unit of turnover, are not named.
    """
    if PracticeStaff.practice_code not in source.columns:
        raise ConfigurationError(
            "the file has no layout of its own", where="sources.practice_staff", mend="name its columns under `columns`"
        )
    raw = read_any(spark, source, required=list(source.columns.values()))
    names = configured(raw.columns, source, PracticeStaff, where="practice_staff")
    rows = typed(raw, PracticeStaff, dict.fromkeys(NUMBERS, "") | names)
    if PracticeStaff.staff_turnover_per_year in names:
        rows = with_turnover_as_fraction(rows, unit=source.options.get("turnover_unit", ""))
    rows = with_parent_rejected(rows, lost_practices)
    return check(rows, PracticeStaff, RULES, ceiling=source.rejected_ceiling)


def with_turnover_as_fraction(rows: DataFrame, *, unit: str) -> DataFrame:
    """Return the rows with turnover as a fraction a year, from `percent` or `fraction`; null stays null."""
    if unit not in UNITS:
        raise ConfigurationError(
            "the unit of turnover is not stated",
            where="sources.practice_staff.options",
            expected="turnover_unit: percent, or turnover_unit: fraction",
            found=unit,
        )
    turnover = PracticeStaff.staff_turnover_per_year
    return rows.withColumn(turnover, F.col(turnover) / F.lit(UNITS[unit]))
