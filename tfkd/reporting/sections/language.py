"""What kind of texts these are: whether English rules apply to them, and whether people speak."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_ENGLISH = frozenset(
    ("the", "a", "an", "and", "or", "of", "to", "in", "is", "it", "this", "that", "was", "for")
).union(("on", "with", "as", "are", "be", "at", "by", "i", "you", "not", "have"))
_PEOPLE = frozenset(
    (*("i", "me", "my", "mine", "myself", "we", "us", "our"), *("you", "your", "he", "him"))
).union(("his", "she", "her"))
ENGLISH_SHARE = 0.1
"""Share of function words from which on texts are taken for English; real ones have 25 to 45 %."""
PEOPLE_SHARE = 0.1
"""Share of texts with a personal pronoun from which on people speak, or are spoken of."""
_LOOKED_AT = 500


def are_english(texts: Sequence[str]) -> bool:
    """Return whether the texts are English, by their function words.

    >>> are_english(["what is the fee for my card"]), are_english(["好看的电影", "quelle horreur"])
    (True, False)
    """
    words = [word for text in texts[:_LOOKED_AT] for word in _words_of(text)]
    return bool(words) and float(np.mean([word in _ENGLISH for word in words])) >= ENGLISH_SHARE


def speak_of_people(texts: Sequence[str]) -> bool:
    """Return whether people speak in the texts, or are spoken of, by their pronouns.

    >>> speak_of_people(["I liked it"]), speak_of_people(["Net sales rose by 5 % to EUR 3 mn"])
    (True, False)
    """
    found = [not _PEOPLE.isdisjoint(_words_of(text)) for text in texts[:_LOOKED_AT]]
    return bool(found) and float(np.mean(found)) >= PEOPLE_SHARE


def _words_of(text: str) -> list[str]:
    stripped = (word.strip(".,;:!?\"'()").partition("'")[0] for word in text.lower().split())
    return [word for word in stripped if word]
