"""Items as rows of a file have them: texts, or lists of texts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ...errors import UserError


def read_item(value: Any, where: str, column: str) -> str | None:
    """Return the text of an item, None where there is none.

    Args:
        value: What the file has.
        where: File and row, for the error.
        column: What the column is called.

    Raises:
        UserError: Something else than a text.
    """
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not value.strip():
        raise UserError(f"{where}: {column} is {str(value)[:40]!r}: write the text of an item.")
    return value


def read_items(value: Any, where: str, column: str) -> tuple[str, ...]:
    """Return the texts of items: of a list, of a list that is written as JSON, or one a line.

    Args:
        value: What the file has.
        where: File and row, for the error.
        column: What the column is called.

    Raises:
        UserError: Something else, or an item without a text.
    """
    if isinstance(value, str):
        value = _parse(value)
    if not isinstance(value, (list, tuple)):
        raise UserError(
            f"{where}: {column} is a {type(value).__name__}: write a list of item texts."
        )
    for item in value:
        if not isinstance(item, str) or not item.strip():
            raise UserError(
                f"{where}: {column} has the item {str(item)[:40]!r}, which is no text: write the "
                "text of each item, not its number."
            )
    return tuple(value)


def check_lists(read: Mapping[str, Any], where: str) -> None:
    """Refuse a row from which nothing can be ranked or learnt.

    Args:
        read: Its items by role.
        where: File and row, for the error.

    Raises:
        UserError: A user without history, no candidates, or a chosen item that is none of them.
    """
    listed, label = read["candidates"], read.get("label")
    if not read["liked"]:
        raise UserError(
            f"{where}: nothing was liked, and a user without a history has no vector: leave the "
            "row out, and recommend what most people like."
        )
    if not listed:
        raise UserError(f"{where}: there is no candidate to rank: list at least one item.")
    if label is not None and label not in listed:
        raise UserError(
            f"{where}: the chosen item {label[:60]!r} is none of the candidates: list it."
        )
    if len(set(listed)) < len(listed):
        twice = next(text for text in listed if listed.count(text) > 1)
        raise UserError(f"{where}: the candidate {twice[:60]!r} is there twice: list it once.")


def _parse(written: str) -> Any:
    if written.lstrip().startswith("["):
        try:
            return json.loads(written)
        except (ValueError, RecursionError):
            pass
    return [line for line in written.splitlines() if line.strip()]
