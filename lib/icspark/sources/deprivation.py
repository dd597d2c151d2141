"""The English Indices of Deprivation of 2019 (LSOA 2011) and of 2025 (LSOA 2021).

Record specification: Ministry of Housing, Communities and Local Government, File 7, "All ranks, scores, deciles and
population denominators", of IoD 2019 (57 columns) and of IoD 2025. Both call a score, rank and decile alike ("Crime
Score", "Crime Rank (where 1 is most deprived)", ...), so columns are found by the beginning of their header: two of the
published headers are cut short or end in a blank. File 7 is not seen on a real file in either edition; tidied files
(names in the configuration) are, in which the decile is ceil(10 rank / N) for all 14 indices of 2025.

Several files of one source, such as domains and sub-domains, are joined by area; what no file has is null.

Ranks and deciles are national. Where a file has them they stand. Where it has scores only they are computed (rank 1 =
highest score, ties by code, decile = ceil(10 rank / N)), and only from a file of all N areas: a part of the country
would silently give local ranks, so it is refused. N is not in any layout: option `ranked_areas`, by default the number
of areas of England in that edition. A simulated region states its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce

from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from icspark.config import Source
from icspark.errors import ConfigurationError, InputError
from icspark.quality.checks import Checked, Rule, check
from icspark.sources.headers import beginning, check_declared, configured, demand, of_file
from icspark.sources.reading import BOOKKEEPING, read_any, typed
from icspark.tables.codes import DOMAINS
from icspark.tables.reference import Deprivation2019, Deprivation2025
from icspark.tables.table import Table

RANKED_AREAS = {2019: 32_844, 2025: 33_755}
"""LSOAs of England in the national ranking of each edition."""

TITLES = {
    **DOMAINS,
    "imd": "Index of Multiple Deprivation (IMD)",
    "idaci": "Income Deprivation Affecting Children Index (IDACI)",
    "idaopi": "Income Deprivation Affecting Older People (IDAOPI)",
}
"""Our name of an index -> what its headers in File 7 begin with."""

DENOMINATORS = {
    Deprivation2019.lsoa_2011_name: "LSOA name (2011)",
    Deprivation2019.population_count: "Total population:",
    Deprivation2019.population_0_15_count: "Dependent Children aged 0-15:",
    Deprivation2019.population_16_59_count: "Population aged 16-59:",
    Deprivation2019.population_60_over_count: "Older population aged 60 and over:",
    Deprivation2019.population_working_age_count: "Working age population 18-59/64:",
}
"""Columns of 2019 that are of no index -> what their headers in File 7 begin with."""

RATES = ("income", "employment", "idaci", "idaopi")
"""Indices whose score is a share of people."""


def rules(year: int, areas_count: int) -> tuple[Rule, ...]:
    """Return the rules of an edition: the form of its codes, and the range of each rank, decile and rate."""
    key = "lsoa_2011_code" if year == 2019 else "lsoa_2021_code"
    ranges = (
        ("RANK_RANGE", "A rank lies between 1 and the number of ranked areas.", "rank", DOMAINS, (1, areas_count)),
        ("DECILE_RANGE", "A decile lies between 1 and 10.", "decile", DOMAINS, (1, 10)),
        ("RATE_RANGE", "A score that is a share of people lies between 0 and 1.", "score", RATES, (0, 1)),
    )
    return (
        Rule(
            "AREA_CODE_FORM",
            "An area is an LSOA of England: E01 and six digits.",
            lambda: ~F.col(key).rlike("^E01[0-9]{6}$"),
        ),
        *(
            Rule(code, sentence, _outside(f"{domain}_{year}_{kind}", *limits), column=f"{domain}_{year}_{kind}")
            for code, sentence, kind, domains, limits in ranges
            for domain in domains
        ),
    )


def _outside(name: str, low: int, high: int) -> Callable[[], Column]:
    return lambda: ~F.col(name).between(low, high)


RULES_2019 = rules(2019, RANKED_AREAS[2019])
RULES_2025 = rules(2025, RANKED_AREAS[2025])
"""The rules of England's editions; a source with another `ranked_areas` has its own limit of ranks."""


def read_2019(spark: SparkSession, source: Source) -> Checked:
    """Return the indices of 2019, one row per LSOA 2011, checked. Errors as in `read`."""
    return read(spark, source, table=Deprivation2019, year=2019)


def read_2025(spark: SparkSession, source: Source) -> Checked:
    """Return the indices of 2025, one row per LSOA 2021, checked. Errors as in `read`."""
    return read(spark, source, table=Deprivation2025, year=2025)


def read(spark: SparkSession, source: Source, *, table: type[Table], year: int) -> Checked:
    """Return the indices of `year` in the form of `table`, one row per area, checked.

    Raises InputError where the header is not known, where the file has more areas than the ranking, or where it has
    scores only and not all areas; VintageError where the source declares codes of another vintage.
    """
    where, key = f"deprivation_{year}", table.key()[0]
    check_declared(source, key.removesuffix("_code"), where=where)
    areas_count = ranked_areas(source, year)
    raw, names = _joined(spark, source, table=table, year=year)
    rows = typed(raw, table, names).withColumn("ranked_areas_count", F.lit(areas_count).cast("bigint"))
    unranked = [
        domain for domain in DOMAINS if f"{domain}_{year}_score" in names and f"{domain}_{year}_rank" not in names
    ]
    _check_complete(rows, key, where=where, areas_count=areas_count, needs_all=bool(unranked))
    rows = rows.transform(with_national_ranks, key=key, year=year, domains=unranked)
    rows = rows.transform(with_deciles, year=year, domains=[d for d in DOMAINS if f"{d}_{year}_decile" not in names])
    return check(rows, table, rules(year, areas_count), ceiling=source.rejected_ceiling)


def ranked_areas(source: Source, year: int) -> int:
    """Return the number of areas in the national ranking: option `ranked_areas`, else that of England in `year`."""
    text = source.options.get("ranked_areas", str(RANKED_AREAS[year]))
    if not text.isdecimal() or int(text) < 1:
        raise ConfigurationError(
            "`ranked_areas` is no number of areas",
            where=f"sources.deprivation_{year}.options",
            expected="a whole number above 0",
            found=text,
        )
    return int(text)


def file_7_headers(columns: list[str], year: int, key: str) -> dict[str, str]:
    """Return our column -> File 7's header, for every column of ours that stands in the header."""
    vintage = key.removeprefix("lsoa_").removesuffix("_code")
    triplets = {
        f"{domain}_{year}_{kind}": f"{title} {kind}"
        for domain, title in TITLES.items()
        for kind in ("score", "rank", "decile")
    }
    others = DENOMINATORS if year == 2019 else {}
    return beginning(columns, {key: f"LSOA code ({vintage})", **triplets, **others})


def with_national_ranks(rows: DataFrame, *, key: str, year: int, domains: list[str]) -> DataFrame:
    """Return `rows` with the rank of each of `domains` from its score: 1 = highest, ties by code, null for no score.

    The frame holds every area that is ranked; an area that stands twice is ranked once. One shuffle for all domains:
    ranked in long form, then put back.
    """
    if not domains:
        return rows
    pairs = F.array(*(F.struct(F.lit(d).alias("domain"), F.col(f"{d}_{year}_score").alias("score")) for d in domains))
    long = rows.select(key, F.explode(pairs).alias("pair")).where(
        F.col("pair.score").isNotNull() & F.col(key).isNotNull()
    )
    once = long.groupBy("pair.domain", key).agg(F.max("pair.score").alias("score"))
    order = Window.partitionBy("domain").orderBy(F.desc("score"), key)
    ranked = once.withColumn("rank", F.row_number().over(order).cast("bigint"))
    wide = ranked.groupBy(key).agg(
        *(F.max(F.when(F.col("domain") == d, F.col("rank"))).alias(f"{d}_{year}_rank") for d in domains)
    )
    return rows.join(wide, on=key, how="left")


def with_deciles(rows: DataFrame, *, year: int, domains: list[str]) -> DataFrame:
    """Return `rows` with the decile of each of `domains` that has a rank: ceil(10 rank / N), 1 = most deprived."""
    ranked = [domain for domain in domains if f"{domain}_{year}_rank" in rows.columns]
    return rows.withColumns(
        {f"{d}_{year}_decile": decile(F.col(f"{d}_{year}_rank"), F.col("ranked_areas_count")) for d in ranked}
    )


def decile(rank: Column, areas_count: Column) -> Column:
    """Return ceil(10 rank / N) as a whole number; null stays null."""
    return F.ceil(rank * 10 / areas_count).cast("bigint")


def _joined(spark: SparkSession, source: Source, *, table: type[Table], year: int) -> tuple[DataFrame, dict[str, str]]:
    """Return the source's files joined by area, under our names, and the map of our names to themselves."""
    where, key = f"deprivation_{year}", table.key()[0]
    parts = [read_any(spark, source.model_copy(update={"path": str(path)})) for path in source.paths]
    every = [column for part in parts for column in part.columns]
    if source.columns:
        configured(every, source, table, where=where)
    ours = []
    for part in parts:
        names = _in_part(part, source, year, key)
        demand(names, (key,), part.columns, where=where)
        kept = [name for name in BOOKKEEPING if name in part.columns]
        ours.append(part.select(*(F.col(f"`{file}`").alias(our) for our, file in names.items()), *kept))
    whole = reduce(lambda left, right: _outer(left, right, key), ours)
    names = {column: column for column in of_file(whole.columns)}
    demand(names, (f"imd_{year}_score",), every, where=where)
    return whole, names


def _in_part(part: DataFrame, source: Source, year: int, key: str) -> Mapping[str, str]:
    if source.columns:
        return {our: file for our, file in source.columns.items() if file in part.columns}
    return file_7_headers(part.columns, year, key)


def _outer(left: DataFrame, right: DataFrame, key: str) -> DataFrame:
    right = right.drop(*(c for c in of_file(right.columns) if c in left.columns and c != key))
    added = {name: f"{name}_right" for name in BOOKKEEPING if name in right.columns}
    joined = left.join(right.withColumnsRenamed(added), on=key, how="full")
    both = {n: F.concat_ws(" + ", *(c for c in (n, added.get(n)) if c in joined.columns)) for n in ("_file", "_raw")}
    return joined.withColumns(both).drop(*added.values())


def _check_complete(rows: DataFrame, key: str, *, where: str, areas_count: int, needs_all: bool) -> None:
    found = rows.agg(F.count_distinct(key)).first()
    areas = int(found[0]) if found else 0
    if areas > areas_count:
        raise InputError(
            "there are more areas than are ranked",
            where=where,
            expected=f"at most {areas_count:,}",
            found=f"{areas:,}",
            mend="correct `options: {ranked_areas: ...}` of the source",
        )
    if needs_all and areas != areas_count:
        raise InputError(
            "the file has scores and no ranks, and not all areas: its ranks would be local",
            where=where,
            expected=f"{areas_count:,} areas, or the columns of ranks",
            found=f"{areas:,} areas",
            mend="take File 7, which has the national ranks, or set `options: {ranked_areas: ...}` to their number",
        )
