"""How many entities of each example are right, and what is wrong with the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from ...data import Example
from .entities import Entities
from .entity_scores import count_entities
from .tagged_rows import TAGS
from .tags import Chunk, find_spans

KINDS = ("boundary", "type", "boundary and type", "missed", "spurious")
"""What can be wrong with an entity."""


def known_examples(examples: Sequence[Example]) -> list[int]:
    """Return the positions of the examples that have tags."""
    return [i for i, example in enumerate(examples) if example.get(TAGS) is not None]


def count_examples(answers: Sequence[Entities], examples: Sequence[Example]) -> np.ndarray:
    """Return right, answered and true entities of each example, `[examples, 3]`.

    Those of examples without tags are 0.
    """
    counts = np.zeros((len(examples), 3), "int64")
    for i in known_examples(examples):
        counts[i] = count_entities(answers[i].spans, find_spans(examples[i][TAGS]))
    return counts


def count_common(answers: Sequence[Entities], others: Sequence[Entities]) -> np.ndarray:
    """Return how many entities two models have in common, and each of them has, `[examples, 3]`."""
    pairs = zip(answers, others, strict=True)
    return np.array([count_entities(a.spans, b.spans) for a, b in pairs]).reshape(-1, 3)


def f1_of_each(counts: np.ndarray) -> np.ndarray:
    """Return the F1 of counts `[examples, 3]`: 1 where neither side has an entity.

    >>> f1_of_each(np.array([[1, 2, 2], [0, 0, 0]])).tolist()
    [0.5, 1.0]
    """
    both = counts[:, 1] + counts[:, 2]
    return np.where(both > 0, 2.0 * counts[:, 0] / np.maximum(both, 1), 1.0)


def pair_up(
    given: Sequence[Chunk], truth: Sequence[Chunk]
) -> list[tuple[Chunk | None, Chunk | None]]:
    """Return each true entity with the answer that shares most words with it, if there is one.

    Entities that are right belong together; an answer belongs to one entity only.

    >>> pair_up([Chunk("PER", 0, 1)], [Chunk("ORG", 0, 2)])
    [(Chunk(type='PER', start=0, end=1), Chunk(type='ORG', start=0, end=2))]
    """
    right = set(given) & set(truth)
    left = [span for span in given if span not in right]
    pairs: list[tuple[Chunk | None, Chunk | None]] = []
    for theirs in truth:
        if theirs in right:
            pairs.append((theirs, theirs))
            continue
        shared = [min(ours.end, theirs.end) - max(ours.start, theirs.start) for ours in left]
        best = max(range(len(left)), key=shared.__getitem__, default=-1)
        pairs.append((left.pop(best) if best >= 0 and shared[best] > 0 else None, theirs))
    return [*pairs, *((ours, None) for ours in left)]


def kind_of(ours: Chunk | None, theirs: Chunk | None) -> str:
    """Return what is wrong with an answer; empty where nothing is."""
    if ours is None or theirs is None:
        return "missed" if ours is None else "spurious"
    wrong_type, wrong_words = ours.type != theirs.type, ours[1:] != theirs[1:]
    if wrong_type and wrong_words:
        return "boundary and type"
    return "type" * wrong_type + "boundary" * wrong_words


def count_errors(
    answers: Iterable[Entities], examples: Iterable[Example]
) -> tuple[Counter[str], Counter[tuple[str, str]]]:
    """Return how often each kind of error occurs, and which type is answered for which.

    A missed entity is taken for `O`, and a spurious one is an `O` taken for an entity.
    """
    kinds, types = Counter[str](), Counter[tuple[str, str]]()
    for answer, example in zip(answers, examples, strict=True):
        for ours, theirs in pair_up(answer.spans, find_spans(example[TAGS])):
            kind = kind_of(ours, theirs)
            kinds.update([kind] if kind else [])
            if kind not in ("", "boundary"):
                types[theirs.type if theirs else "O", ours.type if ours else "O"] += 1
    return kinds, types
