"""Words of a text in a row of token ids: where they start and end, and what pads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

WORD_STARTS = "word_starts"
"""The position of the first piece of each word of a row, `[words]`."""
WORD_ENDS = "word_ends"
"""One past the position of the last piece of each word, `[words]`."""
FIRST_WORD = "first_word"
"""Which word of its example is the first one of a row."""
NO_WORD = -1
FILLS: Mapping[str, int] = {WORD_STARTS: NO_WORD, WORD_ENDS: NO_WORD}
"""What the end of shorter rows is padded with, by name; all other arrays with 0, or as ids are."""

NO_CELL = -1e4
"""The logit of a word that is padding, where the words of a row are the classes."""


def count_units(row: Mapping[str, Any]) -> int:
    """Return how many words a row has, or tokens where it knows no words.

    >>> count_units({"input_ids": [2, 8, 9, 3], "word_starts": [1]})
    1
    >>> count_units({"input_ids": [2, 8, 9, 3]})
    4
    """
    return len(row.get(WORD_STARTS, row["input_ids"]))
