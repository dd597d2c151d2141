"""The adapter to Apache Sedona: the functions that the suite uses, under their own names, registered when needed.

The typed Python functions are used, never SQL text: Databricks and Spark 4.1 have functions of the same SQL names.
"""

from __future__ import annotations

from typing import cast

from pyspark.sql import Column, SparkSession
from sedona.spark import SedonaContext
from sedona.spark.sql import st_constructors, st_functions, st_predicates

from icspark.errors import SetupError


def register(spark: SparkSession) -> None:
    """Make the typed functions usable in a session; nothing happens where they are already.

    Raises SetupError where the session has no Sedona package.
    """
    try:
        SedonaContext.create(spark)
    except TypeError as error:  # 'JavaPackage' object is not callable: the class is not on the session's class path
        raise SetupError(
            "the Spark session has no Apache Sedona",
            mend="start it with the packages that `icspark doctor` lists, or let icspark start it",
        ) from error


def point(x: Column, y: Column) -> Column:
    """Return a point from two coordinates; null where either is null."""
    return cast(Column, st_constructors.ST_Point(x, y))


def geometry(well_known_binary: Column) -> Column:
    """Return a geometry from its well-known binary; null stays null."""
    return cast(Column, st_constructors.ST_GeomFromWKB(well_known_binary))


def intersects(left: Column, right: Column) -> Column:
    """Return whether two geometries share a point, edges included; null where either is null."""
    return cast(Column, st_predicates.ST_Intersects(left, right))


def distance(left: Column, right: Column) -> Column:
    """Return the planar distance of two geometries in the units of their coordinates; 0 where they meet."""
    return cast(Column, st_functions.ST_Distance(left, right))
