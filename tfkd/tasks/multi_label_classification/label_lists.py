"""Several labels of one text, as files write them: lists, strings, or a column for each."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...data.labels import label_key
from ...errors import UserError

_YES, _NO = ("1", "true", "yes"), ("0", "false", "no")
_LISTED = re.compile(r"\[.*\]", re.DOTALL)
_NO_COMMA = re.compile(r"""(?<=['"])\s+(?=['"])""")


def read_labels(where: str, value: Any) -> tuple[str, ...] | str | None:
    """Return the labels of one row; a string that may be several as it is; None for "unlabelled".

    An empty list is a text to which none of the labels applies.

    Args:
        where: File and row, for errors.
        value: A list, a string, one number, or a mapping of columns to 0 or 1.

    Raises:
        UserError: It is none of these.

    >>> read_labels("", ["joy", "love", "joy"]), read_labels("", "['joy']"), read_labels("", [])
    (('joy', 'love'), ('joy',), ())
    >>> read_labels("", {"joy": "1", "fear": 0}), read_labels("", "joy|fear"), read_labels("", "")
    (('joy',), 'joy|fear', None)
    """
    if isinstance(value, Mapping):
        return _read_columns(where, value)
    if isinstance(value, str) and _LISTED.fullmatch(value.strip()):
        value = _parse_list(where, value.strip())
    if isinstance(value, (list, tuple)):
        return _read_list(where, value)
    return label_key(where, value)


def find_labels(written: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return which labels a list names that has commas between them, as names may have too.

    >>> find_labels("Toys, Games, Books", ["Books", "Toys", "Toys, Games"])
    ('Toys, Games', 'Books')
    """
    rest, found = f", {written}, ", []
    for name in sorted(names, key=len, reverse=True):
        if f", {name}, " in rest:
            rest = rest.replace(f", {name}, ", ", ", 1)
            found.append(name)
    return tuple(found)


def _read_list(where: str, values: Sequence[Any]) -> tuple[str, ...]:
    keys = []
    for value in values:
        key = None if isinstance(value, (list, tuple, dict)) else label_key(where, value)
        if key is None:
            raise UserError(
                f"{where}: {value!r:.40} is among the labels; expected names or integer ids, and "
                "[] for a text that has none."
            )
        keys.append(key)
    return tuple(dict.fromkeys(keys))


def _read_columns(where: str, columns: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Return the columns that hold a 1; None where all of them are empty."""
    keys = {name: label_key(where, value) for name, value in columns.items()}
    if all(key is None for key in keys.values()):
        return None
    for name, key in keys.items():
        if key is None or key.lower() not in (*_YES, *_NO):
            raise UserError(f"{where}: {name!r} is {columns[name]!r:.40}; expected 0 or 1.")
    return tuple(name for name, key in keys.items() if str(key).lower() in _YES)


def _parse_list(where: str, written: str) -> list[Any]:
    """Return a list that a table holds as text: JSON, or as Python prints it."""
    # NumPy prints no commas, and Python reads neighbouring strings as one.
    if not _NO_COMMA.search(written):
        for parse in (json.loads, ast.literal_eval):
            try:
                parsed = parse(written)
            except (ValueError, SyntaxError, RecursionError, MemoryError):
                continue
            if isinstance(parsed, list):
                return parsed
    raise UserError(
        f'{where}: the labels {written:.60} are no list: write ["joy", "love"], or joy|love.'
    )
