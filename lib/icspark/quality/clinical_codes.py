"""Clinical codes in the one form in which lists and records are compared."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F


def normal_code(code: Column) -> Column:
    """Return a code in upper case without dots, blanks and dashes."""
    return F.upper(F.regexp_replace(code, "[^A-Za-z0-9]", ""))


def beginnings(code: Column) -> Column:
    """Return every beginning of a code in that form, the whole of it too, as an array; null where the code is empty."""
    text = normal_code(code)
    lengths = F.when(F.length(text) > 0, F.sequence(F.lit(1), F.length(text)))
    return F.transform(lengths, lambda length: F.substring(text, F.lit(1), length))
