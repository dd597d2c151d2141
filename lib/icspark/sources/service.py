"""Sites that people travel to, with their coordinates.

Record specification: this project's own (`service_code`, `service_type`, `service_name`, `provider_code`, `postcode`,
`easting`, `northing`, with a header). Other files by the names in the configuration: a list of hospitals with name,
longitude and latitude is seen. `options: {epsg: 4326}` says that `easting` and `northing` name columns of longitude and
latitude; `options: {type: hospital}` gives the type where the file has none. Without a column of codes, the code is
made of the name and the point to the metre: different hospitals share a name.
"""

from __future__ import annotations

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from icspark.config import Source
from icspark.errors import ConfigurationError
from icspark.quality.checks import Checked, Rule, check
from icspark.sources.headers import configured, demand
from icspark.sources.points import is_off_the_grid, on_the_grid
from icspark.sources.postcode import one_space
from icspark.sources.reading import read_any, typed
from icspark.tables.reference import Service

LAYOUT = {name: name for name in Service.columns()}

RULES = (
    Rule(
        "POINT_ON_GRID",
        "A service lies in Great Britain: easting 0 to 700,000 m, northing 0 to 1,300,000 m.",
        lambda: is_off_the_grid(Service.easting, Service.northing),
    ),
)


def read(spark: SparkSession, source: Source) -> Checked:
    """Return the sites of the source, one row each, checked.

    Raises ConfigurationError where neither the file nor the configuration gives the type, or for an unknown `epsg`.
    """
    raw = read_any(spark, source)
    names = configured(raw.columns, source, Service, where="service") if source.columns else LAYOUT
    demand(
        {our: name for our, name in names.items() if name in raw.columns},
        (Service.service_name,),
        raw.columns,
        where="service",
    )
    rows = typed(raw, Service, dict.fromkeys(LAYOUT, "") | names)
    if not names.get(Service.service_type):
        rows = rows.withColumn(Service.service_type, F.lit(_type(source)))
    placed = on_the_grid(rows, source, ((Service.easting, Service.northing),))
    tidy = placed.withColumn(Service.postcode, one_space(F.col(Service.postcode)))
    if not names.get(Service.service_code):
        tidy = tidy.transform(with_made_code)
    return check(tidy, Service, RULES, ceiling=source.rejected_ceiling)


def with_made_code(rows: DataFrame) -> DataFrame:
    """Return the rows with a code made of name and point to the metre; the name alone where there is no point."""
    metre = [F.round(F.col(axis), 0).cast("bigint").cast("string") for axis in (Service.easting, Service.northing)]
    return rows.withColumn(Service.service_code, F.concat_ws(" ", F.col(Service.service_name), *metre))


def _type(source: Source) -> str:
    if "type" not in source.options:
        raise ConfigurationError(
            "the file does not say of what type its services are",
            where="sources.service",
            mend="give `options: {type: hospital}`, or name the column under `columns: {service_type: ...}`",
        )
    return source.options["type"]
