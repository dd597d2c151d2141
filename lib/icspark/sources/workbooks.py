"""Open a publisher's Excel workbook on the driver, one sheet at a time, for some tens of thousands of rows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile

from icspark.errors import InputError

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook


def opened(path: Path) -> Workbook:
    """Return a workbook opened for reading row by row, formulas as their values.

    Raises InputError for a file that is absent, truncated or no workbook.
    """
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        return openpyxl.load_workbook(path, read_only=True, data_only=True)
    except FileNotFoundError:
        raise InputError("the file is absent", where=str(path), mend="correct `path` of the source") from None
    except (BadZipFile, InvalidFileException, KeyError, EOFError, OSError) as error:
        raise InputError(
            f"the workbook cannot be read ({type(error).__name__})", where=str(path), mend="fetch it again"
        ) from None
