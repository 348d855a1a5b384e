"""How unlike each other texts are, and how long beside what was wanted."""

from __future__ import annotations

from collections.abc import Sequence

from .counted_words import split_units
from .summed_counts import check_references


def distinct(
    written: Sequence[str], references: Sequence[Sequence[str]] | None = None
) -> dict[str, float]:
    """Return the share of different words, and pairs of words, among all (Li et al. 2016).

    The more texts there are, the lower it is: only compare the same number of them.

    Args:
        written: The texts.
        references: Not looked at.

    >>> distinct(["yes yes", "no"])
    {'distinct1': 0.6666666666666666, 'distinct2': 1.0}
    """
    units = [split_units(text) for text in written]
    shares = {}
    for size in (1, 2):
        parts = [
            tuple(words[start : start + size])
            for words in units
            for start in range(len(words) - size + 1)
        ]
        shares[f"distinct{size}"] = len(set(parts)) / len(parts) if parts else 0.0
    return shares


def length_ratio(written: Sequence[str], references: Sequence[Sequence[str]]) -> dict[str, float]:
    """Return the words of all texts, divided by those of their references.

    Args:
        written: The texts.
        references: What would have been right for each; of several the one that is as long.

    Raises:
        ValueError: References that do not belong to the texts.

    >>> length_ratio(["a man in a hat"], [["a man", "a man with a hat"]])
    {'length_ratio': 1.0}
    """
    check_references(written, references)
    ours = theirs = 0
    for text, right in zip(written, references, strict=True):
        length = len(split_units(text))
        ours += length
        theirs += min((len(split_units(each)) for each in right), key=lambda n: abs(n - length))
    return {"length_ratio": ours / max(1, theirs)}
