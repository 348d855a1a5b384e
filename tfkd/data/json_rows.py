"""Rows of JSON: one object a line, one list of objects in a file, or articles with questions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

from ..errors import UserError
from .articles import has_articles, read_articles
from .faults import Faults
from .file_kinds import FileForm, Row, file_format
from .lines import read_lines


def read_json(path: Path, reading: FileForm, faults: Faults) -> Iterator[Row]:
    """Yield the objects of a file.

    Args:
        path: The file.
        reading: Its encoding.
        faults: Takes the lines that are no objects.

    Raises:
        UserError: A file that cannot be read as text, or a list that is no JSON.
    """
    lines = read_lines(path, reading.encoding)
    first = list(islice(((n, line) for n, line in lines if line.strip()), 2))
    lines = chain(first, lines)
    values: Iterable[tuple[int, Any]]
    if file_format(path) == ".json" and not _are_rows([line for _, line in first]):
        whole = _whole(path, "".join(line for _, line in lines))
        if has_articles(whole):
            yield from read_articles(path, whole, faults)
            return
        values = enumerate(whole, 1)
    else:
        values = ((n, line) for n, line in lines if line.strip())
    for number, value in values:
        where = f"{path}, row {number}"
        try:
            yield Row(where, _object(where, value))
        except UserError as error:
            faults.add(str(error))


def _are_rows(lines: list[str]) -> bool:
    """Return whether the first lines are objects, one on each, and no list of them.

    Args:
        lines: The first one and the second one, where they are there.
    """
    try:
        value = json.loads(lines[0]) if lines else {}
    except (ValueError, RecursionError):
        return False
    # With a list of objects in it, such as spans, it is a row if another line comes.
    return isinstance(value, dict) and (len(lines) > 1 or not _lists(value))


def _lists(value: dict[str, Any]) -> list[list[Any]]:
    return [v for v in value.values() if isinstance(v, list) and v and isinstance(v[0], dict)]


def _whole(path: Path, text: str) -> list[Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(
            f"{path}: invalid JSON ({error}); expected a list of objects, or one object a line."
        ) from None
    lists = _lists(value) if isinstance(value, dict) else []
    if isinstance(value, list) or len(lists) == 1:
        return value if isinstance(value, list) else lists[0]
    raise UserError(
        f'{path}: a JSON {type(value).__name__}; expected a list of objects, [{{"text": "a fine '
        'film", "label": 1}, ...], or one object a line.'
    )


def _object(where: str, value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        line = value
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            hint = " Write one JSON object a line, not one list, or name it .json."
            raise UserError(
                f"{where}: invalid JSON ({error}).{hint if line.startswith('[') else ''}"
            ) from None
    if not isinstance(value, dict):
        raise UserError(
            f"{where}: a JSON {type(value).__name__}; expected an object such as "
            '{"text": "a fine film", "label": 1}.'
        )
    return value
