"""Areas or practices as columns of numbers on the driver, in the order of their codes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame

from icspark.errors import QualityError
from icspark.inequality.ranks import MOST_ROWS


def compact(frame: DataFrame, code: str, numbers: Sequence[str], *, texts: Sequence[str] = ()) -> pd.DataFrame:
    """Return the rows of a frame of areas or practices, indexed by `code` and sorted by it, so in no chance order.

    Numbers become doubles, null NaN. It is gathered on the driver because it grows with areas, never with people:
    England's 32,844 LSOAs by 40 columns are 10 MB. Raises QualityError above MOST_ROWS rows.
    """
    gathered: pd.DataFrame = frame.select(code, *texts, *numbers).limit(MOST_ROWS + 1).toArrow().to_pandas()
    if len(gathered) > MOST_ROWS:
        raise QualityError("too many rows for one ranked matrix", where=code, expected=f"at most {MOST_ROWS:,}")
    return gathered.set_index(code).sort_index().astype(dict.fromkeys(numbers, np.float64))


def significant(value: float) -> float | None:
    """Return a number to 12 significant digits, which machines agree on; None for NaN."""
    return None if np.isnan(value) else float(f"{value:.12g}")
