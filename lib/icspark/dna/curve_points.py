"""The curves of a window as rows of dna_curve: the pictures of a report are drawn from them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from icspark.dna.curves import Curves
from icspark.dna.evaluation import significant
from icspark.reporting.dna_curves import COLUMNS, IMPORTANCE
from icspark.tables.dna import DnaCurve

_NUMBERS = (DnaCurve.x, DnaCurve.y, DnaCurve.y_all, DnaCurve.lower_95, DnaCurve.upper_95)


def points(curves: Curves, importance: pd.DataFrame | None) -> Iterator[tuple[Any, ...]]:
    """Yield the points of every curve of a window, and of the importance of features where it was asked for.

    A point is a row of dna_curve without its model and window.
    """
    frames = {name: getattr(curves, name) for name in COLUMNS if name != IMPORTANCE}
    if importance is not None:
        frames[IMPORTANCE] = importance
    for name, frame in frames.items():
        for nth, values in enumerate(frame[list(COLUMNS[name].values())].itertuples(index=False)):
            yield _point(name, nth, dict(zip(COLUMNS[name], values, strict=True)))


def _point(curve: str, nth: int, known: dict[str, Any]) -> tuple[Any, ...]:
    numbers = [significant(float(known.get(name, np.nan))) for name in _NUMBERS]
    count = float(known.get(DnaCurve.appointments_count, np.nan))
    return (curve, nth, known.get(DnaCurve.label), *numbers, None if np.isnan(count) else int(count))
