"""Find our columns in a file's header: by the configuration's names, or by the spellings of the known editions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from icspark.config import Source
from icspark.errors import InputError, VintageError
from icspark.sources.reading import BOOKKEEPING, chosen_columns
from icspark.tables.table import Table


def normal(header: str) -> str:
    """Return a header in lower case with single blanks, so that spellings of different editions compare equal."""
    return " ".join(header.replace("\ufeff", "").split()).lower()


def spelt(columns: Iterable[str], spellings: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return our column -> the file's, for each of our columns one of whose `spellings` stands in the header.

    Case and runs of blanks do not matter; the first spelling that is found wins; what is not found is left out.
    """
    known = {normal(column): column for column in columns}
    found: dict[str, str] = {}
    for ours, candidates in spellings.items():
        match = next((known[normal(name)] for name in candidates if normal(name) in known), None)
        if match is not None:
            found[ours] = match
    return found


def beginning(columns: Iterable[str], beginnings: Mapping[str, str]) -> dict[str, str]:
    """Return our column -> the first of the file's that begins with the given words, case and blanks aside.

    For headers that end in a note, or that the publisher cut short.
    """
    known = [(normal(column), column) for column in columns]
    pairs = (
        (ours, next((file for text, file in known if text.startswith(normal(start))), None))
        for ours, start in beginnings.items()
    )
    return {ours: file for ours, file in pairs if file is not None}


def configured(columns: Iterable[str], source: Source, table: type[Table], *, where: str) -> dict[str, str]:
    """Return `source.columns` after checking that its keys are columns of `table`, and that the file has its values.

    Raises ConfigurationError for an unknown column of ours, InputError that names the missing columns of the file.
    """
    names = chosen_columns(source, table, {})
    present = of_file(columns)
    missing = sorted(set(names.values()) - set(present))
    if missing:
        raise InputError(
            "the file lacks columns that the configuration names",
            where=where,
            expected=", ".join(missing),
            found=listed(present),
            mend=f"correct `columns` of the source {where}",
        )
    return names


def demand(names: Mapping[str, str], needed: Iterable[str], columns: Iterable[str], *, where: str) -> None:
    """Raise InputError where one of our `needed` columns was not found in the header."""
    missing = [column for column in needed if column not in names]
    if missing:
        raise InputError(
            "the header is not of a layout that is known here",
            where=where,
            expected=f"columns for {', '.join(missing)}",
            found=listed(of_file(columns)),
            mend=f"name them under `columns` of the source {where}, as our column: the file's column",
        )


def check_declared(source: Source, vintage: str, *, where: str) -> None:
    """Raise VintageError where the source declares codes of another vintage than the table's."""
    if source.vintage not in (None, vintage):
        raise VintageError(
            f"the table is of areas of {vintage}",
            where=where,
            expected=f"vintage: {vintage}",
            found=f"vintage: {source.vintage}",
            mend="take a file of those areas; scores and shares are never carried from one vintage to another",
        )


def of_file(columns: Iterable[str]) -> list[str]:
    """Return the columns that are the file's own, without those that a reader adds."""
    return [column for column in columns if column not in BOOKKEEPING]


def listed(names: Iterable[str], *, most: int = 12) -> str:
    """Return the first `most` names joined by commas, and how many more there are."""
    every = list(names)
    more = f" and {len(every) - most} more" if len(every) > most else ""
    return ", ".join(every[:most]) + more
