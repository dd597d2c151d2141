"""Lists of people who have opted out: identifiers in a file, each list with its own date.

Any file of identifiers: a column `source_id` (or what `columns` maps to it), and `id_system` as a column or an option.
With the option `header: none` a list has no header and identifiers stand first on each line, as the service that checks
for national data opt-outs returns them.
"""

from __future__ import annotations

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from icspark.config import Source
from icspark.errors import ConfigurationError
from icspark.sources.reading import chosen_columns, read_any, read_delimited
from icspark.tables.records import PersonIdentity

SYSTEM, IDENTIFIER = PersonIdentity.id_system, PersonIdentity.source_id


def read_list(spark: SparkSession, source: Source, *, name: str) -> DataFrame:
    """Return the identifiers of a list once each: id_system and source_id.

    Raises ConfigurationError where the list has no date (`as_of`) or nothing says of which system its identifiers are.
    """
    columns = {IDENTIFIER: IDENTIFIER, **chosen_columns(source, PersonIdentity, {})}
    if source.as_of is None:
        raise ConfigurationError("the list has no date", where=f"sources.{name}.as_of", mend="say of which day it is")
    if SYSTEM not in columns and "id_system" not in source.options:
        raise ConfigurationError(
            "nothing says which system issued the identifiers of the list",
            where=f"sources.{name}.options.id_system",
            mend="name the system, or its column under `columns`",
        )
    if source.options.get("header") == "none":
        rows = read_delimited(spark, source, header=[columns[IDENTIFIER]])
    else:
        rows = read_any(spark, source, required=list(columns.values()))
    system = F.col(columns[SYSTEM]) if SYSTEM in columns else F.lit(source.options["id_system"])
    listed = rows.select(F.btrim(system).alias(SYSTEM), F.btrim(F.col(columns[IDENTIFIER])).alias(IDENTIFIER))
    return listed.filter(F.col(IDENTIFIER) != "").distinct()
