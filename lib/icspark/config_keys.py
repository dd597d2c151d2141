"""The keys of a section in words: what may stand there, what stands there by default, and what it means."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from pydantic import AwareDatetime, BaseModel
from pydantic.fields import FieldInfo

PLAIN: dict[Any, str] = {
    int: "whole number",
    float: "number",
    str: "text",
    bool: "true or false",
    date: "date",
    datetime: "time",
    AwareDatetime: "time with its zone",
    Path: "path",
    Any: "anything",
    type(None): "null",
}


class Key(NamedTuple):
    """A key by its dotted path, its kind, its default as YAML, and its meaning.

    In a path NAME stands for a name of one's own, and [] for an entry of a list.
    """

    path: str
    kind: str
    default: str
    meaning: str


def keys_of(model: type[BaseModel], prefix: str = "", default: object = None) -> Iterator[Key]:
    """Yield the keys of a section in the model's order, those of nested sections by their dotted path.

    `default` is the nested section as it is by default, whose values are then those of its keys.
    """
    for name, field in model.model_fields.items():
        if field.exclude:
            continue
        path = f"{prefix}{field.alias or name}"
        by_default = _default(field, name, default)
        inner = section_in(field.annotation)
        origin = typing.get_origin(field.annotation)
        many = ".NAME" if origin is dict else "[]" if origin is tuple else ""
        if inner is None or many:
            yield Key(path, kind_in_words(field), as_yaml(by_default), field.description or "")
        if inner is not None:
            nested = by_default if isinstance(by_default, BaseModel) else None
            yield from keys_of(inner, f"{path}{many}.", nested)


def section_in(annotation: Any) -> type[BaseModel] | None:
    """Return the section that an annotation holds, alone, or null, or by name; None where it holds values."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (section_in(argument) for argument in typing.get_args(annotation))
    return next((section for section in inner if section is not None), None)


def kind_in_words(annotation: Any, limits: Sequence[Any] = ()) -> str:
    """Return what may stand at a key, such as `mapping: whole number -> number from -5 to 5`."""
    if isinstance(annotation, FieldInfo):
        return kind_in_words(annotation.annotation, annotation.metadata)
    origin, inside = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        found = [limit for part in inside[1:] for limit in getattr(part, "metadata", (part,))]
        return kind_in_words(inside[0], [*found, *limits])
    said = in_words(limits)
    if origin is typing.Literal:
        return " or ".join(as_yaml(value) for value in inside)
    if origin in (typing.Union, types.UnionType):
        *first, last = (kind_in_words(part, () if part is type(None) else limits) for part in inside)
        return f"{', '.join(first)} or {last}"
    if origin is tuple:
        number = "" if inside[-1] is ... else f" of {len(inside)}"
        return f"list{number}{said}: {kind_in_words(inside[0])}"
    if origin is dict:
        return f"mapping{said}: {kind_in_words(inside[0])} -> {kind_in_words(inside[1])}"
    if section_in(annotation) is not None:
        return "section"
    return f"{PLAIN.get(annotation, getattr(annotation, '__name__', str(annotation)))}{said}"


def in_words(limits: Sequence[Any]) -> str:
    """Return limits of a number or a length as words that follow its kind; empty where there are none."""
    least = next((limit for limit in limits if isinstance(limit, Ge | Gt)), None)
    most = next((limit for limit in limits if isinstance(limit, Le | Lt)), None)
    if isinstance(least, Ge) and isinstance(most, Le):
        return f" from {least.ge} to {most.le}"
    said = [f"from {least.ge}" if isinstance(least, Ge) else f"above {least.gt}"] if least else []
    said += [f"at most {most.le}" if isinstance(most, Le) else f"below {most.lt}"] if most else []
    said += [f"at least {limit.min_length} long" for limit in limits if isinstance(limit, MinLen)]
    said += [f"at most {limit.max_length} long" for limit in limits if isinstance(limit, MaxLen)]
    return f" {', '.join(said)}" if said else ""


def as_yaml(value: object) -> str:
    """Return a value as it would stand in the configuration, on one line; `required` for what has no default."""
    if value is ...:
        return "required"
    return yaml.safe_dump([_plain(value)], default_flow_style=True, width=10**9, sort_keys=False, allow_unicode=True)[
        1:-2
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, dict):
        return {_plain(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return str(value) if isinstance(value, Path) else value


def _default(field: FieldInfo, name: str, section: object) -> object:
    if section is not None:
        return getattr(section, name)
    return ... if field.is_required() else field.get_default(call_default_factory=True)
