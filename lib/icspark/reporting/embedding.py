"""One HTML file that holds everything: escaped text, data, styles and scripts, and a policy that forbids requests."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Mapping
from importlib import resources
from string import Template
from typing import Any


class Markup(str):
    """Text that is HTML already: made by `escaped` and by templates, never from data."""

    __slots__ = ()


def escaped(value: object) -> Markup:
    """Return a value as HTML text, safe between tags and within quoted attributes; Markup stays as it is."""
    return value if isinstance(value, Markup) else Markup(html.escape(str(value), quote=True))


def script_json(value: Any) -> Markup:
    """Return JSON that can stand within a script element: `<`, `>` and `&` are written as escapes of JSON.

    Not-a-number and infinity are errors: JSON has neither.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


def asset(name: str) -> str:
    """Return the text of a file of this package's assets."""
    return (resources.files("icspark.reporting") / "assets" / name).read_text(encoding="utf-8")


def fill(template: str, values: Mapping[str, object]) -> Markup:
    """Return a template with `$name` replaced by the escaped values; a missing or unused name is an error."""
    known = set(Template(template).get_identifiers())
    if known != set(values):
        raise KeyError(f"template and values differ in: {', '.join(sorted(known ^ set(values)))}")
    return Markup(Template(template).substitute({name: escaped(value) for name, value in values.items()}))


def self_contained(template: str, *, styles: str, scripts: str, values: Mapping[str, object]) -> str:
    """Return a page with its styles and scripts inside and a policy that lets it ask for nothing.

    The browser runs and applies only what has the stated SHA-256, so markup smuggled in by data does nothing.
    """
    policy = (
        f"default-src 'none'; script-src '{_sha256(scripts)}'; style-src '{_sha256(styles)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    return fill(template, {**values, "policy": policy, "styles": Markup(styles), "scripts": Markup(scripts)})


def table_rows(rows: list[tuple[object, ...]]) -> Markup:
    """Return table rows whose first cell heads the row."""
    cells = (
        f'<th scope="row">{escaped(row[0])}</th>' + "".join(f"<td>{escaped(v)}</td>" for v in row[1:]) for row in rows
    )
    return Markup("".join(f"<tr>{row}</tr>" for row in cells))


def _sha256(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
