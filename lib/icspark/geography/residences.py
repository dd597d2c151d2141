"""Where people lived: each address placed once, by the code that came with it, its point, or its postcode."""

from __future__ import annotations

from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from icspark.geography.assignment import assign_areas
from icspark.geography.projection import BRITISH_GRID, reproject_boundaries
from icspark.tables.activity import PersonArea
from icspark.tables.geography import PostcodeArea
from icspark.tables.records import Residence
from icspark.tables.reference import AreaLookup, Boundary, Postcode

VINTAGES = ("lsoa_2011", "lsoa_2021")
ADDRESS = (
    Residence.postcode,
    Residence.easting,
    Residence.northing,
    Residence.lsoa_2011_code,
    Residence.lsoa_2021_code,
)
NOWHERE = "ZZ99"
"""First part of the NHS's postcodes for no fixed abode, abroad and not known: they place nobody."""


def place_residences(
    residences: DataFrame,
    *,
    boundaries: DataFrame | None = None,
    directory: DataFrame | None = None,
    lookup: DataFrame | None = None,
) -> DataFrame:
    """Return one row per residence, as the table PersonArea.

    Of the ways that lead to a code the first is taken: the code that the extract supplies; the point (easting and
    northing) in `boundaries`; the postcode in `directory` (see `postcode_codes`); the code of the other vintage in
    `lookup` (area_lookup), where it has one successor only (unchanged and merged areas forwards, unchanged and split
    ones backwards; never irregular ones). A ZZ99 postcode places nobody, whatever else stands beside it. Each distinct
    address is placed once, and each distinct point is joined to geometry once; then all residences get the answer.
    """
    addresses = residences.select(*ADDRESS).distinct().withColumns(_named_apart())
    placed = addresses.transform(_by_point, boundaries=boundaries).transform(_by_postcode, directory=directory)
    for vintage, other in zip(VINTAGES, reversed(VINTAGES), strict=True):
        placed = _by_lookup(placed, lookup, vintage=vintage, other=other)
    answers = placed.select(*[f"_{name}" for name in ADDRESS], *_answers())
    own = [name for name in residences.columns if name not in ADDRESS]
    same = (residences[name].eqNullSafe(answers[f"_{name}"]) for name in ADDRESS)
    joined = residences.join(answers, on=reduce(Column.__and__, same), how="left")  # one answer an address
    return joined.select(*[residences[name] for name in own], *[answers[name] for name in _answer_names()]).select(
        *PersonArea.columns()
    )


def postcode_codes(directory: DataFrame | None, placed: DataFrame | None) -> DataFrame | None:
    """Return postcode, `lsoa_2011_code` and `lsoa_2021_code` from the tables Postcode and PostcodeArea.

    The LSOA 2011 is the official one of the directory, else that of the postcode's point; the LSOA 2021 that of the
    point: the directory has none. None where there is no table.
    """
    if placed is not None:
        official = F.coalesce(PostcodeArea.official_lsoa_2011_code, PostcodeArea.lsoa_2011_code)
        return placed.select(
            PostcodeArea.postcode, official.alias(PostcodeArea.lsoa_2011_code), PostcodeArea.lsoa_2021_code
        )
    if directory is None:
        return None
    return directory.select(
        Postcode.postcode, Postcode.lsoa_2011_code, F.lit(None).cast("string").alias(PostcodeArea.lsoa_2021_code)
    )


def _named_apart() -> dict[str, Column]:
    """Keep the address under names of its own, and take out of the ways all that a ZZ99 postcode rules out."""
    apart = {f"_{name}": F.col(name) for name in ADDRESS}
    nowhere = F.coalesce(F.col(Residence.postcode).startswith(NOWHERE), F.lit(False))
    usable = {name: F.when(~nowhere, F.col(name)) for name in ADDRESS}
    return {**apart, "_is_nowhere": nowhere, **usable}


def _by_point(addresses: DataFrame, *, boundaries: DataFrame | None) -> DataFrame:
    """Add `<vintage>_point`, `_point_by` and `_point_reason`."""
    metres, loaded = _in_metres(boundaries)
    named = addresses.withColumnsRenamed({f"{v}_code": f"{v}_supplied" for v in VINTAGES})
    for vintage in VINTAGES:
        if metres is not None and vintage in loaded:
            named = assign_areas(named, metres, area_type=vintage, epsg=BRITISH_GRID)
        else:
            nothing = F.lit(None).cast("string")
            named = named.withColumns(
                {
                    f"{vintage}_code": nothing,
                    f"{vintage}_placed_by": F.lit("none"),
                    f"{vintage}_reason": F.when(F.col(Residence.easting).isNotNull(), "no_boundaries"),
                }
            )
    renamed = {"code": "point", "placed_by": "point_by", "reason": "point_reason"}
    return named.withColumnsRenamed({f"{v}_{old}": f"{v}_{new}" for v in VINTAGES for old, new in renamed.items()})


def _in_metres(boundaries: DataFrame | None) -> tuple[DataFrame | None, frozenset[str]]:
    """Return the boundaries of the two vintages in EPSG:27700, and which of the vintages there are."""
    if boundaries is None:
        return None, frozenset()
    layers = boundaries.where(F.col(Boundary.area_type).isin(*VINTAGES))
    # One small row. Polygons that are in metres already are not sent through Python again.
    types, systems = layers.agg(F.collect_set(Boundary.area_type), F.collect_set(Boundary.epsg_code)).take(1)[0]
    is_metric = set(systems) <= {BRITISH_GRID}
    return layers if is_metric else reproject_boundaries(layers, epsg=BRITISH_GRID), frozenset(types)


def _by_postcode(addresses: DataFrame, *, directory: DataFrame | None) -> DataFrame:
    """Add `<vintage>_postcode` and `_is_listed`, null where there is no directory."""
    if directory is None:
        nothing = {f"{v}_postcode": F.lit(None).cast("string") for v in VINTAGES}
        return addresses.withColumns({**nothing, "_is_listed": F.lit(None).cast("boolean")})
    listed = directory.withColumnsRenamed({f"{v}_code": f"{v}_postcode" for v in VINTAGES}).withColumn(
        "_found", F.lit(True)
    )
    joined = addresses.join(listed, on=Residence.postcode, how="left")
    return joined.withColumn("_is_listed", F.coalesce("_found", F.lit(False))).drop("_found")


def _by_lookup(addresses: DataFrame, lookup: DataFrame | None, *, vintage: str, other: str) -> DataFrame:
    """Add `<vintage>_lookup`: the one area that the code of the other vintage is or has become."""
    if lookup is None:
        return addresses.withColumn(f"{vintage}_lookup", F.lit(None).cast("string"))
    between = lookup.where(
        (F.col(AreaLookup.from_level) == VINTAGES[0])
        & (F.col(AreaLookup.to_level) == VINTAGES[1])
        & (F.col(AreaLookup.change_code) != "X")
    )
    ends = (AreaLookup.from_code, AreaLookup.to_code)
    start, end = ends if other == VINTAGES[0] else ends[::-1]
    ones = between.groupBy(F.col(start).alias("_other")).agg(
        F.count("*").alias("_successors"), F.min(end).alias(f"{vintage}_lookup")
    )
    single = F.broadcast(ones.where(F.col("_successors") == 1).drop("_successors"))
    known = F.coalesce(*[F.col(f"{other}_{way}") for way in ("supplied", "point", "postcode")])
    return addresses.withColumn("_other", known).join(single, on="_other", how="left").drop("_other")


def _answer_names() -> list[str]:
    return [f"{v}_{part}" for v in VINTAGES for part in ("code", "placed_by", "reason")]


def _answers() -> list[Column]:
    return [column for vintage in VINTAGES for column in _answer(vintage)]


def _answer(vintage: str) -> list[Column]:
    ways = {way: F.col(f"{vintage}_{way}") for way in ("supplied", "point", "postcode", "lookup")}
    placed_by = F.when(ways["supplied"].isNotNull(), "supplied")
    placed_by = placed_by.when(ways["point"].isNotNull(), F.col(f"{vintage}_point_by"))
    for way in ("postcode", "lookup"):
        placed_by = placed_by.when(ways[way].isNotNull(), way)
    code = F.coalesce(*ways.values())
    return [
        code.alias(f"{vintage}_code"),
        placed_by.otherwise("none").alias(f"{vintage}_placed_by"),
        F.when(code.isNull(), _reason(vintage)).alias(f"{vintage}_reason"),
    ]


def _reason(vintage: str) -> Column:
    has_point = F.col(Residence.easting).isNotNull() & F.col(Residence.northing).isNotNull()
    has_postcode = F.col(Residence.postcode).isNotNull()
    return (
        F.when(F.col("_is_nowhere"), "no_fixed_abode_or_overseas")
        .when(has_point, F.col(f"{vintage}_point_reason"))
        .when(has_postcode & F.col("_is_listed").isNull(), "no_directory")
        .when(has_postcode & ~F.col("_is_listed"), "postcode_not_in_directory")
        .when(has_postcode, "no_area_of_postcode")
        .otherwise("no_address")
    )
