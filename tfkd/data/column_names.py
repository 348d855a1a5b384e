"""Names of columns: how they are written, and which are no classes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from .reader import Column

# Columns that accompany texts and are no classes; pandas calls an index "" or "Unnamed: 0".
ACCOMPANYING = frozenset((
    "", "unnamed: 0", "id", "idx", "index", "guid", "uid", "rating", "score", "stars", "title",
    "summary", "headline", "description", "url", "link", "date", "time", "timestamp", "year",
    "source", "author", "user", "username", "name", "language", "lang", "length", "split",
))  # fmt: skip


def has_column(fields: Mapping[str, Any], column: Column) -> bool:
    """Return whether a row has a column by one of its usual names."""
    names = {name.strip().casefold() for name in fields}
    return bool(names & {column.default.casefold(), *column.also})


def second_names(fields: Mapping[str, Any], names: Collection[str]) -> set[str]:
    """Return further names of columns that have one, such as `1` for the words of a CoNLL file.

    Args:
        fields: The first row.
        names: Some of its columns, in small letters.

    >>> words = ["EU", "rejects"]
    >>> second_names({"tokens": words, "1": words, "2": ["B-ORG", "O"]}, {"tokens"})
    {'1'}
    """
    known = [value for name, value in fields.items() if name.strip().casefold() in names]
    # One list, and not an equal one: values of a table may be equal by chance.
    same = [n for n, v in fields.items() if isinstance(v, list) and any(v is one for one in known)]
    return {name.strip().casefold() for name in same} - {*names}


def split_columns(written: str) -> list[str]:
    """Return the names of several columns that are written as one, with commas.

    >>> split_columns("joy, anger")
    ['joy', 'anger']
    """
    return [name.strip() for name in written.split(",") if name.strip()]


def flag_of(role: str) -> str:
    """Return the flag that names the column of a role.

    >>> flag_of("text"), flag_of("tags")
    ('--text-column', '--column tags=NAME')
    """
    return f"--{role}-column" if role in ("text", "label") else f"--column {role}=NAME"
