"""Which columns play which role, and the check of every row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import UserError
from .examples import Example
from .labels import label_key
from .reader import ExampleReader
from .rows import Row, read_rows

# Columns that accompany texts and are no classes; pandas calls an index "" or "Unnamed: 0".
ACCOMPANYING = frozenset((
    "", "unnamed: 0", "id", "idx", "index", "guid", "uid", "rating", "score", "stars", "title",
    "summary", "headline", "description", "url", "link", "date", "time", "timestamp", "year",
    "source", "author", "user", "username", "name", "language", "lang", "length", "split",
))  # fmt: skip


class Record(NamedTuple):
    """A checked row: where it stands, and its example with labels as in the file."""

    where: str
    example: Example


@dataclass(frozen=True)
class Columns:
    """The columns that a reader wants, and those that the user named for its roles.

    Attributes:
        reader: Knows the roles.
        named: The names of columns by role.
        ignore_texts: Whether the user leaves all other columns of texts out.

    Raises:
        UserError: A role that the reader does not have.
    """

    reader: ExampleReader = field(default_factory=ExampleReader)
    named: Mapping[str, str] = field(default_factory=dict)
    ignore_texts: bool = False

    def __post_init__(self) -> None:
        for role in self.named:
            if role not in self.reader.columns:
                raise UserError(
                    f"no column plays the role {role!r}: this task reads "
                    f"{', '.join(self.reader.columns)}."
                )

    def column_of(self, role: str, path: Path, fields: Mapping[str, Any]) -> str:
        """Return the name of the column that plays `role` in `path`, whose first row is `fields`.

        A label is the only column that is left, where none has the usual name.

        Args:
            role: A role of the reader.
            path: The file, for the error.
            fields: Its first row.

        Raises:
            UserError: No column of this name; says how to name one.

        >>> row = {"id": "7", "text": "hello", "intent": "greet"}
        >>> Columns().column_of("label", Path("a.csv"), row)
        'intent'
        """
        column = self.reader.columns[role]
        wanted = self.named.get(role, column.default)
        if wanted in fields:
            return wanted
        if column.kind == "label" and role not in self.named:
            others = {
                self.named.get(other, known.default)
                for other, known in self.reader.columns.items()
                if other != role
            }
            left = [n for n in fields if n not in others and n.lower() not in ACCOMPANYING]
            if len(left) == 1:
                return left[0]
        flag = f"--{role}-column" if role in ("text", "label") else f"--column {role}=NAME"
        raise UserError(
            f"{path}, row 1: no column {wanted!r}; it has "
            f"{', '.join(map(repr, fields)) or 'none'}. Name the {role} column with {flag}."
        )

    def records(self, path: Path, labelled: bool = True) -> Iterator[Record]:
        """Yield the checked rows of `path`; of an unlabelled file, its required columns only."""
        roles = [r for r, column in self.reader.columns.items() if labelled or column.required]
        names: dict[str, str] = {}
        for row in read_rows(path):
            names = names or {role: self.column_of(role, path, row.fields) for role in roles}
            fields = {role: self._value(row, role, name) for role, name in names.items()}
            yield Record(row.where, self.reader.example(fields, row.where))

    def _value(self, row: Row, role: str, name: str) -> Any:
        column = self.reader.columns[role]
        if name not in row.fields:
            cure = (
                'an unlabelled row says so with null, "" or -100.'
                if column.kind == "label"
                else "every row needs one."
            )
            raise UserError(f"{row.where}: no {name!r}; {cure}")
        value = row.fields[name]
        if column.kind == "label":
            return label_key(row.where, value)
        return check_text(row.where, value, name) if column.kind == "text" else value


def find_label_column(path: Path, columns: Columns) -> str:
    """Return the name of the label column of `path`, from its first row; "label" without one."""
    row = next(read_rows(path))
    names = {
        role: columns.column_of(role, path, row.fields)
        for role, column in columns.reader.columns.items()
        if column.kind == "label"
    }
    return next(iter(names.values()), "label")


def check_text(where: str, text: Any, column: str = "text") -> str:
    """Return `text` itself, if it is a string with something in it that UTF-8 can hold.

    Args:
        where: File and row, for the error.
        text: The value of the column.
        column: Its name, for the error.

    Raises:
        UserError: No string, an empty one, or half a character in it.
    """
    if not isinstance(text, str):
        raise UserError(f"{where}: {column!r} is {_describe(text)}; expected a string.")
    if not text or text.isspace():
        raise UserError(f"{where}: {column!r} is empty; remove the row or write its text.")
    try:
        text.isascii() or text.encode()
    except UnicodeEncodeError as error:
        raise UserError(
            f"{where}: {column!r} holds half a character (a lone surrogate) at {error.start}."
        ) from None
    return text


def check_roles(reader: ExampleReader, roles: Iterable[str], spec: str) -> None:
    """Refuse a task for a data set that does not have all of its columns.

    Args:
        reader: The task.
        roles: The roles that the data set has.
        spec: What the data set is called, for the error.

    Raises:
        UserError: The data set gives other roles.
    """
    missing = [role for role in reader.columns if role not in roles]
    if missing:
        raise UserError(
            f"the data {spec} gives {' and '.join(roles)}, and this task reads {missing[0]!r} too: "
            "give a file or a folder of files with these columns."
        )


def _describe(value: Any) -> str:
    return "null" if value is None else f"{value!r:.40} ({type(value).__name__})"
