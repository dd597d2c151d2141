"""Land area of LSOAs of 2021.

Record specification: Office for National Statistics, Standard Area Measurements for 2021 statistical geographies,
`SAM_LSOA_DEC_2021_EW`: hectares (`AREALHECT`, area to mean high water without inland water) or, in the later edition
`..._in_KM`, square kilometres (`Land Count (Area in KM2)`, made hectares here). Neither is seen on a real file; a
tidied one (names in the configuration) is, and its column LSOA11CD holds codes of 2021.

So the header is not believed: the codes are held against those of `area_lookup` where it has been ingested. Declared
`vintage: lsoa_2021` the file is read as that whatever its header says, and the codes that are none of 2011 are counted
(`codes_not_of_the_header`); codes of 2011 are a VintageError, whether declared or found.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from icspark.config import Source
from icspark.errors import VintageError
from icspark.quality.checks import Checked, Rule, check
from icspark.sources.headers import configured, demand, listed, spelt
from icspark.sources.reading import read_any, typed
from icspark.tables.reference import AreaLookup, LandArea

HECTARES = {LandArea.lsoa_2021_code: ("LSOA21CD", "LSOA11CD"), LandArea.area_hectares: ("AREALHECT",)}
SQUARE_KILOMETRES = ("Land Count (Area in KM2)",)
HECTARES_PER_SQUARE_KILOMETRE = 100.0

RULES = (
    Rule(
        "AREA_CODE_FORM",
        "An area is an LSOA of England or Wales: E01 or W01 and six digits.",
        lambda: ~F.col(LandArea.lsoa_2021_code).rlike("^[EW]01[0-9]{6}$"),
    ),
    Rule("HECTARES_POSITIVE", "An area has more than 0 hectares of land.", lambda: F.col(LandArea.area_hectares) <= 0),
)


@dataclass(frozen=True)
class Vintages:
    """How the codes of a file stand to the two vintages: numbers of codes, and the first few that do not match."""

    codes_count: int
    not_2011_count: int
    not_2021_count: int
    not_2011: tuple[str, ...]
    not_2021: tuple[str, ...]


@dataclass(frozen=True)
class LandAreas:
    """The checked rows, and numbers worth keeping in the run record."""

    checked: Checked
    notes: dict[str, int]


def read(spark: SparkSession, source: Source, *, lookup: DataFrame | None = None) -> LandAreas:
    """Return the land area of each LSOA 2021, checked, with `codes_not_of_the_header` and `codes_unknown` as notes.

    `lookup` is area_lookup; without it the codes cannot be held against the vintages, and a header that says 2011 is
    believed. Raises VintageError where the codes are, or are declared to be, of another vintage than 2021.
    """
    raw = read_any(spark, source, required=())
    names, factor = _columns(raw, source)
    header = names[LandArea.lsoa_2021_code]
    rows = typed(raw, LandArea, names).withColumn(LandArea.area_hectares, F.col(LandArea.area_hectares) * factor)
    found = None if lookup is None else compare(rows.select(LandArea.lsoa_2021_code), lookup)
    check_vintage(source.vintage or vintage_of_header(header), declared=source.vintage is not None, found=found)
    notes = {}
    if found is not None:
        is_mislabelled = vintage_of_header(header) == "lsoa_2011"
        notes = {
            "codes_not_of_the_header": found.not_2011_count if is_mislabelled else found.not_2021_count,
            "codes_unknown": found.not_2021_count,
        }
    return LandAreas(check(rows, LandArea, RULES, ceiling=source.rejected_ceiling), notes)


def vintage_of_header(header: str) -> str | None:
    """Return lsoa_2011 or lsoa_2021 from a header such as LSOA11CD or LSOA code (2021); None where it does not say."""
    match = re.search(r"lsoa\D*(?:20)?(11|21)(?!\d)", header.lower())
    return f"lsoa_20{match.group(1)}" if match else None


def compare(codes: DataFrame, lookup: DataFrame) -> Vintages:
    """Return how the distinct codes of a one-column frame stand to the codes of LSOAs 2011 and 2021 in area_lookup."""
    pairs = lookup.where((F.col(AreaLookup.from_level) == "lsoa_2011") & (F.col(AreaLookup.to_level) == "lsoa_2021"))
    old = pairs.select(F.col(AreaLookup.from_code).alias("code"), F.lit(True).alias("is_2011")).distinct()
    new = pairs.select(F.col(AreaLookup.to_code).alias("code"), F.lit(True).alias("is_2021")).distinct()
    given = codes.toDF("code").where(F.col("code").isNotNull()).distinct()
    seen = given.join(old, on="code", how="left").join(new, on="code", how="left")
    not_2011, not_2021 = F.col("is_2011").isNull(), F.col("is_2021").isNull()
    row = seen.agg(
        F.count("*"),
        F.count_if(not_2011),
        F.count_if(not_2021),
        F.slice(F.sort_array(F.collect_list(F.when(not_2011, F.col("code")))), 1, 5),
        F.slice(F.sort_array(F.collect_list(F.when(not_2021, F.col("code")))), 1, 5),
    ).first()
    assert row is not None  # an aggregate without groups has one row
    return Vintages(row[0], row[1], row[2], tuple(row[3]), tuple(row[4]))


def check_vintage(vintage: str | None, *, declared: bool, found: Vintages | None) -> None:
    """Raise VintageError unless the codes of a file are those of 2021.

    `vintage` is what the source declares or else what the header says; `found` is None where no area_lookup has been
    ingested. Codes of 2011 are told by there being some that are of 2011 and not of 2021.
    """
    if found is not None and found.codes_count and found.not_2021_count and found.not_2021_count > found.not_2011_count:
        raise _mismatch(
            "the codes are of another vintage", found.not_2021_count, "lsoa_2021", found=found, codes=found.not_2021
        )
    if vintage == "lsoa_2021":
        return
    if found is not None and found.not_2011_count:
        said = "declared" if declared else "called"
        what = f"the codes are {said} {vintage or 'nothing'}, and are of 2021"
        raise _mismatch(what, found.not_2011_count, str(vintage), found=found, codes=found.not_2011)
    raise VintageError(
        "the table holds land areas of LSOAs of 2021",
        where="land_area",
        expected="lsoa_2021",
        found=vintage or "no vintage in the header",
        mend="ingest area_lookup first, which tells the codes apart, or declare `vintage: lsoa_2021` if they are that",
    )


def _mismatch(what: str, count: int, vintage: str, *, found: Vintages, codes: tuple[str, ...]) -> VintageError:
    return VintageError(
        what,
        where="land_area",
        expected="codes of lsoa_2021",
        found=f"{count:,} of {found.codes_count:,} codes are none of {vintage}, such as {listed(codes)}",
        mend="declare `vintage: lsoa_2021` if that is what they are, or take the publisher's file of 2021",
    )


def _columns(raw: DataFrame, source: Source) -> tuple[dict[str, str], float]:
    factor = 1.0
    if source.columns:
        names = configured(raw.columns, source, LandArea, where="land_area")
    else:
        names = spelt(raw.columns, HECTARES)
        if LandArea.area_hectares not in names:
            names |= spelt(raw.columns, {LandArea.area_hectares: SQUARE_KILOMETRES})
            factor = HECTARES_PER_SQUARE_KILOMETRE
    demand(names, (LandArea.lsoa_2021_code, LandArea.area_hectares), raw.columns, where="land_area")
    return names, factor
