"""The check of every text: a string with something in it."""

from __future__ import annotations

from typing import Any

from ..errors import UserError


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
    check_characters(where, text, column)
    return text


def check_characters(where: str, text: str, column: str = "text") -> None:
    """Refuse a text that UTF-8 cannot hold.

    Args:
        where: File and row, for the error.
        text: The value of the column.
        column: Its name, for the error.

    Raises:
        UserError: Half a character in it.
    """
    try:
        text.isascii() or text.encode()
    except UnicodeEncodeError as error:
        raise UserError(
            f"{where}: {column!r} holds half a character (a lone surrogate) at {error.start}."
        ) from None


def _describe(value: Any) -> str:
    return "null" if value is None else f"{value!r:.40} ({type(value).__name__})"
