"""A YAML file with the line of each of its keys, so that a mistake can be pointed at."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import Any

import yaml

from icspark.errors import ConfigurationError

KeyPath = tuple[str | int, ...]


def parse(text: str, path: Path) -> tuple[dict[KeyPath, int], Any]:
    """Return the line of each key and the document. Text that is not YAML, or a key that stands twice, is an error."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        lines = dict(_lines(root, ())) if root else {}
        return lines, yaml.safe_load(text) or {}
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise ConfigurationError(
            f"not YAML: {error.problem}",
            where=f"{path}, line {mark.line + 1 if mark else '?'}",
            mend="check indentation and quotes",
        ) from None


def _lines(node: yaml.Node, at: KeyPath) -> Iterator[tuple[KeyPath, int]]:
    if isinstance(node, yaml.MappingNode):
        seen: set[Hashable] = set()
        for key, value in node.value:
            if key.value in seen:
                raise yaml.MarkedYAMLError(problem=f"the key {key.value!r} stands twice", problem_mark=key.start_mark)
            seen.add(key.value)
            yield (*at, key.value), key.start_mark.line + 1
            yield from _lines(value, (*at, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield (*at, index), item.start_mark.line + 1
            yield from _lines(item, (*at, index))


def line_of(lines: dict[KeyPath, int], at: KeyPath) -> int:
    """Return the line of a key, or of the nearest key above it."""
    while at and at not in lines:
        at = at[:-1]
    return lines.get(at, 1)
