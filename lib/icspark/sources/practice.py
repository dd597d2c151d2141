"""Practices and other prescribing organisations.

Record specification: NHS England, Organisation Data Service, `epraccur` (GP practices and prescribing cost centres):
27 columns, comma-separated, quoted, no header, dates as yyyymmdd. Seen on the edition of December 2019. Closed and
dormant organisations are in it.

Tidied files, by the names in the configuration (seen): status and prescribing setting may be the codes or their words,
in any capitals, and dates ISO 8601 or yyyymmdd. A code or word that is not in the lists is a rejected cell.
"""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from icspark.config import Source
from icspark.quality.checks import Checked, Rule, check
from icspark.sources.headers import configured
from icspark.sources.parents import is_no_code
from icspark.sources.reading import read_any, read_delimited, typed
from icspark.tables.codes import PRACTICE_STATUS, PRESCRIBING_SETTING
from icspark.tables.reference import Practice

EPRACCUR = (
    "organisation_code",
    "name",
    "national_grouping",
    "high_level_health_geography",
    *(f"address_line_{number}" for number in range(1, 6)),
    "postcode",
    "open_date",
    "close_date",
    "status_code",
    "organisation_sub_type_code",
    "commissioner",
    "join_provider_date",
    "left_provider_date",
    "telephone",
    *(f"null_{number}" for number in range(19, 22)),
    "amended_record_indicator",
    "null_23",
    "provider",
    "null_25",
    "prescribing_setting",
    "null_27",
)
"""The 27 columns of epraccur, in order."""

LAYOUT = {
    Practice.practice_code: "organisation_code",
    Practice.practice_name: "name",
    Practice.postcode: "postcode",
    Practice.open_date: "open_date",
    Practice.close_date: "close_date",
    Practice.status_code: "status_code",
    Practice.prescribing_setting_code: "prescribing_setting",
}

OTHER_WORDS = {
    "wic practice": "1",
    "ooh practice": "2",
    "wic + ooh practice": "3",
    "care home / nursing home": "14",
    "urgent & emergency care": "12",
    "sexual assault referrral centre": "22",
    "other - justice estate": "24",
}
"""Words for prescribing settings in files in circulation, where they are not those of the code list (one misspelt)."""

_POSTCODE = "^([A-Z]{1,2}[0-9][A-Z0-9]?) ?([0-9][A-Z]{2})$"

RULES = (
    Rule(
        "PRACTICE_CODE_FORM",
        "A practice's code is capitals and digits, with a digit, 3 to 8 of them.",
        is_no_code(Practice.practice_code),
    ),
    Rule(
        "POSTCODE_FORM",
        "A postcode has the form of a British postcode.",
        lambda: F.col("_text_postcode").isNotNull() & F.col(Practice.postcode).isNull(),
        Practice.postcode,
    ),
    Rule(
        "STATUS_UNKNOWN",
        "A status is active, closed, dormant or proposed, or its code.",
        lambda: F.col("_text_status_code").isNotNull() & F.col(Practice.status_code).isNull(),
        Practice.status_code,
    ),
    Rule(
        "SETTING_UNKNOWN",
        "A prescribing setting is a code of the list, or its words.",
        lambda: F.col("_text_prescribing_setting_code").isNotNull() & F.col(Practice.prescribing_setting_code).isNull(),
        Practice.prescribing_setting_code,
    ),
    Rule(
        "CLOSED_BEFORE_OPEN",
        "A practice does not close before it opens; the date of opening is left out.",
        lambda: F.col(Practice.close_date) < F.col(Practice.open_date),
        Practice.open_date,
    ),
)


def read(spark: SparkSession, source: Source) -> Checked:
    """Read epraccur, or a tidied file whose columns the configuration names. Grain: one row per organisation."""
    if source.columns:
        raw = read_any(spark, source, required=[source.columns.get(Practice.practice_code, "")])
        names = dict.fromkeys(LAYOUT, "") | configured(raw.columns, source, Practice, where="practice")
    else:
        raw, names = read_delimited(spark, source, header=EPRACCUR), LAYOUT
    rows = with_codes(typed(raw, Practice, names))
    return check(rows, Practice, RULES, ceiling=source.rejected_ceiling)


def with_codes(rows: DataFrame) -> DataFrame:
    """Return the rows with postcode in the form with one space, and codes for the words of status and setting.

    What has no such form or code is null, while its `_text_` is not.
    """
    postcode = F.upper(F.regexp_replace("_text_postcode", " +", " "))
    return rows.withColumns(
        {
            Practice.postcode: F.when(postcode.rlike(_POSTCODE), F.regexp_replace(postcode, _POSTCODE, "$1 $2")),
            Practice.status_code: coded(F.col("_text_status_code"), PRACTICE_STATUS, {}),
            Practice.prescribing_setting_code: coded(
                F.col("_text_prescribing_setting_code"), PRESCRIBING_SETTING, OTHER_WORDS
            ),
        }
    )


def coded(text: Column, codes: Mapping[str, str], other_words: Mapping[str, str]) -> Column:
    """Return the code that `text` is, or whose words it is; capitals, blanks, stops and apostrophes do not matter."""
    known = {plain(code): code for code in codes} | {plain(words): code for code, words in codes.items()}
    known |= {plain(words): code for words, code in other_words.items()}
    listed = F.create_map(*[F.lit(part) for pair in known.items() for part in pair])
    return F.try_element_at(listed, F.regexp_replace(F.lower(text), "[ .,':_-]", ""))


def plain(words: str) -> str:
    """Return words in lower case without blanks, stops, hyphens and apostrophes."""
    return "".join(letter for letter in words.lower() if letter not in " .,':_-")
