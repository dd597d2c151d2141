"""Indices of comorbidity: their codes, and the weights of their conditions.

Layouts known by their header, as gathered from an R package: codes (mapping, condition, icd_prefix) and weights
(mapping, weighting, condition, weight), both of several mappings at once (seen). Other names stand under `columns`. A
mapping's name tells the code system (charlson_icd10_quan: icd10), else `options: {code_system: icd10}` does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from icspark.config import Source
from icspark.errors import ConfigurationError
from icspark.quality.checks import Checked, Rule, check
from icspark.quality.clinical_codes import normal_code
from icspark.sources.headers import configured, demand, listed, spelt
from icspark.sources.reading import read_any, typed
from icspark.tables.comorbidity import ComorbidityCode, ConditionWeight
from icspark.tables.table import Table

CODE_SPELLINGS = {
    ComorbidityCode.mapping: ("mapping",),
    ComorbidityCode.condition: ("condition",),
    ComorbidityCode.code_system: ("code_system",),
    ComorbidityCode.code: ("code", "icd_prefix"),
}
WEIGHT_SPELLINGS = {name: (name,) for name in ConditionWeight.columns()}
CODE_SYSTEM = "code_system"

RULES = (
    Rule(
        "CODE_FORM",
        "A code has letters or digits.",
        lambda: F.col(f"_text_{ComorbidityCode.code}").isNotNull() & (F.col(ComorbidityCode.code) == ""),
    ),
    Rule(
        "NO_SYSTEM",
        "The code system stands in a column, in an option, or in the mapping's name.",
        lambda: F.col(ComorbidityCode.code_system) == "",
    ),
)


def read_codes(spark: SparkSession, source: Source) -> Checked:
    """Return comorbidity_code, checked. Grain: one row per mapping, condition, code system and code without dots.

    Raises ConfigurationError for an unknown option, InputError for a header that is not of the layout.
    """
    unknown = sorted(set(source.options) - {CODE_SYSTEM})
    if unknown:
        raise ConfigurationError("unknown option", where="sources.comorbidity_code", found=listed(unknown))
    raw, names = _read(spark, source, ComorbidityCode, CODE_SPELLINGS)
    rows = typed(raw, ComorbidityCode, {CODE_SYSTEM: "", **names}).withColumns(
        {
            ComorbidityCode.code: normal_code(F.col(ComorbidityCode.code)),
            ComorbidityCode.code_system: _system(source.options.get(CODE_SYSTEM)),
        }
    )
    return check(rows, ComorbidityCode, RULES, ceiling=source.rejected_ceiling)


def read_weights(spark: SparkSession, source: Source) -> Checked:
    """Return condition_weight, checked. Grain: one row per mapping, weighting and condition.

    Raises InputError for a header that is not of the layout.
    """
    raw, names = _read(spark, source, ConditionWeight, WEIGHT_SPELLINGS)
    return check(typed(raw, ConditionWeight, names), ConditionWeight, (), ceiling=source.rejected_ceiling)


def _read(
    spark: SparkSession, source: Source, table: type[Table], spellings: Mapping[str, Sequence[str]]
) -> tuple[DataFrame, dict[str, str]]:
    where, raw = table.name(), read_any(spark, source)
    names = configured(raw.columns, source, table, where=where) if source.columns else spelt(raw.columns, spellings)
    demand(names, set(spellings) - {CODE_SYSTEM}, raw.columns, where=where)
    return raw, names


def _system(told: str | None) -> Column:
    """Return the code system: the column's, else the option's, else the part of the mapping's name that is one."""
    of_name = F.regexp_extract(ComorbidityCode.mapping, r"(?:^|_)(icd\d+)(?:_|$)", 1)
    return F.lower(F.coalesce(ComorbidityCode.code_system, F.lit(told), of_name))
