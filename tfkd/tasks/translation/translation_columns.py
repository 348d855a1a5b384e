"""Rows of translations whose languages stand in a dict, as Hugging Face's data sets have them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...errors import UserError

FOLDED = "translation"


def unfold(fields: Mapping[str, Any], where: str, named: Mapping[str, str]) -> Mapping[str, Any]:
    """Return a row with the source and the target of one with a dict of languages.

    Of two languages the first one is the source; where columns are named, each language is one.

    Args:
        fields: The row's values by column.
        where: File and row, for the error.
        named: The names of columns by role that the user gave.

    Raises:
        UserError: Other than two languages, where none is named.

    >>> unfold({"translation": {"en": "a dog", "de": "ein Hund"}}, "row 1", {})["target"]
    'ein Hund'
    """
    folded = fields.get(FOLDED)
    if not isinstance(folded, dict):
        return fields
    rest = {name: value for name, value in fields.items() if name != FOLDED}
    if named:
        return {**rest, **folded}
    if len(folded) != 2:
        raise UserError(
            f"{where}: {FOLDED!r} has the languages {', '.join(folded) or 'none'}; name the two "
            "with --text-column and --label-column."
        )
    source, target = folded.values()
    return {**rest, "source": source, "target": target}
