"""Rows of the files of SemEval-2010 task 8: numbered sentences with marks, each with its relation.

    1	"The <e1>child</e1> was wrapped into the <e2>cradle</e2> by means of a cord."
    Other
    Comment:

A blank line ends a sentence. A file without relations has the numbered lines alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ..errors import UserError
from .faults import Faults
from .file_kinds import FileForm, Row
from .lines import read_lines

_SENTENCE = re.compile(r"\s*(\d+)\s+(.+?)\s*")
_COMMENT = "comment:"


def has_blocks(path: Path) -> bool:
    """Return whether a file is one of these, by its first line with something in it."""
    try:
        first = next((line for _, line in read_lines(path) if line.strip()), "")
    # In another encoding or damaged: whoever reads it says so.
    except UserError:
        return False
    return bool(_SENTENCE.fullmatch(first)) and "<e1>" in first


def read_blocks(path: Path, reading: FileForm, faults: Faults) -> Iterator[Row]:
    """Yield a row for each numbered sentence: `id`, `text` and, where there is one, `relation`.

    Args:
        path: The file.
        reading: Its encoding.
        faults: Takes the blocks that are none.

    Raises:
        UserError: A file that cannot be read as text.
    """
    block: list[tuple[int, str]] = []
    labelled: bool | None = None
    for number, line in _with_end(read_lines(path, reading.encoding)):
        starts = bool(_SENTENCE.fullmatch(line)) and "<e1>" in line
        if block and (starts or not line.strip()):
            row = _row(path, block, faults)
            if row is not None:
                if labelled is None:
                    labelled = "relation" in row.fields
                if labelled and "relation" not in row.fields:
                    faults.add(f"{row.where}: a sentence without a relation in the line after it.")
                else:
                    yield row
            block = []
        if line.strip():
            block.append((number, line.strip()))


def _with_end(lines: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Yield all lines and a blank one."""
    yield from lines
    yield 0, ""


def _row(path: Path, block: list[tuple[int, str]], faults: Faults) -> Row | None:
    number, first = block[0]
    where = f"{path}, line {number}"
    match = _SENTENCE.fullmatch(first)
    if first.casefold().startswith(_COMMENT):
        # It stands behind a blank line now and then.
        return None
    if match is None:
        faults.add(
            f'{where}: {first[:40]!r} is no numbered sentence; expected 1, a tab and "The '
            '<e1>child</e1> ... <e2>cradle</e2>."'
        )
        return None
    text = match[2]
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1]
    rest = [line for _, line in block[1:] if not line.casefold().startswith(_COMMENT)]
    if len(rest) > 1:
        faults.add(f"{where}: {len(rest)} lines after a sentence; expected its relation alone.")
        return None
    fields = {"id": match[1], "text": text, **({"relation": rest[0]} if rest else {})}
    return Row(where, fields)
