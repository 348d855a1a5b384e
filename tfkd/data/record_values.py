"""All that a record holds is written beside its answer, so all of it has to be such."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..errors import UserError
from .text_checks import check_characters


def check_values(record: Mapping[str, Any], where: str) -> None:
    """Refuse a record that UTF-8 or JSON cannot hold, in whichever column.

    Args:
        record: The columns of a row, or the keys of an object.
        where: Its place in a file, for the error.

    Raises:
        UserError: Half a character, or lists within lists without an end.
    """
    for name, value in record.items():
        check_characters(where, name, name)
        if isinstance(value, (str, list, tuple, dict)):
            check_characters(where, _spell(value, name, where), name)


def _spell(value: Any, name: str, where: str) -> str:
    """Return a text itself, and lists and tables as they are written."""
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except RecursionError:
        raise UserError(
            f"{where}: {name!r} holds lists within lists, too many: leave it out."
        ) from None
