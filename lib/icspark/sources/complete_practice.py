"""Which practices' registrations are complete in an extract: a list with a header `practice_code`.

Record specification: this project's own (examples/suffolk/complete_practices.csv), seen.
"""

from __future__ import annotations

from pyspark.sql import SparkSession

from icspark.config import Source
from icspark.quality.checks import Checked, Rule, check
from icspark.sources.parents import is_no_code
from icspark.sources.reading import read_any, typed
from icspark.tables.areas import CompletePractice

RULES = (
    Rule(
        "PRACTICE_CODE_FORM",
        "A practice's code is capitals and digits, with a digit, 3 to 8 of them.",
        is_no_code(CompletePractice.practice_code),
    ),
)


def read(spark: SparkSession, source: Source) -> Checked:
    """Read the list. Grain: one row per practice."""
    file_column = source.columns.get(CompletePractice.practice_code, CompletePractice.practice_code)
    raw = read_any(spark, source, required=[file_column])
    rows = typed(raw, CompletePractice, {CompletePractice.practice_code: file_column})
    return check(rows, CompletePractice, RULES, ceiling=source.rejected_ceiling)
