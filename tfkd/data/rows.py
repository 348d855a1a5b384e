"""Rows of one `.jsonl`, `.csv` or `.tsv` file (each also `.gz`), streamed line by line."""

from __future__ import annotations

import csv
import gzip
import json
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from ..errors import UserError

FORMATS = (".jsonl", ".csv", ".tsv")
SUFFIXES = FORMATS + tuple(f"{each}.gz" for each in FORMATS)
# Longer "lines" are another kind of file: reading on would fill the memory.
LONGEST = 64 * 2**20


class Row(NamedTuple):
    """One row as it stands in the file; `where` names file and row in an error."""

    where: str
    fields: dict[str, Any]


def file_format(path: Path) -> str | None:
    """Return the format: `.jsonl`, `.csv` or `.tsv`, compressed or not; None for another one.

    >>> file_format(Path("reviews.CSV.gz")), file_format(Path("reviews.txt"))
    ('.csv', None)
    """
    name = path.name.lower().removesuffix(".gz")
    return next((each for each in FORMATS if name.endswith(each)), None)


def read_rows(path: Path) -> Iterator[Row]:
    """Yield the rows of `path`.

    Raises:
        UserError: missing, empty, truncated, not UTF-8, invalid JSON or CSV; names file and row.
    """
    parse = {".jsonl": _jsonl, ".csv": _csv, ".tsv": _tsv}.get(file_format(path) or "")
    if parse is None:
        raise UserError(f"{path} is none of {', '.join(FORMATS)} (each also .gz).")
    empty = True
    for row in parse(path, _lines(path)):
        empty = False
        yield row
    if empty:
        raise UserError(f"{path} is empty: expected at least one row with a text.")


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield numbered lines, decoded one at a time so that a bad byte has a line."""
    number, offset = 0, 0
    try:
        with _open(path) as stream:
            while raw := stream.readline(LONGEST):
                number += 1
                yield number, _decode(path, number, offset, raw)
                offset += len(raw)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UserError(
            f"{path} is a damaged or truncated gzip file: it breaks off after line {number} "
            f"({error}). Copy or download it again."
        ) from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}.") from None


def _open(path: Path) -> BinaryIO:
    """Open for reading, unpacked: by its first bytes too, since the name may not say `.gz`."""
    with path.open("rb") as stream:
        packed = stream.read(2) == b"\x1f\x8b"
    if packed or path.suffix.lower() == ".gz":
        return gzip.open(path, "rb")  # type: ignore[return-value]
    return path.open("rb")


def _decode(path: Path, number: int, offset: int, raw: bytes) -> str:
    if len(raw) == LONGEST and not raw.endswith(b"\n"):
        raise UserError(f"{path}, line {number}: longer than 64 MiB; expected one row a line.")
    try:
        return raw.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        at = error.start
        raise UserError(
            f"{path}, line {number}: byte {offset + at} (0x{error.object[at]:02x}) is not UTF-8. "
            "Save the file as UTF-8."
        ) from None


def _jsonl(path: Path, lines: Iterable[tuple[int, str]]) -> Iterator[Row]:
    for number, line in lines:
        if line.strip():
            where = f"{path}, row {number}"
            yield Row(where, _object(where, line))


def _object(where: str, line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        hint = " Write one JSON object a line, not one list." if line.startswith("[") else ""
        raise UserError(f"{where}: invalid JSON ({error}).{hint}") from None
    if not isinstance(value, dict):
        raise UserError(
            f"{where}: a JSON {type(value).__name__}; expected an object such as "
            '{"text": "a fine film", "label": 1}.'
        )
    return value


def _csv(path: Path, lines: Iterable[tuple[int, str]]) -> Iterator[Row]:
    # The limit is the process's own, 128 KiB by default: a long review would not pass.
    csv.field_size_limit(max(csv.field_size_limit(), LONGEST))
    reader = csv.reader((line for _, line in lines), strict=True)
    try:
        yield from _table(path, ((reader.line_num, fields) for fields in reader))
    except csv.Error as error:
        raise UserError(f"{path}, line {reader.line_num}: invalid CSV ({error}).") from None


def _tsv(path: Path, lines: Iterable[tuple[int, str]]) -> Iterator[Row]:
    # No quoting in the format itself: a text may begin with a stray quotation mark.
    fields = ((number, line.rstrip("\r\n")) for number, line in lines)
    yield from _table(
        path,
        ((n, [_unquote(each) for each in line.split("\t")] if line else []) for n, line in fields),
    )


def _unquote(field: str) -> str:
    """Undo the quoting that spreadsheet programs add all the same."""
    inner = field[1:-1].replace('""', "")
    if len(field) > 1 and field[0] == field[-1] == '"' and '"' not in inner:
        return field[1:-1].replace('""', '"')
    return field


def _table(path: Path, table: Iterable[tuple[int, list[str]]]) -> Iterator[Row]:
    header: list[str] = []
    number = 0
    for line, fields in table:
        if not fields:
            continue
        if not header:
            header = _header(path, fields)
            continue
        number += 1
        where = f"{path}, row {number} (line {line})"
        if len(fields) != len(header):
            raise UserError(
                f"{where}: {len(fields)} fields; the header has {len(header)} "
                f"({', '.join(header)}). "
                "Quote a text that holds the delimiter; a line break in quotes needs .csv."
            )
        yield Row(where, dict(zip(header, fields, strict=True)))


def _header(path: Path, fields: list[str]) -> list[str]:
    header = [each.strip() for each in fields]
    if len(set(header)) < len(header):
        raise UserError(f"{path}: the header names a column twice: {', '.join(header)}.")
    return header
