"""What a record must not be: rules that several feeds share, and the columns beside the table's that they look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F

from icspark.quality.checks import Rule
from icspark.sources.postcode import POSTCODE_FORM
from icspark.tables.records import SourceResidence

ON = "_on"
"""The local date by which a row is held against its person's birth and death."""

LAST_PAST, LAST_PLANNED = "_last_past", "_last_planned"
"""The last dates that what has happened, and what is planned, can have."""

CODE_SYSTEMS_KNOWN = "_code_systems"
LSOA_UNKNOWN = {
    SourceResidence.lsoa_2011_code: "_is_lsoa_2011_unknown",
    SourceResidence.lsoa_2021_code: "_is_lsoa_2021_unknown",
}
"""A supplied area -> whether its vintage has no such code."""

IS_KNOWN, IS_REJECTED, BIRTH_MONTH, DEATH_DATE = "_is_known", "_is_person_rejected", "_birth_month", "_death_date"

ICD_10_FORM = r"^[A-Z][0-9]{2}(\.?[0-9X][0-9]?)?[ADX-]?$"
"""Three characters or more of ICD-10, with or without its dot, filler X, and dagger or asterisk (D, A)."""

PERSON_RULES = (
    Rule("PARENT_REJECTED", "The person that the row belongs to was itself rejected.", lambda: F.col(IS_REJECTED)),
    Rule("PERSON_UNKNOWN", "An identifier is that of a person of the extract.", lambda: ~F.col(IS_KNOWN)),
    Rule(
        "BEFORE_BIRTH",
        "Nothing is dated before the month of the person's birth.",
        lambda: F.col(ON) < F.col(BIRTH_MONTH),
    ),
)
"""How a row stands to its person; they come first, so that children of a rejected person are told from the rest."""


def not_in(code: str, column: str, codes: Mapping[str, str], *, sentence: str, row: bool = False) -> Rule:
    """Return the rule that a code is one of a list; `row` where the row is no record without it."""
    return Rule(code, sentence, lambda: ~F.col(column).isin(*codes), column, whole_row=row)


def out_of_range(column: str, *, planned: bool = False, row: bool = False) -> Rule:
    """Return the rule that a date is of 1900 or later and, at the extract's own date, not too far ahead."""
    last = LAST_PLANNED if planned else LAST_PAST
    return Rule(
        "DATE_RANGE",
        "A date lies between 1900 and the date of the extract (what is planned: three years after it).",
        lambda: (F.to_date(column) < F.lit("1900-01-01").cast("date")) | (F.to_date(column) > F.date_add(last, 1)),
        column,
        whole_row=row,
    )


def unreadable(column: str) -> Rule:
    """Return the rule that an end is a date, or the row is no record."""
    return Rule(
        "END_UNREADABLE",
        "An end is a date: left out, it would read as no end at all.",
        lambda: F.col(f"_text_{column}").isNotNull() & F.col(column).isNull(),
        column,
        whole_row=True,
    )


def before(code: str, sentence: str, later: str, *, earlier: str, cell: str | None = None) -> Rule:
    """Return the rule that `later` is not before `earlier`; `cell` is left out for it, or else the row."""
    return Rule(code, sentence, lambda: F.col(later) < F.col(earlier), cell)


def out_of_order(times: Sequence[str]) -> Rule:
    """Return the rule that times come in order, whichever of them are known."""
    return Rule("TIMES_OUT_OF_ORDER", "The times of an attendance come in their order.", _disordered(times))


def _disordered(times: Sequence[str]) -> Callable[[], Column]:
    def broken() -> Column:
        known = F.array_compact(F.array(*times))
        return known != F.array_sort(known)

    return broken


def is_no_postcode(column: str) -> Callable[[], Column]:
    """Return the condition that a postcode has no form of one; ZZ99, the pseudo postcodes, have it."""
    return lambda: ~F.col(column).rlike(POSTCODE_FORM)


def is_no_icd_10(column: str) -> Callable[[], Column]:
    """Return the condition that a code is none of ICD-10 by its form."""
    return lambda: ~F.col(column).rlike(ICD_10_FORM)


def is_unknown_system(column: str) -> Callable[[], Column]:
    """Return the condition that a code system is neither of the list nor one that the source names."""
    return lambda: ~F.array_contains(CODE_SYSTEMS_KNOWN, F.col(column))
