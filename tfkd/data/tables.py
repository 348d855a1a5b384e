"""Rows of tables that are text: CSV as any spreadsheet writes it, TSV, and plain lines."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from ..errors import UserError
from .delimiters import MARKS, NO_MARK, Dialect, allow_long_fields, find_dialect, split_fields
from .faults import Faults
from .file_kinds import FileForm, Row, file_format
from .lines import read_lines

_LINES, _CHARACTERS = 200, 200_000
Lines = Iterable[tuple[int, str]]


def read_table(path: Path, reading: FileForm, faults: Faults) -> Iterator[Row]:
    """Yield the rows of a table, by the names in its header or those that are given.

    Args:
        path: The file.
        reading: Its encoding, and its header if it has none.
        faults: Takes the rows that do not fit the header.

    Raises:
        UserError: A file that cannot be read as text, a header that names a column twice, or a
            quotation mark that nothing closes.
    """
    lines = read_lines(path, reading.encoding)
    head = _take(lines)
    suffix = file_format(path) or ""
    dialect = find_dialect(
        [line for _, line in head], suffix, names=reading.names, width=len(reading.header)
    )
    rest = chain(head[dialect.skip :], lines)
    is_text = suffix == ".txt" and reading.lines and not reading.header
    if is_text and not _has_header(head, dialect, reading):
        for number, line in rest:
            if line.strip() or reading.blank_lines:
                yield Row(f"{path}, line {number}", {reading.lines: line.strip("\r\n")})
        return
    table = (_csv if dialect.quoted else _unquoted)(path, rest, dialect, faults)
    yield from _rows(path, table, dialect, reading=reading, faults=faults)


def _take(lines: Iterator[tuple[int, str]]) -> list[tuple[int, str]]:
    """Return the first lines, not all of a file of long ones."""
    head: list[tuple[int, str]] = []
    size = 0
    for number, line in lines:
        head.append((number, line))
        size += len(line)
        if len(head) >= _LINES or size > _CHARACTERS:
            break
    return head


def _has_header(head: list[tuple[int, str]], dialect: Dialect, reading: FileForm) -> bool:
    """Return whether the first line is one: with a name that is known, or with tabs."""
    first = head[dialect.skip][1] if len(head) > dialect.skip else ""
    if dialect.mark == "\t" and "\t" in first:
        return True
    cells = {cell.strip(' "\r\n') for cell in first.split(dialect.mark)}
    return bool(cells & {reading.lines, *reading.names})


def _csv(
    path: Path, lines: Lines, dialect: Dialect, faults: Faults
) -> Iterator[tuple[int, list[str]]]:
    allow_long_fields()
    started = ended = 0

    def counted() -> Iterator[str]:
        nonlocal started, ended
        for number, line in lines:
            started, ended = started or number, number
            yield line

    reader = csv.reader(counted(), delimiter=dialect.mark, strict=True)
    while True:
        started = 0
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            sentence = f"{path}, line {started}: invalid CSV ({error})"
            if "unexpected end" in str(error):
                # All that follows is inside of it: no row to leave out.
                raise UserError(f"{sentence}; a quotation mark opens and is not closed.") from None
            faults.add(f"{sentence}; double a quotation mark inside of a quoted text.")
        else:
            yield ended, fields


def _unquoted(
    path: Path, lines: Lines, dialect: Dialect, faults: Faults
) -> Iterator[tuple[int, list[str]]]:
    # No quoting in the format itself: a text may begin with a stray quotation mark.
    for number, line in lines:
        yield number, split_fields(line.rstrip("\r\n"), dialect.mark)


def _rows(
    path: Path,
    table: Iterable[tuple[int, list[str]]],
    dialect: Dialect,
    *,
    reading: FileForm,
    faults: Faults,
) -> Iterator[Row]:
    header = list(reading.header)
    number = 0
    for line, found in table:
        if not found:
            continue
        if not header:
            header = name_columns(path, found)
            continue
        number += 1
        where = f"{path}, row {number} (line {line})"
        fields = found
        if len(fields) > len(header) and not any(fields[len(header) :]):
            fields = fields[: len(header)]
        if len(fields) != len(header):
            faults.add(_wrong_width(where, len(found), header, dialect=dialect, reading=reading))
            continue
        yield Row(
            where, {n: f for n, f in zip(header, fields, strict=True) if n or not reading.header}
        )


def name_columns(path: Path, cells: Iterable[str]) -> list[str]:
    """Return the names of columns from a header; blank ones at its end are none.

    Args:
        path: The file, for the error.
        cells: The fields of the first row.

    Raises:
        UserError: A name that is there twice.
    """
    header = [each.strip() for each in cells]
    while len(header) > 1 and not header[-1]:
        header.pop()
    header = [
        name if name or header.count("") == 1 else f"column {i}" for i, name in enumerate(header, 1)
    ]
    if len(set(header)) < len(header):
        raise UserError(f"{path}: the header names a column twice: {', '.join(header)}.")
    return header


def _wrong_width(
    where: str, found: int, header: list[str], *, dialect: Dialect, reading: FileForm
) -> str:
    named = "--header names" if reading.header else "the header has"
    fields = f"{found} field{'' if found == 1 else 's'}"
    mark = "" if dialect.mark == NO_MARK else MARKS.get(dialect.mark, repr(dialect.mark))
    separated = f", separated by {mark}" if mark else ""
    return (
        f"{where}: {fields}{separated}, and {named} {len(header)} ({', '.join(header)}); quote a "
        "text that holds what separates the fields (a line break in quotes needs .csv)."
    )
