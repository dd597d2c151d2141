"""Who worked at which practice, from when to when.

Record specification: NHS England, Organisation Data Service, `epracmem` (general medical practitioners to practices): 6
columns, comma-separated, quoted, no header: practitioner, practice, type of parent, date joined, date left (yyyymmdd),
amended record indicator. Not seen on a real file. A practitioner may have joined a practice more than once.
"""

from __future__ import annotations

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from icspark.config import Source
from icspark.quality.checks import Checked, Rule, check
from icspark.sources.headers import configured
from icspark.sources.parents import PARENT, is_no_code, with_parent_rejected
from icspark.sources.reading import read_any, read_delimited, typed
from icspark.tables.reference import Practitioner

EPRACMEM = ("practitioner", "practice", "parent_type", "join_date", "left_date", "amended_record_indicator")
"""The 6 columns of epracmem, in order."""

LAYOUT = {
    Practitioner.practitioner_code: "practitioner",
    Practitioner.practice_code: "practice",
    Practitioner.joined_date: "join_date",
    Practitioner.left_date: "left_date",
}

RULES = (
    Rule(
        "PRACTITIONER_CODE_FORM",
        "A practitioner's code is capitals and digits, with a digit, 3 to 8 of them.",
        is_no_code(Practitioner.practitioner_code),
    ),
    Rule(
        "PRACTICE_CODE_FORM",
        "A practice's code is capitals and digits, with a digit, 3 to 8 of them.",
        is_no_code(Practitioner.practice_code),
    ),
    Rule(
        "LEFT_DATE_UNREADABLE",
        "A date of leaving is a date: left out, it would read as still working there.",
        lambda: F.col("_text_left_date").isNotNull() & F.col(Practitioner.left_date).isNull(),
    ),
    Rule(
        "LEFT_BEFORE_JOINED",
        "Nobody leaves before joining.",
        lambda: F.col(Practitioner.left_date) < F.col(Practitioner.joined_date),
    ),
    PARENT,
)


def read(spark: SparkSession, source: Source, *, lost_practices: DataFrame | None = None) -> Checked:
    """Read epracmem, or a file whose columns the configuration names. Grain: practitioner, practice, date of joining.

    `lost_practices` are the codes of practices that were rejected: rows of theirs are rejected too.
    """
    if source.columns:
        raw = read_any(spark, source, required=list(source.columns.values()))
        names = dict.fromkeys(LAYOUT, "") | configured(raw.columns, source, Practitioner, where="practitioner")
    else:
        raw, names = read_delimited(spark, source, header=EPRACMEM), LAYOUT
    rows = with_parent_rejected(typed(raw, Practitioner, names), lost_practices)
    return check(rows, Practitioner, RULES, ceiling=source.rejected_ceiling)
