"""Which area lies in which: LSOA 2011 to 2021, LSOA to MSOA, ward, district, sub-ICB and ICB, practice to network.

Record specification: Office for National Statistics, lookups of the Open Geography portal. A column is a level where
its name is letters, a two-digit year and an ending: `LSOA21CD`, `WD22CD`, `ICB22CDH` (the code that the NHS uses), with
the name in `LSOA21NM`. Tidied files write `lsoa21_code`, `icb22_code_h`, `icb24_code_nhs`, `lsoa21_name` (seen). So a
file is known by its header, several files make one source, and a file of many levels becomes one row per area of its
lowest level and area of each level above. Best fit of LSOA 2011 to 2021: `CHGIND` (or `change_code`) U, S, M or X; the
levels above hang on the newer of two vintages, since that is what the publisher placed.
Options of the source give further columns as `column: level`, such as `PLACE: place_2024`; level `-` leaves one out.

Practice to primary care network: NHS England, ODS `ePCN`: the workbook's sheet `PCN Core Partner Details`, or
`epcncorepartnerdetails.csv`, which has no header. Not seen on a real file. Memberships that ended by the source's
`as_of` (or at all, where it gives none) are past and are left out before reading is counted; the note
`memberships_ended` of the source says how many.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from icspark.config import Source
from icspark.errors import InputError
from icspark.quality.checks import Checked, Rule, check
from icspark.sources.headers import listed, normal, of_file, spelt
from icspark.sources.reading import read_any, read_delimited
from icspark.sources.workbooks import opened
from icspark.tables.reference import AreaLookup

LEVELS = {
    "practice": "practice", "oa": "oa", "lsoa": "lsoa", "msoa": "msoa", "wd": "ward", "ward": "ward", "pcn": "pcn",
    "sicbl": "sicbl", "loc": "sicbl", "ccg": "ccg", "lad": "ltla", "ltla": "ltla", "utla": "utla", "ctyua": "utla",
    "icb": "icb", "stp": "stp", "cal": "cancer_alliance", "nhser": "nhs_region", "rgn": "region", "ctry": "country",
}  # fmt: skip
"""A publisher's abbreviation of a level -> our name of it, from the smallest areas to the largest."""

CODE_HEADER = re.compile(r"^(?P<stem>(?P<level>[a-z]+)(?P<year>\d{2}))(?:_code(?P<nhs>_h|_nhs)?|cd(?P<h>h)?)$")
CHANGE_HEADERS = ("chgind", "change_code")
CHANGES = ("U", "S", "M", "X")

EPCN = (
    "Partner Organisation Code",
    "Partner Name",
    "Practice Parent Sub ICB Location Code",
    "Practice Parent Sub ICB Location Name",
    "PCN Code",
    "PCN Name",
    "PCN Parent Sub ICB Location Code",
    "PCN Parent Sub ICB Location Name",
    "Practice to PCN Relationship Start Date",
    "Practice to PCN Relationship End Date",
    "Practice Sub ICB and PCN Sub ICB Match?",
)
"""Columns of ePCN's core partner details, in the order of the file without a header."""

RULES = (
    Rule(
        "AREA_CODE_FORM",
        "A code of an LSOA is E01 or W01 and six digits.",
        lambda: (
            _is_no_lsoa(AreaLookup.from_level, AreaLookup.from_code)
            | _is_no_lsoa(AreaLookup.to_level, AreaLookup.to_code)
        ),
    ),
    Rule(
        "CHANGE_CODE",
        "A change between vintages is U (unchanged), S (split), M (merged) or X (irregular).",
        lambda: ~F.col(AreaLookup.change_code).isin(*CHANGES),
    ),
)


@dataclass(frozen=True)
class Level:
    """One column of codes in a file: the file's column, the level that its areas are of, the column of their names."""

    column: str
    level: str
    name_column: str | None

    @property
    def order(self) -> tuple[int, str]:
        """Return what sorts levels from the smallest areas to the largest, older vintages first."""
        kind = re.sub(r"_\d{4}.*", "", self.level)
        known = list(dict.fromkeys(LEVELS.values()))
        return (known.index(kind) if kind in known else len(known), self.level)


@dataclass(frozen=True)
class Lookups:
    """The checked rows, and numbers worth keeping in the run record."""

    checked: Checked
    notes: dict[str, int]


def read(spark: SparkSession, source: Source) -> Lookups:
    """Return one row per area and area above it, from all files of the source, checked.

    A pair that stands in several rows of a file of many levels is one row. Raises InputError for a file whose header
    has fewer than two levels.
    """
    frames, ended = [], 0
    for path in source.paths:
        one = source.model_copy(update={"path": str(path)})
        if "epcn" in path.name.lower():
            current, past_count = _memberships(spark, one)
            ended += past_count
            frames.append(current)
        else:
            frames.append(_pairs_of_file(spark, one))
    rows = reduce(lambda left, right: left.unionByName(right), frames)
    notes = {"memberships_ended": ended} if ended else {}
    return Lookups(check(rows, AreaLookup, RULES, ceiling=source.rejected_ceiling), notes)


def levels_of(columns: Sequence[str], options: Mapping[str, str]) -> list[Level]:
    """Return the columns of codes in a header, from the smallest areas to the largest.

    `options` adds or renames (column -> level); `-` leaves a column out.
    """
    known = {normal(column): column for column in columns}
    named = {normal(column): level for column, level in options.items()}
    levels = []
    for text, column in known.items():
        level = named.get(text) or _level(text)
        if level and level != "-":
            levels.append(Level(column, level, _name_column(text, known)))
    return sorted(levels, key=lambda level: level.order)


def links(levels: Sequence[Level]) -> list[tuple[Level, Level]]:
    """Return which level is placed in which: the lowest in each above it.

    Where a file has two vintages of its lowest level, the older is placed in the newer and the newer in the rest.
    """
    lowest, *rest = levels
    kind = lowest.order[0]
    newer = [level for level in rest if level.order[0] == kind and re.fullmatch(r"[a-z]+_\d{4}", level.level)]
    base = newer[-1] if newer else lowest
    between = [(lowest, base)] if newer else []
    return between + [(base, level) for level in rest if level is not base]


def melted(raw: DataFrame, pairs: Sequence[tuple[Level, Level]], *, change: str | None) -> DataFrame:
    """Return the distinct pairs of a file of many levels as rows of area_lookup, each with `_file` and one `_raw`.

    `change` is the column of change codes; only the pair of two vintages of one level keeps it.
    """
    structs = []
    for low, high in pairs:
        has_change = change is not None and low.order[0] == high.order[0]
        values = {
            AreaLookup.from_level: F.lit(low.level),
            AreaLookup.from_code: _cell(low.column),
            AreaLookup.to_level: F.lit(high.level),
            AreaLookup.to_code: _cell(high.column),
            AreaLookup.to_name: _cell(high.name_column) if high.name_column else F.lit(None).cast("string"),
            AreaLookup.change_code: _cell(str(change)) if has_change else F.lit(None).cast("string"),
        }
        structs.append(F.struct(*(value.alias(name) for name, value in values.items())))
    problem = F.col("_problem") if "_problem" in raw.columns else F.lit(None).cast("string").alias("_problem")
    long = raw.select(F.explode(F.array(*structs)).alias("_pair"), "_file", "_raw", problem).select(
        "_pair.*", "_file", "_raw", "_problem"
    )
    is_whole = F.count_if(F.col("_problem").isNull()) > 0
    return long.groupBy(*AreaLookup.columns(), "_file").agg(
        F.min("_raw").alias("_raw"), F.when(~is_whole, F.min("_problem")).alias("_problem")
    )


def _level(header: str) -> str | None:
    match = CODE_HEADER.match(header)
    if match is None or match["level"] not in LEVELS:
        return None
    is_nhs = match["nhs"] or match["h"]
    return f"{LEVELS[match['level']]}_20{match['year']}" + ("_nhs" if is_nhs else "")


def _name_column(header: str, known: Mapping[str, str]) -> str | None:
    match = CODE_HEADER.match(header)
    stem = match["stem"] if match else re.sub(r"(_?code|cd)$", "", header)
    return next((known[name] for name in (f"{stem}nm", f"{stem}_name", f"{stem}name") if name in known), None)


def _pairs_of_file(spark: SparkSession, source: Source) -> DataFrame:
    raw = read_any(spark, source)
    columns = of_file(raw.columns)
    levels = levels_of(columns, source.options)
    if len(levels) < 2:
        raise InputError(
            "the header has fewer than two levels of area",
            where=str(source.paths[0]),
            expected="columns such as LSOA11CD and LSOA21CD, or lsoa11_code and icb22_code",
            found=listed(columns),
            mend="name the columns under `options` of the source area_lookup, as column: level",
        )
    change = spelt(columns, {"change": CHANGE_HEADERS}).get("change")
    return melted(raw, links(levels), change=change)


def _memberships(spark: SparkSession, source: Source) -> tuple[DataFrame, int]:
    """Return the current pairs of practice and network, and the number of memberships that have ended."""
    path = source.paths[0]
    raw = _epcn_workbook(spark, path) if path.suffix == ".xlsx" else _epcn_text(spark, source)
    missing = [name for name in (EPCN[0], EPCN[4], EPCN[9]) if name not in raw.columns]
    if missing:
        raise InputError(
            "these are not ePCN's core partners",
            where=str(path),
            expected=listed(missing),
            found=listed(of_file(raw.columns)),
        )
    text = F.trim(f"`{EPCN[9]}`")
    ended = F.coalesce(
        F.try_to_timestamp(text, F.lit("yyyyMMdd")), F.try_to_timestamp(F.left(text, F.lit(10)), F.lit("yyyy-MM-dd"))
    )
    is_past = (
        ended.isNotNull()
        if source.as_of is None
        else F.coalesce(ended.cast("date") <= F.lit(source.as_of), F.lit(False))
    )
    pair = (Level(EPCN[0], "practice", None), Level(EPCN[4], "pcn", EPCN[5]))
    return melted(raw.where(~is_past), [pair], change=None), raw.where(is_past).count()


def _cell(column: str) -> Column:
    return F.nullif(F.trim(f"`{column}`"), F.lit(""))


def _is_no_lsoa(level: str, code: str) -> Column:
    return F.col(level).startswith("lsoa_") & ~F.col(code).rlike("^[EW]01[0-9]{6}$")


def _epcn_text(spark: SparkSession, source: Source) -> DataFrame:
    try:
        return read_delimited(spark, source, required=(EPCN[0], EPCN[4]))
    except InputError:
        return read_delimited(spark, source, header=EPCN)


def _epcn_workbook(spark: SparkSession, path: Path) -> DataFrame:
    book = opened(path)
    sheet = next((name for name in book.sheetnames if normal(name) == "pcn core partner details"), None)
    if sheet is None:
        raise InputError(
            "the workbook lacks a sheet",
            where=str(path),
            expected="PCN Core Partner Details",
            found=listed(book.sheetnames),
        )
    rows = [
        [None if cell is None else str(cell).strip() for cell in row] for row in book[sheet].iter_rows(values_only=True)
    ]
    header = [" ".join((cell or f"_blank_{at}").split()) for at, cell in enumerate(rows[0])]
    full = [(*row, path.name, ",".join(cell or "" for cell in row)) for row in rows[1:] if any(row)]
    return spark.createDataFrame(full, ", ".join(f"`{name}` string" for name in (*header, "_file", "_raw")))
