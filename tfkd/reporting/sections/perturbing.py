"""Texts changed a little: typing errors, and negations put in or taken out. English."""

from __future__ import annotations

import itertools
import re

import numpy as np

_AUXILIARY = r"\b(is|are|was|were|will|would|can|could|should|must)"
_NEGATED = re.compile(rf"{_AUXILIARY}(?:n?['’]t|not|\s+not)\b", re.IGNORECASE)
_PLAIN = re.compile(rf"{_AUXILIARY}\b(?!\0)", re.IGNORECASE)
_LETTERS = 4
"""How many a word needs to be worth a typing error."""


def add_typos(text: str, share: float, rng: np.random.Generator) -> str:
    """Swap two neighbouring letters in a share of the longer words.

    >>> add_typos("wonderful acting, and a story", 0.5, np.random.default_rng(1))
    'wnoderful atcing, and a story'
    """
    parts = re.split(r"(\s+)", text)
    long = [i for i, part in enumerate(parts) if len(_find_swaps(part)) > 0]
    if not long:
        return text
    count = max(1, round(share * len(long)))
    for i in rng.permutation(long)[:count]:
        word, at = parts[i], int(rng.choice(_find_swaps(parts[i])))
        parts[i] = f"{word[:at]}{word[at + 1]}{word[at]}{word[at + 2 :]}"
    return "".join(parts)


def _find_swaps(word: str) -> list[int]:
    """Return where a letter and the next one can change places: after the first, unlike letters."""
    if sum(character.isalpha() for character in word) < _LETTERS:
        return []
    pairs = enumerate(itertools.pairwise(word[1:]), 1)
    return [i for i, (a, b) in pairs if a.isalpha() and b.isalpha() and a != b]


def negate(text: str) -> str:
    """Give each `is`, `was`, `can` and the like a `not`, or take away the one that it has.

    >>> negate("It was good, and the end isn't weak.")
    'It was not good, and the end is weak.'
    """
    marked = _NEGATED.sub(lambda match: f"{match[1]}\0", text)
    return _PLAIN.sub(r"\1 not", marked).replace("\0", "")
