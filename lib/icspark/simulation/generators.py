"""Random numbers on the driver, for the small part of a region that is not made in Spark: its geography."""

from __future__ import annotations

import hashlib

from numpy.random import Generator, Philox


def generator(seed: int, purpose: str) -> Generator:
    """Return a counter-based generator of its own for a seed and a purpose.

    What one purpose draws never depends on how much another drew. Source: Salmon et al. 2011, Philox 4x64-10.
    """
    key = hashlib.sha256(f"{seed}|{purpose}".encode()).digest()[:16]
    return Generator(Philox(key=int.from_bytes(key, "big")))
