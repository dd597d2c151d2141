"""Residents of LSOAs of 2021 from the Census, all ages together: the weights of the crosswalk of counts.

Record specification: Office for National Statistics, Census 2021, table TS007A (age by five-year bands, LSOA), in bulk
from Nomis: `geography code` and `Age: Total` (not seen on a real file). A long file of age bands (one row per area and
band; names in the configuration: `lsoa_2021_code`, `residents_count`, and its column of bands as `age_band`) is added
up per area, after rows of totals are left out; seen on a tidied file of six bands.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from icspark.config import Source
from icspark.quality.checks import Checked, Rule, check
from icspark.sources.headers import demand, spelt
from icspark.sources.reading import read_any, typed
from icspark.tables.geography import Population2021

CODE, RESIDENTS, AGE_BAND = Population2021.lsoa_2021_code, Population2021.residents_count, "age_band"
SPELLINGS = {CODE: ("geography code", "LSOA21CD"), RESIDENTS: ("Age: Total", "Age: Total; measures: Value")}
TOTAL = r"(?i)\btotal\b|\ball (ages|usual residents|categories)\b"
"""What a row of all ages is called among rows of bands."""

RULES = (
    Rule(
        "AREA_CODE_FORM",
        "An area is an LSOA of England or Wales: E01 or W01 and six digits.",
        lambda: ~F.col(CODE).rlike("^[EW]01[0-9]{6}$"),
    ),
    Rule("RESIDENTS_NEGATIVE", "Residents are not fewer than 0.", lambda: F.col(RESIDENTS) < 0),
)


def read(spark: SparkSession, source: Source) -> Checked:
    """Return the residents of each LSOA 2021, checked. Of a long file one summed row per area is checked.

    A band that is no number makes its area's sum missing, and the area is rejected. Raises InputError for an unknown
    header.
    """
    raw = read_any(spark, source, required=())
    names = dict(source.columns) or spelt(raw.columns, SPELLINGS)
    demand(
        {ours: name for ours, name in names.items() if name in raw.columns},
        (CODE, RESIDENTS),
        raw.columns,
        where="population_2021",
    )
    rows = raw.transform(_summed, names=names) if AGE_BAND in names else raw
    plain = {ours: names[ours] for ours in (CODE, RESIDENTS)}
    return check(typed(rows, Population2021, plain), Population2021, RULES, ceiling=source.rejected_ceiling)


def _summed(raw: DataFrame, *, names: dict[str, str]) -> DataFrame:
    band, residents = F.col(f"`{names[AGE_BAND]}`"), F.col(f"`{names[RESIDENTS]}`")
    number: Column = residents.try_cast("double")
    total = F.when(F.count(number) == F.count("*"), F.sum(number)).cast("decimal(18,0)").cast("string")
    return (
        raw.where(~F.coalesce(band.rlike(TOTAL), F.lit(False)))
        .groupBy(F.col(f"`{names[CODE]}`"), "_file")
        .agg(
            total.alias(names[RESIDENTS]),
            F.to_json(F.sort_array(F.collect_list(F.struct(band, residents)))).alias("_raw"),
        )
    )
