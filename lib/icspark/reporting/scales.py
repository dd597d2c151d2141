"""Classes and colours of a map: one place that decides them, for the page and for the picture alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

CLASSES = 7
NO_FIGURE = "#c9ccd1"
"""Colour below the hatching of an area without a figure."""

CATEGORIES = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#4d4d4d")
"""Okabe and Ito's colours, told apart by colour-blind readers."""


@dataclass(frozen=True)
class Scale:
    """Classes of a number: class i holds breaks[i-1] <= value < breaks[i]; one colour each, low to high."""

    breaks: tuple[float, ...]
    colours: tuple[str, ...]


def sequential(values: ArrayLike, *, equal: bool = False, classes: int = CLASSES) -> Scale:
    """Return a scale from light (low) to dark (high): classes of equal number of areas, or of equal width.

    Missing values are left out; classes that ties make empty are merged, and where they would leave one class of
    different values the widths are equal. Constant or no values give one class.
    """
    known = _known(values)
    if known.size == 0 or known.min() == known.max():
        return Scale((), palette(1))
    shares = np.arange(1, classes) / classes
    edges = known.min() + shares * np.ptp(known) if equal else np.quantile(known, shares)
    breaks = _readable(np.unique(edges[(edges > known.min()) & (edges <= known.max())]), known)
    if not breaks and not equal:
        return sequential(known, equal=True, classes=classes)
    return Scale(breaks, palette(len(breaks) + 1))


def diverging(values: ArrayLike, *, midpoint: float, equal: bool = False, classes: int = 6) -> Scale:
    """Return a scale of two hues that mirror each other about the midpoint; `classes` is even.

    The distances from the midpoint are cut into classes of equal number, or of equal width.
    """
    distance = np.abs(_known(values) - midpoint)
    if distance.size == 0 or distance.max() == 0:
        return Scale((midpoint,), palette(2, two_hues=True))
    half = classes // 2
    shares = np.arange(1, half) / half
    steps = np.unique(shares * distance.max() if equal else np.quantile(distance, shares))
    steps = steps[steps > 0]
    breaks = _readable(np.concatenate([midpoint - steps[::-1], [midpoint], midpoint + steps]), distance)
    return Scale(breaks, palette(len(breaks) + 1, two_hues=True))


def ordered(classes: int) -> Scale:
    """Return the scale of classes numbered from 1 (most deprived, darkest) to `classes`."""
    return Scale(tuple(float(i) + 0.5 for i in range(1, classes)), tuple(reversed(palette(max(classes, 1)))))


def palette(classes: int, *, two_hues: bool = False) -> tuple[str, ...]:
    """Return colours from low to high, of even steps in lightness: reversed viridis, or purple to orange."""
    if two_hues:
        return _colours("PuOr_r", np.linspace(0.08, 0.92, classes))
    at = np.linspace(0.97, 0.06, classes) if classes > 1 else np.array([0.5])
    return _colours("viridis", at)


def strokes(classes: int) -> tuple[str, ...]:
    """Return colours of lines on white, dark for 1 (most deprived) to orange: paler ones would vanish."""
    return _colours("plasma", np.linspace(0.02, 0.76, classes))


def class_of(value: float, scale: Scale) -> int:
    """Return the class of a number, from 0; a value on a break belongs to the class above it."""
    return int(np.searchsorted(np.asarray(scale.breaks), value, side="right"))


def _colours(name: str, at: NDArray[np.float64]) -> tuple[str, ...]:
    import matplotlib as mpl
    from matplotlib.colors import to_hex

    return tuple(to_hex(colour) for colour in mpl.colormaps[name](at))


def _known(values: ArrayLike) -> NDArray[np.float64]:
    found: NDArray[np.float64] = np.asarray(values, dtype=float)
    known: NDArray[np.float64] = found[np.isfinite(found)]
    return known


def _readable(breaks: Sequence[float] | NDArray[np.float64], known: NDArray[np.float64]) -> tuple[float, ...]:
    """Round breaks to what a legend can show: a thousandth of the spread."""
    spread = float(np.ptp(known)) or float(known.max()) or 1.0
    decimals = int(max(0, 3 - np.floor(np.log10(spread))))
    return tuple(float(b) for b in np.unique(np.round(np.asarray(breaks, dtype=float), decimals)))
