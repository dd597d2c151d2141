"""The workbooks of the Quality and Outcomes Framework, as rows of text: what stands where on their sheets.

They are some 6,500 practices on 21 sheets: read on the driver. The layout is described in `practice_prevalence`.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from icspark.config import Source
from icspark.errors import InputError
from icspark.sources.headers import normal
from icspark.sources.reading import NULL_MARKERS
from icspark.tables.codes import REGISTERS
from icspark.tables.reference import PracticePrevalence

INDICATORS = {"blood_pressure": "DM019", "hba1c": "DM020", "smokers": "SMOK004"}
"""Options of the source -> the indicator of 2021-22."""

SMOKING = "SMOK"

PARTS: dict[str, tuple[str, str]] = {
    **{f"{name}_prevalence": (sheet, "smokers" if sheet == SMOKING else "") for name, (sheet, _) in REGISTERS.items()},
    PracticePrevalence.diabetes_blood_pressure_share: ("DM", "blood_pressure"),
    PracticePrevalence.diabetes_hba1c_share: ("DM", "hba1c"),
}
"""Each share -> its sheet, and the option that names the indicator that it is made of (none: the register)."""

POINTS = f"_text_{PracticePrevalence.diabetes_points}"
CODE, REGISTER, LIST_SIZE, PREVALENCE = "practice code", "register", "list size", "prevalence (%)"
NUMERATOR, PATIENTS, SCORE = "numerator", "denominator plus pcas", "total achievement score"
HEADER_WITHIN_ROWS = 40
_FIELDS = [POINTS, *[f"{share}_{part}" for share in PARTS for part in ("numerator", "denominator")]]
_SCHEMA = ", ".join(f"`{name}` string" for name in ["practice_code", "_text_practice_code", *_FIELDS, "_file", "_raw"])


@dataclass(frozen=True)
class _Sheet:
    """One sheet of a register: its cells as text."""

    register: str
    file: str
    cells: list[list[str | None]]

    @property
    def where(self) -> str:
        """Return the file and sheet, as errors name them."""
        return f"{self.file}, sheet {self.register}"

    def problem(self, what: str, **details: str) -> InputError:
        """Return the error that says what is wrong with this sheet."""
        mend = "check the edition; `options` of the source name the indicators of other years"
        return InputError(what, where=self.where, **({"mend": mend} | details))


@dataclass(frozen=True)
class _Line:
    """One line below a sheet's header: its practice, what is read from it (field -> text), and all its cells."""

    sheet: _Sheet
    code: str | None
    values: dict[str, str | None]
    cells: Sequence[str | None]


@dataclass
class _Practice:
    """What the sheets say of one practice (or of a row of none): field -> text, and the files that it came from."""

    code: str | None
    values: dict[str, str | None] = field(default_factory=dict)
    files: dict[str, None] = field(default_factory=dict)
    raw: dict[str, Any] = field(default_factory=dict)

    def add(self, line: _Line) -> None:
        """Take in a line of a sheet: what is read from it, or all its cells where it is of no practice."""
        self.values |= line.values
        self.files[line.sheet.file] = None
        named = {name.removeprefix("_text_"): value for name, value in line.values.items()}
        self.raw[line.sheet.register] = named if self.code else [cell for cell in line.cells if cell]

    def copy(self) -> _Practice:
        """Return the same practice, to be changed by itself."""
        return _Practice(self.code, dict(self.values), dict(self.files), dict(self.raw))

    def row(self) -> tuple[str | None, ...]:
        """Return the values of _SCHEMA."""
        fields = [self.values.get(name) for name in _FIELDS]
        return (self.code, self.code, *fields, "; ".join(self.files), json.dumps(self.raw, ensure_ascii=False))


def read_workbooks(spark: SparkSession, source: Source) -> DataFrame:
    """Return one row per practice over all sheets of all workbooks, and one per row of a sheet that is of no practice.

    Columns: practice_code, and as text the numerator and denominator of each share of PARTS, and the diabetes points.
    A practice that stands on a sheet twice makes a second row, like the first but for that sheet. Raises InputError for
    a file that is no workbook, has no sheet of a register, or a sheet without the columns that are needed.
    """
    sheets = [sheet for path in source.paths for sheet in _sheets(path)]
    where: dict[str, str] = {}
    for sheet in sheets:
        if sheet.register in where:
            raise sheet.problem(f"the sheet also stands in {where[sheet.register]}", mend="give each workbook once")
        where[sheet.register] = sheet.file
    lines = [line for sheet in sheets for line in _lines(sheet, source.options)]
    return spark.createDataFrame([practice.row() for practice in _practices(lines)], _SCHEMA)


def _practices(lines: Sequence[_Line]) -> list[_Practice]:
    first: dict[str, _Practice] = {}
    seen: set[tuple[str, str]] = set()
    others: list[_Line] = []
    for line in lines:
        if line.code is None or (line.code, line.sheet.register) in seen:
            others.append(line)
        else:
            seen.add((line.code, line.sheet.register))
            first.setdefault(line.code, _Practice(line.code)).add(line)
    practices = list(first.values())
    for line in others:
        practice = first[line.code].copy() if line.code else _Practice(None)
        practice.add(line)
        practices.append(practice)
    return practices


def _sheets(path: Path) -> list[_Sheet]:
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    wanted = {sheet for sheet, _ in PARTS.values()}
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        found = [_sheet(book[name], path.name) for name in book.sheetnames if name.strip() in wanted]
        book.close()
    except FileNotFoundError:
        raise InputError("the file is absent", where=str(path), mend="correct `path` of the source") from None
    except (InvalidFileException, zipfile.BadZipFile, KeyError, EOFError):
        what = "the file is empty, truncated or no workbook"
        raise InputError(what, where=str(path), expected=".xlsx", mend="fetch it again") from None
    if not found:
        raise InputError("no sheet is of a register", where=str(path), expected=f"sheets {', '.join(sorted(wanted))}")
    return found


def _sheet(sheet: Any, file: str) -> _Sheet:
    return _Sheet(
        sheet.title.strip(), file, [[_text(cell) for cell in line] for line in sheet.iter_rows(values_only=True)]
    )


def _text(cell: Any) -> str | None:
    text = "" if cell is None else str(cell).strip()
    return None if text in NULL_MARKERS else text


def _lines(sheet: _Sheet, options: Mapping[str, str]) -> Iterator[_Line]:
    header = _header(sheet)
    places = _places(sheet, header, options)
    code_at = _names(sheet.cells[header]).index(CODE)
    for line in (line for line in sheet.cells[header + 1 :] if any(line)):
        cells = [*line, *[None] * (len(sheet.cells[header]) - len(line))]
        yield _Line(sheet, cells[code_at], {name: cells[at] for name, at in places.items()}, cells)


def _header(sheet: _Sheet) -> int:
    for at, line in enumerate(sheet.cells[:HEADER_WITHIN_ROWS]):
        if CODE in _names(line):
            return at
    raise sheet.problem("no header row", expected=f"a row with `{CODE}` among the first {HEADER_WITHIN_ROWS}")


def _names(line: Sequence[str | None]) -> list[str]:
    return [normal(cell or "") for cell in line]


def _places(sheet: _Sheet, header: int, options: Mapping[str, str]) -> dict[str, int]:
    """Return field -> index of its column."""
    names = _names(sheet.cells[header])
    codes = [*(sheet.cells[header - 1] if header else []), *[None] * len(names)][: len(names)]
    places: dict[str, int] = {}
    for share, (register, option) in PARTS.items():
        if register != sheet.register or (not option and register in options.get("without_register", "").split()):
            continue
        if option:
            top, bottom = _of_indicator(sheet, names, codes, options.get(option, INDICATORS[option]))
        else:
            top, bottom = _of_register(sheet, names)
        if register == SMOKING:
            top, bottom = bottom, _first(sheet, names, LIST_SIZE, reversed(range(len(names))))
        places |= {f"{share}_numerator": top, f"{share}_denominator": bottom}
    points = {POINTS: _first(sheet, names, SCORE, reversed(range(len(names))))} if sheet.register == "DM" else {}
    return places | points


def _of_register(sheet: _Sheet, names: Sequence[str]) -> tuple[int, int]:
    register = _first(sheet, names, REGISTER, reversed(range(len(names))))
    year_before = [at for at, name in enumerate(names[:register]) if name == PREVALENCE]
    since = year_before[-1] + 1 if year_before else 0
    return register, _first(sheet, names, LIST_SIZE, range(since, register))


def _of_indicator(sheet: _Sheet, names: Sequence[str], codes: Sequence[str | None], indicator: str) -> tuple[int, int]:
    if indicator not in codes:
        raise sheet.problem(f"no indicator {indicator}")
    start = codes.index(indicator)
    end = next((at for at in range(start + 1, len(names)) if codes[at]), len(names))
    block = range(start, end)
    return _first(sheet, names, NUMERATOR, block), _first(sheet, names, PATIENTS, block)


def _first(sheet: _Sheet, names: Sequence[str], beginning: str, within: Iterable[int]) -> int:
    for at in within:
        if names[at].startswith(beginning):
            return at
    raise sheet.problem(f"no column `{beginning}`")
