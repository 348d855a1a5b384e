"""Texts changed a little: typing errors, case, words left out, negations put in or taken out."""

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
    for i in _draw(long, share, rng):
        word, at = parts[i], int(rng.choice(_find_swaps(parts[i])))
        parts[i] = f"{word[:at]}{word[at + 1]}{word[at]}{word[at + 2 :]}"
    return "".join(parts)


def _find_swaps(word: str) -> list[int]:
    """Return where a letter and the next one can change places: after the first, unlike letters."""
    if sum(character.isalpha() for character in word) < _LETTERS:
        return []
    pairs = enumerate(itertools.pairwise(word[1:]), 1)
    return [i for i, (a, b) in pairs if a.isalpha() and b.isalpha() and a != b]


def change_case(text: str, share: float, rng: np.random.Generator) -> str:
    """Write a share of the words in capitals, in small letters, or with a capital first.

    >>> change_case("a good film, I say", 0.5, np.random.default_rng(1))
    'A good film, I Say'
    """
    parts = re.split(r"(\s+)", text)
    words = [i for i, part in enumerate(parts) if _spellings(part)]
    for i in _draw(words, share, rng):
        parts[i] = str(rng.choice(_spellings(parts[i])))
    return "".join(parts)


def _spellings(word: str) -> list[str]:
    found = dict.fromkeys((word.upper(), word.lower(), word.capitalize()))
    return [spelling for spelling in found if spelling != word]


def drop_words(text: str, share: float, rng: np.random.Generator) -> str:
    """Leave a share of the words out, though never all of them.

    >>> drop_words("a good film, I say", 0.4, np.random.default_rng(0))
    'a good I'
    """
    words = text.split()
    if len(words) < 2:
        return text
    dropped = set(_draw(list(range(len(words))), share, rng)[: len(words) - 1])
    return " ".join(word for i, word in enumerate(words) if i not in dropped)


def _draw(places: list[int], share: float, rng: np.random.Generator) -> list[int]:
    """Return a share of some places, at least one where there are any, in the order drawn."""
    count = max(1, round(share * len(places)))
    return [int(place) for place in rng.permutation(places)[:count]] if places else []


def negate(text: str) -> str:
    """Give each `is`, `was`, `can` and the like a `not`, or take away the one that it has.

    >>> negate("It was good, and the end isn't weak.")
    'It was not good, and the end is weak.'
    """
    marked = _NEGATED.sub(lambda match: f"{match[1]}\0", text)
    return _PLAIN.sub(r"\1 not", marked).replace("\0", "")
