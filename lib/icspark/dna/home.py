"""Where a person lived at a prediction point: how deprived the area was, and how far it is from there to the site."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from icspark.dna.history import AREA, HOME
from icspark.tables.dna import DnaFeature
from icspark.tables.records import Residence
from icspark.tables.reference import Deprivation2019, Postcode, Service

_LSOA, _DECILE = Deprivation2019.lsoa_2011_code, "imd_2019_decile"


def with_deprivation(rows: DataFrame, deprivation: DataFrame) -> DataFrame:
    """Add the code, score, national decile and quintile (1 most deprived) of the LSOA 2011 that was lived in.

    Two deciles make a quintile. Null where the person was not placed, or the index does not have the area.
    """
    of_area = deprivation.select(
        _LSOA,
        "imd_2019_score",
        F.col(_DECILE).cast("string").alias("imd_2019_decile"),
        F.ceil(F.col(_DECILE) / 2).alias(DnaFeature.imd_2019_quintile),
    )
    placed = rows.withColumn(_LSOA, F.col(f"{AREA}.{_LSOA}"))
    return placed.join(F.broadcast(of_area), on=_LSOA, how="left")


def area_centres(postcodes: DataFrame) -> DataFrame:
    """Return the centre of each LSOA 2011, the mean of the points of its live postcodes. Metres, EPSG:27700.

    Postcodes hold about as many households each, so this is near the centre of where people live, not of the polygon.
    Coordinates are whole metres, so their sum has no order.
    """
    live = postcodes.where(F.col(Postcode.terminated_date).isNull())
    centre = {axis: F.avg(axis).alias(f"_centre_{axis}") for axis in (Postcode.easting, Postcode.northing)}
    return live.groupBy(_LSOA).agg(*centre.values())


def with_home_to_site(rows: DataFrame, services: DataFrame, postcodes: DataFrame | None) -> DataFrame:
    """Add the metres in a straight line from home to site, of rows that have the LSOA 2011.

    Home is the point of the residence where the extract has one, else the centre of its LSOA. Null where neither is
    known, or the site is none of `services` or has no point. Without `postcodes` areas have no centre.
    """
    sites = services.select(
        F.col(Service.service_code).alias("site_code"),
        *[F.col(axis).alias(f"_site_{axis}") for axis in (Service.easting, Service.northing)],
    )
    joined = rows.join(F.broadcast(sites), on="site_code", how="left")
    if postcodes is not None:
        joined = joined.join(F.broadcast(area_centres(postcodes)), on=_LSOA, how="left")
    has_point = F.col(f"{HOME}.easting").isNotNull() & F.col(f"{HOME}.northing").isNotNull()
    across, along = (_apart(joined, axis, has_point) for axis in (Residence.easting, Residence.northing))
    return joined.withColumn("home_to_site_metres", F.sqrt(across * across + along * along))


def _apart(rows: DataFrame, axis: str, has_point: Column) -> Column:
    centre = F.col(f"_centre_{axis}") if f"_centre_{axis}" in rows.columns else F.lit(None).cast("double")
    return F.when(has_point, F.col(f"{HOME}.{axis}").cast("double")).otherwise(centre) - F.col(f"_site_{axis}")
