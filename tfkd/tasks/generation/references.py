"""What is right for a source: a text, or several of which each is."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ...data import Example
from ...data.text_checks import check_text
from ...errors import UserError

REFERENCES = "references"
"""The role of further texts that would be right, beside the label."""
UNLABELLED = "-100"


def read_target(fields: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return the target of a row, None where it has none, and its further references.

    Args:
        fields: The row's values by role.
        where: File and row, for the error.

    Raises:
        UserError: Something that is no text.

    >>> read_target({"label": "ein Hund", "references": ["der Hund"]}, "row 1")
    {'label': 'ein Hund', 'references': ('der Hund',)}
    >>> read_target({"label": "ein Hund", "references": '["der Hund", "Hund"]'}, "row 1")
    {'label': 'ein Hund', 'references': ('der Hund', 'Hund')}
    >>> read_target({"label": " "}, "row 1"), read_target({"label": "-100"}, "row 1")
    ({'label': None}, {'label': None})
    """
    target = fields.get("label")
    if isinstance(target, str) and target.strip() == UNLABELLED:
        target = None
    given = _texts(target, where, "the target")
    more = _texts(_as_list(fields.get(REFERENCES)), where, REFERENCES)
    if not given:
        return {"label": None}
    further = (*given[1:], *more)
    return {"label": given[0], **({REFERENCES: further} if further else {})}


def _as_list(written: Any) -> Any:
    """Return the list of texts that a cell of a table holds as JSON; all else as it is."""
    if not isinstance(written, str) or not written.lstrip().startswith("["):
        return written
    try:
        parsed = json.loads(written)
    except (ValueError, RecursionError):
        return written
    return parsed if all(isinstance(each, str) for each in parsed) else written


def _texts(value: Any, where: str, name: str) -> tuple[str, ...]:
    """Return one text or several; none of a value that stands for nothing."""
    if value is None or value == int(UNLABELLED) or (isinstance(value, str) and not value.strip()):
        return ()
    if isinstance(value, (int, float)):
        raise UserError(
            f"{where}: {name} is {value!r:.40}; expected a text. Name the right column with "
            "--label-column."
        )
    values = list(value) if isinstance(value, (list, tuple)) else [value]
    return tuple(check_text(where, each, name) for each in values)


def references_of(examples: Sequence[Example]) -> list[list[str]]:
    """Return the texts that are right for each example; none where that is not known."""
    return [
        [] if each.get("label") is None else [each["label"], *each.get(REFERENCES, ())]
        for each in examples
    ]
