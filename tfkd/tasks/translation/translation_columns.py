"""Rows of translations whose languages stand in a dict, as Hugging Face's data sets have them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...errors import UserError

FOLDED = "translation"


def unfold(fields: Mapping[str, Any], where: str, named: Mapping[str, str]) -> Mapping[str, Any]:
    """Return a row with a column for each language, and source and target among them.

    Of two languages the first one is the source, unless columns are named.

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
    return {**rest, **folded, "source": source, "target": target}
