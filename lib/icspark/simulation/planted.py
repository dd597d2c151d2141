"""What was planted in a simulated region, one row a parameter, from the configuration that planted it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

Row = tuple[str, str, float | None, str | None, str]


def planted(config: BaseModel, prefix: str = "", *, without: Collection[str] = ()) -> Iterator[Row]:
    """Yield (parameter, subject, value, text, meaning) for every leaf of a section, as the table Truth has them.

    The parameter is the dotted key. Of a mapping or a list each entry is a row, its subject the key or the place in the
    list (joined by | where they nest). A number is `value`, true and false are 1 and 0; all else is `text`. Keys of the
    section itself that `without` names are left out.
    """
    for name, field in type(config).model_fields.items():
        if name in without:
            continue
        value, key = getattr(config, name), f"{prefix}{name}"
        if isinstance(value, BaseModel):
            yield from planted(value, f"{key}.")
        else:
            for subject, leaf in _leaves(value):
                yield from _rows(key, subject, leaf, meaning=field.description or name.replace("_", " "))


def _leaves(value: Any, subject: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        entries: Iterator[tuple[Any, Any]] = iter(value.items())
    elif isinstance(value, Sequence) and not isinstance(value, str):
        entries = iter(enumerate(value))
    else:
        yield subject, value
        return
    for key, inner in entries:
        yield from _leaves(inner, f"{subject}|{key}" if subject else str(key))


def _rows(key: str, subject: str, leaf: Any, *, meaning: str) -> Iterator[Row]:
    if isinstance(leaf, BaseModel):
        for parameter, inner, value, text, said in planted(leaf, f"{key}."):
            yield parameter, "|".join(filter(None, (subject, inner))), value, text, said
    elif isinstance(leaf, int | float):
        yield key, subject, float(leaf), None, meaning
    else:
        yield key, subject, None, str(leaf), meaning
