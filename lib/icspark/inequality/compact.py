"""Areas or practices as one matrix on the driver: it grows with areas, never with people."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from icspark.errors import IcsparkError

MOST_ROWS = 200_000
"""Areas or practices that one matrix may hold; England has 33,755 areas and 6,500 practices."""


def compact(frame: DataFrame, keys: Sequence[str], numbers: Sequence[str]) -> pd.DataFrame:
    """Return keys (text) and numbers (doubles, null as NaN) of a frame of areas or practices, in the order of the keys.

    Raise an IcsparkError above MOST_ROWS rows: what is larger is no frame of areas.
    """
    chosen = frame.select(*keys, *[F.col(name).cast("double").alias(name) for name in numbers])
    rows = chosen.limit(MOST_ROWS + 1).toPandas()  # bounded: areas or practices, not people
    if len(rows) > MOST_ROWS:
        raise IcsparkError("too many rows for one matrix", expected=f"at most {MOST_ROWS:,}", mend="summarise first")
    return rows.sort_values(list(keys), kind="stable", ignore_index=True)
