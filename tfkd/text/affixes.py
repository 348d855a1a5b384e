"""How a word begins, ends and is written, as numbers: what is known of names never seen before."""

from __future__ import annotations

import functools
import re
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .words import FILLS, FIRST_WORD, WORD_STARTS, Words

LETTERS = 3
AFFIXES: Mapping[str, int] = {"word_prefix": 8_191, "word_suffix": 8_191, "word_shape": 509}
"""How many numbers stand for what can be at the beginning and the end of words, and for how they
are written; 0 is padding."""

OF_WORDS = (*FILLS, *AFFIXES)
"""The arrays of a row that have a number for each of its words, whatever the number of tokens."""

_RUN = re.compile(r"(.)\1+")


def values_read(names: Sequence[str], count: int) -> tuple[str, ...]:
    """Return which values of a row a model reads: encoders of words leave the affixes out.

    Args:
        names: All values of a row.
        count: The number of the model's inputs.

    >>> values_read(["input_ids", "word_starts", *AFFIXES], 2)
    ('input_ids', 'word_starts')
    """
    others = tuple(name for name in names if name not in AFFIXES)
    return others if len(others) == count else tuple(names)


def add_affixes(rows: Sequence[dict[str, Any]], words: Words) -> None:
    """Add the arrays `AFFIXES` to the windows of an example, a number for each of their words.

    The first three letters and the last three, and the shape, in which `Xx0` is a word such as
    `Covid19` (Collobert et al. 2011, "Natural Language Processing (Almost) from Scratch", section
    6: caps feature, suffixes, prefixes), each by the rest of a hash.

    Args:
        rows: What `encode_words` gives.
        words: The words of the example, as given.
    """
    numbers = np.array([_number(word) for word in words.words], "int32").reshape(-1, len(AFFIXES))
    for row in rows:
        first = row[FIRST_WORD]
        of_row = numbers[first : first + len(row[WORD_STARTS])]
        row |= dict(zip(AFFIXES, of_row.T, strict=True))


@functools.lru_cache(maxsize=100_000)
def _number(word: str) -> tuple[int, ...]:
    small = word.lower()
    parts = (small[:LETTERS], small[-LETTERS:], write_shape(word))
    return tuple(
        zlib.crc32(part.encode("utf-8", "surrogatepass")) % size + 1
        for part, size in zip(parts, AFFIXES.values(), strict=True)
    )


def write_shape(word: str) -> str:
    """Return how a word is written: each run of alike characters by a sign for its kind.

    >>> write_shape("Covid19"), write_shape("McDonald-Smith"), write_shape("USA")
    ('Xx0', 'XxXx-Xx', 'X')
    """
    kinds = (
        "X" if c.isupper() else "x" if c.isalpha() else "0" if c.isdigit() else c for c in word
    )
    return _RUN.sub(r"\1", "".join(kinds))
