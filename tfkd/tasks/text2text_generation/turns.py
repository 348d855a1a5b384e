"""What has been said so far, as one text to answer."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

TURN = " | "
"""What stands between what one said and what the other answered."""


def join_turns(turns: Sequence[str]) -> str:
    """Return all turns of a dialogue so far as one text.

    >>> join_turns(["Coffee?", "Yes, please."])
    'Coffee? | Yes, please.'
    """
    return TURN.join(turn.strip() for turn in turns)


def join_lists(fields: Mapping[str, Any], names: Collection[str]) -> Mapping[str, Any]:
    """Return a row in which lists of turns have become texts.

    Args:
        fields: The row's values by column.
        names: The columns whose lists are turns.
    """
    joined = {
        name: join_turns(value)
        for name, value in fields.items()
        if name in names and isinstance(value, (list, tuple)) and _are_texts(value)
    }
    return {**fields, **joined} if joined else fields


def _are_texts(values: Sequence[Any]) -> bool:
    return bool(values) and all(isinstance(each, str) for each in values)
