"""Texts changed a little: typing errors, and negations put in or taken out. English."""

from __future__ import annotations

import itertools
import re

import numpy as np

_AUXILIARY = r"\b(is|are|was|were|will|would|can|could|should|must)"
_NEGATED = re.compile(rf"{_AUXILIARY}(?:n?['’]t|not|\s+not)\b", re.IGNORECASE)
_PLAIN = re.compile(rf"{_AUXILIARY}\b(?!\0)", re.IGNORECASE)
LONG = 4  # letters of a word that is worth a typing error


def typos(text: str, share: float, rng: np.random.Generator) -> str:
    """Two letters that lie beside each other change places, in a share of the longer words.

    >>> typos("wonderful acting, and a story", 0.5, np.random.default_rng(1))
    'wnoderful atcing, and a story'
    """
    parts = re.split(r"(\s+)", text)
    long = [i for i, part in enumerate(parts) if len(_places(part)) > 0]
    if not long:
        return text
    count = max(1, round(share * len(long)))
    for i in rng.permutation(long)[:count]:
        parts[i] = _swapped(parts[i], int(rng.choice(_places(parts[i]))))
    return "".join(parts)


def _places(word: str) -> list[int]:
    """Where a letter and the next one can change places: inside, and another letter."""
    if sum(each.isalpha() for each in word) < LONG:
        return []
    pairs = enumerate(itertools.pairwise(word[1:]), 1)
    return [i for i, (a, b) in pairs if a.isalpha() and b.isalpha() and a != b]


def _swapped(word: str, at: int) -> str:
    return f"{word[:at]}{word[at + 1]}{word[at]}{word[at + 2 :]}"


def negated(text: str) -> str:
    """Each `is`, `was`, `can` and the like gets a `not`, or loses the one that it has.

    >>> negated("It was good, and the end isn't weak.")
    'It was not good, and the end is weak.'
    """
    marked = _NEGATED.sub(lambda found: f"{found[1]}\0", text)
    return _PLAIN.sub(r"\1 not", marked).replace("\0", "")
