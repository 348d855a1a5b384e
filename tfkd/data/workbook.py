"""Rows of an Excel workbook, as CSV would give them."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import UserError, first_line, missing_extra
from .faults import Faults
from .file_kinds import FileForm, Row
from .tables import name_columns


def read_workbook(path: Path, reading: FileForm, faults: Faults) -> Iterator[Row]:
    """Yield the rows of the only sheet with cells; all values are text, as in a CSV.

    Args:
        path: The file.
        reading: Its header if it has none.
        faults: Nothing of a workbook is a bad row by itself.

    Raises:
        UserError: openpyxl is missing, no workbook, or several sheets that hold something.
    """
    try:
        import openpyxl
    except ImportError:
        raise missing_extra("openpyxl", "tables", f"the workbook {path}") from None
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except Exception as error:
        raise UserError(
            f"{path} cannot be read as an Excel workbook ({first_line(error)}): save it again as "
            ".xlsx without a password, or as CSV UTF-8."
        ) from None
    try:
        yield from _sheet_rows(path, _only_sheet(path, book, reading), reading)
    finally:
        book.close()


def _only_sheet(path: Path, book: Any, reading: FileForm) -> Any:
    """Return the sheet with cells; of several, the one whose first row has the columns' names."""
    filled = {}
    for sheet in book.worksheets:
        # Some programs write wrong sizes, which would cut rows off.
        sheet.reset_dimensions()
        first = next((cells for _, cells in _filled_rows(sheet)), None)
        if first:
            filled[sheet.title] = {cell.strip() for cell in first} & set(reading.names)
    if not filled:
        raise UserError(f"{path} is empty: expected at least one row with a text.")
    most = max(map(len, filled.values()))
    best = [title for title, found in filled.items() if len(found) == most]
    if len(best) > 1:
        raise UserError(
            f"{path} has several sheets with rows: {', '.join(best)}. Give a workbook with one of "
            "them, or save that one as CSV UTF-8."
        )
    return book[best[0]]


def _filled_rows(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    for number, values in enumerate(sheet.iter_rows(values_only=True), 1):
        cells = [_as_text(value) for value in values]
        if any(cells):
            yield number, cells


def _sheet_rows(path: Path, sheet: Any, reading: FileForm) -> Iterator[Row]:
    header = list(reading.header)
    count = 0
    for line, cells in _filled_rows(sheet):
        if not header:
            header = name_columns(path, cells)
            continue
        count += 1
        # Cells at the end of a row that hold nothing are not stored.
        cells += [""] * (len(header) - len(cells))
        yield Row(
            f"{path}, row {count} (line {line})",
            {name: cell for name, cell in zip(header, cells, strict=False) if name},
        )


def _as_text(value: Any) -> str:
    """Write a cell as CSV would.

    >>> [_as_text(value) for value in (None, 3.0, 2.5, True, "a film")]
    ['', '3', '2.5', 'true', 'a film']
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat().removesuffix("T00:00:00")
    return str(value)
