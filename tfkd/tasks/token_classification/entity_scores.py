"""Scores of entities as the conlleval script counts them, and overlaps as in MUC. NumPy only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from ...errors import UserError
from .tags import Chunk


class Counts(NamedTuple):
    """How many entities are right, were answered, and are there."""

    right: int
    answered: int
    there: int


def share(part: float, whole: float) -> float:
    """Return a part of a whole, 0 of nothing."""
    return float(part / whole) if whole else 0.0


def f1(right: float, answered: float, there: float) -> float:
    """Return F1 of counts: 0 where nothing is right.

    >>> f1(1, 2, 2), f1(0, 0, 0)
    (0.5, 0.0)
    """
    return share(2.0 * right, answered + there)


def count_entities(given: Sequence[Chunk], truth: Sequence[Chunk]) -> Counts:
    """Return the counts of one sentence: an entity is right if type and words are."""
    return Counts(len(set(given) & set(truth)), len(given), len(truth))


def count_words(given: Sequence[str], truth: Sequence[str]) -> tuple[int, int]:
    """Return how many words of a sentence have the right tag, and how many it has."""
    return sum(a == b for a, b in zip(given, truth, strict=True)), len(truth)


def count_by_type(
    given: Iterable[Sequence[Chunk]], truth: Iterable[Sequence[Chunk]]
) -> dict[str, Counts]:
    """Return the counts of all sentences by type, in the order of the alphabet."""
    right, answered, there = Counter[str](), Counter[str](), Counter[str]()
    for ours, theirs in zip(given, truth, strict=True):
        answered.update(span.type for span in ours)
        there.update(span.type for span in theirs)
        right.update(span.type for span in set(ours) & set(theirs))
    return {
        kind: Counts(right[kind], answered[kind], there[kind])
        for kind in sorted(answered.keys() | there.keys())
    }


def overlapping(given: Sequence[Chunk], truth: Sequence[Chunk]) -> tuple[int, int]:
    """Return how many answers have the right words, and how many some of them; of any type.

    Each entity counts for one answer: the first one with exactly its words, else the first one that
    shares a word with it. This is the partial score of MUC, as nervaluate counts it.

    >>> overlapping(
    ...     [Chunk("PER", 0, 2), Chunk("LOC", 4, 5)],
    ...     [Chunk("ORG", 0, 2), Chunk("LOC", 4, 6)],
    ... )
    (1, 1)
    """
    exact = partial = 0
    left = list(truth)
    for ours in given:
        near = [each for each in left if ours.start < each.end and each.start < ours.end]
        same = [each for each in near if each[1:] == ours[1:]]
        if not near:
            continue
        left.remove((same or near)[0])
        exact, partial = exact + bool(same), partial + (not same)
    return exact, partial


def score_entities(
    given: Sequence[Sequence[Chunk]],
    truth: Sequence[Sequence[Chunk]],
    words: Sequence[tuple[int, int]],
) -> dict[str, float]:
    """Return F1, precision and recall of entities, the F1 of overlaps, and the accuracy of words.

    Args:
        given: The entities that were answered, by sentence.
        truth: Those that are there.
        words: How many words of each sentence have the right tag, and how many it has.

    Raises:
        UserError: There is no sentence.

    >>> scores = score_entities([[Chunk("PER", 0, 1)]], [[Chunk("PER", 0, 1)]], [(3, 3)])
    >>> scores["f1"], scores["word_accuracy"]
    (1.0, 1.0)
    """
    if not truth:
        raise UserError(
            "none of the examples has tags (labels): there is nothing to score against."
        )
    counts = np.array([count_entities(*each) for each in zip(given, truth, strict=True)])
    right, answered, there = counts.sum(axis=0).tolist()
    exact, partial = np.array([overlapping(*each) for each in zip(given, truth, strict=True)]).sum(
        axis=0
    )
    right_words, all_words = np.array(words).sum(axis=0)
    return {
        "f1": f1(right, answered, there),
        "precision": share(right, answered),
        "recall": share(right, there),
        "partial_f1": f1(exact + partial / 2, answered, there),
        "word_accuracy": share(right_words, all_words),
    }
