"""What can go wrong, in words that mend it. One class per kind; each kind has its own exit code."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class IcsparkError(Exception):
    """A problem that a user can mend: what, where, expected, found, and the mend. Never a person's value."""

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", expected: str = "", found: str = "", mend: str = "") -> None:
        self.what, self.where, self.expected, self.found, self.mend = what, where, expected, found, mend
        parts = [what if not where else f"{where}: {what}"]
        parts += [
            f"{label} {text}" for label, text in (("Expected", expected), ("Found", found), ("Mend:", mend)) if text
        ]
        super().__init__(". ".join(part.rstrip(".") for part in parts) + ".")


class ConfigurationError(IcsparkError):
    """The configuration file is missing, unreadable or says something impossible."""

    exit_code = 3


class InputError(IcsparkError):
    """A source file is absent, unreadable, empty or not of the layout that it is said to have."""

    exit_code = 4


class TableError(IcsparkError):
    """A table is absent, was written by another schema, or a frame does not fit its table class."""

    exit_code = 5


class QualityError(IcsparkError):
    """Rows break what a table promises: too many rejected, a repeated key, a null where none is allowed."""

    exit_code = 6


class VintageError(IcsparkError):
    """Area codes or scores of different vintages would be mixed."""

    exit_code = 7


class SetupError(IcsparkError):
    """The machine lacks something: Java, a JVM package, memory, space, a permission."""

    exit_code = 8


class ConflictError(IcsparkError):
    """Another run wrote the same table at the same time."""

    exit_code = 9


class DisclosureError(IcsparkError):
    """What was asked for may not leave."""

    exit_code = 10


class PlanError(IcsparkError):
    """The jobs do not make an order: a cycle, a table with two writers, a job or table that does not exist."""

    exit_code = 11


def nearest(name: str, known: Iterable[str]) -> str:
    """Return ` Did you mean X?` for the known name closest to `name`, or an empty string."""
    match = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"Did you mean {match[0]}?" if match else ""
