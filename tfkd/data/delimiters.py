"""How a table of text is written: what separates its fields, and whether they are quoted."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection
from typing import NamedTuple

from .lines import LONGEST

MARKS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a vertical bar"}
# Separates the fields of tables that have one column, since it is in no text.
NO_MARK = "\x1f"
_SEP = re.compile(r'"?sep=(.)"?', re.IGNORECASE)


class Dialect(NamedTuple):
    """What separates the fields, whether quotation marks may, and how many lines say so."""

    mark: str
    quoted: bool = True
    skip: int = 0


def find_dialect(
    lines: list[str], suffix: str, *, names: Collection[str] = (), width: int = 0
) -> Dialect:
    r"""Find out how a table is written, from its first lines.

    Args:
        lines: The first lines, with their ends.
        suffix: That of the file's name, which decides where lines fit several.
        names: Names that the header probably has.
        width: The number of columns where there is no header; 0 for a header.

    >>> find_dialect(["text;label\n", "a, b, c;good\n"], ".csv").mark
    ';'
    >>> find_dialect(["sep=;\n", "text;label\n"], ".csv")
    Dialect(mark=';', quoted=True, skip=1)
    """
    said = _SEP.fullmatch(lines[0].rstrip("\r\n")) if lines else None
    if said:
        return Dialect(said[1], skip=1)
    likely = "\t" if suffix == ".tsv" else ","
    fits = {}
    for mark in sorted(MARKS, key=lambda mark: mark != likely):
        for quoted in (True, False) if mark == "\t" else (True,):
            rows = _parse(lines, Dialect(mark, quoted)) or [[]]
            if (width or len(rows[0])) > 1:
                named = 0 if width else sum(cell.strip() in names for cell in rows[0])
                fits[mark, quoted] = (named, *_fit(rows, width))
    if not fits:
        # No field of the header ends: the lines are texts, whatever is in them.
        return Dialect("\t", False) if suffix == ".tsv" else Dialect(NO_MARK)
    # A .tsv has no quotes, unless only quotes make its rows whole.
    best = max(fits, key=lambda way: (fits[way], way[1] != (suffix == ".tsv")))
    return Dialect(*best)


def _fit(rows: list[list[str]], width: int) -> tuple[float, ...]:
    """Return how well rows fit: nothing but commas of sentences, to the width, to each other."""
    first = len(rows[0])
    shares = [
        sum(len(row) == columns for row in rows) / len(rows) if columns > 1 else 0.0
        for columns in (width or first, first)
    ]
    inner = [field for row in rows for field in row[1:]]
    # A blank follows the comma of a sentence, and hardly ever what separates fields.
    spaced = sum(field.startswith(" ") for field in inner) > len(inner) / 2
    return max(shares) >= 0.5 and not spaced, *shares


def split_fields(line: str, mark: str) -> list[str]:
    """Return the fields of a line of a format without quotes, such as TSV."""
    return [_unquote(each) for each in line.split(mark)] if line else []


def allow_long_fields() -> None:
    """Let the csv module read long texts: its limit is 128 KiB by default."""
    csv.field_size_limit(max(csv.field_size_limit(), LONGEST))


def _parse(lines: list[str], dialect: Dialect) -> list[list[str]]:
    """Return rows of the first lines, without those that are blank or that break off."""
    if not dialect.quoted:
        stripped = (line.rstrip("\r\n") for line in lines)
        return [split_fields(line, dialect.mark) for line in stripped if line]
    allow_long_fields()
    rows = []
    try:
        for row in csv.reader(lines, delimiter=dialect.mark, strict=True):
            if row:
                rows.append(row)
    except csv.Error as error:
        # A last row that goes on behind these lines is none; any other fits no header.
        if "unexpected end" not in str(error):
            rows.append([])
    return rows


def _unquote(field: str) -> str:
    """Undo the quoting that spreadsheet programs add all the same."""
    inner = field[1:-1].replace('""', "")
    if len(field) > 1 and field[0] == field[-1] == '"' and '"' not in inner:
        return field[1:-1].replace('""', '"')
    return field
