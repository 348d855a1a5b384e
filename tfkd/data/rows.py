"""Rows of one file of any format, streamed, each with where it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from ..errors import UserError
from .faults import Faults
from .file_kinds import CONLL_FORMATS, FileForm, Row, check_format, file_format


def read_rows(
    path: Path, reading: FileForm | None = None, faults: Faults | None = None
) -> Iterator[Row]:
    """Yield the rows of `path`.

    Args:
        path: The file.
        reading: What is known of it.
        faults: Takes the rows that are no rows; by default the first one is raised.

    Raises:
        UserError: missing, empty, truncated, in another encoding, invalid JSON or CSV; names file
            and row.
    """
    check_format(path)
    empty = True
    reading = reading or FileForm()
    for row in _parser(path, reading)(path, reading, faults or Faults()):
        empty = False
        yield row
    if empty and not (faults and faults.count):
        raise UserError(f"{path} is empty: expected at least one row with a text.")


def _parser(path: Path, reading: FileForm) -> Callable[[Path, FileForm, Faults], Iterator[Row]]:
    """Return what reads a format; its library is imported only now."""
    kind = file_format(path)
    if kind == ".xlsx":
        from .workbook import read_workbook

        return read_workbook
    if kind in (".parquet", ".arrow"):
        from .arrow_files import read_arrow

        return read_arrow
    if kind in (".jsonl", ".ndjson", ".json"):
        from .json_rows import read_json

        return read_json
    from .conll_rows import looks_like_conll, read_conll
    from .sentence_blocks import has_blocks, read_blocks

    tagged = kind in (".txt", ".tsv") and looks_like_conll(path, reading.encoding)
    if kind in CONLL_FORMATS or tagged:
        return read_conll
    from .tables import read_table

    return read_blocks if kind == ".txt" and has_blocks(path) else read_table
