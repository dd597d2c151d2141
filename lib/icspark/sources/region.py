"""Which LSOAs of 2011 a region is made of: those that a file lists, or those in areas of a larger level.

A list is JSON (an array, or an object whose values are codes, as `{"0": "E01021347"}`), or text with one code a line or
in the first column. Levels are those of area_lookup, such as icb_2022 or ltla_2022. A level that hangs on LSOAs of 2021
is reached through them: an area of 2011 is in if one of its areas of 2021 is.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from icspark.config import Region
from icspark.errors import ConfigurationError, InputError, nearest
from icspark.sources.headers import listed
from icspark.tables.reference import AreaLookup

LSOA = "lsoa_2011"
LSOA_FORM = re.compile(r"[EW]01\d{6}")
COLUMN = "lsoa_2011_code"


def region_codes(
    spark: SparkSession, region: Region, *, lookup: DataFrame | None = None, known: DataFrame | None = None
) -> DataFrame:
    """Return the region's LSOA 2011 codes, one distinct code a row, in a column `lsoa_2011_code`.

    `lookup` is area_lookup, needed for codes of any other level. `known` is a frame with a column `lsoa_2011_code` of
    every area that there is, such as deprivation's; codes that it lacks are an error. Raises InputError for a list that
    is no list of codes or names unknown areas, ConfigurationError for a region of unknown level or codes.
    """
    if region.areas:
        codes = codes_in_file(Path(region.areas))
        return _checked(_frame(spark, codes), known, where=region.areas)
    if not region.codes:
        raise ConfigurationError(
            "the region names no areas", where="region", mend="give `areas` (a file) or `level` and `codes`"
        )
    if region.level == LSOA:
        return _checked(_frame(spark, region.codes), known, where="region.codes")
    if lookup is None:
        raise ConfigurationError(
            f"codes of {region.level} need area_lookup, which no job has written",
            where="region",
            mend="run ingest_area_lookup",
        )
    return _checked(areas_in(lookup, region.level, region.codes), known, where="region.codes")


def codes_in_file(path: Path) -> list[str]:
    """Return the distinct codes of a list of LSOAs, sorted; a heading is skipped, what else is no code is an error."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError("the list of areas is absent", where=str(path), mend="correct `region.areas`") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the list of areas cannot be read ({type(error).__name__})", where=str(path)) from None
    cells = _json_cells(text, path) if text.lstrip()[:1] in ("{", "[") else _text_cells(text)
    wrong = [cell for cell in cells if not LSOA_FORM.fullmatch(cell)]
    if wrong or not cells:
        raise InputError(
            "the list of areas holds what is no LSOA code",
            where=str(path),
            expected="E01 or W01 and six digits",
            found=f"{len(wrong):,} others, such as {listed(wrong, most=5)}" if wrong else "nothing",
        )
    return sorted(set(cells))


def areas_in(lookup: DataFrame, level: str, codes: Iterable[str]) -> DataFrame:
    """Return the LSOAs of 2011 in the areas `codes` of `level`, by area_lookup, in a column `lsoa_2011_code`.

    Raises ConfigurationError where the level is not in area_lookup, or some of the codes are not.
    """
    wanted = sorted(set(codes))
    up = lookup.where(F.col(AreaLookup.to_level) == level)
    # Two small collects: the levels below this one, and which of the wanted codes there are.
    below = {row[0] for row in up.select(AreaLookup.from_level).distinct().collect()}
    if not below & {LSOA, "lsoa_2021"}:
        levels = [str(row[0]) for row in lookup.select(AreaLookup.to_level).distinct().collect()]
        raise ConfigurationError(
            f"area_lookup has no level {level} above LSOAs. {nearest(level, levels)}".strip(),
            where="region.level",
            expected=listed(sorted(levels)),
        )
    inside = up.where(F.col(AreaLookup.to_code).isin(wanted))
    found = {row[0] for row in inside.select(AreaLookup.to_code).distinct().collect()}
    missing = [code for code in wanted if code not in found]
    if missing:
        raise ConfigurationError(
            f"{len(missing)} of {len(wanted)} codes are no areas of {level}",
            where="region.codes",
            found=listed(missing, most=5),
        )
    if LSOA in below:
        return (
            inside.where(F.col(AreaLookup.from_level) == LSOA)
            .select(F.col(AreaLookup.from_code).alias(COLUMN))
            .distinct()
        )
    new = inside.where(F.col(AreaLookup.from_level) == "lsoa_2021").select(
        F.col(AreaLookup.from_code).alias(AreaLookup.to_code)
    )
    old = lookup.where((F.col(AreaLookup.from_level) == LSOA) & (F.col(AreaLookup.to_level) == "lsoa_2021"))
    return (
        old.join(new, on=AreaLookup.to_code, how="left_semi")
        .select(F.col(AreaLookup.from_code).alias(COLUMN))
        .distinct()
    )


def _frame(spark: SparkSession, codes: Iterable[str]) -> DataFrame:
    return spark.createDataFrame([(code,) for code in sorted(set(codes))], f"{COLUMN} string")


def _checked(codes: DataFrame, known: DataFrame | None, *, where: str) -> DataFrame:
    if known is None:
        return codes
    lost = codes.join(known.select(COLUMN).distinct(), on=COLUMN, how="left_anti")
    # One small row: how many codes are unknown, and the first five.
    row = lost.agg(F.count("*"), F.slice(F.sort_array(F.collect_list(COLUMN)), 1, 5)).first()
    if row and row[0]:
        raise InputError(
            f"{row[0]:,} codes of the region are no areas that are known here",
            where=where,
            expected=f"codes of {LSOA}",
            found=listed(row[1]),
            mend="check the vintage of the list",
        )
    return codes


def _json_cells(text: str, path: Path) -> list[str]:
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"the list of areas is no JSON (line {error.lineno})", where=str(path)) from None
    values = document.values() if isinstance(document, dict) else document
    return [str(value).strip() for value in values]


def _text_cells(text: str) -> list[str]:
    cells = [row[0].strip() for row in csv.reader(text.splitlines()) if row and row[0].strip()]
    return cells[1:] if cells and not LSOA_FORM.fullmatch(cells[0]) and len(cells) > 1 else cells
