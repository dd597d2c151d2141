"""Postcodes with their coordinates and official LSOA.

Record specification: Office for National Statistics, National Statistics Postcode Lookup (NSPL) User Guide; the
Postcode Directory (ONSPD) has the same columns. Editions to May 2022 carry `lsoa11`; from August 2022 `lsoa21` alone,
and from 2025 `east1m`, `north1m`, `gridind` and `lsoa21cd`. Read by header, whatever its case and order.
The publisher's own layout is not seen on a real file; a tidied one (names in the configuration) is.

What is changed on the way, and why:
- latitude 99.999999 is the directory's way to say that there are no coordinates: null, with the longitude 0 beside it;
- grid references of Northern Ireland (BT) are on the Irish Grid, not EPSG:27700: null, or they would lie in Britain;
- the tens of Code-Point Open's quality (10 to 90) are the directory's 1 to 9;
- an area code that is no LSOA of England and Wales (a Scottish data zone, a pseudo code such as L99999999) is null;
- pseudo postcodes (ZZ99 3VZ: no fixed abode) have the form of a postcode and no coordinates: accepted, placing nobody.

Options: `lsoa: none` reads coordinates alone from an edition that has no LSOA 2011.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from icspark.config import Source
from icspark.errors import VintageError
from icspark.quality.checks import Checked, Rule, check
from icspark.sources.headers import configured, demand, spelt
from icspark.sources.reading import read_any, typed
from icspark.tables.reference import Postcode

SPELLINGS = {
    Postcode.postcode: ("pcds", "postcode"),
    Postcode.easting: ("oseast1m", "east1m", "easting"),
    Postcode.northing: ("osnrth1m", "north1m", "northing"),
    Postcode.longitude: ("long", "longitude"),
    Postcode.latitude: ("lat", "latitude"),
    Postcode.lsoa_2011_code: ("lsoa11cd", "lsoa11"),
    Postcode.positional_quality_code: ("osgrdind", "gridind", "positional_quality"),
    Postcode.introduced_date: ("dointr",),
    Postcode.terminated_date: ("doterm",),
}
"""Our column -> its names over the editions of the directory."""

POSTCODE_FORM = "^([A-Z]{1,2}[0-9][A-Z0-9]? [0-9][A-Z]{2}|GIR 0AA)$"
"""Outward and inward code with one space, after BS 7666; the pseudo postcodes ZZ99 fit it."""

LSOA_FORM = "^[EW]01[0-9]{6}$"
"""Nine characters of an LSOA of England or Wales, of either vintage."""

RULES = (
    Rule(
        "POSTCODE_FORM",
        "A postcode is an outward and an inward code, such as IP1 1AA.",
        lambda: ~F.col(Postcode.postcode).rlike(POSTCODE_FORM),
    ),
    Rule(
        "EASTING_RANGE",
        "An easting of Great Britain lies between 0 and 700,000 metres.",
        lambda: ~F.col(Postcode.easting).between(0, 700_000),
        column=Postcode.easting,
    ),
    Rule(
        "NORTHING_RANGE",
        "A northing of Great Britain lies between 0 and 1,300,000 metres.",
        lambda: ~F.col(Postcode.northing).between(0, 1_300_000),
        column=Postcode.northing,
    ),
    Rule(
        "LONGITUDE_RANGE",
        "A longitude of the United Kingdom lies between 9 degrees west and 2 degrees east.",
        lambda: ~F.col(Postcode.longitude).between(-9.0, 2.0),
        column=Postcode.longitude,
    ),
    Rule(
        "LATITUDE_RANGE",
        "A latitude of the United Kingdom lies between 49 and 61 degrees north.",
        lambda: ~F.col(Postcode.latitude).between(49.0, 61.0),
        column=Postcode.latitude,
    ),
)


def read(spark: SparkSession, source: Source) -> Checked:
    """Return the postcodes of the directory, one row each, checked.

    Raises InputError where the header is of no known edition, VintageError where it has LSOA 2021 codes alone.
    """
    raw = read_any(spark, source, required=())
    names = (
        configured(raw.columns, source, Postcode, where="postcode") if source.columns else spelt(raw.columns, SPELLINGS)
    )
    demand(names, (Postcode.postcode,), raw.columns, where="postcode")
    _check_vintage(raw, source, names)
    if source.options.get("lsoa") == "none":
        names.pop(Postcode.lsoa_2011_code, None)
    tidy = raw.transform(with_plain_coordinates, names=names)
    return check(typed(tidy, Postcode, names, dates="yyyyMM"), Postcode, RULES, ceiling=source.rejected_ceiling)


def one_space(postcode: Column) -> Column:
    """Return a postcode in upper case with one space before its last three characters; null stays null."""
    compact = F.upper(F.regexp_replace(postcode, r"\s", ""))
    return F.regexp_replace(compact, r"^(.+)(.{3})$", "$1 $2")


def with_plain_coordinates(raw: DataFrame, *, names: dict[str, str]) -> DataFrame:
    """Return the raw rows with the directory's ways to say `none` made null, as the module's docstring lists them."""
    text = {ours: F.col(f"`{file}`") for ours, file in names.items()}
    latitude = text.get(Postcode.latitude, F.lit(None).cast("string"))
    has_point = F.coalesce(latitude.try_cast("double") < 99, F.lit(True))
    is_irish_grid = text[Postcode.postcode].rlike(r"^\s*[Bb][Tt][0-9]")
    lsoa = text.get(Postcode.lsoa_2011_code, F.lit(None))
    changed = {
        Postcode.postcode: one_space(text[Postcode.postcode]),
        Postcode.latitude: F.when(has_point, latitude),
        Postcode.longitude: F.when(has_point, text.get(Postcode.longitude, F.lit(None))),
        Postcode.easting: F.when(~is_irish_grid, text.get(Postcode.easting, F.lit(None))),
        Postcode.northing: F.when(~is_irish_grid, text.get(Postcode.northing, F.lit(None))),
        Postcode.positional_quality_code: F.regexp_replace(
            text.get(Postcode.positional_quality_code, F.lit(None)), "^([1-9])0$", "$1"
        ),
        Postcode.lsoa_2011_code: F.when(F.trim(lsoa).rlike(LSOA_FORM), lsoa),
    }
    return raw.withColumns({names[ours]: value for ours, value in changed.items() if ours in names})


def _check_vintage(raw: DataFrame, source: Source, names: dict[str, str]) -> None:
    has_2011 = Postcode.lsoa_2011_code in names and source.vintage in (None, "lsoa_2011")
    if has_2011 or source.options.get("lsoa") == "none":
        return
    other = spelt(raw.columns, {"lsoa_2021": ("lsoa21cd", "lsoa21")})
    raise VintageError(
        "the directory has no LSOA 2011 codes" + (", only LSOA 2021" if other or source.vintage else ""),
        where="postcode",
        expected="a column lsoa11 or lsoa11cd",
        found=", ".join(other.values()) or source.vintage or "none",
        mend="take an edition to May 2022, or set `options: {lsoa: none}` to read the coordinates alone",
    )
