"""Which formats files have, what a row is, and what the user says of how a file is written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import UserError

CONLL_FORMATS = (".conll", ".iob", ".bio")
TEXT_FORMATS = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".txt", *CONLL_FORMATS)
FORMATS = (*TEXT_FORMATS, ".xlsx", ".parquet", ".arrow")
# A `.txt` in a folder may be anything, such as class names.
SUFFIXES = tuple(
    name
    for each in FORMATS
    if each != ".txt"
    for name in ((each, f"{each}.gz") if each in TEXT_FORMATS else (each,))
)
POSSIBLE_FILES = (
    ".jsonl, .json, .csv, .tsv, .txt, .conll (each also .gz), .xlsx, .parquet or .arrow"
)
_CURES = {
    ".xls": "open it in Excel, and save it as .xlsx or as CSV UTF-8",
    ".xlsm": "open it in Excel, and save it as .xlsx",
    ".xlsb": "open it in Excel, and save it as .xlsx",
    ".ods": "save it as .xlsx or as CSV",
    ".numbers": "export it as CSV",
    ".zip": "unpack it, and give the file inside",
    ".feather": "name it .arrow",
}


class Row(NamedTuple):
    """One row as it stands in the file; `where` names file and row in an error."""

    where: str
    fields: dict[str, Any]


@dataclass(frozen=True)
class FileForm:
    """What the user says of how a file is written, and what is looked for in it.

    Attributes:
        header: Names of the columns of tables without a header; blank ones are left out.
        encoding: Of text that is neither UTF-8 nor UTF-16.
        names: Names that columns probably have, which help to find out what separates them.
        lines: The name of the only column of a `.txt` whose first line has none of these names.
        blank_lines: Whether a blank line of such a file is a row too.
    """

    header: tuple[str, ...] = ()
    encoding: str = ""
    names: tuple[str, ...] = ()
    lines: str = ""
    blank_lines: bool = False


def parse_header(written: str | Sequence[str] | None) -> tuple[str, ...]:
    """Return the names of columns that are written with commas, or given one by one.

    Raises:
        UserError: No name, or one that is there twice.

    >>> parse_header("label, text"), parse_header(None)
    (('label', 'text'), ())
    """
    names = written.split(",") if isinstance(written, str) else written or ()
    names = tuple(name.strip() for name in names)
    given = [name for name in names if name]
    if written and (not given or len(set(given)) < len(given)):
        raise UserError(
            f"header is {','.join(names)!r}: write the names of the columns from left to right, "
            "each once, such as label,text."
        )
    return names if written else ()


def file_format(path: Path) -> str | None:
    """Return the format, such as `.csv`, compressed or not; None for another one.

    >>> file_format(Path("reviews.CSV.gz")), file_format(Path("reviews.pdf"))
    ('.csv', None)
    """
    name = path.name.lower()
    found = next((each for each in FORMATS if name.removesuffix(".gz").endswith(each)), None)
    return None if found not in TEXT_FORMATS and name.endswith(".gz") else found


def check_format(path: Path) -> None:
    """Refuse a file of a format that is not read.

    Raises:
        UserError: The format is none of ours; says what to do with some others.
    """
    if file_format(path) is None:
        cure = next((c for end, c in _CURES.items() if path.name.lower().endswith(end)), "")
        raise UserError(f"{path} is none of {POSSIBLE_FILES}{f': {cure}' if cure else ''}.")


def safe_stem(name: str) -> str:
    """Make a name for folders: no suffixes, only letters, digits, `.`, `_` and `-`.

    >>> safe_stem("my reviews.csv.gz"), safe_stem("imdb"), safe_stem("a.xlsx")
    ('my-reviews', 'imdb', 'a')
    """
    ends = "|".join(each[1:] for each in FORMATS)
    stem = re.sub(rf"(\.({ends}))?(\.gz)?$", "", name, flags=re.IGNORECASE)
    return re.sub(r"[^\w.-]+", "-", stem).strip("-._")[:60] or "data"
