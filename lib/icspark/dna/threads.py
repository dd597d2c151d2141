"""One thread for every fit: sums in another order would give other bits, and another model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits


@contextmanager
def single_thread() -> Iterator[None]:
    """Hold OpenMP and BLAS to one thread for the length of a `with` block, whatever the machine has."""
    with threadpool_limits(limits=1):
        yield
