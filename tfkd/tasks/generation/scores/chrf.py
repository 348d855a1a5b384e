"""chrF: n-grams of characters that texts share (Popović 2015), equal to sacrebleu's.

The code is our own because each sentence is scored by it, also where no reports are made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from .summed_counts import SummedCounts, check_references

ORDER = 6
_BETA = 2.0
"""How much more what was found of the reference counts than what was right of the text."""


def chrf(written: Sequence[str], references: Sequence[Sequence[str]]) -> dict[str, float]:
    """Return the chrF of all texts together, from 0 to 1.

    Args:
        written: The texts.
        references: What would have been right for each.

    >>> chrf(["a man in a hat"], [["a man in a hat", "a man"]])
    {'chrf': 1.0}
    """
    return {"chrf": count_chrf(written, references).score()}


def count_chrf(written: Sequence[str], references: Sequence[Sequence[str]]) -> SummedCounts:
    """Return the n-grams of each text, of its reference and of both, whose sums give chrF.

    Args:
        written: The texts.
        references: What would have been right for each; of several the nearest counts.

    Raises:
        ValueError: References that do not belong to the texts.
    """
    check_references(written, references)
    pairs = zip(written, references, strict=True)
    by_text = [_nearest(text, right) for text, right in pairs]
    return SummedCounts(np.array(by_text, "int64"), _to_score)


def sentence_chrf(text: str, references: Sequence[str]) -> float:
    """Return the chrF of one text, from 0 to 1.

    Args:
        text: What was written.
        references: What would have been right; the nearest counts.

    >>> round(sentence_chrf("a man in a hat", ["a man with a hat"]), 4)
    0.3319
    """
    return _to_score(_nearest(text, references))


def sentence_chrfs(written: Sequence[str], references: Sequence[Sequence[str]]) -> np.ndarray:
    """Return the chrF of each text, `[texts]`, from 0 to 1."""
    pairs = zip(written, references, strict=True)
    return np.array([sentence_chrf(text, right) for text, right in pairs], "float64")


def _nearest(text: str, references: Sequence[str]) -> np.ndarray:
    """Return the counts of a text and its nearest reference, `[3 * ORDER]`."""
    ours = _count_ngrams(text)
    found = [_compare(ours, _count_ngrams(right)) for right in references]
    return max(found, key=_to_score)


def _count_ngrams(text: str) -> list[Counter[str]]:
    letters = "".join(text.split())
    return [
        Counter(letters[start : start + size] for start in range(len(letters) - size + 1))
        for size in range(1, ORDER + 1)
    ]


def _compare(ours: list[Counter[str]], theirs: list[Counter[str]]) -> np.ndarray:
    counts = []
    for mine, wanted in zip(ours, theirs, strict=True):
        shared = sum(min(count, wanted[part]) for part, count in mine.items() if part in wanted)
        total = sum(wanted.values())
        # As in sacrebleu, what is longer than the whole reference does not count against a text.
        counts += [sum(mine.values()) if total else 0, total, shared]
    return np.array(counts, "int64")


def _to_score(sums: np.ndarray) -> float:
    ours, theirs, shared = sums.reshape(ORDER, 3).T
    known = (ours > 0) & (theirs > 0)
    if not known.any():
        return 0.0
    precision = float(np.mean(shared[known] / ours[known]))
    recall = float(np.mean(shared[known] / theirs[known]))
    if not precision + recall:
        return 0.0
    return (1 + _BETA**2) * precision * recall / (_BETA**2 * precision + recall)
