"""Lists of codes that define conditions.

Three layouts are known by their header: our own (condition, code_system, code, version); CALIBER, as gathered by others
(Disease, ICD10code; seen); and the Charlson and Elixhauser prefixes as gathered from an R package (mapping, condition,
icd_prefix; seen), of which `options: {mapping: charlson_icd10_quan}` chooses one. Other names stand under `columns`;
what a file does not say is in `options`: code_system, version.

In the gathered CALIBER lists the lines above the header of one list (diabetes) have become names of conditions. There a
list with several names takes that of its own file (column `file`: ICD_<name>.csv), which makes 302 conditions of 316.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from icspark.config import Source
from icspark.errors import ConfigurationError
from icspark.quality.checks import Checked, Rule, check
from icspark.quality.clinical_codes import normal_code
from icspark.sources.headers import configured, demand, listed, spelt
from icspark.sources.reading import read_any, typed
from icspark.tables.morbidity import ConditionCode

SPELLINGS = {
    ConditionCode.condition: ("condition", "Disease"),
    ConditionCode.code_system: ("code_system",),
    ConditionCode.code: ("code", "ICD10code", "icd_prefix"),
    ConditionCode.version: ("version",),
}
SYSTEM_OF_HEADER = {"ICD10code": "icd10"}
OPTIONS = ("code_system", "mapping", "version")
MAPPING = "mapping"

RULES = (
    Rule(
        "CODE_FORM",
        "A code has letters or digits.",
        lambda: F.col(f"_text_{ConditionCode.code}").isNotNull() & (F.col(ConditionCode.code) == ""),
    ),
)


def read(spark: SparkSession, source: Source) -> Checked:
    """Return condition_code, checked. Grain: one row per condition, code system and code without dots.

    Raises ConfigurationError for an unknown option, for a file of several mappings of which none is chosen, and where
    neither the file nor an option tells the code system.
    """
    unknown = sorted(set(source.options) - set(OPTIONS))
    if unknown:
        raise ConfigurationError("unknown option", where="sources.condition_code", found=listed(unknown))
    raw = read_any(spark, source)
    names = configured(raw.columns, source, ConditionCode, where="condition_code") if source.columns else {}
    names = names or spelt(raw.columns, SPELLINGS)
    demand(names, (ConditionCode.condition, ConditionCode.code), raw.columns, where="condition_code")
    chosen = _of_mapping(_one_name_a_list(raw), source)
    system = None if ConditionCode.code_system in names else code_system(source, names[ConditionCode.code])
    rows = typed(chosen, ConditionCode, names)
    rows = rows.withColumn(ConditionCode.code, normal_code(F.col(ConditionCode.code)))
    if system is not None:
        rows = rows.withColumn(ConditionCode.code_system, F.lit(system))
    rows = rows.withColumn(ConditionCode.code_system, F.lower(ConditionCode.code_system))
    if "version" in source.options:
        rows = rows.withColumn(ConditionCode.version, F.lit(source.options["version"]))
    return check(rows, ConditionCode, RULES, ceiling=source.rejected_ceiling)


def code_system(source: Source, header: str) -> str:
    """Return the code system of a file without a column for it: from the options, the mapping's name, or the header."""
    options = source.options
    parts = options.get(MAPPING, "").split("_")
    named = next((part for part in parts if part.startswith("icd")), None)
    found = options.get("code_system") or named or SYSTEM_OF_HEADER.get(header)
    if found is None:
        raise ConfigurationError(
            "neither the file nor the configuration says of which system the codes are",
            where="sources.condition_code",
            mend="add `options: {code_system: icd10}`",
        )
    return found


def _one_name_a_list(raw: DataFrame) -> DataFrame:
    if not {"Disease", "file"} <= set(raw.columns):
        return raw
    of_list = Window.partitionBy("file").orderBy("file")
    whole = of_list.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    is_torn = F.min("Disease").over(whole) != F.max("Disease").over(whole)
    name = F.regexp_extract("file", r"^(?:ICD_)?(.*?)(?:\.csv)?$", 1)
    return raw.withColumn("Disease", F.when(is_torn, name).otherwise(F.col("Disease")))


def _of_mapping(raw: DataFrame, source: Source) -> DataFrame:
    if MAPPING not in raw.columns:
        return raw
    known: Sequence[str] = [row[0] for row in raw.select(MAPPING).distinct().orderBy(MAPPING).limit(50).collect()]
    chosen = source.options.get(MAPPING)
    if chosen not in known:
        raise ConfigurationError(
            "the file holds several mappings, and one must be chosen",
            where="sources.condition_code",
            expected=f"options.mapping: one of {listed(known)}",
            found=chosen or "",
        )
    return raw.filter(F.col(MAPPING) == F.lit(chosen))
