"""The region's areas, as a table; a table without rows means that no region is given."""

from __future__ import annotations

from pyspark.sql import DataFrame


def given(region: DataFrame | None) -> DataFrame | None:
    """Return the region's areas, or None where the table is absent or has no rows. Reads one row."""
    return None if region is None or region.isEmpty() else region
