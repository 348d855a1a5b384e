"""Write records to a `.csv`, `.tsv` or `.jsonl`, which is there once it is whole."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, TextIO

from ..errors import UserError
from ..files import replace_when_whole
from .file_kinds import file_format

WRITTEN = (".csv", ".tsv", ".jsonl")
MOST_FURTHER = 16_384
"""Columns beyond those of the widest row, as many as a spreadsheet takes: more are keys of data."""
Record = dict[str, Any]
"""The columns of a line."""


def check_written(to: Path, sources: Iterable[Path] = ()) -> str:
    """Return the format of a file to write, which is none of those that are read.

    Args:
        to: The file.
        sources: The files that are read.

    Raises:
        UserError: Another format, a folder that is not there, or one of the files that are read.
    """
    kind = file_format(to)
    if kind not in WRITTEN or to.suffix.lower() not in WRITTEN:
        raise UserError(f"--to {to}: write a file that ends in {', '.join(WRITTEN)}.")
    if to.is_dir() or not to.parent.is_dir():
        raise UserError(f"--to {to}: there is no folder {to.parent}, or this is one.")
    if any(to.exists() and source.exists() and to.samefile(source) for source in sources):
        raise UserError(f"--to {to} is the file that is read: write another one.")
    return kind


@contextmanager
def open_records(to: Path, sources: Iterable[Path]) -> Iterator[Callable[[Record], None]]:
    """Write records to a file, which is there once it is whole.

    Args:
        to: A `.csv`, `.tsv` or `.jsonl`.
        sources: The files that are read, none of which is replaced.

    Yields:
        A function that writes one record.

    Raises:
        UserError: Another format, a folder that is not there, or one of the files that are read;
            of the function: ever further columns.
    """
    kind = check_written(to, sources)
    # A spreadsheet takes UTF-8 for something else without a mark.
    encoding = "utf-8" if kind == ".jsonl" else "utf-8-sig"
    with replace_when_whole(to) as part, part.open("w", encoding=encoding, newline="") as stream:
        if kind == ".jsonl":
            yield lambda record: _write_line(record, stream)
        else:
            with _open_table(stream, kind, to) as write:
                yield write


def _write_line(record: Record, stream: TextIO) -> None:
    print(json.dumps(record, ensure_ascii=False, default=str), file=stream)


@contextmanager
def _open_table(stream: TextIO, kind: str, to: Path) -> Iterator[Callable[[Record], None]]:
    """Write a table once all records are known: any of them may have a further column.

    Until then they are in a temporary file, beside the table: elsewhere may be less room.
    """
    header: dict[str, None] = {}
    widest = 0
    with TemporaryFile("w+", encoding="utf-8", dir=to.parent) as lines:

        def write(record: Record) -> None:
            nonlocal widest
            flat = _flatten(record)
            header.update(dict.fromkeys(flat))
            widest = max(widest, len(flat))
            if len(header) > widest + MOST_FURTHER:
                raise UserError(
                    f"--to {to}: the rows have {len(header):,} columns, and each at most {widest}: "
                    "write a .jsonl, whose rows have their own."
                )
            _write_line(flat, lines)

        yield write
        lines.seek(0)
        rows = csv.writer(stream, delimiter="," if kind == ".csv" else "\t")
        if header:
            rows.writerow(header)
        for flat in map(json.loads, lines):
            rows.writerow([_cell(flat.get(name)) for name in header])


def is_class_column(column: str, name: str, value: Any) -> bool:
    """Return whether a column of a table is one of an answer by class, see `_flatten`.

    >>> is_class_column("probabilities.bad", "probabilities", {"bad": 0.6})
    True
    """
    return isinstance(value, dict) and column.startswith(f"{name}.")


def _flatten(record: Mapping[str, Any]) -> dict[str, Any]:
    """Give each class a column of its own, unless another value has a column of that name.

    >>> _flatten({"id": 7, "probabilities": {"bad": 0.25}})
    {'id': 7, 'probabilities.bad': 0.25}
    >>> _flatten({"probabilities.bad": 0.9, "probabilities": {"bad": 0.25}})
    {'probabilities.bad': 0.9, 'probabilities': {'bad': 0.25}}
    """
    flat: dict[str, Any] = {}
    for name, value in record.items():
        inner = value if isinstance(value, dict) else {}
        columns = {f"{name}.{key}": each for key, each in inner.items()}
        taken = any(column in record or column in flat for column in columns)
        flat |= columns if columns and not taken else {name: value}
    return flat


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else value
