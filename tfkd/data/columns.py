"""Which columns hold the text and the label, and the check of every row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import UserError
from .labels import label_key
from .rows import Row, read_rows

# Columns that accompany texts and are no classes; pandas calls an index "" or "Unnamed: 0".
ACCOMPANYING = frozenset((
    "", "unnamed: 0", "id", "idx", "index", "guid", "uid", "rating", "score", "stars", "title",
    "summary", "headline", "description", "url", "link", "date", "time", "timestamp", "year",
    "source", "author", "user", "username", "name", "language", "lang", "length", "split",
))  # fmt: skip


class Record(NamedTuple):
    """A checked row: `label` is as in the file, None on an unlabelled row."""

    where: str
    text: str
    label: str | None


@dataclass(frozen=True)
class Columns:
    """The columns asked for; None stands for the default rule."""

    text: str | None = None
    label: str | None = None

    def label_in(self, path: Path, fields: dict[str, Any]) -> str:
        """The label column of `path`, whose first row is `fields`.

        >>> Columns().label_in(Path("a.csv"), {"id": "7", "text": "hello", "intent": "greet"})
        'intent'
        """
        if self.label is not None or "label" in fields:
            return _there(path, self.label or "label", "label", fields)
        text = self.text or "text"
        left = [each for each in fields if each != text and each.lower() not in ACCOMPANYING]
        if len(left) == 1:
            return left[0]
        return _there(path, "label", "label", fields)

    def text_in(self, path: Path, fields: dict[str, Any]) -> str:
        """The text column of `path`, whose first row is `fields`."""
        return _there(path, self.text or "text", "text", fields)

    def records(self, path: Path, labelled: bool = True) -> Iterator[Record]:
        """Stream the checked rows of `path`."""
        text = label = None
        for row in read_rows(path):
            if text is None:
                text = self.text_in(path, row.fields)
                label = self.label_in(path, row.fields) if labelled else None
            yield Record(row.where, _text(row, text), _label(row, label) if label else None)


def first_label_column(path: Path, columns: Columns) -> str:
    """The name of the label column of `path`, from its first row."""
    row = next(read_rows(path))
    return columns.label_in(path, row.fields)


def _there(path: Path, column: str, role: str, fields: Iterable[str]) -> str:
    if column in fields:
        return column
    raise UserError(
        f"{path}, row 1: no column {column!r}; it has {', '.join(map(repr, fields)) or 'none'}. "
        f"Name the {role} column with --{role}-column."
    )


def _text(row: Row, column: str) -> str:
    if column not in row.fields:
        raise UserError(f"{row.where}: no {column!r}; every row needs one.")
    return check_text(row.where, row.fields[column], column)


def check_text(where: str, text: Any, column: str = "text") -> str:
    """`text` itself, if it is a string with something in it that UTF-8 can hold."""
    if not isinstance(text, str):
        raise UserError(f"{where}: {column!r} is {_kind(text)}; expected a string.")
    if not text or text.isspace():
        raise UserError(f"{where}: {column!r} is empty; remove the row or write its text.")
    try:
        text.isascii() or text.encode()
    except UnicodeEncodeError as error:
        raise UserError(
            f"{where}: {column!r} holds half a character (a lone surrogate) at {error.start}."
        ) from None
    return text


def _label(row: Row, column: str) -> str | None:
    if column not in row.fields:
        raise UserError(
            f'{row.where}: no {column!r}; an unlabelled row says so with null, "" or -100.'
        )
    return label_key(row.where, row.fields[column])


def _kind(value: Any) -> str:
    return "null" if value is None else f"{value!r:.40} ({type(value).__name__})"
