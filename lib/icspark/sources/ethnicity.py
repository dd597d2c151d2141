"""Ethnic group of residents, from the Census of 2011 (LSOA 2011) and of 2021 (LSOA 2021).

Record specification: Census 2011, table KS201EW as Nomis exports it (`sources.census` says how): the White groups are
the columns that begin with `White`. Not seen on a real file. Tidied files of 2011 (seen) name a column of shares.
Census 2021 is read from a tidied file (seen): one row per area and group; its publisher's layout (TS021) is not read.

A column whose values are not what its name says: a file in circulation calls `EthnicMinority` what is 1 / (1 + w), w
being the share of White residents. `options: {measure: inverse_one_plus_white}` reads it as 2 - 1/x. Other measures are
`share` (of other than White groups) and `white_share`. As 1 / (1 + w) is never below 1/2, and some areas of any large
set have few minority residents, a column that is said to be a share and is nowhere below 1/2 is refused: over the
country (30,000 areas or more) always, over 30 areas or more unless the configuration says `measure: share` itself.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from icspark.config import Source
from icspark.errors import ConfigurationError, InputError
from icspark.quality.checks import Checked, Rule, check
from icspark.sources.census import AREA_RULES, count_columns, read_nomis, whole
from icspark.sources.headers import check_declared, configured, demand, listed, normal
from icspark.sources.reading import BOOKKEEPING, read_any, typed
from icspark.tables.reference import Ethnicity, Ethnicity2021

MEASURES = ("share", "white_share", "inverse_one_plus_white")
COUNTRY_AREAS = 30_000
FEWEST_AREAS = 30
WHITE = "White"

SHARE_RANGE = Rule(
    "SHARE_RANGE",
    "A share of residents lies between 0 and 1.",
    lambda: ~F.col(Ethnicity.ethnic_minority_share).between(0, 1),
    column=Ethnicity.ethnic_minority_share,
)
RULES_2011 = (*AREA_RULES, SHARE_RANGE)
RULES_2021 = (
    Rule(
        "AREA_CODE_FORM",
        "An area is an LSOA of England or Wales: E01 or W01 and six digits.",
        lambda: ~F.col(Ethnicity2021.lsoa_2021_code).rlike("^[EW]01[0-9]{6}$"),
    ),
    Rule(
        "RESIDENTS_NEGATIVE", "A number of residents is not negative.", lambda: F.col(Ethnicity2021.residents_count) < 0
    ),
    Rule(
        "GROUP_WITHIN_ALL",
        "A group has no more residents than its area.",
        lambda: F.col(Ethnicity2021.residents_count) > F.col(Ethnicity2021.all_residents_count),
    ),
)


def read(spark: SparkSession, source: Source) -> Checked:
    """Return the share of residents of other than White groups, one row per LSOA 2011, checked.

    Raises InputError where a column of shares is none, ConfigurationError for an unknown measure.
    """
    check_declared(source, "lsoa_2011", where="ethnicity")
    rows = _tidied(spark, source) if source.columns else _exported(spark, source)
    return check(rows, Ethnicity, RULES_2011, ceiling=source.rejected_ceiling)


def read_2021(spark: SparkSession, source: Source) -> Checked:
    """Return residents by LSOA 2021 and ethnic group, blanks around the groups' names removed, checked."""
    check_declared(source, "lsoa_2021", where="ethnicity_2021")
    raw = read_any(spark, source)
    names = configured(raw.columns, source, Ethnicity2021, where="ethnicity_2021")
    needed = (*Ethnicity2021.key(), Ethnicity2021.residents_count)
    demand(names, needed, raw.columns, where="ethnicity_2021")
    return check(typed(raw, Ethnicity2021, names), Ethnicity2021, RULES_2021, ceiling=source.rejected_ceiling)


def minority_share(value: Column, measure: str) -> Column:
    """Return the share of other than White groups from a column that holds `measure`; null stays null.

    `inverse_one_plus_white` is x = 1 / (1 + w), so 1 - w = 2 - 1/x; a zero gives null.
    """
    if measure == "white_share":
        return 1 - value
    return 2 - F.try_divide(F.lit(1.0), value) if measure == "inverse_one_plus_white" else value


def check_measure(shares: DataFrame, source: Source) -> None:
    """Raise InputError where a one-column frame is said to hold shares of ethnic minorities, and cannot.

    One small row is collected: the number of values and their minimum.
    """
    row = shares.toDF("x").agg(F.count("x"), F.min("x")).first()
    count, lowest = (row[0], row[1]) if row else (0, None)
    enough = COUNTRY_AREAS if source.options.get("measure") == "share" else FEWEST_AREAS
    if lowest is None or count < enough or lowest < 0.5:
        return
    raise InputError(
        "the column is called a share of ethnic minorities and holds something else",
        where="ethnicity",
        expected="areas with a share below 0.5",
        found=f"{count:,} areas, none below {lowest:.4f}",
        mend="if it holds 1 / (1 + White share), set `options: {measure: inverse_one_plus_white}` of the source;"
        " if it does hold shares of a part of the country, `options: {measure: share}`",
    )


def _tidied(spark: SparkSession, source: Source) -> DataFrame:
    measure = source.options.get("measure", "share")
    if measure not in MEASURES:
        raise ConfigurationError(
            "no such measure", where="sources.ethnicity.options.measure", expected=listed(MEASURES), found=measure
        )
    raw = read_any(spark, source)
    names = configured(raw.columns, source, Ethnicity, where="ethnicity")
    demand(names, (Ethnicity.lsoa_2011_code, Ethnicity.ethnic_minority_share), raw.columns, where="ethnicity")
    rows = typed(raw, Ethnicity, names)
    if measure == "share":
        check_measure(rows.select(Ethnicity.ethnic_minority_share), source)
    return rows.withColumn(
        Ethnicity.ethnic_minority_share, minority_share(F.col(Ethnicity.ethnic_minority_share), measure)
    )


def _exported(spark: SparkSession, source: Source) -> DataFrame:
    raw = read_nomis(spark, source, where="ethnicity")
    groups = count_columns(raw.columns)
    white = [column for column in groups if normal(column).startswith("white")]
    if not white or len(white) == len(groups):
        raise InputError(
            "the export is not of ethnic groups",
            where="ethnicity",
            expected="columns that begin with White",
            found=listed(groups),
        )
    share = 1 - F.try_divide(whole(white), F.nullif(whole(groups), F.lit(0)))
    return raw.select(
        "lsoa_2011_code", "_text_lsoa_2011_code", *BOOKKEEPING, share.alias(Ethnicity.ethnic_minority_share)
    )
