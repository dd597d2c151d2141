"""Random numbers without state: each is a function of seed, table, key and purpose alone.

So a row's values do not depend on partitions, batches, order or cores, and any part can be drawn again elsewhere
without a join. Every distribution is one inverse transform of one uniform number, so one purpose is one draw of a key.
Mixing: the finaliser of SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators").
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray
from pyspark.sql import Column
from pyspark.sql import functions as F

from icspark.errors import IcsparkError

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Bits = NDArray[np.uint64]

LARGEST_POISSON_MEAN = 500.0
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, eq=False)
class Draws:
    """The random numbers of a batch of keys in one table; each method returns one number a key, in their order."""

    seed: int
    table: str
    bits: Bits

    @classmethod
    def of(cls, seed: int, table: str, keys: ArrayLike) -> Draws:
        """Return the draws of whole-number keys, such as a column of person numbers."""
        return cls(seed, table, _mixed(_constant(seed, table) ^ _spread(keys)))

    def also(self, part: ArrayLike) -> Draws:
        """Return the draws of keys with a further whole-number part, such as the number of an event of a person."""
        return Draws(self.seed, self.table, _mixed(self.bits ^ _spread(part)))

    def at(self, rows: NDArray[Any]) -> Draws:
        """Return the draws of some of the keys, by index or by mask: what they draw does not change."""
        return Draws(self.seed, self.table, self.bits[rows])

    def each(self, counts: Whole) -> tuple[Whole, Whole, Draws]:
        """Return (row, nth, draws), one entry an event where row i of the batch has counts[i] of them; nth from 0."""
        rows = np.repeat(np.arange(len(counts)), counts)
        nth = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
        return rows, nth, self.at(rows).also(nth)

    def uniform(self, purpose: str) -> Floats:
        """Return numbers of the open interval (0, 1), 52 bits each: neither end is ever drawn."""
        mixed = _mixed(self.bits ^ _constant(self.seed, self.table, purpose))
        return ((mixed >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52

    def happens(self, purpose: str, probability: ArrayLike) -> NDArray[np.bool_]:
        """Return whether an event of this probability happens (Bernoulli)."""
        return self.uniform(purpose) < np.asarray(probability)

    def whole(self, purpose: str, below: ArrayLike) -> Whole:
        """Return whole numbers from 0 to `below` - 1, each as likely; `below` is at least 1."""
        found: Whole = np.floor(self.uniform(purpose) * np.asarray(below)).astype(np.int64)
        return found

    def normal(self, purpose: str) -> Floats:
        """Return standard normal numbers."""
        found: Floats = scipy.special.ndtri(self.uniform(purpose))
        return found

    def exponential(self, purpose: str, mean: ArrayLike = 1.0) -> Floats:
        """Return exponential numbers of this mean."""
        found: Floats = -np.log1p(-self.uniform(purpose)) * np.asarray(mean)
        return found

    def categorical(self, purpose: str, weights: ArrayLike) -> Whole:
        """Return the index of a category, drawn by `weights`: one row for all keys, or one row a key.

        Weights need not add up to 1; a category of weight 0 is never drawn.
        """
        cumulative = np.cumsum(np.asarray(weights, dtype=np.float64), axis=-1)
        total = cumulative[..., -1]
        aim = np.minimum(self.uniform(purpose) * total, np.nextafter(total, 0))
        if cumulative.ndim == 1:
            return np.searchsorted(cumulative, aim, side="right").astype(np.int64)
        found: Whole = (cumulative <= aim[:, None]).sum(axis=1, dtype=np.int64)
        return found

    def within(self, purpose: str, cumulative: Floats, first: ArrayLike, last: ArrayLike) -> Whole:
        """Return an index of one long list, drawn by its cumulative weights among the indices first to last - 1.

        For a key that chooses within its own group, the groups lying one after the other in the list.
        """
        edges = np.concatenate([[0.0], cumulative])
        low, high = edges[np.asarray(first)], edges[np.asarray(last)]
        aim = np.minimum(low + self.uniform(purpose) * (high - low), np.nextafter(high, 0))
        found: Whole = np.searchsorted(cumulative, aim, side="right").astype(np.int64)
        return found

    def poisson(self, purpose: str, mean: ArrayLike) -> Whole:
        """Return Poisson counts by inversion; `mean` is one number or one a key, at most 500 (else IcsparkError)."""
        means = np.broadcast_to(np.asarray(mean, dtype=np.float64), self.bits.shape)
        if not np.all((means >= 0) & (means <= LARGEST_POISSON_MEAN)):
            raise IcsparkError(
                "the mean of a Poisson draw is out of range",
                where=f"{self.table}.{purpose}",
                expected=f"0 to {LARGEST_POISSON_MEAN:g}",
                mend="draw counts of shorter intervals and add them",
            )
        return _inverse_poisson(self.uniform(purpose), means)

    @cached_property
    def size(self) -> int:
        """Return the number of keys."""
        return int(self.bits.size)


def uniform_column(*keys: Column | str, seed: int, table: str, purpose: str) -> Column:
    """Return numbers of the open interval (0, 1) as a Column, a function of seed, table, purpose and keys (xxHash64).

    For a draw on rows that are already a frame; its numbers are not those of `Draws` for the same key.
    """
    mixed = F.xxhash64(F.lit(seed), F.lit(table), F.lit(purpose), *keys)
    return (F.shiftrightunsigned(mixed, 12).cast("double") + F.lit(0.5)) * F.lit(2.0**-52)


def _inverse_poisson(chance: Floats, mean: Floats) -> Whole:
    count = np.zeros(mean.shape, dtype=np.int64)
    term = np.exp(-mean)
    below = term.copy()
    waiting = np.flatnonzero(chance > below)
    step = 0
    while waiting.size:
        step += 1
        term[waiting] *= mean[waiting] / step
        below[waiting] += term[waiting]
        count[waiting] = step
        # Past the mean the terms only shrink: one that is lost in rounding ends the search in the far tail.
        is_lost = (term[waiting] < 1e-17) & (step > mean[waiting])
        waiting = waiting[(chance[waiting] > below[waiting]) & ~is_lost]
    return count


def _constant(*parts: int | str) -> np.uint64:
    text = "\x1f".join(map(str, parts)).encode()
    return np.uint64(int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little"))


def _spread(keys: ArrayLike) -> Bits:
    return _mixed(np.asarray(keys).astype(np.uint64) * _GOLDEN + _GOLDEN)


def _mixed(bits: Any) -> Bits:
    with np.errstate(over="ignore"):
        mixed = np.asarray(bits, dtype=np.uint64)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return mixed ^ (mixed >> np.uint64(31))
